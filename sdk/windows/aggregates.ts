// The aggregate table: which exact states each function needs, and how they finish. Both sides read it.
import { US_PER_DAY, US_PER_SECOND, type Us } from "../time.ts";
import { fitsInt64, isInteger, type Value, type ValueType } from "../types/index.ts";
import type { AccumulatorKind } from "./accumulator.ts";
import type { AggregateName } from "./aggregate-names.ts";
import { type DistinctState, distinctCount } from "./distinct.ts";
import { type ExactSum, exactSum, roundAverage, roundSum, roundVariance } from "./exact-sum.ts";
import type { Listed } from "./picks.ts";
import { quantile, type QuantileState } from "./quantiles.ts";

/** A result that is null because the sum does not fit in 64 bits; counted by feature (SEMANTICS 4.5). */
export const OVERFLOW = Symbol("overflow");

export type WindowValue = Value | null | typeof OVERFLOW;

/** What a feature says of its function: see AggregateFeature. */
export interface FinishOptions {
  readonly k?: number | undefined;
  readonly q?: number | undefined;
}

export interface Aggregate {
  /** The accumulators whose merged states `finish` takes, in its order, from the column's type. */
  states(type: ValueType): readonly AccumulatorKind[];
  /** Returns the value of a window at `at` from its merged states; null when nothing counted, OVERFLOW when it does not fit. */
  finish(states: readonly any[], of: FinishOptions, at: Us): WindowValue;
}

const sumState = (type: ValueType): AccumulatorKind => (isInteger(type) ? "sumInt" : "sumFloat");
const exactTotal = (total: bigint | ExactSum): ExactSum => (typeof total === "bigint" ? exactSum(total, 0) : total);

const count: Aggregate = {
  states: () => ["count"],
  finish: ([n]: readonly (bigint | null)[]) => n ?? 0n,
};

const sum: Aggregate = {
  states: (type) => [sumState(type)],
  finish: ([total]: readonly (bigint | ExactSum | null)[]) => {
    if (total === null || total === undefined) return null;
    if (typeof total !== "bigint") return roundSum(total);
    return fitsInt64(total) ? total : OVERFLOW;
  },
};

const avg: Aggregate = {
  states: (type) => [sumState(type), "count"],
  finish: ([total, n]) => (total === null || n === 0n ? null : roundAverage(exactTotal(total), n as bigint)),
};

/** Of a population the divisor is n, of a sample n − 1. */
const variance = (population: boolean, root: boolean): Aggregate => ({
  states: (type) => [sumState(type), "sumSquares", "count"],
  finish: ([total, squares, n]) => {
    const divisor = population ? (n as bigint) : (n as bigint) - 1n;
    return divisor <= 0n ? null : roundVariance(exactTotal(total), squares as ExactSum, n as bigint, divisor, root);
  },
});

const extreme = (kind: "min" | "max"): Aggregate => ({
  states: () => [kind],
  finish: ([value]) => value as Value | null,
});

const pick = (kind: "first" | "last"): Aggregate => ({
  states: () => [kind],
  finish: ([state]) => (state as { value: Value } | null)?.value ?? null,
});

const lastK: Aggregate = {
  states: () => ["lastK"],
  finish: ([list]: readonly (readonly Listed[] | null)[], { k }) =>
    list?.slice(0, k).map(({ value }) => value as Value) ?? null,
};

const lag: Aggregate = {
  states: () => ["latest"],
  finish: ([list]: readonly (readonly Listed[] | null)[], { k }) => list?.[(k as number) - 1]?.value ?? null,
};

const countDistinct: Aggregate = {
  states: () => ["distinct"],
  finish: ([state]) => (state === null ? 0n : distinctCount(state as DistinctState)),
};

const approxPercentile: Aggregate = {
  states: () => ["quantiles"],
  finish: ([state], { q }) => (state === null ? null : quantile(state as QuantileState, q as number)),
};

const sinceLast = (unitUs: Us): Aggregate => ({
  states: () => ["newest"],
  finish: ([time], _, at) => (time === null ? null : (at - (time as Us)) / unitUs),
});

/** Every aggregate by its name. */
export const aggregates: { readonly [N in AggregateName]: Aggregate } = {
  count,
  sum,
  avg,
  min: extreme("min"),
  max: extreme("max"),
  first: pick("first"),
  last: pick("last"),
  var_pop: variance(true, false),
  var_samp: variance(false, false),
  stddev_pop: variance(true, true),
  stddev_samp: variance(false, true),
  last_k: lastK,
  lag,
  count_distinct: countDistinct,
  approx_percentile: approxPercentile,
  seconds_since_last: sinceLast(US_PER_SECOND),
  days_since_last: sinceLast(US_PER_DAY),
};
