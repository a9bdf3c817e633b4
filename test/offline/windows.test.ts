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
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
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
import { knownRows, lowerEdge, newestEvent } from "../support/oracle.ts";
import { columnValues, snapshotFrom } from "../support/snapshots.ts";
import { windowTruth } from "../support/window-oracle.ts";

const engines = {} as Record<"wasm" | "native", Engine>;
beforeAll(async () => {
  engines.wasm = await openEngine({ engine: "wasm" });
  engines.native = await openEngine({ engine: "native", threads: 2 });
  // Else small tables are joined by nested loops, and ASOF is never met.
  await engines.wasm.query("SET asof_loop_join_threshold=0");
}, 60_000);
afterAll(async () => {
  for (const engine of Object.values(engines)) await engine.close();
});
const kinds = fc.constantFrom("wasm" as const, "native" as const);

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
  const integers = feature.column === "n";
  return windowTruth(rows, key, t, { ...feature, integers, where: where[name] }) as Value | null;
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
        fc.asyncProperty(kinds, rowsOf(x), entityRows(40), async (kind, rows, entities) => {
          const { table } = await getHistoricalFeatures({
            engine: engines[kind],
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

describe("windows over what was known (SEMANTICS 2.2), and their newest events (2.9)", () => {
  const longest = spec.features.reduce((a, b) => (a.windowUs >= b.windowUs ? a : b));
  const groups = [...new Set(spec.features.map((f) => f.hopUs))].map((hopUs) => ({
    hopUs,
    windowUs: Math.max(...spec.features.filter((f) => f.hopUs === hopUs).map((f) => f.windowUs)),
  }));
  /** Where the oldest tile starts that a window of the view reads at `t`. */
  const oldest = (t: number) => Math.min(...groups.map(({ windowUs, hopUs }) => lowerEdge(t, windowUs, hopUs)));

  it.each([
    ["2.2: at t′", true, 0],
    ["2.2: at t′, embargoed", true, 60_000_001],
    ["2.2: at a column", "known_at", 60_000_001],
    ["2.9: whatever was known", undefined, 1],
  ] as const)("%s, equal the oracle", { timeout: 240_000 }, async (_, asKnownAt, embargoUs) => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        rowsOf(doubles),
        entityRows(20),
        fc.array(times, { minLength: 20, maxLength: 20 }),
        async (kind, rows, asks, known) => {
          const knownAt = vectorFromValues(
            { kind: "timestamp" },
            asks.map((_ask, i) => BigInt(known[i] as number)),
          );
          const { table } = await getHistoricalFeatures({
            engine: engines[kind],
            entities: entityTable(asks).assign(tableOf([["known_at", knownAt]])),
            snapshot,
            request: { features: names.map((name) => `w:${name}`) },
            readSource: async () => historyTable(rows, types),
            provenance: true,
            embargoUs,
            ...(asKnownAt === undefined ? {} : { asKnownAt }),
          });
          const knownTo = (i: number, t: number) =>
            asKnownAt === undefined ? rows : knownRows(rows, asKnownAt === true ? t : (known[i] as number));
          for (const name of names) {
            expect([name, columnValues(table, name, typeOf(name))]).toStrictEqual([
              name,
              asks.map(({ key, t }, i) => oracle(knownTo(i, t - embargoUs), key.text, t - embargoUs, name)),
            ]);
            expect(columnValues(table, `${name}__event_time`, { kind: "timestamp" })).toStrictEqual(
              asks.map(({ key, t }, i) => {
                const at = t - embargoUs;
                const newest = newestEvent(knownTo(i, at), key.text, oldest(at), at);
                return newest === null ? null : BigInt(newest);
              }),
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it("2.9: an event at the lower edge of the longest window is held no more, a microsecond later it is", async () => {
    const day = 24 * HOUR;
    const event = (e: number): HistoryRow => {
      const values = { x: null, n: null, s: null };
      return { key: "a/1", keyParts: ["a", 1n], e, c: null, values };
    };
    const ask = (t: number) => ({ key: { text: "a/1", parts: ["a", 1n] as const }, t });
    // The first row reaches further back, so that the event is in reach of the join.
    for (const [e, expected] of [
      [0, [0n, null]],
      [1, [1n, 1n]],
    ] as const) {
      const { table } = await getHistoricalFeatures({
        engine: engines.wasm,
        entities: entityTable([ask(HOUR), ask(day)]),
        snapshot,
        request: { features: ["w:events_1h"] },
        readSource: async () => historyTable([event(e)], types),
        provenance: true,
      });
      expect(columnValues(table, "events_1h__event_time", { kind: "timestamp" })).toStrictEqual(expected);
    }
  });

  it("2.9, 3.2: the newest event is the one that an online row states, also of features whose windows are shorter", async () => {
    await fc.assert(
      fc.asyncProperty(kinds, rowsOf(doubles), times, async (kind, rows, boundary) => {
        const source = checkSourceRows(spec, historyTable(rows, types));
        const layout = tileLayout(spec);
        const online = new Map(
          (await materializeTiles(engines[kind], spec, source, boundary)).map(({ keys, packed }) => [
            `${keys[0] as string}/${String(keys[1])}`,
            BigInt(unpackTileRow(layout, packed).newestEventUs),
          ]),
        );
        const asks = [...new Map(rows.filter((row) => row.key !== null).map((row) => [row.key, row])).values()].map(
          ({ key, keyParts }) => ({ key: { text: key, parts: keyParts }, t: boundary }),
        );
        const { table } = await getHistoricalFeatures({
          engine: engines[kind],
          entities: entityTable(asks),
          snapshot,
          request: { features: ["w:n_min_7s", "w:events_1h"] },
          readSource: async () => historyTable(rows, types),
          provenance: true,
        });
        expect(longest.windowUs).toBeGreaterThan(HOUR);
        for (const name of ["n_min_7s__event_time", "events_1h__event_time"]) {
          expect(columnValues(table, name, { kind: "timestamp" })).toStrictEqual(
            asks.map(({ key }) => online.get(key.text as string) ?? null),
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("windows from materialized tiles (SEMANTICS 3.2, 4.2, 4.7)", () => {
  it("equal the oracle at the boundary and at any later time without new events", { timeout: 240_000 }, async () => {
    const layout = tileLayout(spec);
    const all = names.map((_, i) => i);
    await fc.assert(
      fc.asyncProperty(
        kinds,
        rowsOf(doubles),
        times,
        fc.constantFrom(0, 1, 59_999_999, HOUR, 5 * HOUR + 7),
        async (kind, rows, boundary, later) => {
          const source = checkSourceRows(spec, historyTable(rows, types));
          const written = await materializeTiles(engines[kind], spec, source, boundary);
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
