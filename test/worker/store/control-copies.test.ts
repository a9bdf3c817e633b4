// Copies of control records: one call a second however many read, never older than the last change that was acknowledged.
import { describe, expect, it, vi } from "vitest";
import { ControlCopies, COPY_MS, dropEverywhere } from "../../../worker/store/control-copies.ts";

describe("a copy", () => {
  it("is asked for once a second", async () => {
    const copies = new ControlCopies();
    let asked = 0;
    const read = (nowMs: number) => copies.read("c", nowMs, async () => `value ${++asked}`);
    expect(await Promise.all([read(0), read(0), read(COPY_MS - 1)])).toEqual(["value 1", "value 1", "value 1"]);
    expect(await read(COPY_MS)).toBe("value 2");
    expect(await read(2 * COPY_MS - 1)).toBe("value 2");
    expect(await read(2 * COPY_MS)).toBe("value 3");
  });

  it("may be of nothing, and each record has its own", async () => {
    const copies = new ControlCopies();
    const own = vi.fn<() => Promise<string | null>>(async () => null);
    expect([await copies.read("a", 0, own), await copies.read("a", 0, own)]).toEqual([null, null]);
    expect(own).toHaveBeenCalledTimes(1);
    expect(await copies.read("b", 0, async () => "other")).toBe("other");
  });

  it("is asked for anew once dropped, also while it is on its way", async () => {
    const copies = new ControlCopies();
    let answer = (_: string) => {};
    const before = copies.read("c", 0, () => new Promise((resolve) => (answer = resolve)));
    copies.drop(["c", "unknown"]);
    const after = copies.read("c", 0, async () => "new");
    answer("old");
    // Who asked before the drop may see the old one; who asks after it does not, nor is the old one kept.
    expect([await before, await after]).toEqual(["old", "new"]);
    expect(await copies.read("c", 1, async () => "newer")).toBe("new");
  });

  it("is not kept when its shard failed", async () => {
    const copies = new ControlCopies();
    await expect(copies.read("c", 0, () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
    expect(await copies.read("c", 0, async () => "value")).toBe("value");
  });

  it("that fails does not take a later one with it", async () => {
    const copies = new ControlCopies();
    let fail = (_: Error) => {};
    const before = copies.read("c", 0, () => new Promise((_, reject) => (fail = reject)));
    copies.drop(["c"]);
    await copies.read("c", 0, async () => "kept");
    fail(new Error("lost"));
    await expect(before).rejects.toThrow("lost");
    expect(await copies.read("c", 1, async () => "asked again")).toBe("kept");
  });
});

describe("dropping copies everywhere", () => {
  it("waits for every shard, and no longer", async () => {
    const wait = vi.fn<(ms: number) => Promise<void>>(async () => {});
    const dropped: number[] = [];
    const drops = [1, 2, 3].map((shard) => async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      dropped.push(shard);
    });
    await dropEverywhere(drops, wait);
    expect(dropped).toEqual([1, 2, 3]);
    expect(wait).not.toHaveBeenCalled();
  });

  it("waits until copies have run out where a shard does not answer", async () => {
    const wait = vi.fn<(ms: number) => Promise<void>>(async () => {});
    const dropped: number[] = [];
    await dropEverywhere([() => Promise.reject(new Error("lost")), async () => void dropped.push(2)], wait);
    expect(dropped).toEqual([2]);
    expect(wait.mock.calls).toEqual([[COPY_MS]]);
  });
});
