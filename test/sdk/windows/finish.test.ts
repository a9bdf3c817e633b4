// From states to values: the aggregate table, and windows over tiles against the oracle (SEMANTICS 4.1 to 4.5).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AggregatedViewSpec, AggregateFeature } from "../../../sdk/registry/index.ts";
import { parseTypeName, typeName, type Value } from "../../../sdk/types/index.ts";
import {
  accumulators,
  type AggregateName,
  aggregates,
  aggregateTypes,
  emptyWindowValues,
  EVENTS,
  isAggregateName,
  OVERFLOW,
  type Tile,
  tileLayout,
  type TileLayout,
  tileStart,
  windowValues,
} from "../../../sdk/windows/index.ts";
import { doubles, integers, orNull, texts, times } from "../../support/histories.ts";
import type { OracleRow, OracleValue } from "../../support/oracle.ts";
import { bitsOf, valueTypes } from "../../support/values.ts";
import { windowTruth } from "../../support/window-oracle.ts";

const NAMES: AggregateName[] = ["count", "sum", "avg", "min", "max", "first", "last"];
const FLOAT64 = parseTypeName("float64");

describe("4.4 the aggregate table", () => {
  it.each<[fn: AggregateName, accepts: string[] | "all"]>([
    ["count", "all"],
    ["sum", ["int32", "int64", "float32", "float64"]],
    ["avg", ["int32", "int64", "float32", "float64"]],
    ["min", ["int32", "int64", "float32", "float64", "timestamp"]],
    ["max", ["int32", "int64", "float32", "float64", "timestamp"]],
    ["first", "all"],
    ["last", "all"],
  ])("%s takes %s", (fn, accepts) => {
    const taken = valueTypes.filter((type) => aggregateTypes[fn].accepts(type)).map(typeName);
    expect(taken).toEqual(accepts === "all" ? valueTypes.map(typeName) : accepts);
  });

  it.each<[fn: AggregateName, type: string, result: string, states: string[]]>([
    ["count", "string", "int64", ["count"]],
    ["sum", "int32", "int64", ["sumInt"]],
    ["sum", "int64", "int64", ["sumInt"]],
    ["sum", "float32", "float64", ["sumFloat"]],
    ["sum", "float64", "float64", ["sumFloat"]],
    ["avg", "int32", "float64", ["sumInt", "count"]],
    ["avg", "float32", "float64", ["sumFloat", "count"]],
    ["min", "int32", "int32", ["min"]],
    ["max", "timestamp", "timestamp", ["max"]],
    ["first", "list<string>", "list<string>", ["first"]],
    ["last", "float32", "float32", ["last"]],
  ])("%s of %s is %s, from %j", (fn, type, result, states) => {
    expect(typeName(aggregateTypes[fn].resultType(parseTypeName(type)))).toBe(result);
    expect(aggregates[fn].states(parseTypeName(type))).toEqual(states);
  });

  it("nothing in the window: counts 0, the rest null", () => {
    for (const fn of NAMES) {
      for (const type of valueTypes.filter((t) => aggregateTypes[fn].accepts(t))) {
        const empty = aggregates[fn].states(type).map((kind) => accumulators[kind].empty as unknown);
        expect([fn, aggregates[fn].finish(empty, {}, 0)]).toEqual([fn, fn === "count" ? 0n : null]);
      }
    }
    expect(aggregates.count.finish([null], {}, 0)).toBe(0n);
  });

  it("4.5 an integer sum that overflows is marked, never wrapped; an average does not overflow", () => {
    const most = 2n ** 63n - 1n;
    expect(aggregates.sum.finish([most], {}, 0)).toBe(most);
    expect(aggregates.sum.finish([most + 1n], {}, 0)).toBe(OVERFLOW);
    expect(aggregates.sum.finish([-most - 1n], {}, 0)).toBe(-most - 1n);
    expect(aggregates.sum.finish([-most - 2n], {}, 0)).toBe(OVERFLOW);
    expect(aggregates.avg.finish([most * 4n, 4n], {}, 0)).toBe(2 ** 63);
    expect(aggregates.avg.finish([10n, 4n], {}, 0)).toBe(2.5);
    expect(aggregates.avg.finish([2n ** 53n + 1n, 1n], {}, 0)).toBe(2 ** 53);
  });

  it("only its own names are aggregates", () => {
    expect([...NAMES, "median", "toString", "", 1, null].filter(isAggregateName)).toEqual(NAMES);
  });
});

