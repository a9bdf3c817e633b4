// The parity theorem (SEMANTICS 3.2) as a suite for any online store: real workerd, real HTTP, the typed client.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Table } from "apache-arrow";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { columnOf, columnReader, tableOf, valueTypeOfArrow, vectorFromValues } from "../../offline/datasets/index.ts";
import { type Engine, getHistoricalFeatures, materializeView, openEngine } from "../../offline/index.ts";
import { selectTypes } from "../../offline/join/select-rows.ts";
import { onlineSink } from "../../sdk/cli/online-sink.ts";
import { type RunningServer, startServer } from "../../sdk/cli/serve/index.ts";
import { createAdminClient, createClient } from "../../sdk/client/index.ts";
import {
  avg,
  count,
  type FeatureService,
  featureService,
  featureView,
  first,
  float64,
  int64,
  last,
  max,
  string,
  sum,
} from "../../sdk/index.ts";
import {
  checkSnapshot,
  collectDefinitions,
  compileDefinitions,
  emptySnapshot,
  planApply,
  type Snapshot,
} from "../../sdk/registry/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { entityTable, type EntityRow, type HistoryRow, historyTable } from "../support/histories.ts";
import { snapshotFrom } from "../support/snapshots.ts";
import * as definitions from "./definitions.ts";
import { EVERY_TYPE, everyType, fileOf, histories, NOW_US, spineOf } from "./random.ts";

