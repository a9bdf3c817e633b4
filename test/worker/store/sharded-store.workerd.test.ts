// The embedded store held to the port, inside workerd, over one, three and six objects; and what only sharding brings.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { onlineStoreConformance } from "../../conformance/online-store.ts";
import { storeNamed } from "../../support/workerd-named-stores.ts";
import { controlKey } from "../../../sdk/rows/index.ts";
import { createDurableObjectStore } from "../../../worker/store/durable-object.ts";
import { shardName, shardOf } from "../../../worker/store/shards.ts";

const COUNTS = [1, 3, 6];
for (const count of COUNTS) {
  onlineStoreConformance(`durable-object-${count}`, () =>
    createDurableObjectStore(storeNamed(env.STORES, `conformance-${count}`), { shards: count }),
  );
}

const write = (key: string, value: string, expected: string | null = null) => ({
  key,
  value,
  expected,
  expireInMs: null,
});
const control = controlKey({ project: "p", environment: "test" });
/** `many` keys that hash to one shard. */
const keysOn = (index: number, count: number, many = 1, name = "k") => {
  const keys: string[] = [];
  for (let i = 0; keys.length < many; i++) if (shardOf(`${name}${i}`, count) === index) keys.push(`${name}${i}`);
  return keys;
};
const oneKeyEach = (count: number) => Array.from({ length: count }, (_, index) => keysOn(index, count)[0] as string);

let stores = 0;
/** A store of its own, and the objects that it called since `calls` was emptied. */
function makeStore(shards: number, name = `store-${stores++}`) {
  const calls: string[] = [];
  const store = createDurableObjectStore(
    storeNamed(env.STORES, name, (object) => calls.push(object)),
    { shards },
  );
  const object = (index: number) => env.STORES.getByName(`${name}/${shardName(index)}`);
  return { name, store, calls, object };
}

/** A store whose calls fail at one object. */
function failingAt(index: number, shards: number, name: string) {
  const namespace = storeNamed(env.STORES, name);
  const fault = () => Promise.reject(new Error("Network connection lost."));
  return createDurableObjectStore(
    {
      getByName: (object: string) =>
        object === shardName(index)
          ? { read: fault, compareAndSet: fault, scan: fault, size: fault }
          : namespace.getByName(object),
    } as unknown as typeof env.STORES,
    { shards },
  );
}

describe("the objects that a call reaches", () => {
  it.each(COUNTS)("are each called once for a read, of %d", async (count) => {
    const { store, calls } = makeStore(count);
    const keys = Array.from({ length: 500 }, (_, i) => `key ${i}`);
    await store.compareAndSet(keys.map((key) => write(key, `value of ${key}`)));
    calls.length = 0;
    expect(await store.read([...keys, control, ...keys])).toEqual([
      ...keys.map((key) => `value of ${key}`),
      null,
      ...keys.map((key) => `value of ${key}`),
    ]);
    expect(calls.toSorted()).toEqual(Array.from({ length: count }, (_, index) => shardName(index)));
  });

  it("is one for a row and the control record, whichever shard the row is on", async () => {
    const { store, calls } = makeStore(6);
    const keys = oneKeyEach(6);
    await store.compareAndSet([...keys.map((key) => write(key, `row ${key}`)), write(control, "pointer")]);
    for (const [index, key] of keys.entries()) {
      calls.length = 0;
      expect(await store.read([key, control])).toEqual([`row ${key}`, "pointer"]);
      expect(calls).toEqual([shardName(index)]);
    }
  });

  it.each([
    ["the control record's own, for it alone", [control], {}],
    [
      "the row's and the record's own, where the newest is wanted",
      [keysOn((shardOf(control, 6) + 1) % 6, 6)[0] as string, control],
      { purpose: "newest" },
    ],
    [
      "the row's and the record's own, where a write builds upon it",
      [keysOn((shardOf(control, 6) + 1) % 6, 6)[0] as string, control],
      { purpose: "write" },
    ],
  ] as const)("are %s", async (_, keys, options) => {
    const { store, calls } = makeStore(6);
    await store.compareAndSet([write(control, "pointer")]);
    calls.length = 0;
    expect((await store.read(keys, options)).at(-1)).toBe("pointer");
    expect(calls.toSorted()).toEqual([...new Set(keys.map((key) => shardName(shardOf(key, 6))))].toSorted());
  });

  it("are asked again only where an answer is too large for one call", async () => {
    const { store, calls } = makeStore(3);
    const keys = keysOn(1, 3, 14);
    for (const key of keys) await store.compareAndSet([write(key, key.padEnd(1_900_000))]);
    calls.length = 0;
    const values = await store.read(keys);
    expect(values.map((value) => value?.trim())).toEqual(keys);
    expect(calls).toEqual(["store-1", "store-1", "store-1"]);
  });
});

