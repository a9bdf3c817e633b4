// Every aggregate against the oracle: random events, cut into tiles, packed, read back and merged in any order (SEMANTICS 4).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AggregatedViewSpec, AggregateFeature } from "../../../sdk/registry/index.ts";
import { packTileRow, readTileRow, unpackTileRow } from "../../../sdk/rows/index.ts";
import { parseTypeName, typeName, type Value } from "../../../sdk/types/index.ts";
import {
  accumulators,
  aggregates,
  type AggregateName,
  aggregateNames,
  aggregateTypes,
  NO_BOUNDARY,
  OVERFLOW,
  type StateSlot,
  tileLayout,
  windowReader,
  windowValues,
  type WindowValue,
} from "../../../sdk/windows/index.ts";
import { doubles, integers, orNull, texts, times } from "../../support/histories.ts";
import type { OracleRow, OracleValue } from "../../support/oracle.ts";
import { hash53 } from "../../../sdk/hash53.ts";
import { bitsOf } from "../../support/values.ts";
import { agrees, windowTruth } from "../../support/window-oracle.ts";
import { type Filters, stateOf, tilesOf } from "../../support/window-tiles.ts";

const columns = { x: "float64", n: "int64", i: "int32", s: "string" } as const;
const filters: Filters = {
  "n > 0": ({ n }) => (n === null ? null : (n as bigint) > 0n),
  "s == 'a'": ({ s }) => (s === null ? null : s === "a"),
};
const HOUR = 3_600_000_000;

