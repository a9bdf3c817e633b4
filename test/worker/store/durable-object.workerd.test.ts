// One Durable Object of the store, inside workerd: how it sweeps, what it looks at, how much it answers at once.
import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { EdgefeatStore } from "../../../worker/store/durable-object.ts";
import { prefixEnd, SqliteRows } from "../../../worker/store/sqlite-rows.ts";

const ONE = { index: 0, count: 1 };
const row = (key: string, expireInMs: number | null) => ({ key, value: "v", expected: null, expireInMs });
const many = (count: number, expireInMs: number | null, name = "k") =>
  Array.from({ length: count }, (_, i) => row(`${name}${String(i).padStart(6, "0")}`, expireInMs));
const rowsOf = (stub: DurableObjectStub<EdgefeatStore>) =>
  runInDurableObject(
    stub,
    (_, { storage }) => storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM rows").one().n,
  );
const alarmOf = (stub: DurableObjectStub<EdgefeatStore>) =>
  runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
/** Lets the object's clock pass an expiry of 1 ms. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 10));

describe("sweeping", () => {
  it("frees expired rows and keeps the others", async () => {
    const stub = env.STORE.getByName("sweep");
    await stub.compareAndSet(ONE, [
      ...many(1_500, 1, "gone"),
      ...many(1_500, null, "kept"),
      ...many(10, 3_600_000, "later"),
    ]);
    await aMoment();
    expect(await rowsOf(stub)).toBe(3_010);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rowsOf(stub)).toBe(1_510);
  });

  it("comes back while rows are left that will expire, and not otherwise", async () => {
    const stub = env.STORE.getByName("come-back");
    await stub.compareAndSet(ONE, many(10, null, "kept"));
    expect(await alarmOf(stub)).toBeNull();
    await stub.compareAndSet(ONE, [row("soon", 1), row("later", 3_600_000)]);
    expect(await alarmOf(stub)).not.toBeNull();
    await aMoment();
    await runDurableObjectAlarm(stub);
    expect([await rowsOf(stub), await alarmOf(stub)]).toEqual([11, expect.any(Number)]);
    await stub.compareAndSet(ONE, [{ ...row("later", null), expected: "v" }]);
    await runDurableObjectAlarm(stub);
    expect(await alarmOf(stub)).toBeNull();
    await stub.compareAndSet(ONE, [row("new", 1)]);
    expect(await alarmOf(stub)).not.toBeNull();
  });

  it("goes on where it stopped after 10,000 rows, across an eviction", async () => {
    const stub = env.STORE.getByName("large");
    await stub.compareAndSet(ONE, [...many(11_000, null, "kept"), ...many(12_000, 1, "later")]);
    await aMoment();
    const left: number[] = [];
    for (let run = 0; run < 3; run++) {
      await runDurableObjectAlarm(stub);
      await evictDurableObject(stub);
      left.push(await rowsOf(stub));
    }
    expect(left).toEqual([23_000, 14_000, 11_000]);
    expect(await alarmOf(stub)).toBeNull();
  });

  it("plans a sweep for rows written before an eviction", async () => {
    const stub = env.STORE.getByName("evicted");
    await stub.compareAndSet(ONE, [row("a", 3_600_000)]);
    const planned = await alarmOf(stub);
    await evictDurableObject(stub);
    await stub.compareAndSet(ONE, [row("b", 3_600_000)]);
    expect(await alarmOf(stub)).toBe(planned);
  });
});

describe("rows that SQLite looks at", () => {
  it.each([
    [
      "reading 10 keys",
      10,
      (rows: SqliteRows) =>
        rows.read(
          many(10, null).map(({ key }) => key),
          0,
        ),
    ],
    ["the first page of a scan", 1_000, (rows: SqliteRows) => rows.scan("k", null, 0)],
    ["a later page", 1_000, (rows: SqliteRows) => rows.scan("k", "k001999", 0)],
    ["a scan that finds few", 10, (rows: SqliteRows) => rows.scan("k00123", null, 0)],
    ["a page of a sweep", 1_000, (rows: SqliteRows) => rows.sweep({ cursor: "k001999", expiring: false }, 0)],
    ["creating a row", 1, (rows: SqliteRows) => rows.compareAndSet(row("new", null), 0)],
  ])("are few for %s", async (_, atMost, work) => {
    const stub = env.STORE.getByName("seek");
    await stub.compareAndSet(ONE, many(5_000, null));
    const looked = await runInDurableObject(stub, (_object, { storage }) => {
      const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
      const exec: SqlStorage["exec"] = (sql, ...bindings) => {
        const cursor = storage.sql.exec(sql, ...bindings);
        cursors.push(cursor);
        return cursor as never;
      };
      work(new SqliteRows({ exec } as SqlStorage));
      return cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
    });
    // json_each's own rows are counted too, and the row that ends a range.
    expect(looked).toBeLessThanOrEqual(2 * atMost + 2);
  });
});

describe("an answer", () => {
  it("holds the first rows only where all would be too many", async () => {
    const stub = env.STORE.getByName("answer");
    const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
    for (const key of keys.slice(1))
      await stub.compareAndSet(ONE, [{ ...row(key, null), value: key.padEnd(1_900_000) }]);
    // The first is missing, which takes its place but no room.
    const first = (await stub.read(ONE, keys)) as (string | null)[];
    expect(first.map((value) => value?.trim() ?? null)).toEqual([null, "k1", "k2", "k3", "k4", "k5", "k6"]);
    const rest = (await stub.read(ONE, keys.slice(7))) as (string | null)[];
    expect(rest.map((value) => value?.trim())).toEqual(["k7", "k8", "k9", "k10", "k11"]);
  });
});

describe("prefixEnd", () => {
  it.each([
    ["a", "b"],
    ["user:", "user;"],
    ["a\u{10ffff}", "b"],
    ["é", "ê"],
    ["\ud7ff", "\ue000"],
    ["\uffff", "\u{10000}"],
    ["😀", "😁"],
    ["", null],
    ["\u{10ffff}\u{10ffff}", null],
  ])("of %j is %j", (prefix, end) => {
    expect(prefixEnd(prefix)).toBe(end);
  });
});
