// Every aggregate over every kind of window: cases by the number of their rule, as definitions write them (SEMANTICS 4).
import { describe, expect, it } from "vitest";
import {
  type Aggregation,
  approxPercentile,
  avg,
  count,
  countDistinct,
  daysSinceLast,
  first,
  lag,
  last,
  lastK,
  lastN,
  lifetime,
  max,
  min,
  secondsSinceLast,
  stddevPop,
  stddevSample,
  sum,
  tumbling,
  varPop,
  varSample,
} from "../../../sdk/index.ts";
import { aggregateFeature } from "../../../sdk/registry/aggregate-feature.ts";
import type { AggregatedViewSpec } from "../../../sdk/registry/index.ts";
import { parseTypeName, type Value } from "../../../sdk/types/index.ts";
import { OVERFLOW, tileLayout, windowValues } from "../../../sdk/windows/index.ts";
import type { OracleRow, OracleValue } from "../../support/oracle.ts";
import { bitsOf } from "../../support/values.ts";
import { type Filters, tilesOf } from "../../support/window-tiles.ts";

const types = { x: "float64", n: "int64", i: "int32", s: "string", at: "timestamp" };
const columns = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, parseTypeName(type)]));
const filters: Filters = { "n > 0": ({ n }) => (n === null || n === undefined ? null : (n as bigint) > 0n) };

const SECOND = 1_000_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

/** Events in order of their times in hours; what is not said of one is null. */
type Event = [hours: number, values: Record<string, OracleValue>, more?: { c?: number; id?: string }];

function valueAt(aggregation: Aggregation, events: readonly Event[], atHours: number): Value | null | typeof OVERFLOW {
  const feature = aggregateFeature("v", "f", aggregation, columns, new Set());
  const spec: AggregatedViewSpec = {
    kind: "aggregated",
    entities: ["k"],
    joinKeys: [{ name: "k", type: "string" }],
    source: { name: "s", format: "csv", path: "s.csv", eventTime: "e", createdTime: null, eventId: null, schema: null },
    columns: Object.entries(types).map(([name, type]) => ({ name, type })),
    features: [feature],
  };
  const layout = tileLayout(spec);
  const none = Object.fromEntries(Object.keys(types).map((name) => [name, null]));
  const rows = events.map(([hours, values, { c, id } = {}]): OracleRow => ({
    key: "k",
    e: hours * HOUR,
    c: c ?? null,
    ...(id === undefined ? {} : { id }),
    values: { ...none, ...values },
  }));
  const known = rows.filter(({ e }) => e <= atHours * HOUR);
  return windowValues(layout, tilesOf(layout, known, { filters }), atHours * HOUR, [0])[0] ?? null;
}

const xs = (...values: (number | null)[]): Event[] => values.map((x, i) => [i + 1, { x }]);
const ns = (...values: (bigint | null)[]): Event[] => values.map((n, i) => [i + 1, { n }]);

interface Case {
  readonly rule: string;
  readonly of: Aggregation;
  readonly events: readonly Event[];
  readonly at: number;
  readonly is: Value | null | typeof OVERFLOW;
}
const one = (rule: string, of: Aggregation, events: readonly Event[], at: number, is: Case["is"]): Case => ({
  rule,
  of,
  events,
  at,
  is,
});