/** Finite doubles often: one NaN or infinity hides whatever else is in a window. */
const values = fc.record({
  x: orNull(fc.oneof({ arbitrary: doubles.filter(Number.isFinite), weight: 9 }, doubles)),
  n: orNull(integers),
  i: orNull(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  s: orNull(texts),
});
const events = fc
  .array(fc.record({ e: times, c: orNull(times), values }), { maxLength: 40 })
  .map((rows): OracleRow[] => rows.map((row, i) => ({ key: "k", id: `e${(i * 7) % 40}`, ...row })));

const hops = fc.constantFrom(1_000_000, 7_000_000, HOUR, 24 * HOUR);
const windows = fc.oneof(
  fc.tuple(hops, fc.integer({ min: 1, max: 30 })).map(([hopUs, n]) => ({ hopUs, windowUs: hopUs * n })),
  hops.map((hopUs) => ({ hopUs, windowUs: hopUs, tumbling: true as const })),
  hops.map((hopUs) => ({ hopUs, windowUs: 0 })),
  fc.tuple(hops, fc.integer({ min: 1, max: 6 })).map(([hopUs, lastN]) => ({ hopUs, windowUs: 0, lastN })),
);
const feature = fc
  .record({
    fn: fc.constantFrom(...aggregateNames),
    column: fc.constantFrom(null, "x", "n", "i", "s"),
    where: fc.constantFrom(null, null, "n > 0", "s == 'a'"),
    window: windows,
    k: fc.integer({ min: 1, max: 5 }),
    q: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map(({ fn, column, where, window, k, q }): AggregateFeature => {
    const ofEvents: AggregateName[] = ["count", "seconds_since_last", "days_since_last"];
    const possible =
      column === null ? ofEvents.includes(fn) : aggregateTypes[fn].accepts(parseTypeName(columns[column]));
    const used = possible ? fn : "count";
    const { hopUs } = window;
    return {
      name: "f",
      type: "int64",
      default: null,
      fn: used,
      column,
      where,
      ...(used === "lag" ? { windowUs: 0, hopUs } : window),
      ...(used === "lag" || used === "last_k" ? { k } : {}),
      ...(used === "approx_percentile" ? { q } : {}),
    };
  });

function specOf(features: readonly AggregateFeature[]): AggregatedViewSpec {
  return {
    kind: "aggregated",
    entities: ["k"],
    joinKeys: [{ name: "k", type: "string" }],
    source: { name: "s", format: "csv", path: "s.csv", eventTime: "e", createdTime: null, eventId: null, schema: null },
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    features: [...features],
  };
}

function truthOf(all: readonly OracleRow[], at: number, { where, column, ...rest }: AggregateFeature): OracleValue {
  return windowTruth(all, "k", at, {
    ...rest,
    column,
    integers: column === "n" || column === "i",
    where: where === null ? undefined : filters[where],
  });
}

const bitsOfWindow = (value: WindowValue) => (value === OVERFLOW ? "overflow" : bitsOf(value));

describe("4 every aggregate over every kind of window", () => {
  it("equals the oracle, from packed tiles in any order", () => {
    const drawn = fc.tuple(fc.array(feature, { minLength: 1, maxLength: 8 }), events, times, times, fc.boolean());
    fc.assert(
      fc.property(drawn, ([features, all, at, other, backwards]) => {
        const layout = tileLayout(specOf(features));
        const known = all.filter(({ e }) => e <= at);
        const boundaryUs = backwards ? NO_BOUNDARY : Math.min(at, other);
        const groups = tilesOf(layout, known, { filters, boundaryUs });
        const packed = packTileRow(layout, { newestEventUs: at, writtenAtUs: 0, boundaryUs, groups });
        const row = unpackTileRow(layout, packed);
        expect(packTileRow(layout, row)).toBe(packed);
        const tiles = row.groups.map((group) => (backwards ? group.toReversed() : group));
        const asked = features.map((_, i) => i);
        const got = windowValues(layout, tiles, at, asked);
        // Merged as they lie packed, which is how they are served; and again, from what the first time kept.
        const { columns } = readTileRow(layout, packed);
        const reader = windowReader(layout, asked);
        for (let again = 0; again < 2; again++) {
          const served = reader(columns as NonNullable<typeof columns>, at);
          expect(served.map(bitsOfWindow)).toEqual(got.map(bitsOfWindow));
        }
        for (const [i, one] of features.entries()) {
          const value = got[i] === OVERFLOW ? null : (got[i] as Value | null);
          const truth = truthOf(all, at, one);
          if (!agrees(one, truth, value))
            throw new Error(`${JSON.stringify(one)} at ${at}: ${String(value)} is not ${String(truth)}`);
        }
      }),
      { numRuns: 1_500 },
    );
  }, 120_000);
});

const slots: StateSlot[] = (["x", "n", "i", "s"] as const).flatMap((column) => {
  const type = parseTypeName(columns[column]);
  const kinds = (Object.keys(accumulators) as StateSlot["kind"][]).filter((kind) => {
    if (kind === "sumInt") return column === "n" || column === "i";
    if (kind === "sumFloat") return column === "x";
    if (kind === "sumSquares" || kind === "quantiles" || kind === "min" || kind === "max") return column !== "s";
    return true;
  });
  return kinds.map((kind) => ({ kind, column, where: null, type, n: 3 }));
});

describe("4.5 states do not show how they were split and merged", () => {
  it.each(slots.map((slot) => [slot.kind, typeName(slot.type), slot] as const))("%s of %s", (_kind, _type, slot) => {
    const { merge, pack, unpack } = accumulators[slot.kind];
    const split = events.chain((all) =>
      fc.record({
        all: fc.constant(all),
        order: fc.shuffledSubarray(all, { minLength: all.length }),
        cuts: fc.array(fc.nat({ max: all.length }), { maxLength: 5 }),
        picks: fc.array(fc.nat({ max: 100 }), { minLength: 6, maxLength: 6 }),
      }),
    );
    fc.assert(
      fc.property(split, ({ all, order, cuts, picks }) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), order.length];
        const parts = edges.slice(1).map((to, i) => stateOf(slot, order.slice(edges[i], to)));
        const states = parts.filter((state) => state !== null);
        for (const pick of picks) {
          if (states.length < 2) break;
          const [one] = states.splice(pick % states.length, 1);
          const at = pick % states.length;
          // Some travel between merges, as those of tiles do.
          const other = pick % 2 === 0 ? states[at] : unpack(JSON.parse(pack(states[at], slot)), slot);
          states[at] = merge(one, other, slot);
        }
        const whole = stateOf(slot, all);
        const merged = states.length === 0 ? null : states[0];
        expect(merged === null ? null : pack(merged, slot)).toBe(whole === null ? null : pack(whole, slot));
      }),
      { numRuns: 200 },
    );
  });
});

