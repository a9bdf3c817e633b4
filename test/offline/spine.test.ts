// Entity rows out of the data alone, against plain loops: every key that had been seen, at each time, in order.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import {
  type Engine,
  entitySpine,
  getHistoricalFeatures,
  openEngine,
  type SpineOptions,
  timesBetween,
} from "../../offline/index.ts";
import {
  entity,
  featureService,
  featureView,
  float64,
  int32,
  int64,
  onDemandView,
  parquet,
  requestSource,
  string,
} from "../../sdk/index.ts";
import type { SourceSpec } from "../../sdk/registry/index.ts";
import { histories, historyTable, type HistoryRow, times } from "../support/histories.ts";
import { columnValues, snapshotFrom } from "../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const pair = entity("pair", { joinKeys: { k1: string(), k2: int64() } });
const swapped = entity("swapped", { joinKeys: { k2: int64(), k1: string() } });
const first = entity("first", { joinKey: "k1", type: string() });
const other = entity("other", { joinKey: "item", type: int32() });
const source = (name: string) =>
  parquet(name, { path: `${name}.parquet`, eventTime: "event_time", createdTime: "created" });
const features = { x: float64() };
const a = featureView("a", { entities: [pair], source: source("a"), features });
const b = featureView("b", { entities: [swapped], source: source("b"), ttl: "1h", features });
const one = featureView("one", { entities: [first], source: source("one"), features });
const items = featureView("items", { entities: [other], source: source("items"), features });
const names = featureView("names", {
  entities: [first],
  source: parquet("names", { path: "names.parquet" }),
  features,
});
const world = featureView("world", { entities: [], source: source("world"), features });
const chosen = featureView("chosen", {
  entities: [first],
  source: source("chosen"),
  features,
  select: "SELECT upper(k1) AS k1, event_time, created, x FROM chosen WHERE k1 <> 'p'",
});
const fare = requestSource("fare", { price: float64(), note: string() });
const ratio = onDemandView("ratio", {
  inputs: [a, fare],
  features: { r: float64() },
  expressions: { r: "note == 'n' ? x / price : 0.0" },
});
const model = featureService("model", { features: [a, ratio] });
const { snapshot } = snapshotFrom({ a, b, one, items, names, world, chosen, ratio, model });
const types = { x: { kind: "float64" } } as const;

const texts = (rows: readonly (readonly (string | bigint)[])[]) => rows.map((row) => row.join("|"));

const spine = (
  features_: readonly string[],
  tables: Readonly<Record<string, readonly HistoryRow[]>>,
  more: Partial<SpineOptions> = {},
) =>
  entitySpine({
    engine,
    snapshot,
    request: { features: features_ },
    readSource: async ({ name }: SourceSpec) => historyTable(tables[name] ?? [], types),
    times: [0],
    ...more,
  });

const history = histories({ x: fc.constant(1) }, 30);