const MAX = 2n ** 63n - 1n;
const cases: Case[] = [
  one("4.1 a sliding window is open below", count("2h", { hop: "1h" }), xs(1, 1, 1), 3, 2n),
  one("4.1 and closed above", count("2h", { hop: "1h" }), xs(1, 1, 1), 2, 2n),
  one("4.1 its lower edge moves by hops", count("2h", { hop: "1h" }), xs(1, 1, 1, 1), 3.5, 2n),
  one(
    "4.1 before the epoch too",
    count("2h", { hop: "1h" }),
    [
      [-3, {}],
      [-2, {}],
      [-1, {}],
    ],
    -1,
    2n,
  ),

  one("4.3 a tumbling window is the last complete one", sum("x", tumbling("2h")), xs(1, 2, 4, 8, 16), 5.9, 12),
  one("4.3 complete as its end is reached", sum("x", tumbling("2h")), xs(1, 2, 4, 8, 16), 4, 12),
  one("4.3 and not before", sum("x", tumbling("2h")), xs(1, 2, 4, 8, 16), 3.99, 3),
  one(
    "4.3 an event on its end is in it",
    count(tumbling("2h")),
    [
      [2, {}],
      [2.001, {}],
    ],
    2.5,
    1n,
  ),
  one("4.3 with none complete", avg("x", tumbling("2h")), xs(1), 1.5, null),
  one(
    "4.3 before the epoch too",
    count(tumbling("2h")),
    [
      [-3, {}],
      [-2, {}],
      [-1, {}],
    ],
    -1,
    2n,
  ),
  one(
    "4.3 a lifetime has no lower edge",
    sum("n", lifetime()),
    [
      [-500_000, { n: 1n }],
      [0, { n: 2n }],
    ],
    500_000,
    3n,
  ),
  one("4.3 nor any event later than the moment", count(lifetime()), xs(1, 1, 1), 2, 2n),
  one("4.3 last n takes the n latest", sum("x", lastN(2)), xs(1, 2, 4, 8), 4, 12),
  one("4.3 fewer when there are fewer", sum("x", lastN(9)), xs(1, 2), 100, 3),
  one("4.3 events without a value among them", sum("x", lastN(2)), xs(1, 2, null), 3, 2),
  one(
    "4.3 of those that pass the filter",
    sum("x", lastN(2), { where: "n > 0" }),
    [
      [1, { x: 1, n: 1n }],
      [2, { x: 2, n: 1n }],
      [3, { x: 4, n: -1n }],
    ],
    9,
    3,
  ),
  one("4.3 count() of last n", count(lastN(3)), xs(1, null, null, null), 9, 3n),
  one("4.3 count(x) of last n", count("x", lastN(3)), xs(1, 2, null, null), 9, 1n),
  one("4.3 last n of distinct values", countDistinct("x", lastN(3)), xs(1, 2, 3, 3), 9, 2n),
  one("4.3 last n of a variance", varPop("x", lastN(2)), xs(100, 1, 3), 9, 1),
  one("4.3 last n of a percentile", approxPercentile("x", 1, lastN(2)), xs(100, 1, 3), 9, 3),
  one("4.3 last n of last_k", lastK("x", 2, lastN(3)), xs(1, 2, null, 4), 9, [4, 2]),
  one("4.3 last n of time since", secondsSinceLast("x", lastN(2)), xs(1, null), 3, 7200),
  one("4.3 lag(1) is the latest", lag("x", 1), xs(1, 2, 4), 9, 4),
  one("4.3 lag(n) the n-th", lag("x", 3), xs(1, 2, 4), 9, 1),
  one("4.3 lag of fewer events", lag("x", 4), xs(1, 2, 4), 9, null),
  one("4.3 lag counts events without a value", lag("x", 2), xs(1, null, 4), 9, null),
  one(
    "4.3 lag at or before the moment",
    lag("s", 1),
    [
      [1, { s: "a" }],
      [2, { s: "b" }],
    ],
    1.5,
    "a",
  ),
  one(
    "4.3 lag of those that pass the filter",
    lag("x", 1, { where: "n > 0" }),
    [
      [1, { x: 1, n: 1n }],
      [2, { x: 2, n: null }],
    ],
    9,
    1,
  ),

  one("4.4 count(x) counts values", count("x", "4h"), xs(1, null, Number.NaN), 3, 2n),
  one("4.4 count() counts events", count("4h"), xs(1, null, null), 3, 3n),
  one("4.4 count of nothing", count("x", "4h"), [], 3, 0n),
  one("4.4 sum", sum("x", "4h"), xs(0.5, null, 0.25), 3, 0.75),
  one(
    "4.4 sum of integers",
    sum("i", "4h"),
    [
      [1, { i: 3 }],
      [2, { i: -5 }],
    ],
    3,
    -2n,
  ),
  one("4.4 sum of nothing", sum("x", "4h"), xs(null), 3, null),
  one("4.4 avg", avg("n", "4h"), ns(1n, 2n), 3, 1.5),
  one("4.4 min", min("x", "4h"), xs(3, -1, null), 3, -1),
  one("4.4 max", max("x", "4h"), xs(3, -1, null), 3, 3),
  one("4.4 min skips NaN", min("x", "4h"), xs(Number.NaN, 2), 3, 2),
  one("4.4 max of NaN alone", max("x", "4h"), xs(Number.NaN), 3, null),
  one(
    "4.4 max of times",
    max("at", "4h"),
    [
      [1, { at: 5n }],
      [2, { at: 4n }],
    ],
    3,
    5n,
  ),
  one(
    "4.4 first",
    first("s", "4h"),
    [
      [1, { s: null }],
      [2, { s: "b" }],
      [3, { s: "c" }],
    ],
    3,
    "b",
  ),
  one(
    "4.4 last",
    last("s", "4h"),
    [
      [1, { s: "a" }],
      [2, { s: "b" }],
      [3, { s: null }],
    ],
    3,
    "b",
  ),
  one("4.4 variance of a population", varPop("x", "4h"), xs(2, 4, null), 3, 1),
  one("4.4 variance of a sample", varSample("x", "4h"), xs(2, 4, null), 3, 2),
  one("4.4 variance of one value", varPop("x", "4h"), xs(7), 3, 0),
  one("4.4 variance of a sample of one", varSample("x", "4h"), xs(7), 3, null),
  one("4.4 variance of nothing", varPop("x", "4h"), xs(null), 3, null),
  one("4.4 variance of integers", varSample("n", "4h"), ns(1n, 2n, 4n), 3, 7 / 3),
  one("4.4 deviation of a population", stddevPop("x", "24h"), xs(2, 4, 4, 4, 5, 5, 7, 9), 8, 2),
  one("4.4 deviation of a sample", stddevSample("n", "4h"), ns(1n, 3n), 3, Math.SQRT2),
  one("4.4 NaN propagates", varPop("x", "4h"), xs(1, Number.NaN), 3, Number.NaN),
  one("4.4 so does what an infinity makes", stddevPop("x", "4h"), xs(1, Infinity), 3, Number.NaN),
  one(
    "4.4 last_k, latest first",
    lastK("s", 2, "4h"),
    [
      [1, { s: "a" }],
      [2, { s: "b" }],
      [3, { s: "c" }],
    ],
    3,
    ["c", "b"],
  ),
  one("4.4 last_k skips nulls", lastK("x", 2, "9h"), xs(1, 2, null, null), 4, [2, 1]),
  one("4.4 last_k of fewer", lastK("n", 5, "9h"), ns(1n), 4, [1n]),
  one("4.4 last_k of nothing", lastK("n", 5, "9h"), ns(null), 4, null),
  one(
    "4.4 count_distinct",
    countDistinct("s", "9h"),
    [
      [1, { s: "a" }],
      [2, { s: "b" }],
      [3, { s: "a" }],
      [4, {}],
    ],
    4,
    2n,
  ),
  one("4.4 count_distinct of NaN and zeros", countDistinct("x", "9h"), xs(Number.NaN, 0, -0, Number.NaN), 4, 3n),
  one("4.4 count_distinct of nothing", countDistinct("s", "9h"), [], 4, 0n),
  one("4.4 the 0th percentile", approxPercentile("x", 0, "9h"), xs(3, 1, 2), 4, 1),
  one("4.4 the 100th percentile", approxPercentile("n", 1, "9h"), ns(3n, 1n, 2n), 4, 3),
  one("4.4 a percentile of one value", approxPercentile("x", 0.5, "9h"), xs(-0.1), 4, -0.1),
  one("4.4 a percentile of zeros", approxPercentile("x", 0.5, "9h"), xs(0, 0, 0, 1), 4, 0),
  one("4.4 a percentile of nothing", approxPercentile("x", 0.5, "9h"), xs(null), 4, null),
  one("4.4 a percentile with a NaN", approxPercentile("x", 0, "9h"), xs(1, Number.NaN), 4, Number.NaN),
  one(
    "4.4 a percentile among infinities",
    approxPercentile("x", 0.3, "9h"),
    xs(-Infinity, -Infinity, 5, Infinity),
    4,
    -Infinity,
  ),
  one("4.4 seconds since", secondsSinceLast(), xs(1, null), 2.5, 1800),
  one("4.4 seconds since a value", secondsSinceLast("x", lifetime()), xs(1, null), 2.5, 5400),
  one("4.4 days since", daysSinceLast(), xs(1), 1 + 36, 1.5),
  one("4.4 since an event of the moment", daysSinceLast(), xs(1), 1, 0),
  one("4.4 since an event that left the window", secondsSinceLast("2h", { hop: "1h" }), xs(1), 3, null),
  one("4.4 since nothing", daysSinceLast(), [], 1, null),

  one("4.5 a sum is exact", sum("x", "9h"), xs(1e16, 1, -1e16), 4, 1),
  one("4.5 also of the least doubles", sum("x", lifetime()), xs(5e-324, 1e300, 5e-324, -1e300), 4, 1e-323),
  one("4.5 it overflows only where it does", sum("x", "9h"), xs(1.7e308, 1.7e308, -1.7e308), 4, 1.7e308),
  one("4.5 opposite infinities", sum("x", "9h"), xs(Infinity, 1, -Infinity), 4, Number.NaN),
  one("4.5 integers that overflow are no value", sum("n", lifetime()), ns(MAX, 1n), 4, OVERFLOW),
  one("4.5 of last n too", sum("n", lastN(2)), ns(MAX, MAX, 1n), 4, OVERFLOW),
  one("4.5 they never wrap on the way", sum("n", "9h"), ns(MAX, 1n, -2n), 4, MAX - 1n),
  one("4.5 a variance far from zero", varPop("x", "9h"), xs(1e9 + 1, 1e9 + 2, 1e9 + 3), 4, 2 / 3),
  one("4.5 a variance of the greatest integers", varPop("n", "9h"), ns(MAX, MAX - 2n), 4, 1),
  one("4.5 a deviation whose variance is no double", stddevPop("x", "9h"), xs(1e200, -1e200), 4, 1e200),
  one("4.5 nor that of the least", stddevPop("x", "9h"), xs(3e-320, 1e-320), 4, 1e-320),
  one("4.5 equal values do not vary", stddevSample("x", "9h"), xs(0.1, 0.1, 0.1), 4, 0),

  one(
    "4.8 by created time",
    last("s", "9h"),
    [
      [1, { s: "b" }, { c: 2 }],
      [1, { s: "a" }, { c: 3 }],
    ],
    4,
    "a",
  ),
  one(
    "4.8 then by event id",
    last("s", "9h"),
    [
      [1, { s: "b" }, { id: "1" }],
      [1, { s: "a" }, { id: "2" }],
    ],
    4,
    "a",
  ),
  one(
    "4.8 then by value",
    lag("s", 1),
    [
      [1, { s: "b" }],
      [1, { s: "a" }],
      [1, {}],
    ],
    4,
    "b",
  ),
  one(
    "4.8 null lowest",
    lag("s", 3),
    [
      [1, { s: "b" }],
      [1, { s: "a" }],
      [1, {}],
    ],
    4,
    null,
  ),
  one(
    "4.8 last_k",
    lastK("s", 3, "9h"),
    [
      [1, { s: "a" }, { c: 1 }],
      [1, { s: "b" }],
      [2, { s: "c" }],
    ],
    4,
    ["c", "a", "b"],
  ),
  one(
    "4.8 last n",
    sum("x", lastN(1)),
    [
      [1, { x: 1 }, { c: 5 }],
      [1, { x: 2 }, { c: 4 }],
    ],
    4,
    1,
  ),
];

