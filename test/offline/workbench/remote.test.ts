// Calls to the page's worker: answers, errors with their codes, progress, cancel, and a worker that ends.
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { answer, type CallContext, Remote } from "../../../offline/workbench/session/remote.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";

interface Calls {
  double(n: number): number;
  refuse(what: string): never;
  count(to: number): number;
  wait(what: null): string;
}

/** A worker made of a message channel, that can be made to fail. */
class FakeWorker extends EventTarget {
  readonly #port: MessagePort;
  terminated = false;

  constructor() {
    super();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on("message", (data) => this.dispatchEvent(new MessageEvent("message", { data })));
    answer(port2 as never, {
      double: (n: number) => 2 * n,
      refuse: (what: string) => {
        throw new EdgefeatError("missing_column", `there is no ${what}`, { hint: "add it" });
      },
      count(to: number, { progress }: CallContext) {
        for (let i = 1; i <= to; i++) progress(i);
        return to;
      },
      wait: (_: null, { signal }: CallContext) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new EdgefeatError("cancelled", "cancelled")));
        }),
    });
    onTestFinished(() => port1.close());
  }

  postMessage(message: unknown): void {
    this.#port.postMessage(message, []);
  }

  terminate(): void {
    this.terminated = true;
  }
}

function remote() {
  const workers: FakeWorker[] = [];
  const calls = new Remote<Calls>(() => {
    workers.push(new FakeWorker());
    return workers.at(-1) as never;
  });
  return { calls, workers };
}

describe("a remote worker", () => {
  it("answers many calls, each its own", async () => {
    const { calls, workers } = remote();
    expect(workers).toHaveLength(0);
    expect(await Promise.all([1, 2, 3].map((n) => calls.call("double", n)))).toEqual([2, 4, 6]);
    expect(workers).toHaveLength(1);
  });

  it("keeps the code, the words and the hint of an error", async () => {
    const { calls } = remote();
    await expect(calls.call("refuse", "x")).rejects.toMatchObject({
      code: "missing_column",
      message: "there is no x",
      hint: "add it",
    });
  });

  it("tells progress before it answers", async () => {
    const { calls } = remote();
    const seen: number[] = [];
    await calls.call<"count", number>("count", 3, { onProgress: (n) => seen.push(n) });
    expect(seen).toEqual([1, 2, 3]);
  });

  it("cancels a call, and no other", async () => {
    const { calls } = remote();
    const controller = new AbortController();
    const waiting = calls.call("wait", null, { signal: controller.signal });
    const other = calls.call("double", 4);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(await other).toBe(8);
  });

  it("fails what is pending when the worker ends, and starts another for the next call", async () => {
    const { calls, workers } = remote();
    const waiting = calls.call("wait", null);
    const ended = Object.assign(new Event("error", { cancelable: true }), { message: "out of memory" });
    workers[0]?.dispatchEvent(ended);
    await expect(waiting).rejects.toMatchObject({
      code: "engine_failed",
      hint: expect.stringContaining("files and choices are kept"),
    });
    expect(workers[0]?.terminated).toBe(true);
    expect(await calls.call("double", 5)).toBe(10);
    expect(workers).toHaveLength(2);
  });
});