describe("rows", () => {
  it("lie each in one object, spread over all of them", async () => {
    const { store, object } = makeStore(6);
    await store.compareAndSet(Array.from({ length: 600 }, (_, i) => write(`feature:p:dev:user:${i}:v@1`, "1")));
    const counts = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        runInDurableObject(object(index), (_object, { storage }) =>
          storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM rows").one(),
        ),
      ),
    );
    expect(counts.reduce((sum, { n }) => sum + n, 0)).toBe(600);
    for (const { n } of counts) expect(Math.abs(n - 100)).toBeLessThan(40);
  });

  it("of one key are written in the order of the call, with others of other shards between them", async () => {
    const { store } = makeStore(6);
    const keys = oneKeyEach(6);
    const rounds = Array.from({ length: 5 }, (_, round) =>
      keys.map((key) => write(key, `${round}`, round === 0 ? null : `${round - 1}`)),
    );
    expect(await store.compareAndSet(rounds.flat())).toEqual(rounds.flat().map(() => true));
    expect(await store.read(keys)).toEqual(keys.map(() => "4"));
  });

  it("of a call in which one is refused are none of them written, on no shard", async () => {
    const { store } = makeStore(6);
    const keys = oneKeyEach(6);
    const writes = [...keys.map((key) => write(key, "1")), write("bad", "\ud800")];
    await expect(store.compareAndSet(writes)).rejects.toMatchObject({ code: "value_out_of_range" });
    expect(await store.read(keys)).toEqual(keys.map(() => null));
  });

  it("are scanned shard by shard: each once, whatever page they come on", async () => {
    const { store } = makeStore(3);
    const keys = Array.from({ length: 4_000 }, (_, i) => `k:${i}`);
    await store.compareAndSet([...keys, "other"].map((key) => write(key, "1")));
    const seen: string[] = [];
    const cursors: string[] = [];
    for (let cursor: string | null = null; cursors.length === 0 || cursor !== null;) {
      const page: Awaited<ReturnType<typeof store.scan>> = await store.scan("k:", cursor);
      seen.push(...page.keys);
      cursor = page.cursor;
      cursors.push(cursor ?? "end");
    }
    expect(seen.length).toBe(4_000);
    expect(seen.toSorted()).toEqual(keys.toSorted());
    expect(new Set(cursors.map((cursor) => cursor.split(":")[0]))).toEqual(new Set(["0", "1", "2", "end"]));
  });

  it.each(["x", "3:", "9:k", ":k"])("are not scanned from %j, which is no cursor of theirs", async (cursor) => {
    await expect(makeStore(3).store.scan("k:", cursor)).rejects.toMatchObject({ code: "bad_request" });
  });

  it("warn of each shard that is nearly full, as the others don't make room", async () => {
    const sizes: Record<string, number> = { store: 1e9, "store-1": 9.5e9, "store-2": 2e9 };
    const namespace = { getByName: (object: string) => ({ size: async () => ({ bytes: sizes[object] }) }) };
    const store = createDurableObjectStore(namespace as unknown as typeof env.STORES, { shards: 3 });
    const { usedBytes, limitBytes, warnings } = await store.status();
    expect([usedBytes, limitBytes]).toEqual([12.5e9, 30e9]);
    expect(warnings).toEqual([expect.stringContaining('the Durable Object "store-1", one of 3, is 95 % full')]);
  });

  it("are counted together in the status", async () => {
    const { store, object } = makeStore(3);
    await store.compareAndSet(oneKeyEach(3).map((key) => write(key, "x".repeat(100_000))));
    const bytes = await Promise.all(
      [0, 1, 2].map((index) => runInDurableObject(object(index), (_, { storage }) => storage.sql.databaseSize)),
    );
    expect(await store.status()).toEqual({
      kind: "durable-object",
      keepsRows: true,
      usedBytes: bytes.reduce((sum, size) => sum + size, 0),
      limitBytes: 30e9,
      warnings: [],
    });
  });
});