describe("aggregates over windows", () => {
  it.each(cases)("$rule: $of.fn of $events", ({ of, events, at, is }) => {
    const value = valueAt(of, events, at);
    expect(value === OVERFLOW ? OVERFLOW : bitsOf(value)).toEqual(is === OVERFLOW ? OVERFLOW : bitsOf(is));
  });

  it("counts distinct values exactly to 256, and beyond to a few per cent", () => {
    const some = (n: number): Event[] => Array.from({ length: n }, (_, i) => [1 + i / 1e6, { n: BigInt(i * i) }]);
    expect(valueAt(countDistinct("n", "9h"), some(256), 4)).toBe(256n);
    for (const n of [257, 1_000, 20_000]) {
      const estimate = Number(valueAt(countDistinct("n", "9h"), some(n), 4));
      expect(Math.abs(estimate / n - 1)).toBeLessThan(0.05);
    }
  });

  it("a lifetime's row is one tile up to its boundary, however many there were", () => {
    const feature = aggregateFeature("v", "f", sum("x", lifetime()), columns, new Set());
    const spec = { columns: [{ name: "x", type: "float64" }], features: [feature] } as unknown as AggregatedViewSpec;
    const layout = tileLayout(spec);
    const rows = [1, 30, 60, 90].map((d): OracleRow => ({ key: "k", e: d * DAY, c: null, values: { x: d } }));
    const tiles = tilesOf(layout, rows, { boundaryUs: 60 * DAY });
    expect(tiles[0]?.length).toBe(2);
    expect(windowValues(layout, tiles, 100 * DAY, [0])).toEqual([181]);
  });
});
