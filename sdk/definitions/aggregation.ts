// Aggregations: a function over the events of a window, as a definition names it.
import * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import { checkShape } from "../shape.ts";
import { parseDuration } from "../time.ts";
import type { Value } from "../types/index.ts";
import type { AggregateName } from "../windows/aggregates.ts";
import type { Field } from "./fields.ts";
import type { Schema } from "./source.ts";

export interface AggregationOptions {
  /** Only events for which this expression over the source's columns is true. */
  where?: string;
  /** How far the window's lower edge moves at a time; must divide the window. Default: SEMANTICS 4.3. */
  hop?: string;
  description?: string;
  default?: Value | number;
}

export interface Aggregation<
  Fn extends AggregateName = AggregateName,
  Column extends string = string,
> extends AggregationOptions {
  readonly fn: Fn;
  /** The column; absent for a count of events. */
  readonly column?: Column;
  readonly window: string;
}

/** The TypeScript types of an aggregated view's features, from the source's schema where it has one. */
export type AggregationValues<S extends Schema, A extends Readonly<Record<string, Aggregation>>> = {
  -readonly [K in keyof A]: AggregationValue<S, A[K]>;
};
type AggregationValue<S extends Schema, A> =
  A extends Aggregation<infer Fn, infer Column>
    ? Fn extends "count"
      ? bigint
      : Fn extends "avg"
        ? number | null
        : Fn extends "sum"
          ? SumOf<ColumnValue<S, Column>> | null
          : ColumnValue<S, Column> | null
    : never;
type ColumnValue<S, Column> = Column extends keyof S
  ? S[Column] extends Field<infer T>
    ? NonNullable<T>
    : never
  : Value;
/** int32 columns are `number` like floats, but their sum is int64: only the schema's own type could tell them apart. */
type SumOf<T> = T extends bigint ? bigint : number | bigint;

const optionsShape = z.strictObject({
  where: z.optional(z.string()),
  hop: z.optional(z.string()),
  description: z.optional(z.string()),
  default: z.optional(z.any()),
});

function aggregation<Fn extends AggregateName, Column extends string>(
  fn: Fn,
  column: Column | undefined,
  window: string,
  options: AggregationOptions = {},
): Aggregation<Fn, Column> {
  const what = `${fn}(${column === undefined ? "" : `"${column}", `}"${window}")`;
  checkShape(optionsShape, options, what, "definition_invalid");
  const windowUs = parseDuration(window);
  if (windowUs === 0) throw new EdgefeatError("definition_invalid", `${what}: the window is empty`);
  if (options.hop !== undefined) {
    const hopUs = parseDuration(options.hop);
    if (hopUs === 0 || windowUs % hopUs !== 0) {
      throw new EdgefeatError("definition_invalid", `${what}: the hop ${options.hop} does not divide the window`, {
        hint: "the window must be a whole number of hops (SEMANTICS 4.3)",
      });
    }
  }
  return Object.freeze({ fn, ...(column === undefined ? {} : { column }), window, ...options });
}

/** The number of events in the window, or with a column first, of those whose column is not null. int64, 0 when none. */
export function count(window: string, options?: AggregationOptions): Aggregation<"count", never>;
export function count<const C extends string>(
  column: C,
  window: string,
  options?: AggregationOptions,
): Aggregation<"count", C>;
export function count(first: string, second?: string | AggregationOptions, third?: AggregationOptions) {
  return typeof second === "string"
    ? aggregation("count", first, second, third)
    : aggregation("count", undefined, first, second);
}
/** The sum: of integers int64 (null when it overflows), of floats float64, the exact real sum rounded once. Null when none. */
export function sum<const C extends string>(column: C, window: string, options?: AggregationOptions) {
  return aggregation("sum", column, window, options);
}
/** The average, float64: the exact sum over the count, rounded once. Null when none. */
export function avg<const C extends string>(column: C, window: string, options?: AggregationOptions) {
  return aggregation("avg", column, window, options);
}
/** The least value; skips NaN; −0 lies below +0. Null when none. */
export function min<const C extends string>(column: C, window: string, options?: AggregationOptions) {
  return aggregation("min", column, window, options);
}
/** The greatest value; skips NaN; −0 lies below +0. Null when none. */
export function max<const C extends string>(column: C, window: string, options?: AggregationOptions) {
  return aggregation("max", column, window, options);
}
/** The earliest value that is not null, by (event time, created time, event id, value). Null when none. */
export function first<const C extends string>(column: C, window: string, options?: AggregationOptions) {
  return aggregation("first", column, window, options);
}
/** The latest value that is not null, by (event time, created time, event id, value). Null when none. */
export function last<const C extends string>(column: C, window: string, options?: AggregationOptions) {
  return aggregation("last", column, window, options);
}
