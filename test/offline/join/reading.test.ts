// How sources are read: once for all views that use them, one after another, only what can matter.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import {
  type Engine,
  getHistoricalFeatures,
  type HistoricalOptions,
  openEngine,
  type ReadSource,
} from "../../../offline/index.ts";
import { count, csv, entity, featureView, int64, onDemandView, parquet, timestamp } from "../../../sdk/index.ts";
import { parseDuration } from "../../../sdk/time.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { columnValues, snapshotFrom } from "../../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ engine: "wasm" });
}, 60_000);
afterAll(() => engine.close());

const INT: ValueType = { kind: "int64" };
const TIME: ValueType = { kind: "timestamp" };
const DAY = parseDuration("1d");
const column = (type: ValueType, ...values: (Value | null)[]) => vectorFromValues(type, values);

const user = entity("user", { joinKey: "id", type: int64() });
const clicks = parquet("clicks", {
  path: "c.parquet",
  eventTime: "at",
  schema: { id: int64(), at: timestamp(), page: int64() },
});
const orders = parquet("orders", { path: "o.parquet", eventTime: "at" });
const lastClick = featureView("last_click", {
  entities: [user],
  source: clicks,
  ttl: "1d",
  features: { page: int64() },
});
const lastOrder = featureView("last_order", { entities: [user], source: orders, features: { total: int64() } });
const clickCounts = featureView("click_counts", {
  entities: [user],
  source: clicks,
  aggregations: { clicks_7d: count("7d") },
});
const names = featureView("names", {
  entities: [user],
  source: csv("people", { path: "p.csv", schema: { id: int64(), born: int64() } }),
  features: { born: int64() },
});
const mix = onDemandView("mix", {
  inputs: [lastClick, lastOrder],
  features: { both: int64() },
  expressions: { both: "coalesce(page, 0) + coalesce(total, 0)" },
});
const { snapshot } = snapshotFrom({ lastClick, lastOrder, clickCounts, names, mix });

const TABLES = {
  clicks: tableOf([
    ["id", column(INT, 1n, 1n)],
    ["at", column(TIME, 0n, BigInt(DAY))],
    ["page", column(INT, 10n, 11n)],
  ]),
  orders: tableOf([
    ["id", column(INT, 1n)],
    ["at", column(TIME, 5n)],
    ["total", column(INT, 100n)],
  ]),
  people: tableOf([
    ["id", column(INT, 1n)],
    ["born", column(INT, 1990n)],
  ]),
};
const ENTITIES = tableOf([
  ["id", column(INT, 1n, 1n, 1n)],
  ["event_timestamp", column(TIME, 1n, BigInt(DAY), BigInt(10 * DAY))],
]);

async function join(features: string[], options: Partial<HistoricalOptions> = {}) {
  const reads: [string, readonly string[] | undefined, unknown][] = [];
  const stages: string[] = [];
  const readSource: ReadSource = async (source, columns, range) => {
    reads.push([source.name, columns, range]);
    return {
      table: TABLES[source.name as keyof typeof TABLES],
      read: { files: 1, filesSkipped: 2, bytes: 3, bytesSkipped: 4 },
    };
  };
  const { table, report } = await getHistoricalFeatures({
    engine,
    entities: ENTITIES,
    snapshot,
    request: { features },
    readSource,
    onProgress: ({ stage }) => stages.push(stage),
    ...options,
  });
  return { table, report, reads, stages };
}

describe("sources", () => {
  it("2.8: are read once each, their views joined together, reports and columns in the order asked for", async () => {
    const { table, report, reads, stages } = await join([
      "last_click:page",
      "last_order:total",
      "click_counts:clicks_7d",
    ]);
    expect(reads.map(([name, columns]) => [name, columns])).toStrictEqual([
      ["clicks", ["id", "at", "page"]],
      ["orders", ["id", "at", "total"]],
    ]);
    expect(stages).toStrictEqual([
      "read clicks",
      "join last_click",
      "join click_counts",
      "read orders",
      "join last_order",
      "compute",
    ]);
    expect(report.views.map(({ view }) => view)).toStrictEqual(["last_click", "last_order", "click_counts"]);
    expect(table.schema.fields.map(({ name }) => name).slice(2)).toStrictEqual(["page", "total", "clicks_7d"]);
    expect(report.reads["clicks"]).toStrictEqual({ files: 1, filesSkipped: 2, bytes: 3, bytesSkipped: 4 });
  });

  it.each<[string, string[], Partial<HistoricalOptions>, unknown]>([
    [
      "2.1: the TTL before the first entity row, to the last",
      ["last_click:page"],
      {},
      { afterUs: BigInt(-DAY), untilUs: BigInt(10 * DAY) },
    ],
    [
      "2.1: earlier by the embargo",
      ["last_click:page"],
      { embargoUs: 1 },
      { afterUs: BigInt(-DAY - 1), untilUs: BigInt(10 * DAY - 1) },
    ],
    [
      "2.1: what any of their views can use",
      ["last_click:page", "click_counts:clicks_7d"],
      {},
      { afterUs: BigInt(-7 * DAY), untilUs: BigInt(10 * DAY) },
    ],
    ["2.1: all the past, without a TTL", ["last_order:total"], {}, { afterUs: null, untilUs: BigInt(10 * DAY) }],
    ["3.1: all of a reference table", ["names:born"], {}, undefined],
  ])("are asked for times that matter: %s", async (_, features, options, range) => {
    const { reads } = await join(features, options);
    expect(reads.map(([, , asked]) => asked)).toStrictEqual([range]);
  });

  it("2.9: an on-demand feature is as new as the newest of its inputs", async () => {
    const { table } = await join(["mix:both"], { provenance: true });
    expect(columnValues(table, "both", INT)).toStrictEqual([10n, 111n, 100n]);
    expect(columnValues(table, "both__event_time", TIME)).toStrictEqual([0n, BigInt(DAY), 5n]);
  });

  it("2.9: a reference table's rows have no time", async () => {
    const { table } = await join(["names:born"], { provenance: true });
    expect(columnValues(table, "born", INT)).toStrictEqual([1990n, 1990n, 1990n]);
    expect(columnValues(table, "born__event_time", TIME)).toStrictEqual([null, null, null]);
  });
});
