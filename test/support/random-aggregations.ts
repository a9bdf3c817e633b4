// Random aggregations: every function over every column it takes and every kind of window, as definitions write them.
import fc from "fast-check";
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
  type Window,
} from "../../sdk/index.ts";
import type { AggregateFeature } from "../../sdk/registry/index.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { doubles, integers, orNull, texts } from "./histories.ts";
import type { OracleRow, OracleValue } from "./oracle.ts";
import { type OracleAggregate, windowTruth } from "./window-oracle.ts";

/** The columns that they are over, beside keys and times. */
export const columnTypes = {
  x: { kind: "float64" },
  cents: { kind: "float64" },
  n: { kind: "int64" },
  i: { kind: "int32" },
  s: { kind: "string" },
} satisfies Record<string, ValueType>;

/** Doubles of all sizes; amounts; NaN and infinities among both; integers that overflow in sums; small ones. */
export const randomValues: Record<keyof typeof columnTypes, fc.Arbitrary<OracleValue>> = {
  x: orNull(fc.oneof({ arbitrary: doubles.filter(Number.isFinite), weight: 12 }, doubles)),
  cents: fc.oneof(
    { arbitrary: fc.integer({ min: -100_000, max: 100_000 }).map((c) => c / 100), weight: 60 },
    fc.constantFrom(Number.NaN, Infinity, -Infinity),
  ),
  n: orNull(integers),
  i: orNull(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  s: orNull(texts),
};

const filters: Record<string, (values: Record<string, any>) => boolean | null> = {
  "n > 0": ({ n }) => (n === null ? null : n > 0n),
  "s == 'a' || i > 1": ({ s, i }) => s === "a" || (i !== null && i > 1),
};

const windows: fc.Arbitrary<{ window: Window; hop?: string }> = fc.oneof(
  fc.constantFrom("7s", "1m", "1h", "6h", "1d", "30h").map((window) => ({ window })),
  fc.constantFrom({ window: "2h", hop: "2h" }, { window: "3h", hop: "1h" }, { window: "2d", hop: "12h" }),
  fc.constantFrom("1m", "7s", "1h", "1d").map((length) => ({ window: tumbling(length) })),
  fc.constantFrom({ window: lifetime() }, { window: lifetime(), hop: "1h" }),
  fc.integer({ min: 1, max: 6 }).map((n) => ({ window: lastN(n) })),
);

const numbers = ["x", "cents", "n", "i"] as const;
const any = [...numbers, "s"] as const;
const ofNumbers = [sum, avg, min, max, varPop, varSample, stddevPop, stddevSample];
const ofAny = [first, last, countDistinct];

const options = fc.record({ where: fc.option(fc.constantFrom(...Object.keys(filters)), { nil: undefined, freq: 3 }) });
const few = fc.integer({ min: 1, max: 5 });

/** One aggregation. */
export const randomAggregation: fc.Arbitrary<Aggregation> = fc
  .tuple(windows, options, few, fc.constantFrom(0, 0.3, 0.5, 1), fc.constantFrom(...numbers), fc.constantFrom(...any))
  .chain(([{ window, hop }, { where }, k, q, number, column]) => {
    const rest = { ...(where === undefined ? {} : { where }), ...(hop === undefined ? {} : { hop }) };
    return fc.constantFrom<(() => Aggregation)[]>(
      ...ofNumbers.map((fn) => () => fn(number, window, rest)),
      ...ofAny.map((fn) => () => fn(column, window, rest)),
      () => secondsSinceLast(window, rest),
      () => secondsSinceLast(column, window, rest),
      () => daysSinceLast(column, window, rest),
      () => count(window, rest),
      () => count(column, window, rest),
      () => lastK(column, k, window, rest),
      () => lag(column, k, where === undefined ? {} : { where }),
      () => approxPercentile(number, q, window, rest),
    );
  })
  .map((make) => make());

/** Returns the truth of a compiled feature of randomAggregation; null for a null key. */
export function truthOf(
  rows: readonly OracleRow[],
  key: string | null,
  t: number,
  feature: AggregateFeature,
): OracleValue {
  const { where, column, ...rest } = feature;
  const oracle: OracleAggregate = {
    ...rest,
    column,
    integers: column === "n" || column === "i",
    where: where === null ? undefined : filters[where],
  };
  return windowTruth(rows, key, t, oracle);
}
