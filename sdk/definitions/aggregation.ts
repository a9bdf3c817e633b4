// Aggregations: a function over the events of a window, as a definition names it.
import * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import { checkShape } from "../shape.ts";
import { parseDuration } from "../time.ts";
import type { Value } from "../types/index.ts";
import type { AggregateName } from "../windows/aggregate-names.ts";
import type { Field } from "./fields.ts";
import type { Schema } from "./source.ts";
import { checkListed, lifetime, type TumblingWindow, type Window, windowSpan, windowText } from "./window.ts";

export interface AggregationOptions {
  /** Only events for which this expression over the source's columns is true. */
  where?: string;
  /**
   * How far the window's lower edge moves at a time; must divide the window. Default: SEMANTICS 4.3; 1 h for windows without a
   * lower edge, whose tiles it cuts. A tumbling window has none of its own.
   */
  hop?: string;
  description?: string;
  default?: Value | number;
}

export interface Aggregation<
  Fn extends AggregateName = AggregateName,
  Column extends string = string,
> extends AggregationOptions {
  readonly fn: Fn;
  /** The column; absent for a function of events. */
  readonly column?: Column;
  /** Absent for lag, which looks at one event. */
  readonly window?: Window;
  /** last_k: how many values; lag: which event, 1 for the latest. */
  readonly k?: number;
  /** approx_percentile: which quantile, 0 to 1. */
  readonly q?: number;
}

/** The TypeScript types of an aggregated view's features, from the source's schema where it has one. */
export type AggregationValues<S extends Schema, A extends Readonly<Record<string, Aggregation>>> = {
  -readonly [K in keyof A]: AggregationValue<S, A[K]>;
};
type AggregationValue<S extends Schema, A> =
  A extends Aggregation<infer Fn, infer Column>
    ? Fn extends "count" | "count_distinct"
      ? bigint
      : Fn extends "sum"
        ? SumOf<ColumnValue<S, Column>> | null
        : Fn extends "last_k"
          ? readonly ColumnValue<S, Column>[] | null
          : Fn extends "min" | "max" | "first" | "last" | "lag"
            ? ColumnValue<S, Column> | null
            : number | null
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

/** What a function takes beside column, window and options. */
interface Parts {
  readonly window?: Window;
  readonly k?: number;
  readonly q?: number;
}

function aggregation<Fn extends AggregateName, Column extends string>(
  fn: Fn,
  column: Column | undefined,
  parts: Parts,
  options: AggregationOptions = {},
): Aggregation<Fn, Column> {
  const { window, k, q } = parts;
  const call = [column === undefined ? [] : `"${column}"`, k ?? q ?? []].flat();
  const what = `${fn}(${[...call, fn === "lag" ? [] : windowText(fn, window as Window)].flat().join(", ")})`;
  if (typeof options === "string") {
    throw new EdgefeatError("definition_invalid", `${what}: "${String(options)}" stands where its options do`, {
      hint:
        fn === "lag"
          ? "lag takes no window: it is the n-th latest of all events"
          : "options are an object, such as { where: … }",
    });
  }
  checkShape(optionsShape, options, what, "definition_invalid");
  if (k !== undefined) checkListed(what, k);
  if (q !== undefined && !(q >= 0 && q <= 1)) {
    throw new EdgefeatError("definition_invalid", `${what}: expected a quantile from 0 to 1, not ${q}`, {
      hint: "0.95 is the 95th percentile",
    });
  }
  if (window !== undefined) checkWindow(what, window, options);
  const { hop } = options;
  if (hop !== undefined && parseDuration(hop) === 0)
    throw new EdgefeatError("definition_invalid", `${what}: the hop is empty`);
  return Object.freeze({ fn, ...(column === undefined ? {} : { column }), ...parts, ...options });
}

function checkWindow(what: string, window: Window, { hop }: AggregationOptions): void {
  const windowUs = windowSpan(window);
  if (windowUs === 0 && typeof window === "string")
    throw new EdgefeatError("definition_invalid", `${what}: the window is empty`);
  if (hop === undefined) return;
  if (isTumbling(window)) {
    throw new EdgefeatError("definition_invalid", `${what}: a tumbling window takes no hop`, {
      hint: "it moves by its own length",
    });
  }
  if (windowUs % parseDuration(hop) !== 0 && windowUs > 0) {
    throw new EdgefeatError("definition_invalid", `${what}: the hop ${hop} does not divide the window`, {
      hint: "the window must be a whole number of hops (SEMANTICS 4.3)",
    });
  }
}

function isTumbling(window: Window): window is TumblingWindow {
  return typeof window === "object" && "tumbling" in window;
}

