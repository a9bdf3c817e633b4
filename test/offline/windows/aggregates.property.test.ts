// Every aggregate at arbitrary entity times against the oracle; and tiles at a boundary against the join at it (SEMANTICS 3.2, 4).
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { getHistoricalFeatures, openEngine, type Engine } from "../../../offline/index.ts";
import { tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import { checkSourceRows } from "../../../offline/join/source-rows.ts";
import { materializeTiles } from "../../../offline/materialize/tiles.ts";
import { type Aggregation, entity, featureView, int64, parquet, string } from "../../../sdk/index.ts";
import type { AggregatedViewSpec, Snapshot } from "../../../sdk/registry/index.ts";
import { unpackTileRow } from "../../../sdk/rows/index.ts";
import { parseTypeName, type Value } from "../../../sdk/types/index.ts";
import {
  emptyWindowValues,
  NO_BOUNDARY,
  OVERFLOW,
  type Tile,
  tileLayout,
  type TileLayout,
  windowEdges,
  windowReader,
} from "../../../sdk/windows/index.ts";
import {
  entityRows,
  entityTable,
  type EntityRow,
  histories,
  historyTable,
  type HistoryRow,
  times,
} from "../../support/histories.ts";
import { knownRows } from "../../support/oracle.ts";
import { columnTypes, randomAggregation, randomValues, truthOf } from "../../support/random-aggregations.ts";
import { columnValues, snapshotFrom } from "../../support/snapshots.ts";
import { agrees } from "../../support/window-oracle.ts";

const engines = {} as Record<"wasm" | "native", Engine>;
beforeAll(async () => {
  engines.wasm = await openEngine({ engine: "wasm" });
  engines.native = await openEngine({ engine: "native", threads: 2 });
}, 60_000);
afterAll(async () => {
  for (const engine of Object.values(engines)) await engine.close();
});
const kinds = fc.constantFrom("wasm" as const, "native" as const);

const pair = entity("pair", { joinKeys: { k1: string(), k2: int64() } });
const source = parquet("events", {
  path: "events.parquet",
  eventTime: "event_time",
  createdTime: "created",
  eventId: "id",
});
const fileColumns = {
  k1: { kind: "string" },
  k2: { kind: "int64" },
  event_time: { kind: "timestamp" },
  created: { kind: "timestamp" },
  id: { kind: "string" },
  ...columnTypes,
} as const;

/** Returns a view of these aggregations, f0, f1, …; of all events together where it is global. */
function viewOf(
  aggregations: readonly Aggregation[],
  global: boolean,
): { snapshot: Snapshot; spec: AggregatedViewSpec } {
  const named = Object.fromEntries(aggregations.map((aggregation, i) => [`f${i}`, aggregation]));
  const view = featureView("w", { entities: global ? [] : [pair], source, aggregations: named });
  const { snapshot } = snapshotFrom({ view }, { events: fileColumns });
  return { snapshot, spec: snapshot.views["w"]?.versions["1"]?.spec as AggregatedViewSpec };
}

interface Event extends HistoryRow {
  readonly id: string;
}

/** Events in any order, each with an id, some of them twice. */
const events: fc.Arbitrary<Event[]> = fc
  .tuple(histories(randomValues, 60), fc.array(fc.nat({ max: 59 }), { maxLength: 12 }))
  .map(([rows, again]) => {
    const named = rows.map((row, i): Event => ({ ...row, id: `e${(i * 7) % 60}` }));
    return [...named, ...again.flatMap((i) => named[i] ?? [])];
  });

/** Returns the events with ids that are told apart by their keys alone (4.6): those of each key are counted from 0. */
function idsByKey(rows: readonly Event[]): Event[] {
  const ids = new Map<string | null, string[]>();
  return rows.map((row) => {
    const known = ids.get(row.key) ?? [];
    ids.set(row.key, known);
    if (!known.includes(row.id)) known.push(row.id);
    return { ...row, id: `${known.indexOf(row.id)}` };
  });
}

const tableOfEvents = (rows: readonly Event[]) =>
  historyTable(rows, columnTypes).assign(
    tableOf([
      [
        "id",
        vectorFromValues(
          { kind: "string" },
          rows.map(({ id }) => id),
        ),
      ],
    ]),
  );

const aggregations = fc.array(randomAggregation, { minLength: 1, maxLength: 10 });

/** Returns the rows in which a feature is not what it must be. */
function wrongRows(
  spec: AggregatedViewSpec,
  i: number,
  got: readonly (Value | null)[],
  truths: readonly ReturnType<typeof truthOf>[],
): unknown[] {
  const feature = spec.features[i] as AggregatedViewSpec["features"][number];
  return truths.flatMap((truth, row) =>
    agrees(feature, truth, got[row]) ? [] : [{ feature, row, got: got[row], truth }],
  );
}

/** 4.2: one tile where windows have no lower edge, else none that no window reaches. */
function checkTiles(layout: TileLayout, groups: readonly (readonly Tile[])[], boundary: number): void {
  for (const [g, tiles] of groups.entries()) {
    const starts = tiles.map(({ startUs }) => startUs);
    if (layout.groups[g]?.unbounded === true) {
      expect(starts).toStrictEqual([NO_BOUNDARY]);
      continue;
    }
    const own = layout.features.filter(({ group }) => group === g);
    const lowest = Math.min(...own.map(({ feature }) => windowEdges(boundary, feature).lowerUs));
    for (const start of starts) expect(start).toBeGreaterThanOrEqual(lowest);
  }
}

describe("4 every aggregate over every kind of window, at entity times", () => {
  it.each([
    ["whatever was known", undefined],
    ["2.2: known at t′", true],
    ["2.2: known at a column", "known_at"],
  ] as const)("equals the oracle: %s", { timeout: 300_000 }, async (_, asKnownAt) => {
    const drawn = fc.tuple(kinds, aggregations, fc.boolean(), events, entityRows(25));
    const world = fc.tuple(drawn, fc.array(times, { minLength: 25, maxLength: 25 }), fc.constantFrom(0, 0, 60_000_001));
    await fc.assert(
      fc.asyncProperty(world, async ([[kind, drawnFeatures, global, drawnRows, asks], known, embargoUs]) => {
        const rows = global ? drawnRows : idsByKey(drawnRows);
        const { snapshot, spec } = viewOf(drawnFeatures, global);
        const knownAt = asks.map((_ask, i) => known[i] as number);
        const { table } = await getHistoricalFeatures({
          engine: engines[kind],
          entities: entityTable(asks).assign(
            tableOf([["known_at", vectorFromValues({ kind: "timestamp" }, knownAt.map(BigInt))]]),
          ),
          snapshot,
          request: { features: spec.features.map(({ name }) => `w:${name}`) },
          readSource: async () => tableOfEvents(rows),
          provenance: true,
          embargoUs,
          ...(asKnownAt === undefined ? {} : { asKnownAt }),
        });
        const one = rows.map((row) => ({ ...row, key: "all" }));
        for (const [i, feature] of spec.features.entries()) {
          const truths = asks.map(({ key, t }, row) => {
            const at = t - embargoUs;
            const all = global ? one : rows;
            const seen =
              asKnownAt === undefined ? all : knownRows(all, asKnownAt === true ? at : (knownAt[row] as number));
            return truthOf(seen, global ? "all" : key.text, at, feature);
          });
          const got = columnValues(table, feature.name, parseTypeName(feature.type));
          expect(wrongRows(spec, i, got, truths)).toStrictEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("3.2, 4.7 tiles at a boundary", () => {
  it("equal the join at it and the oracle at it and later", { timeout: 300_000 }, async () => {
    const later = fc.constantFrom(0, 1, 59_999_999, 3_600_000_000, 5 * 3_600_000_000 + 7, 86_400_000_000);
    const drawn = fc.tuple(kinds, aggregations, fc.boolean(), events, times, later);
    await fc.assert(
      fc.asyncProperty(drawn, async ([kind, drawnFeatures, global, drawnRows, boundary, after]) => {
        const rows = global ? drawnRows : idsByKey(drawnRows);
        const { snapshot, spec } = viewOf(drawnFeatures, global);
        const given = tableOfEvents(rows);
        const layout = tileLayout(spec);
        const all = spec.features.map((_, i) => i);
        const written = await materializeTiles(engines[kind], spec, checkSourceRows(spec, given), boundary);
        const online = new Map(
          written.map(({ keys, packed }) => [keys.map(String).join("/"), unpackTileRow(layout, packed)]),
        );
        for (const { groups } of online.values()) checkTiles(layout, groups, boundary);
        const asks = [
          ...new Map(rows.filter(({ key }) => global || key !== null).map((row) => [row.key, row])).values(),
        ]
          .slice(0, global ? 1 : undefined)
          .map(({ key, keyParts }): EntityRow => ({ key: { text: key, parts: keyParts }, t: boundary }));
        const { table } = await getHistoricalFeatures({
          engine: engines[kind],
          entities: entityTable(asks),
          snapshot,
          request: { features: spec.features.map(({ name }) => `w:${name}`) },
          readSource: async () => given,
          provenance: true,
        });
        const read = windowReader(layout, all);
        const valuesAt = (key: string | null, at: number) => {
          const row = online.get(global ? "" : (key as string));
          const values = row === undefined ? emptyWindowValues(layout, all) : read(row.groups, at);
          return values.map((value) => (value === OVERFLOW ? null : value));
        };
        const joined = spec.features.map(({ name, type }) => columnValues(table, name, parseTypeName(type)));
        const newest = columnValues(table, "f0__event_time", { kind: "timestamp" });
        const held = rows.filter(({ e }) => e <= boundary).map((row) => (global ? { ...row, key: "all" } : row));
        for (const [i, { key }] of asks.entries()) {
          expect(valuesAt(key.text, boundary)).toStrictEqual(joined.map((column) => column[i]));
          const row = online.get(global ? "" : (key.text as string));
          expect(row === undefined ? null : BigInt(row.newestEventUs)).toBe(newest[i]);
          for (const [f, feature] of spec.features.entries()) {
            const truth = truthOf(held, global ? "all" : key.text, boundary + after, feature);
            expect(
              wrongRows(spec, f, [valuesAt(key.text, boundary + after)[f] as Value | null], [truth]),
            ).toStrictEqual([]);
          }
        }
      }),
      { numRuns: 80 },
    );
  });
});
