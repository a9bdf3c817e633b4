// The offline store as one object: definitions and data in, training sets out, as a notebook uses it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Table } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createOfflineStore,
  datasets,
  type Engine,
  getHistoricalFeatures,
  openEngine,
  readTableFile,
} from "../../offline/index.ts";
import { blobFiles, tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import {
  avg,
  csv,
  entity,
  featureService,
  featureView,
  float32,
  float64,
  int32,
  int64,
  onDemandView,
  parquet,
  requestSource,
} from "../../sdk/index.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { columnValues } from "../support/snapshots.ts";

const FILE = join(import.meta.dirname, "../fixtures/driver_stats.parquet");
const FLOAT64: ValueType = { kind: "float64" };

const driver = entity("driver", { joinKey: "driver_id", type: int64() });
const stats = parquet("driver_stats", { path: "driver_stats.parquet", eventTime: "event_timestamp" });
const hourly = featureView("hourly", {
  entities: [driver],
  source: stats,
  features: { conv_rate: float32(), avg_daily_trips: int32() },
});
const weekly = featureView("weekly", {
  entities: [driver],
  source: stats,
  aggregations: { trips_7d: avg("avg_daily_trips", "7d") },
});
const bonuses = csv("bonuses", { path: "bonuses.csv" });
const bonus = featureView("bonus", { entities: [driver], source: bonuses, features: { factor: float64() } });
const order = requestSource("order", { price: float64() });
const pay = onDemandView("pay", {
  inputs: [bonus, order],
  features: { total: float64(), doubled: float64() },
  transform: ({ factor, price }) => ({ total: factor === null ? null : factor * price, doubled: price * 2 }),
});
const model = featureService("model", { features: [hourly, weekly, pay] });
const definitions = { hourly, weekly, bonus, pay, model };
const csvBytes = new TextEncoder().encode("driver_id,factor\n1001,1.5\n1002,\n");

describe("createOfflineStore", () => {
  let engine: Engine;
  let entities: Table;
  let file: Table;
  beforeAll(async () => {
    engine = await openEngine();
    file = await readTableFile(FILE);
    const at = BigInt(Date.UTC(2021, 3, 12, 8)) * 1000n;
    entities = tableOf([
      ["driver_id", vectorFromValues({ kind: "int64" }, [1001n, 1002n, 1003n, 1n])],
      ["event_timestamp", vectorFromValues({ kind: "timestamp" }, [at, at, at - 1n, at])],
      ["price", vectorFromValues(FLOAT64, [10, 20, 30, 40])],
    ]);
  });
  afterAll(() => engine.close());

  it("joins what a module of definitions describes, from files' bytes", async () => {
    const sources = { driver_stats: new Uint8Array(readFileSync(FILE)), bonuses: csvBytes };
    const store = await createOfflineStore({ engine, datasets, definitions, sources });
    const { table, report } = await store.getHistoricalFeatures({ entities, service: "model" });
    expect(report.views.map(({ view }) => view)).toEqual(["hourly", "weekly", "bonus"]);
    expect(columnValues(table, "total", FLOAT64)).toEqual([15, null, null, null]);
    expect(columnValues(table, "doubled", FLOAT64)).toEqual([20, 40, 60, 80]);
    expect(columnValues(table, "trips_7d", FLOAT64).slice(0, 3)).not.toContain(null);

    const stored = await getHistoricalFeatures({
      engine,
      entities,
      snapshot: store.snapshot,
      request: { features: ["hourly:conv_rate", "hourly:avg_daily_trips"] },
      readSource: async () => file,
    });
    const values = (of: Table) => columnValues(of, "conv_rate", { kind: "float32" });
    expect(values(table)).toEqual(values(stored.table));
    expect(values(table).slice(0, 3)).not.toContain(null);
  });

  it("takes rows that are loaded already, and a server's snapshot in place of definitions", async () => {
    const first = await createOfflineStore({
      engine,
      datasets,
      definitions,
      sources: { driver_stats: file, bonuses: csvBytes },
    });
    const store = await createOfflineStore({
      engine,
      datasets,
      definitions,
      snapshot: first.snapshot,
      sources: { driver_stats: file, bonuses: csvBytes },
    });
    expect(store.registry).toBe(first.registry);
    const { table } = await store.getHistoricalFeatures({ entities, features: ["pay:total"], fullNames: true });
    expect(columnValues(table, "pay__total", FLOAT64)).toEqual([15, null, null, null]);
  });

  it("sets rows aside whose cells can't be read, of a file's bytes and of many files, where that is asked for", async () => {
    const bytes = new TextEncoder().encode("driver_id,factor\n1001,1.5\n1001,much\n1002,2\n");
    for (const data of [bytes, blobFiles([["bonuses.csv", new Blob([bytes])]])]) {
      const store = await createOfflineStore({ engine, datasets, definitions: { bonus }, sources: { bonuses: data } });
      const ask = (onBadRows: "fail" | "quarantine") =>
        store.getHistoricalFeatures({ entities, features: ["bonus:factor"], onBadRows });
      await expect(ask("fail")).rejects.toMatchObject({ code: "type_mismatch" });
      const { table, report, quarantine } = await ask("quarantine");
      expect(columnValues(table, "factor", FLOAT64)).toStrictEqual([1.5, 2, null, null]);
      expect(report.quarantined).toStrictEqual({ bonuses: 1 });
      expect(quarantine?.map((part) => part.table.numRows)).toStrictEqual([1]);
    }
  });

  it("needs no data of sources that a request doesn't touch", async () => {
    const { snapshot } = await createOfflineStore({
      engine,
      datasets,
      definitions,
      sources: { driver_stats: file, bonuses: csvBytes },
    });
    const store = await createOfflineStore({ engine, datasets, snapshot, sources: { driver_stats: file } });
    const { table } = await store.getHistoricalFeatures({ entities, features: ["weekly:trips_7d"] });
    expect(table.numRows).toBe(4);
    await expect(store.getHistoricalFeatures({ entities, features: ["bonus:factor"] })).rejects.toMatchObject({
      code: "unknown_source",
      message: 'there is no data for source "bonuses"',
      hint: expect.stringContaining("driver_stats"),
    });
  });

  it("says that it needs definitions or a snapshot", async () => {
    await expect(createOfflineStore({ engine, datasets, sources: {} })).rejects.toMatchObject({
      code: "bad_request",
      hint: expect.stringContaining("{ definitions }"),
    });
  });

  it("says which source of the definitions has no data", async () => {
    await expect(
      createOfflineStore({ engine, datasets, definitions, sources: { driver_stats: file, bonusses: csvBytes } }),
    ).rejects.toMatchObject({ code: "unknown_source", hint: 'did you mean "bonusses"?' });
  });

  it("asks the engine what a view's own query gives, of a table and of a file's bytes", async () => {
    const trips = featureView("trips", {
      entities: [driver],
      source: stats,
      select: "SELECT driver_id, event_timestamp, avg_daily_trips * 2 AS doubled FROM driver_stats",
      aggregations: { doubled_7d: avg("doubled", "7d") },
    });
    const half = featureView("half", {
      entities: [],
      source: bonuses,
      select: "SELECT max(CAST(factor AS DOUBLE)) / 2 AS best FROM bonuses",
      features: { best: float64() },
    });
    const store = await createOfflineStore({
      engine,
      datasets,
      definitions: { trips, half },
      sources: { driver_stats: file, bonuses: csvBytes },
    });
    const request = { entities, features: ["trips:doubled_7d", "half:best"] };
    const { table } = await store.getHistoricalFeatures(request);
    const plain = await createOfflineStore({
      engine,
      datasets,
      definitions: { weekly },
      sources: { driver_stats: file },
    });
    const { table: single } = await plain.getHistoricalFeatures({ entities, features: ["weekly:trips_7d"] });
    const twice = columnValues(single, "trips_7d", FLOAT64).map((value) =>
      value === null ? null : (value as number) * 2,
    );
    expect(columnValues(table, "doubled_7d", FLOAT64)).toStrictEqual(twice);
    expect(columnValues(table, "best", FLOAT64)).toStrictEqual([0.75, 0.75, 0.75, 0.75]);
  });
});
