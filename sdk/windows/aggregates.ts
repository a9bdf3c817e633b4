// The aggregate table: what each function accepts, which exact states it needs, and how they finish. Both sides read it.
import { fitsInt64, isInteger, isNumeric, type Value, type ValueType } from "../types/index.ts";
import type { AccumulatorKind } from "./accumulators.ts";
import { type ExactSum, exactSum, roundAverage, roundSum } from "./exact-sum.ts";

export const aggregateNames = ["count", "sum", "avg", "min", "max", "first", "last"] as const;
export type AggregateName = (typeof aggregateNames)[number];

/** A result that is null because the sum does not fit in 64 bits; counted by feature (SEMANTICS 4.5). */
export const OVERFLOW = Symbol("overflow");

export interface Aggregate {
  /** True when it works on the values of a column of this type. */
  accepts(type: ValueType): boolean;
  /** The result's type, from the column's. */
  resultType(type: ValueType): ValueType;
  /** The accumulators whose merged states `finish` takes, in its order. */
  states(type: ValueType): readonly AccumulatorKind[];
  /** Returns the value of a window from its merged states; null when nothing counted, OVERFLOW when it does not fit. */
  finish(states: readonly any[], type: ValueType): Value | null | typeof OVERFLOW;
}

const INT64: ValueType = { kind: "int64" };
const FLOAT64: ValueType = { kind: "float64" };

const sumState = (type: ValueType): AccumulatorKind => (isInteger(type) ? "sumInt" : "sumFloat");
const isOrdered = (type: ValueType): boolean => isNumeric(type) || type.kind === "timestamp";

/** The type that an event count without a column has in place of a column's. */
export const EVENTS: ValueType = { kind: "bool" };

const count: Aggregate = {
  accepts: () => true,
  resultType: () => INT64,
  states: () => ["count"],
  finish: ([n]: readonly (bigint | null)[]) => n ?? 0n,
};

const sum: Aggregate = {
  accepts: isNumeric,
  resultType: (type) => (isInteger(type) ? INT64 : FLOAT64),
  states: (type) => [sumState(type)],
  finish: ([total], type) => {
    if (total === null) return null;
    if (!isInteger(type)) return roundSum(total as ExactSum);
    return fitsInt64(total as bigint) ? (total as bigint) : OVERFLOW;
  },
};

const avg: Aggregate = {
  accepts: isNumeric,
  resultType: () => FLOAT64,
  states: (type) => [sumState(type), "count"],
  finish: ([total, n], type) => {
    if (total === null || n === 0n) return null;
    return roundAverage(isInteger(type) ? exactSum(total as bigint, 0) : (total as ExactSum), n as bigint);
  },
};

const extreme = (kind: "min" | "max"): Aggregate => ({
  accepts: isOrdered,
  resultType: (type) => type,
  states: () => [kind],
  finish: ([value]) => value as Value | null,
});

const pick = (kind: "first" | "last"): Aggregate => ({
  accepts: () => true,
  resultType: (type) => type,
  states: () => [kind],
  finish: ([state]) => (state as { value: Value } | null)?.value ?? null,
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
};

export function isAggregateName(name: unknown): name is AggregateName {
  return (aggregateNames as readonly unknown[]).includes(name);
}