describe("the control record", () => {
  it("is seen as it is by every shard as soon as a change of it has returned", async () => {
    const { store, name } = makeStore(6);
    const other = makeStore(6, name).store;
    const keys = oneKeyEach(6);
    await store.compareAndSet([write(control, "0")]);
    for (let round = 1; round <= 5; round++) {
      for (const key of keys) expect(await other.read([key, control])).toEqual([null, `${round - 1}`]);
      expect(await store.compareAndSet([write(control, `${round}`, `${round - 1}`)])).toEqual([true]);
      for (const key of keys) expect(await other.read([key, control])).toEqual([null, `${round}`]);
    }
  });

  it("is never older than the last change, while others read it and change it", async () => {
    const { store } = makeStore(6);
    const keys = oneKeyEach(6);
    await store.compareAndSet([write(control, "0")]);
    let acknowledged = 0;
    const changes = (async () => {
      for (let round = 1; round <= 30; round++) {
        await store.compareAndSet([write(control, `${round}`, `${round - 1}`)]);
        acknowledged = round;
      }
    })();
    const reads = keys.map(async (key) => {
      for (let i = 0; i < 60; i++) {
        const least = acknowledged;
        const [, seen] = await store.read([key, control]);
        expect(Number(seen)).toBeGreaterThanOrEqual(least);
      }
    });
    await Promise.all([changes, ...reads]);
  });

  it("is copied for a second, from one call however many read it", async () => {
    const { store, object } = makeStore(6);
    const own = shardOf(control, 6);
    const elsewhere = (own + 1) % 6;
    const [key] = keysOn(elsewhere, 6) as [string];
    await store.compareAndSet([write(control, "before"), write(key, "1")]);
    await Promise.all(Array.from({ length: 20 }, () => store.read([key, control])));
    // Behind the store's back, so that nothing drops the copies.
    await runInDurableObject(object(own), (_, { storage }) =>
      storage.sql.exec("UPDATE rows SET value = 'after' WHERE key = ?", control).toArray(),
    );
    expect(await store.read([key, control])).toEqual(["1", "before"]);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(await store.read([key, control])).toEqual(["1", "after"]);
  });

  it("is not written by a change that lost, and then no copy is dropped", async () => {
    const { store } = makeStore(3);
    await store.compareAndSet([write(control, "1")]);
    expect(await store.compareAndSet([write(control, "2", "other")])).toEqual([false]);
    expect(await store.read([...oneKeyEach(3), control])).toEqual([null, null, null, "1"]);
  });
});

describe("a shard that fails", () => {
  const cases = [
    ["a read of its rows", (store: ReturnType<typeof failingAt>, keys: string[]) => store.read(keys)],
    [
      "a write to it",
      (store: ReturnType<typeof failingAt>, keys: string[]) => store.compareAndSet(keys.map((key) => write(key, "2"))),
    ],
    ["the status", (store: ReturnType<typeof failingAt>) => store.status()],
    ["a scan that has come to it", (store: ReturnType<typeof failingAt>) => store.scan("", "2:")],
  ] as const;
  it.each(cases)("makes %s fail as a whole", async (_, work) => {
    const { store, name } = makeStore(3);
    const keys = oneKeyEach(3);
    await store.compareAndSet(keys.map((key) => write(key, "1")));
    await expect(work(failingAt(2, 3, name), keys)).rejects.toMatchObject({ code: "store_unavailable" });
  });

  it("leaves alone what does not need it", async () => {
    const { store, name } = makeStore(3);
    const keys = oneKeyEach(3).slice(0, 2);
    await store.compareAndSet(keys.map((key) => write(key, "1")));
    expect(await failingAt(2, 3, name).read(keys)).toEqual(["1", "1"]);
  });

  it.each([
    [Object.assign(new Error("secret"), { overloaded: true }), "overloaded"],
    [new Error("Network connection lost."), "try again"],
  ])("is store_unavailable with a mend: %s", async (fault, hint) => {
    const object = { read: () => Promise.reject(fault) };
    const store = createDurableObjectStore({ getByName: () => object } as unknown as typeof env.STORE);
    await expect(store.read(["a"])).rejects.toMatchObject({
      code: "store_unavailable",
      hint: expect.stringContaining(hint),
    });
  });
});