/** Starts the suite's server with `online` in its config: a store of its own, or one of the project's. */
export function storeParity(name: string, online: () => object | undefined): void {
  describe(`online equals offline (SEMANTICS 3.2) on ${name}`, () => {
    let engine: Engine;
    let server: RunningServer;
    let snapshot: Snapshot;
    const repo = mkdtempSync(join(tmpdir(), "edgefeat-parity-"));

    beforeAll(async () => {
      engine = await openEngine();
      const config = {
        project: `parity-${name.replaceAll(" ", "-")}`,
        definitions: "./features.ts",
        ...(online() === undefined ? {} : { online: online() }),
      };
      writeFileSync(join(repo, "edgefeat.config.ts"), `export default ${JSON.stringify(config)};`);
      symlinkSync(join(import.meta.dirname, "definitions.ts"), join(repo, "features.ts"));
      server = await startServer({ repo, nowUs: NOW_US });
      const { compiled } = snapshotFrom(definitions);
      const plan = planApply(emptySnapshot(config.project, "dev"), compiled);
      await admin().putRegistry(plan.snapshot, null);
      snapshot = plan.snapshot;
    }, 60_000);
    afterAll(async () => {
      await server?.close();
      await engine?.close();
      rmSync(repo, { recursive: true, force: true });
    });
    const admin = () => createAdminClient({ url: server.url, token: server.token });

    const materialize = async (view: string, startUs: number | null, endUs: number, readSource: () => Promise<Table>) =>
      materializeView({
        engine,
        snapshot,
        view,
        version: 1,
        startUs,
        endUs,
        readSource,
        sink: onlineSink(admin(), snapshot),
      });

    const historical = async (service: FeatureService, entities: Table, readSource: () => Promise<Table>) => {
      const live = checkSnapshot((await admin().getRegistry())?.snapshot);
      return getHistoricalFeatures({
        engine,
        entities,
        snapshot: live,
        request: { service: service.name },
        readSource: async () => readSource(),
      });
    };

    it("for stored, aggregated and on-demand features of random histories", { timeout: 300_000 }, async () => {
      let run = 0;
      const order = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 6 });
      const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 200_000 }), { maxLength: 2 });
      await fc.assert(
        fc.asyncProperty(histories, cuts, order, async (rows, secondsBefore, shuffle) => {
          // Keys of its own for every run: the store keeps what earlier runs wrote.
          run += 1;
          const own = rows.map((row): HistoryRow => ({
            ...row,
            keyParts: [ownKey(run, row.keyParts[0]), row.keyParts[1]],
          }));
          const read = async () => historyTable(own, HISTORY_TYPES);
          // In parts, in any order, some of them twice, at last all of them: it must not matter (3.3, 4.7).
          const ends = [...secondsBefore.map((seconds) => NOW_US - seconds * 1_000_000), NOW_US].toSorted(
            (a, b) => a - b,
          );
          const parts = ends.map((end, i) => [i === 0 ? null : (ends[i - 1] as number), end] as const);
          for (const [start, end] of [
            ...shuffle.map((i) => parts[i % parts.length] as (typeof parts)[number]),
            ...parts,
          ]) {
            await materialize("latest", start, end, read);
            await materialize("windows", null, end, read);
          }
          await materialize("windows", null, ends[0] as number, read);

          const keys = [...own.map((row) => row.keyParts), [`${run}unseen`, 7n], [null, 1n], ["a", null]] as [
            string | null,
            bigint | null,
          ][];
          const scale = keys.map((_, i) => i / 3 - 1);
          const spine = entityTable(keys.map((parts): EntityRow => ({ key: { parts, text: null }, t: NOW_US })));
          const columns = ["k1", "k2", "event_timestamp"].map((column) => [column, columnOf(spine, column)] as const);
          const { table } = await historical(
            definitions.model,
            tableOf([...columns, ["scale", vectorFromValues({ kind: "float64" }, scale)]]),
            read,
          );
          const { rows: online } = await createClient({ url: server.url }).getFeatures({
            service: definitions.model,
            entities: { k1: keys.map(([k1]) => k1), k2: keys.map(([, k2]) => k2) },
            request: { scale },
            noCache: true,
          });
          for (const feature of Object.keys(online[0] as object)) {
            expect([feature, columnOnline(online, feature)]).toStrictEqual([feature, valuesOf(table, feature)]);
          }
        }),
        { numRuns: 25 },
      );
    });

    it("for every value type, from row to store to HTTP to client (SEMANTICS 6)", { timeout: 300_000 }, async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(everyType, { minLength: 1, maxLength: 20 }), async (rows) => {
          run += 1;
          const ids = rows.map((_, i) => `${run}-${i}`);
          const read = () => fileOf(ids, rows);
          await materialize("everything", null, NOW_US, read);
          const { rows: online, statuses } = await createClient({ url: server.url }).getFeatures({
            service: definitions.everythingModel,
            entities: { id: ids },
            include: ["statuses"],
            noCache: true,
          });
          const { table } = await historical(definitions.everythingModel, spineOf(ids), read);
          for (const feature of Object.keys(EVERY_TYPE)) {
            const written = rows.map((row) => row[feature]);
            expect([feature, columnOnline(online, feature)]).toStrictEqual([feature, written]);
            expect([feature, valuesOf(table, feature)]).toStrictEqual([feature, written]);
            expect(columnOnline(statuses as object[], feature)).toStrictEqual(
              written.map((value) => (value === null ? "NULL_VALUE" : "PRESENT")),
            );
          }
        }),
        { numRuns: 40 },
      );
    });

    it("for views with a query of their own, and views without an entity", { timeout: 300_000 }, async () => {
      let run = 0;
      const cut = fc.integer({ min: 1, max: 200_000 });
      await fc.assert(
        fc.asyncProperty(histories, cut, async (rows, secondsBefore) => {
          // Views of its own for every run: a view without an entity has one row, which earlier runs would have written.
          run += 1;
          const own = selectedViews(run);
          const read = async () => historyTable(rows, HISTORY_TYPES);
          const collected = collectDefinitions({ ...definitions, ...own });
          const selects = await selectTypes(engine, collected, read);
          const compiled = compileDefinitions(collected, {
            columnsOf: () => undefined,
            columnsOfSelect: (view) => selects.get(view),
          });
          const current = await admin().getRegistry();
          ({ snapshot } = planApply(checkSnapshot(current?.snapshot), compiled));
          await admin().putRegistry(snapshot, current?.registry ?? null);
          const end = NOW_US - secondsBefore * 1_000_000;
          for (const { name } of own.model.parts.map((part) => ("view" in part ? part.view : part.onDemand))) {
            const isStored = snapshot.views[name]?.versions["1"]?.spec.kind === "stored";
            await materialize(name, isStored ? end : null, NOW_US, read);
            await materialize(name, null, end, read);
          }
          const keys = [...rows.map((row) => row.keyParts), ["unseen", 7n], [null, 1n]] as [
            string | null,
            bigint | null,
          ][];
          const spine = entityTable(keys.map((parts): EntityRow => ({ key: { parts, text: null }, t: NOW_US })));
          const { table } = await historical(own.model, spine, read);
          const client = createClient({ url: server.url });
          const { rows: online } = await client.getFeatures({
            service: own.model,
            entities: { k1: keys.map(([k1]) => k1), k2: keys.map(([, k2]) => k2) },
            noCache: true,
          });
          for (const feature of Object.keys(online[0] as object)) {
            expect([feature, bare(columnOnline(online, feature))]).toStrictEqual([
              feature,
              bare(valuesOf(table, feature)),
            ]);
          }
          const alone = await client.getFeatures({ service: own.alone, noCache: true });
          expect(alone.rows.length).toBe(1);
          for (const [feature, value] of Object.entries(alone.rows[0] as object))
            expect([feature, ...bare([value])]).toStrictEqual([feature, ...bare(valuesOf(table, feature).slice(0, 1))]);
        }),
        { numRuns: 12 },
      );
    });
  });
}

