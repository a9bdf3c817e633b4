// Counting the calls of a store that does not count by itself.
import { describe, expect, it } from "vitest";
import { counted, sumOfCounts, sumOfTraffic } from "../../../worker/store/counted.ts";
import { MemoryStore } from "../../support/memory-store.ts";

describe("a counted store", () => {
  it("counts calls, and the characters of keys and rows", async () => {
    const store = counted(new MemoryStore());
    await store.compareAndSet([{ key: "key", expected: null, value: "four", expireInMs: null }]);
    await store.compareAndSet([{ key: "key", expected: "four", value: "fives", expireInMs: null }]);
    expect(await store.read(["key", "none"])).toEqual(["fives", null]);
    await store.scan("k", null);
    await store.status();
    expect(store.stats?.()).toMatchObject({
      commands: { write: 2, read: 1, scan: 1, status: 1 },
      sentBytes: 7 + 12 + 7 + 1,
      receivedBytes: 5 + 3,
      errors: {},
    });
  });

  it("hands on how a read is asked for", async () => {
    const inner = new MemoryStore();
    await counted(inner).read(["k"], { purpose: "newest" });
    expect(inner.reads).toEqual([{ keys: ["k"], options: { purpose: "newest" } }]);
  });

  it("sums what several count", () => {
    const one = { commands: { mget: 1 }, sentBytes: 2, receivedBytes: 3 };
    const two = { commands: { mget: 4, scan: 1 }, sentBytes: 5, receivedBytes: 6 };
    expect(sumOfTraffic([one, two])).toEqual({ commands: { mget: 5, scan: 1 }, sentBytes: 7, receivedBytes: 9 });
    expect(sumOfTraffic([])).toEqual({ commands: {}, sentBytes: 0, receivedBytes: 0 });
    expect(sumOfCounts([{ a: 1 }, {}])).toEqual({ a: 1 });
  });
});