/** The number of events in the window, or with a column first, of those whose column is not null. int64, 0 when none. */
export function count(window: Window, options?: AggregationOptions): Aggregation<"count", never>;
export function count<const C extends string>(
  column: C,
  window: Window,
  options?: AggregationOptions,
): Aggregation<"count", C>;
export function count(first: Window, second?: Window | AggregationOptions, third?: AggregationOptions) {
  return isWindow(second)
    ? aggregation("count", first as string, { window: second }, third)
    : aggregation("count", undefined, { window: first }, second);
}

function isWindow(argument: unknown): argument is Window {
  if (typeof argument === "string") return true;
  return ["tumbling", "lifetime", "lastN"].some((key) => Object.hasOwn(argument ?? {}, key));
}

/** The sum: of integers int64 (null when it overflows), of floats float64, the exact real sum rounded once. Null when none. */
export function sum<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("sum", column, { window }, options);
}
/** The average, float64: the exact sum over the count, rounded once. Null when none. */
export function avg<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("avg", column, { window }, options);
}
/** The least value; skips NaN; −0 lies below +0. Null when none. */
export function min<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("min", column, { window }, options);
}
/** The greatest value; skips NaN; −0 lies below +0. Null when none. */
export function max<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("max", column, { window }, options);
}
/** The earliest value that is not null, by (event time, created time, event id, value). Null when none. */
export function first<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("first", column, { window }, options);
}
/** The latest value that is not null, by (event time, created time, event id, value). Null when none. */
export function last<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("last", column, { window }, options);
}
/** The variance of all the values, float64: from exact sums, rounded once. Null when none. */
export function varPop<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("var_pop", column, { window }, options);
}
/** The variance estimated from a sample (divided by n − 1), float64: from exact sums, rounded once. Null below two values. */
export function varSample<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("var_samp", column, { window }, options);
}
/** The standard deviation of all the values, float64: the root of varPop. Null when none. */
export function stddevPop<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("stddev_pop", column, { window }, options);
}
/** The standard deviation estimated from a sample, float64: the root of varSample. Null below two values. */
export function stddevSample<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("stddev_samp", column, { window }, options);
}
/** The `k` latest values that are not null (1 to 1,000), latest first: a list of the column's type. Null when none. */
export function lastK<const C extends string>(column: C, k: number, window: Window, options?: AggregationOptions) {
  return aggregation("last_k", column, { k, window }, options);
}
/**
 * The value of the `n`-th latest event that passes the filter, 1 being the latest, those without a value among them. Null
 * when that has none, or there are fewer events.
 */
export function lag<const C extends string>(column: C, n: number, options?: AggregationOptions) {
  return aggregation("lag", column, { k: n }, options);
}
/** How many distinct values, int64: exact to 256, then estimated, with a standard error of 1.6 %. 0 when none. */
export function countDistinct<const C extends string>(column: C, window: Window, options?: AggregationOptions) {
  return aggregation("count_distinct", column, { window }, options);
}
/**
 * About the value that a share `q` of the values lies below, float64: within 1 % of the ⌊q (n − 1)⌋-th of the n values; 0 is
 * the least, 1 the greatest, both exact. Null when none.
 * @example approxPercentile("delay", 0.95, "7d")
 */
export function approxPercentile<const C extends string>(
  column: C,
  q: number,
  window: Window,
  options?: AggregationOptions,
) {
  return aggregation("approx_percentile", column, { q, window }, options);
}

/** A function of events, or with a column first of those whose column is not null; the window is a lifetime by default. */
interface SinceLast<Fn extends AggregateName> {
  (window?: Window, options?: AggregationOptions): Aggregation<Fn, never>;
  <const C extends string>(column: C, window: Window, options?: AggregationOptions): Aggregation<Fn, C>;
}

function sinceLast<Fn extends AggregateName>(fn: Fn): SinceLast<Fn> {
  const since = (first: Window = lifetime(), second?: Window | AggregationOptions, third?: AggregationOptions) =>
    isWindow(second)
      ? aggregation(fn, first as string, { window: second }, third)
      : aggregation(fn, undefined, { window: first }, second);
  return since as SinceLast<Fn>;
}

/**
 * How many seconds before the moment of reading the latest event happened, or with a column first, the latest one whose
 * column is not null; float64. Null when there is none. @example secondsSinceLast() // of all events so far
 */
export const secondsSinceLast = sinceLast("seconds_since_last");
/** As secondsSinceLast, in days of 24 hours. @example daysSinceLast("amount", "90d") */
export const daysSinceLast = sinceLast("days_since_last");