/** A client knows no type of what an aggregate makes of a query's columns: such an integer is a number, where one holds it. */
function bare(values: readonly unknown[]): unknown[] {
  return values.map((value) => (typeof value === "bigint" && BigInt(Number(value)) === value ? Number(value) : value));
}

/** Views over the suite's history: with a query, without an entity, with neither and with both. */
function selectedViews(run: number) {
  const { history: source, pair } = definitions;
  const double =
    "SELECT k1, k2, event_time, created, x, try_cast(n::HUGEINT * 2 AS BIGINT) AS n2, upper(s) || '!' AS shout FROM history WHERE n IS NULL OR n <> 0";
  const selected = featureView(`selected_${run}`, {
    entities: [pair],
    source,
    select: double,
    ttl: "1d",
    features: { x: float64(), n2: int64(), shout: string() },
  });
  const events = featureView(`events_${run}`, {
    entities: [pair],
    source,
    select: { sql: `${double} UNION ALL ${double}`, columns: ["k1", "k2", "event_time", "created", "x", "n", "s"] },
    aggregations: { twice_1h: count("1h"), n2_max_1d: max("n2", "1d"), shout_last_6h: last("shout", "6h") },
  });
  const everyone = featureView(`everyone_${run}`, {
    entities: [],
    source,
    ttl: "6h",
    features: { n: int64({ default: -1 }), s: string() },
  });
  const traffic = featureView(`traffic_${run}`, {
    entities: [],
    source,
    aggregations: {
      all_1h: count("1h"),
      x_avg_1d: avg("x", "1d"),
      n_sum_6h: sum("n", "6h"),
      s_first_1d: first("s", "1d"),
    },
  });
  const busiest = featureView(`busiest_${run}`, {
    entities: [],
    source,
    select: "SELECT event_time, max(created) AS created, count(*) AS rows_then FROM history GROUP BY event_time",
    features: { rows_then: int64() },
  });
  const model = featureService("selected_model", { features: [selected, events, everyone, traffic, busiest] });
  const alone = featureService("alone_model", { features: [everyone, traffic, busiest] });
  return { model, alone };
}

const HISTORY_TYPES: Record<string, ValueType> = {
  x: { kind: "float64" },
  n: { kind: "int64" },
  s: { kind: "string" },
};

const ownKey = (run: number, key: string | null) => (key === null ? null : `${run}${key}`);

function columnOnline(rows: readonly object[], feature: string): unknown[] {
  return rows.map((row) => (row as Record<string, unknown>)[feature]);
}

function valuesOf(table: Table, name: string): (Value | null)[] {
  const column = columnOf(table, name);
  const read = columnReader(column, valueTypeOfArrow(column.type) as ValueType, { column: name });
  return Array.from({ length: table.numRows }, (_, row) => read(row));
}
