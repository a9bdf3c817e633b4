// Joins of several views: aliases and join-key maps, reference tables, defaults, null keys, and what passes through.
import type { Table } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { type Engine, getHistoricalFeatures, openEngine } from "../../offline/index.ts";
import {
  count,
  csv,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  string,
  timestamp,
} from "../../sdk/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { columnValues, snapshotFrom } from "../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const TEXT: ValueType = { kind: "string" };
const INT: ValueType = { kind: "int64" };
const TIME: ValueType = { kind: "timestamp" };
const NUMBER: ValueType = { kind: "float64" };

const place = entity("place", { joinKey: "iata", type: string() });
const person = entity("person", { joinKey: "id", type: int64() });
const weather = featureView("weather", {
  entities: [place],
  source: parquet("weather_log", {
    path: "w.parquet",
    eventTime: "at",
    schema: { iata: string(), at: timestamp(), celsius: float64() },
  }),
  features: { celsius: float64() },
});
const altitude = featureView("altitude", {
  entities: [place],
  source: csv("places", { path: "p.csv", schema: { iata: string(), metres: int64() } }),
  features: { metres: int64({ default: -1 }) },
});
const visits = featureView("visits", {
  entities: [person],
  source: parquet("visit_log", { path: "v.parquet", eventTime: "at", schema: { id: int64(), at: timestamp() } }),
  aggregations: { visits_1d: count("1d") },
});
const from = weather.withName("from_weather").withJoinKeyMap({ iata: "origin" });
const to = weather.withName("to_weather").withJoinKeyMap({ iata: "destination" });
const climb = onDemandView("climb", {
  inputs: [from, to, altitude.withName("from_altitude").withJoinKeyMap({ iata: "origin" })],
  features: { warmer: float64(), metres_plus_1: int64(), seconds: int64() },
  expressions: {
    warmer: "to_weather__celsius - from_weather__celsius",
    metres_plus_1: "metres + 1",
    seconds: "epoch_seconds(request_time())",
  },
});
const trip = featureService("trip", { features: [from, to, climb, visits] });
const { snapshot } = snapshotFrom({ trip });

const column = (type: ValueType, ...values: (Value | null)[]) => vectorFromValues(type, values);
const SOURCES: Record<string, Table> = {
  weather_log: tableOf([
    ["iata", column(TEXT, "SEA", "SEA", "JFK", null)],
    ["at", column(TIME, 1_000_000n, 9_000_000n, 2_000_000n, 1n)],
    ["celsius", column(NUMBER, 10, 12, 30, 99)],
  ]),
  places: tableOf([
    ["iata", column(TEXT, "SEA", "SEA", "LAX")],
    ["metres", column(INT, 131n, 132n, null)],
  ]),
  visit_log: tableOf([
    ["id", column(INT, 1n, 1n)],
    ["at", column(TIME, 1n, 2n)],
  ]),
};

const ENTITIES = tableOf([
  ["label", column({ kind: "decimal", precision: 9, scale: 2 }, "1.50", null, "2.00", "2.00")],
  ["origin", column(TEXT, "SEA", null, "LAX", "LAX")],
  ["destination", column(TEXT, "JFK", "SEA", "SEA", "SEA")],
  ["id", column(INT, 1n, 1n, null, null)],
  ["event_timestamp", column(TIME, 5_000_000n, 9_000_000n, 9_000_000n, 9_000_000n)],
]);

const historical = (options: { fullNames?: boolean; embargoUs?: number } = {}) =>
  getHistoricalFeatures({
    engine,
    entities: ENTITIES,
    snapshot,
    request: { service: "trip" },
    fullNames: true,
    readSource: async (source) => SOURCES[source.name] as Table,
    ...options,
  });

describe("a join of several views", () => {
  it("2.7: reads a view twice under two names and keys, each by its own column", async () => {
    const { table } = await historical();
    expect(table.schema.fields.map((field) => field.name)).toStrictEqual([
      "label",
      "origin",
      "destination",
      "id",
      "event_timestamp",
      "from_weather__celsius",
      "to_weather__celsius",
      "climb__warmer",
      "climb__metres_plus_1",
      "climb__seconds",
      "visits__visits_1d",
    ]);
    expect(columnValues(table, "from_weather__celsius", NUMBER)).toStrictEqual([10, null, null, null]);
    expect(columnValues(table, "to_weather__celsius", NUMBER)).toStrictEqual([30, 12, 12, 12]);
    expect(columnValues(table, "climb__warmer", NUMBER)).toStrictEqual([20, null, null, null]);
  });

  it("2.5: a null key empties only the views that use it, counts included", async () => {
    const { table } = await historical();
    expect(columnValues(table, "visits__visits_1d", INT)).toStrictEqual([2n, 2n, null, null]);
    expect(columnValues(table, "to_weather__celsius", NUMBER)[1]).toBe(12);
  });

  it("2.3, 3.1: a reference table has no time, and its greatest row wins", async () => {
    const { table } = await historical();
    expect(columnValues(table, "climb__metres_plus_1", INT)[0]).toBe(133n);
  });

  it("2.4: a default stands in for a null whatever its cause, before on-demand features read it", async () => {
    const { table } = await historical();
    // A null key, and a row that holds null: the default −1 in both.
    expect(columnValues(table, "climb__metres_plus_1", INT).slice(1)).toStrictEqual([0n, 0n, 0n]);
  });

  it("2.4, 2.6: keeps equal rows, their order, and what it does not know, types included", async () => {
    const { table } = await historical();
    expect(columnValues(table, "label", { kind: "decimal", precision: 9, scale: 2 })).toStrictEqual([
      "1.50",
      null,
      "2.00",
      "2.00",
    ]);
    expect(table.schema.fields[0]?.type).toBe(ENTITIES.schema.fields[0]?.type);
  });

  it("1.4, 2.1: with an embargo, values and request_time() are those of t′", async () => {
    const { table } = await historical({ embargoUs: 4_000_000 });
    expect(columnValues(table, "climb__seconds", INT)).toStrictEqual([1n, 5n, 5n, 5n]);
    expect(columnValues(table, "to_weather__celsius", NUMBER)).toStrictEqual([null, 10, 10, 10]);
  });

  it("2.7: without full names two aliases of a view collide, and the error names both", async () => {
    await expect(historical({ fullNames: false })).rejects.toMatchObject({
      code: "duplicate_column",
      message: expect.stringMatching(/"celsius".*from_weather:celsius.*to_weather:celsius/),
    });
  });

  it("joins asked for at once take turns on one engine", async () => {
    const [plain, embargoed] = await Promise.all([historical(), historical({ embargoUs: 4_000_000 })]);
    expect(columnValues(plain.table, "to_weather__celsius", NUMBER)).toStrictEqual([30, 12, 12, 12]);
    expect(columnValues(embargoed.table, "to_weather__celsius", NUMBER)).toStrictEqual([null, 10, 10, 10]);
  });

  it("counts source rows without a key", async () => {
    const { report } = await historical();
    expect(report.views.map(({ view, nullKeys }) => [view, nullKeys])).toStrictEqual([
      ["from_weather", 1],
      ["to_weather", 1],
      ["from_altitude", 0],
      ["visits", 0],
    ]);
  });
});
