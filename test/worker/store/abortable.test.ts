// A store that knows no signals: its reads end when theirs does.
import { describe, expect, it } from "vitest";
import { abortable } from "../../../worker/store/abortable.ts";
import { MemoryStore } from "../../support/memory-store.ts";

describe("an abortable store", () => {
  it("fails a read whose signal aborts, and leaves the call to itself", async () => {
    const answer = Promise.withResolvers<void>();
    const store = abortable(new MemoryStore({ step: () => answer.promise }));
    const { signal, abort } = controller();
    const read = store.read(["k"], { signal });
    abort();
    await expect(read).rejects.toMatchObject({ code: "store_unavailable", details: { reason: "timeout" } });
    answer.resolve();
  });

  it("fails at once where the time was up before", async () => {
    const store = abortable(new MemoryStore({ step: () => new Promise(() => {}) }));
    const read = store.read(["k"], { signal: AbortSignal.abort() });
    await expect(read).rejects.toMatchObject({ details: { reason: "timeout" } });
  });

  it("answers where nobody aborts, where it is too late, and without a signal", async () => {
    const store = abortable(new MemoryStore());
    const { signal, abort } = controller();
    expect(await store.read(["k"], { signal })).toEqual([null]);
    abort();
    expect(await store.read(["k"])).toEqual([null]);
  });

  it("passes on what goes wrong", async () => {
    const fault = new Error("lost");
    const store = abortable(new MemoryStore({ step: () => Promise.reject(fault) }));
    await expect(store.read(["k"], { signal: controller().signal })).rejects.toBe(fault);
  });
});

function controller() {
  const aborting = new AbortController();
  return { signal: aborting.signal, abort: () => aborting.abort() };
}