describe("entitySpine", () => {
  const row = (k1: string, e: number): HistoryRow => ({
    key: `${k1}/1`,
    keyParts: [k1, 1n],
    e,
    c: e + 999,
    values: { x: 1 },
  });

  it("is every whole key with an event at or before each time, in order", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(history, history, fc.array(times, { minLength: 1, maxLength: 5 }), async (rowsA, rowsB, at) => {
        const table = await spine(["a:x", "b:x", "one:x"], { a: rowsA, b: rowsB }, { times: at });
        const seen = new Map<string, { key: readonly [string, bigint]; e: number }>();
        for (const { key, keyParts, e } of [...rowsA, ...rowsB]) {
          if (key === null) continue;
          const known = seen.get(key);
          if (known === undefined || e < known.e) seen.set(key, { key: keyParts as [string, bigint], e });
        }
        const byBytes = (x: string, y: string) => Buffer.compare(Buffer.from(x), Buffer.from(y));
        const keys = [...seen.values()].toSorted(
          ({ key: [p, m] }, { key: [q, n] }) => byBytes(p, q) || (m < n ? -1 : m > n ? 1 : 0),
        );
        const moments = [...new Set(at)].toSorted((x, y) => x - y);
        const expected = moments.flatMap((t) => keys.filter(({ e }) => e <= t).map(({ key }) => [...key, BigInt(t)]));
        const found = [
          columnValues(table, "k1", { kind: "string" }),
          columnValues(table, "k2", { kind: "int64" }),
          columnValues(table, "event_timestamp", { kind: "timestamp" }),
        ] as (string | bigint)[][];
        const rows = Array.from({ length: table.numRows }, (_, i) =>
          found.map((values) => values[i] as string | bigint),
        );
        expect(texts(rows)).toEqual(texts(expected));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ["a microsecond before the event", -1, 0],
    ["at it, though created later", 0, 1],
    ["long after its TTL", 86_400_000_000, 1],
  ])("%s", async (_, t, rows) => {
    expect((await spine(["b:x"], { b: [row("p", 0)] }, { times: [t] })).numRows).toBe(rows);
  });

  it("a reference table's keys have always been there", async () => {
    const readSource = async () =>
      tableOf([
        ["k1", vectorFromValues({ kind: "string" }, ["p", "q", "p", null])],
        ["x", vectorFromValues({ kind: "float64" }, [1, 2, 3, 4])],
      ]);
    const table = await spine(["names:x"], {}, { times: [-5], readSource });
    expect(columnValues(table, "k1", { kind: "string" })).toEqual(["p", "q"]);
  });

  it("keeps the type of a join key", async () => {
    const readSource = async () =>
      tableOf([
        ["item", vectorFromValues({ kind: "int32" }, [7, -1, null])],
        ["event_time", vectorFromValues({ kind: "timestamp" }, [0n, 0n, 0n])],
        ["created", vectorFromValues({ kind: "timestamp" }, [0n, 0n, 0n])],
        ["x", vectorFromValues({ kind: "float64" }, [1, 2, 3])],
      ]);
    const table = await spine(["items:x"], {}, { readSource });
    expect(String(table.schema.fields[0]?.type)).toBe("Int32");
    expect(columnValues(table, "item", { kind: "int32" })).toEqual([-1, 7]);
  });

  it.each([
    ["with rows", [row("p", 0), row("q", 5)], [0n, 9n]],
    ["without any yet", [row("p", 3)], [9n]],
    ["without any", [], []],
  ])("a view without an entity is one row a time, %s", async (_, rows, moments) => {
    const table = await spine(["world:x"], { world: rows }, { times: [9, 0] });
    expect(columnValues(table, "event_timestamp", { kind: "timestamp" })).toEqual(moments);
  });

  it("a view's own query says which entities there are", async () => {
    const rows = [row("p", 0), row("q", 5)];
    const table = await spine(["chosen:x"], { chosen: rows }, { times: [9] });
    expect(columnValues(table, "k1", { kind: "string" })).toEqual(["Q"]);
  });

  it("brings request data along, and what it makes joins", async () => {
    const request = { service: "model" };
    const requestData = { price: 4, note: "n" };
    const readSource = async () => historyTable([row("p", 0), row("q", 5)], types);
    const entities = await spine([], {}, { request, readSource, times: [10, 3, 10], requestData, entityTime: "t" });
    expect(entities.schema.fields.map(({ name }) => name)).toEqual(["k1", "k2", "t", "price", "note"]);
    const { table } = await getHistoricalFeatures({ engine, entities, snapshot, request, readSource, entityTime: "t" });
    expect(columnValues(table, "r", { kind: "float64" })).toEqual([0.25, 0.25, 0.25]);
    expect(columnValues(table, "k1", { kind: "string" })).toEqual(["p", "p", "q"]);
  });

  it.each([
    ["missing_request_data", { request: { service: "model" }, requestData: { price: 4 } }],
    ["unknown_request_data", { requestData: { prize: 4 } }],
    ["unknown_view", { request: { features: ["nobody:x"] } }],
  ])("%s", async (code, more: Partial<SpineOptions>) => {
    await expect(spine(["a:x"], {}, more)).rejects.toMatchObject({ code });
  });

  it("refuses views that have no keys in common", async () => {
    await expect(spine(["a:x", "items:x"], {})).rejects.toThrow(/"items" is joined by item, "a" by k1 and k2/);
  });

  it("refuses more rows than it may make, and says how many they are", async () => {
    const rows = Array.from({ length: 10 }, (_, i) => row(`k${i}`, i));
    const error = spine(["a:x"], { a: rows }, { times: [4, 20], maxRows: 14 });
    await expect(error).rejects.toMatchObject({ code: "request_too_large", details: { rows: 15, maxRows: 14 } });
    expect((await spine(["a:x"], { a: rows }, { times: [4, 20], maxRows: 15 })).numRows).toBe(15);
  });
});

describe("timesBetween", () => {
  it.each([
    [0, 10, 5, [0, 5, 10]],
    [0, 9, 5, [0, 5]],
    [-3, -3, 1, [-3]],
  ])("from %d to %d every %d", (from, to, every, expected) => expect(timesBetween(from, to, every)).toEqual(expected));

  it.each([
    ["an end before the start", 1, 0, 1, "bad_request"],
    ["no step", 0, 1, 0, "bad_request"],
    ["too many", 0, 100, 1, "request_too_large"],
  ])("%s", (_, from, to, every, code) => {
    expect(() => timesBetween(from, to, every, 50)).toThrow(expect.objectContaining({ code }));
  });
});