const columns = { x: "float64", n: "int64", s: "string" } as const;
const filters: Record<string, (values: Record<string, OracleValue>) => boolean | null> = {
  "n > 0": ({ n }) => (n === null ? null : (n as bigint) > 0n),
  "s == 'a'": ({ s }) => (s === null ? null : s === "a"),
};

function spec(features: readonly Omit<AggregateFeature, "name" | "type" | "default">[]): AggregatedViewSpec {
  return {
    kind: "aggregated",
    entities: ["k"],
    joinKeys: [{ name: "k", type: "string" }],
    source: { name: "s", format: "csv", path: "s.csv", eventTime: "e", createdTime: null, eventId: null, schema: null },
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    features: features.map((feature, i) => ({ name: `f${i}`, type: "int64", default: null, ...feature })),
  };
}

/** Cuts events into tiles, one after the other, the way a definition of a tile reads. */
function tilesOf(layout: TileLayout, events: readonly OracleRow[]): Tile[][] {
  return layout.groups.map(({ hopUs, slots }) => {
    const starts = [...new Set(events.map(({ e }) => tileStart(e, hopUs)))];
    return starts.map((startUs) => ({
      startUs,
      states: slots.map((slot) => {
        const { kind, column, where } = slot;
        let state: unknown = accumulators[kind].empty;
        for (const { e, c, id, values } of events) {
          if (e <= startUs || e > startUs + hopUs) continue;
          if (where !== null && filters[where]?.(values) !== true) continue;
          const value = column === null ? true : (values[column] as Value | null);
          state = accumulators[kind].add(state, { value, eventTimeUs: e, createdTimeUs: c, eventId: id ?? null }, slot);
        }
        return state;
      }),
    }));
  });
}

const HOUR = 3_600_000_000;
const hopsUs = fc.constantFrom(1_000_000, 7_000_000, 60_000_000, HOUR, 6 * HOUR, 24 * HOUR);
const features = fc
  .record({
    fn: fc.constantFrom(...NAMES),
    column: fc.constantFrom(null, "x", "n", "s"),
    where: fc.constantFrom(null, null, "n > 0", "s == 'a'"),
    hopUs: hopsUs,
    hops: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 60 })),
  })
  .map(({ fn, column, where, hopUs, hops }) => {
    const possible = column !== null && aggregateTypes[fn].accepts(parseTypeName(columns[column]));
    return { fn: possible ? fn : ("count" as const), column, where, hopUs, windowUs: hopUs * hops };
  });
const events = fc
  .array(
    fc.record({
      e: times,
      c: orNull(times),
      values: fc.record({ x: orNull(doubles), n: orNull(integers), s: orNull(texts) }),
    }),
    { maxLength: 40 },
  )
  .map((rows): OracleRow[] => rows.map((row, i) => ({ key: "k", id: `e${(i * 7) % 40}`, ...row })));