describe("the count of shards", () => {
  it.each([0, -1, 1.5, 7, Number.NaN])("can't be %d", (shards) => {
    expect(() => createDurableObjectStore(env.STORES, { shards })).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringContaining("EDGEFEAT_SHARDS") }),
    );
  });

  const pairs = COUNTS.flatMap((before) =>
    [1, 2, 3, 6].filter((after) => after !== before).map((after) => [before, after] as const),
  );
  it.each(pairs)("stays: after %d, %d is refused by every call, on every shard", async (before, after) => {
    const { store, name } = makeStore(before);
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    await store.compareAndSet(keys.map((key) => write(key, "1")));
    const other = makeStore(after, name).store;
    const refused = {
      code: "config_invalid",
      message: `the Worker's variable EDGEFEAT_SHARDS is ${after}, but the store was created with ${before}`,
      hint: expect.stringContaining(`set EDGEFEAT_SHARDS to ${before}`),
      details: { createdWith: before },
    };
    for (const key of oneKeyEach(after)) {
      await expect(other.read([key])).rejects.toMatchObject(refused);
      await expect(other.compareAndSet([write(key, "2", "1")])).rejects.toMatchObject(refused);
    }
    for (let index = 0; index < after; index++)
      await expect(other.scan("", `${index}:`)).rejects.toMatchObject(refused);
    await expect(other.status()).rejects.toMatchObject(refused);
    expect(await store.read(keys)).toEqual(keys.map(() => "1"));
  });

  it("is decided by the first write, on whatever shard, not by reads before", async () => {
    const { store, name } = makeStore(6);
    const keys = oneKeyEach(6);
    expect(await store.read([...keys, control])).toEqual([null, null, null, null, null, null, null]);
    expect((await store.scan("", null)).keys).toEqual([]);
    await store.status();
    const three = makeStore(3, name).store;
    expect(await three.compareAndSet([write(keysOn(2, 3)[0] as string, "1")])).toEqual([true]);
    await expect(store.read(keys)).rejects.toMatchObject({ code: "config_invalid" });
    await expect(makeStore(1, name).store.read(["k"])).rejects.toMatchObject({ code: "config_invalid" });
  });

  it("is decided once, where two would create the store at once", async () => {
    const name = `race-${stores++}`;
    const calls = [2, 3, 4, 5, 6].map((count) =>
      makeStore(count, name).store.compareAndSet(oneKeyEach(count).map((key) => write(key, "1"))),
    );
    const done = await Promise.allSettled(calls);
    expect(done.filter(({ status }) => status === "fulfilled").length).toBe(1);
    for (const call of done)
      if (call.status === "rejected") expect(call.reason).toMatchObject({ code: "config_invalid" });
  });

  it("is remembered over an eviction, also by a shard that was only read", async () => {
    const { store, object } = makeStore(3);
    const [first, second, third] = oneKeyEach(3) as [string, string, string];
    await store.compareAndSet([write(first, "1")]);
    expect(await store.read([second, third])).toEqual([null, null]);
    for (const index of [0, 1, 2]) await evictDurableObject(object(index));
    for (const index of [0, 1, 2]) {
      const answer = await object(index).read({ index, count: 6 }, ["k"]);
      expect(answer).toEqual({ createdWith: 3 });
    }
  });

  it("is 1 for a store with rows of the time before there was a count", async () => {
    const name = `old-${stores++}`;
    const old = env.STORES.getByName(`${name}/store`);
    await runInDurableObject(old, (_, { storage }) =>
      storage.sql.exec("INSERT INTO rows (key, value) VALUES ('k', 'old')").toArray(),
    );
    await evictDurableObject(old);
    await expect(makeStore(3, name).store.compareAndSet([write(keysOn(0, 3)[0] as string, "1")])).rejects.toMatchObject(
      {
        details: { createdWith: 1 },
      },
    );
    await expect(makeStore(3, name).store.read([keysOn(2, 3)[0] as string])).rejects.toMatchObject({
      details: { createdWith: 1 },
    });
    expect(await makeStore(1, name).store.read(["k"])).toEqual(["old"]);
  });
});