describe("4.4 sketches", () => {
  const slot = (kind: "distinct" | "quantiles", type = "float64"): StateSlot => ({
    kind,
    column: "x",
    where: null,
    type: parseTypeName(type),
    n: null,
  });
  const rowsOf = (xs: readonly OracleValue[]): OracleRow[] =>
    xs.map((x, i) => ({ key: "k", e: i, c: null, values: { x } }));

  it("of thousands of values merge to the same text in any order, and keep to their errors", () => {
    const distinct = slot("distinct", "int64");
    const quantiles = slot("quantiles");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3_000 }), fc.nat(), (parts, n, seed) => {
        const xs = Array.from({ length: n }, (_, i) => ((i * 7919 + seed) % 4_001) * 1.5 ** ((i % 50) - 25));
        const cut = (i: number) => xs.filter((_, j) => (j * 31 + seed) % parts === i);
        for (const [one, of] of [
          [distinct, (list: number[]) => list.map((x) => BigInt(Math.round(x * 1e6)))],
          [quantiles, (list: number[]) => list],
        ] as const) {
          const { merge, pack } = accumulators[one.kind];
          const states = Array.from({ length: parts }, (_, i) => stateOf(one, rowsOf(of(cut(i))))).filter(
            (state) => state !== null,
          );
          const whole = pack(stateOf(one, rowsOf(of(xs))), one);
          expect(
            pack(
              states.reduce((a, b) => merge(a, b, one)),
              one,
            ),
          ).toBe(whole);
          expect(
            pack(
              states.reduceRight((a, b) => merge(a, b, one)),
              one,
            ),
          ).toBe(whole);
        }
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it.each<[of: string, type: string, value: (i: number) => Value]>([
    ["small integers", "int64", (i) => BigInt(i)],
    ["multiples of a thousand", "int64", (i) => BigInt(i) * 1_000n],
    ["numbered names", "string", (i) => `user-${i}`],
    ["cents", "float64", (i) => i / 100],
    ["times", "timestamp", (i) => 985_996_800_000_000n + BigInt(i) * 1_000_000n],
  ])("distinct %s are estimated within a few standard errors", (_, type, value) => {
    const one = slot("distinct", type);
    const { empty, add } = accumulators.distinct;
    const errors = [1_000, 5_000, 20_000, 60_000].flatMap((n) =>
      [0, 1, 2].map((run) => {
        let state: unknown = empty;
        for (let i = 0; i < n; i++)
          state = add(
            state,
            { value: value(run * 100_000 + i), eventTimeUs: 0, createdTimeUs: null, eventId: null },
            one,
          );
        return Number(aggregates.count_distinct.finish([state], {}, 0)) / n - 1;
      }),
    );
    // 4,096 registers have a standard error of 1.6 %.
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.05);
    expect(Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length)).toBeLessThan(0.025);
  });

  it("no two of 300,000 texts hash to the same", () => {
    const forms = Array.from({ length: 100_000 }, (_, i) => [String(i), `"k${i}"`, String(i / 8)]);
    const some = new Set(forms.flat());
    expect(new Set([...some].map(hash53)).size).toBe(some.size);
  });

  it("a percentile stays within 1 % over eight orders of magnitude of both signs", () => {
    const xs = Array.from({ length: 20_000 }, (_, i) => (i % 3 === 0 ? -1 : 1) * 1.001 ** ((i * 7919) % 20_000));
    const feature = { fn: "approx_percentile", column: "x", windowUs: 0, hopUs: HOUR };
    const layout = tileLayout(
      specOf([{ ...feature, name: "f", type: "float64", default: null, where: null, fn: "approx_percentile", q: 0 }]),
    );
    const tiles = tilesOf(layout, rowsOf(xs), { boundaryUs: HOUR });
    for (const q of [0.001, 0.01, 0.25, 0.333, 0.5, 0.75, 0.9, 0.99, 0.999]) {
      const of = layout.features[0] as (typeof layout.features)[number];
      const asked = { ...layout, features: [{ ...of, feature: { ...of.feature, q } }] };
      const truth = windowTruth(rowsOf(xs), "k", HOUR, { ...feature, q });
      expect([q, agrees(feature, truth, windowValues(asked, tiles, HOUR, [0])[0])]).toEqual([q, true]);
    }
  });

  it("beyond 2,048 bins the lowest values are told as one, whatever the order", () => {
    const xs = Array.from({ length: 3_000 }, (_, i) => 1.03 ** i * 1e-20);
    const one = slot("quantiles");
    const { pack, merge } = accumulators.quantiles;
    const text = pack(stateOf(one, rowsOf(xs)), one);
    expect(pack(stateOf(one, rowsOf(xs.toReversed())), one)).toBe(text);
    const [odd, even] = [1, 0].map((r) => stateOf(one, rowsOf(xs.filter((_, i) => i % 2 === r))));
    expect(pack(merge(odd, even, one), one)).toBe(text);
    expect((JSON.parse(text) as unknown[]).length).toBe(3 + 2 * 2_048);
  });
});