describe("4.2 a window is the merge of its tiles", () => {
  it("and equals the oracle's, at any moment, whatever the order of the tiles", () => {
    const drawn = fc.tuple(fc.array(features, { minLength: 1, maxLength: 8 }), events, times, fc.boolean());
    fc.assert(
      fc.property(drawn, ([some, all, at, backwards]) => {
        const view = spec(some);
        const layout = tileLayout(view);
        // A tile can't be cut: events later than now are not in it yet.
        const known = all.filter(({ e }) => e <= at);
        const tiles = tilesOf(layout, known).map((group) => (backwards ? group.toReversed() : group));
        const values = windowValues(
          layout,
          tiles,
          at,
          some.map((_, i) => i),
        );
        const expected = some.map(({ where, ...feature }) => {
          const integers = feature.column === "n";
          return windowTruth(all, "k", at, {
            ...feature,
            integers,
            where: where === null ? undefined : filters[where],
          });
        });
        const got = values.map((value) => bitsOf(value === OVERFLOW ? null : value));
        expect(got).toEqual(expected.map((value) => bitsOf(value as Value | null)));
      }),
      { numRuns: 400 },
    );
  });

  it("of the features that are asked for, in the order asked for", () => {
    const feature = (fn: AggregateName) => ({ fn, column: "n", where: null, hopUs: HOUR, windowUs: HOUR });
    const layout = tileLayout(spec([feature("sum"), feature("min"), feature("count")]));
    const rows = [3n, 4n].map((n, i): OracleRow => ({ key: "k", e: i + 1, c: null, values: { n } }));
    const tiles = tilesOf(layout, rows);
    expect(windowValues(layout, tiles, HOUR, [2, 0])).toEqual([2n, 7n]);
    expect(windowValues(layout, tiles, HOUR, [])).toEqual([]);
    expect(windowValues(layout, tiles, 2 * HOUR, [0, 1, 2])).toEqual([null, null, 0n]);
  });

  it("4.4 without any tile: counts 0, the rest null", () => {
    const some = NAMES.map((fn) => ({ fn, column: "n", where: null, hopUs: HOUR, windowUs: HOUR }));
    const layout = tileLayout(spec(some));
    expect(
      emptyWindowValues(
        layout,
        some.map((_, i) => i),
      ),
    ).toEqual([0n, null, null, null, null, null, null]);
  });
});

describe("the layout of tiles", () => {
  it("keeps one state a function, column and filter, by hop", () => {
    const layout = tileLayout(
      spec([
        { fn: "avg", column: "x", where: null, hopUs: HOUR, windowUs: 2 * HOUR },
        { fn: "sum", column: "x", where: null, hopUs: HOUR, windowUs: 5 * HOUR },
        { fn: "count", column: "x", where: null, hopUs: HOUR, windowUs: HOUR },
        { fn: "count", column: null, where: null, hopUs: HOUR, windowUs: HOUR },
        { fn: "sum", column: "x", where: "n > 0", hopUs: HOUR, windowUs: HOUR },
        { fn: "sum", column: "n", where: null, hopUs: HOUR, windowUs: HOUR },
        { fn: "sum", column: "x", where: null, hopUs: 60_000_000, windowUs: HOUR },
      ]),
    );
    const slot = (kind: string, column: string | null, where: string | null = null, type = "float64") => ({
      kind,
      column,
      where,
      type: parseTypeName(type),
      n: null,
    });
    expect(layout.groups).toEqual([
      { hopUs: 60_000_000, unbounded: false, spanUs: HOUR, slots: [slot("sumFloat", "x")] },
      {
        hopUs: HOUR,
        unbounded: false,
        spanUs: 5 * HOUR,
        slots: [
          slot("sumFloat", "x"),
          slot("count", "x"),
          { ...slot("count", null), type: EVENTS },
          slot("sumFloat", "x", "n > 0"),
          slot("sumInt", "n", null, "int64"),
        ],
      },
    ]);
    expect(layout.features.map(({ group, slots }) => [group, ...slots])).toEqual([
      [1, 0, 1],
      [1, 0],
      [1, 1],
      [1, 2],
      [1, 3],
      [1, 4],
      [0, 0],
    ]);
    expect(layout.spanUs).toBe(5 * HOUR);
    expect(layout.features.map(({ columnType }) => typeName(columnType))).toEqual([
      "float64",
      "float64",
      "float64",
      "bool",
      "float64",
      "int64",
      "float64",
    ]);
    expect(FLOAT64).toEqual(layout.groups[0]?.slots[0]?.type);
  });
});
