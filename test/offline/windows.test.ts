// Windowed aggregates against the oracle: at arbitrary entity times, and from materialized tiles (the parity theorem).
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  avg,
  count,
  entity,
  featureView,
  first,
  int64,
  last,
  max,
  min,
  parquet,
  string,
  sum,
} from "../../sdk/index.ts";
import { getHistoricalFeatures, openEngine, type Engine } from "../../offline/index.ts";
import { materializeTiles } from "../../offline/materialize/tiles.ts";
import { checkSourceRows } from "../../offline/join/source-rows.ts";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { unpackTileRow } from "../../sdk/rows/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { emptyWindowValues, OVERFLOW, tileLayout, windowValues } from "../../sdk/windows/index.ts";
import {
  doubles,
  entityRows,
  entityTable,
  finiteDoubles,
  histories,
  historyTable,
  type HistoryRow,
  integers,
  orNull,
  texts,
  times,
} from "../support/histories.ts";
import { windowAt, type OracleWindow } from "../support/oracle.ts";
import { columnValues, snapshotFrom } from "../support/snapshots.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const pair = entity("pair", { joinKeys: { k1: string(), k2: int64() } });
const events = parquet("events", { path: "events.parquet", eventTime: "event_time", createdTime: "created" });
const types: Record<string, ValueType> = {
  x: { kind: "float64" },
  n: { kind: "int64" },
  s: { kind: "string" },
};
const HOUR = 3_600_000_000;

/** Every function over every type it takes, over windows with several hops; some filtered. */
const aggregations = {
  events_1h: count("1h"),
  n_count_1d: count("n", "1d"),
  x_count_where: count("x", "6h", { where: "n > 0" }),
  n_sum_1h: sum("n", "1h"),
  x_sum_1d: sum("x", "1d"),
  x_sum_6h_where: sum("x", "6h", { where: "s == 'a' || n > 1" }),
  n_avg_1d: avg("n", "1d"),
  x_avg_1h: avg("x", "1h"),
  x_min_1d: min("x", "1d"),
  x_max_1h: max("x", "1h"),
  n_min_7s: min("n", "7s"),
  n_max_hop: max("n", "2h", { hop: "2h" }),
  x_first_1d: first("x", "1d"),
  x_last_1d: last("x", "1d"),
  s_last_1d: last("s", "1d"),
  n_last_where: last("n", "6h", { where: "x >= 0.0" }),
  s_first_1h: first("s", "1h"),
};
const where: Record<string, (v: Record<string, any>) => boolean | null> = {
  x_count_where: ({ n }) => (n === null ? null : n > 0n),
  x_sum_6h_where: ({ s, n }) => s === "a" || (n !== null && n > 1n),
  n_last_where: ({ x }) => (x === null ? null : x >= 0),
};
const view = featureView("w", { entities: [pair], source: events, aggregations });
const { snapshot } = snapshotFrom(
  { view },
  {
    events: {
      k1: { kind: "string" },
      k2: { kind: "int64" },
      event_time: { kind: "timestamp" },
      created: { kind: "timestamp" },
      ...types,
    },
  },
);
const spec = snapshot.views["w"]?.versions["1"]?.spec as AggregatedViewSpec;
const names = Object.keys(aggregations);

function oracle(rows: readonly HistoryRow[], key: string | null, t: number, name: string): Value | null {
  const feature = spec.features.find((f) => f.name === name)!;
  const window: OracleWindow = {
    fn: feature.fn,
    column: feature.column,
    windowUs: feature.windowUs,
    hopUs: feature.hopUs,
  };
  const filter = where[name];
  return windowAt(rows, key, t, filter === undefined ? window : { ...window, where: filter }) as Value | null;
}

const typeOf = (name: string) => ({ kind: spec.features.find((f) => f.name === name)?.type }) as ValueType;
const rowsOf = (x: fc.Arbitrary<number>) => histories({ x: orNull(x), n: orNull(integers), s: orNull(texts) }, 80);

describe("windows at entity times (SEMANTICS 4.1 to 4.5, 4.8)", () => {
  for (const [what, x] of [
    ["finite doubles of all sizes", finiteDoubles],
    ["doubles with NaN and infinities", doubles],
    ["cents", fc.integer({ min: -100_000, max: 100_000 }).map((c) => c / 100)],
  ] as const) {
    it(`equal the oracle, bit for bit: ${what}`, { timeout: 240_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(rowsOf(x), entityRows(40), async (rows, entities) => {
          const { table } = await getHistoricalFeatures({
            engine,
            entities: entityTable(entities),
            snapshot,
            request: { features: names.map((name) => `w:${name}`) },
            readSource: async () => historyTable(rows, types),
          });
          for (const name of names) {
            expect([name, columnValues(table, name, typeOf(name))]).toStrictEqual([
              name,
              entities.map(({ key, t }) => oracle(rows, key.text, t, name)),
            ]);
          }
        }),
        { numRuns: 40 },
      );
    });
  }
});

describe("windows from materialized tiles (SEMANTICS 3.2, 4.2, 4.7)", () => {
  it("equal the oracle at the boundary and at any later time without new events", { timeout: 240_000 }, async () => {
    const layout = tileLayout(spec);
    const all = names.map((_, i) => i);
    await fc.assert(
      fc.asyncProperty(
        rowsOf(doubles),
        times,
        fc.constantFrom(0, 1, 59_999_999, HOUR, 5 * HOUR + 7),
        async (rows, boundary, later) => {
          const source = checkSourceRows(spec, historyTable(rows, types));
          const written = await materializeTiles(engine, spec, source, boundary);
          const byKey = new Map(
            written.map(({ keys, packed }) => [
              `${keys[0] as string}/${String(keys[1])}`,
              unpackTileRow(layout, packed),
            ]),
          );
          const known = rows.filter((row) => row.e <= boundary);
          const at = boundary + later;
          for (const key of new Set(rows.map((row) => row.key).filter((k) => k !== null))) {
            const row = byKey.get(key);
            const values =
              row === undefined ? emptyWindowValues(layout, all) : windowValues(layout, row.groups, at, all);
            expect(values.map((v) => (v === OVERFLOW ? null : v))).toStrictEqual(
              names.map((name) => oracle(known, key, at, name)),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
