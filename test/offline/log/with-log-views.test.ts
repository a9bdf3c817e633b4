// Several views over one source with its log, and sources without event ids: which events stand, for which view.
import type { Table } from "apache-arrow";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { datasets } from "../../../offline/datasets/files.ts";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import {
  type Engine,
  entitySpine,
  getHistoricalFeatures,
  openEngine,
  type ReadSource,
} from "../../../offline/index.ts";
import { compactLog } from "../../../offline/log/compact.ts";
import { withLog } from "../../../offline/log/with-log.ts";
import { count, csv, entity, featureView, float64, string, sum, timestamp } from "../../../sdk/index.ts";
import { type Snapshot, typesInSnapshot } from "../../../sdk/registry/index.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { appendTo, type MemoryLogFiles, memoryLogFiles, random, record } from "../../support/log-files.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const HOUR_US = 3_600_000_000;
const shop = entity("shop", { joinKey: "k", type: string() });
const item = entity("item", { joinKey: "j", type: string() });
const schema = {
  id: string(),
  k: string(),
  j: string(),
  at: timestamp(),
  made: timestamp(),
  x: float64(),
  y: float64(),
};
const place = { path: "s.csv", eventTime: "at", createdTime: "made", schema };
const source = csv("s", { ...place, eventId: "id" });
const byShop = featureView("by_shop", {
  entities: [shop],
  source,
  push: true,
  aggregations: { sum_x: sum("x", "1d") },
});
const byItem = featureView("by_item", {
  entities: [item],
  source,
  push: true,
  aggregations: { sum_y: sum("y", "1d") },
});
const { snapshot: two } = snapshotFrom({ byShop, byItem });
const nameless = { entities: [shop], source: csv("s", place) };
const counts = featureView("counts", { ...nameless, aggregations: { n: count("1d"), sum_x: sum("x", "1d") } });
const lasts = featureView("lasts", { ...nameless, features: { x: float64() } });
const { snapshot: anonymous } = snapshotFrom({ counts, lasts });

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

let files: MemoryLogFiles;
beforeEach(() => {
  files = memoryLogFiles();
});
const sourceLog = () => ({ files, folder: "p/dev/s", source: "s", datasets });

type Row = Readonly<Record<keyof typeof schema, string | number | null>>;

function fileOf(rows: readonly Row[]): Table {
  const columns = Object.entries(schema).map(([name, { type }]) => {
    const cells = rows.map((row) => row[name as keyof Row]);
    const values = type.kind === "timestamp" ? cells.map((us) => (us === null ? null : BigInt(us))) : cells;
    return [name, vectorFromValues(type, values as (Value | null)[])] as const;
  });
  return tableOf(columns);
}

const reading =
  (snapshot: Snapshot, rows: readonly Row[] = []): ReadSource =>
  (spec, columns, range) =>
    withLog(async () => fileOf(rows).select([...(columns ?? [])]), {
      logOf: sourceLog,
      typesOf: (of) => typesInSnapshot(snapshot, of),
    })(spec, columns, range);

/** The features of one key at a time. */
async function ask(
  snapshot: Snapshot,
  readSource: ReadSource,
  features: readonly string[],
  [key, id]: readonly [string, string],
  us = HOUR_US,
): Promise<unknown[]> {
  const text: ValueType = { kind: "string" };
  const { table } = await getHistoricalFeatures({
    engine,
    entities: tableOf([
      [key, vectorFromValues(text, [id])],
      ["event_timestamp", vectorFromValues({ kind: "timestamp" }, [BigInt(us)])],
    ]),
    snapshot,
    request: { features },
    readSource,
    fullNames: true,
  });
  return features.map((name) => {
    const cell = table.getChild(name.replace(":", "__"))?.get(0) as unknown;
    return typeof cell === "bigint" ? Number(cell) : cell;
  });
}

it("4.6 of one id what a view took stands for it, whatever another refused", async () => {
  const [e0, e1, e2] = [
    { k: "k2", j: "j1", x: 9, y: 9 },
    { k: "a", j: "j1", x: 1, y: 1 },
    { k: "a", j: "j2", x: 2, y: 1 },
  ];
  const told = (at: number, view: string, values: Record<string, unknown>, taken: boolean, refused = false) =>
    record("1", at, values, { view, writtenAtUs: at + 1, deferred: !taken, refused });
  await appendTo(files, [
    told(10, "by_item", e0, true),
    told(20, "by_shop", e1, true),
    told(20, "by_item", e1, false, true),
    told(5, "by_shop", e2, false),
  ]);
  for (const how of ["segments", "compacted"]) {
    expect([how, await ask(two, reading(two), ["by_shop:sum_x"], ["k", "a"])]).toEqual([how, [1]]);
    expect([how, await ask(two, reading(two), ["by_item:sum_y"], ["j", "j1"])]).toEqual([how, [9]]);
    await compactLog(sourceLog(), { sealedUs: 1e15, random });
  }
});

it("a spine has every row that the join finds something for", async () => {
  await appendTo(files, [
    record("1", 50, { k: "a", j: "j", x: 1 }, { view: "by_shop", writtenAtUs: 51 }),
    record("1", 40, { k: "a", j: "j", y: 7 }, { view: "by_item", writtenAtUs: 52 }),
  ]);
  expect(await ask(two, reading(two), ["by_item:sum_y"], ["j", "j"], 45)).toEqual([7]);
  const request = { features: ["by_item:sum_y"] };
  const spine = await entitySpine({ engine, snapshot: two, request, readSource: reading(two), times: [45, 55] });
  expect(spine.numRows).toBe(2);
});

it.each<[what: string, log: Parameters<typeof appendTo>[1], expected: unknown[]]>([
  ["no log", [], [3, 4, 2]],
  ["an event", [record(null, 30, { k: "a", x: 8 }, { view: "lasts" })], [4, 12, 8]],
  ["one twice", [30, 30].map((at) => record(null, at, { k: "a", x: 8 }, { view: "lasts" })), [4, 12, 8]],
  ["one of a row's time", [record(null, 20, { k: "a", x: 8 }, { view: "lasts" })], [4, 12, 2]],
])("without ids counts of the log %s once, whatever is asked with it", async (_, log, expected) => {
  await appendTo(files, log);
  const row = (at: number, made: number, x: number): Row => ({ id: null, k: "a", j: "j", at, made, x, y: null });
  const readSource = reading(anonymous, [row(10, 5, 1), row(10, 5, 1), row(20, 15, 2)]);
  expect(await ask(anonymous, readSource, ["counts:n", "counts:sum_x", "lasts:x"], ["k", "a"])).toEqual(expected);
  expect(await ask(anonymous, readSource, ["counts:n", "counts:sum_x"], ["k", "a"])).toEqual(expected.slice(0, 2));
});
