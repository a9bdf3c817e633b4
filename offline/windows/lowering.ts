// How each accumulator becomes SQL: columns of exact state for each group of events, and the state back from them.
import type { Value, ValueType } from "../../sdk/types/index.ts";
import type { AccumulatorKind, StateSlot } from "../../sdk/windows/index.ts";
import { fromOrderedInteger } from "./ordered-double.ts";
import { type Bin, binsFor, doubleSql, type FloatRange, scaledSql, sumOfBins } from "./scale.ts";

/** What is known of a column's values before the SQL is written. */
export interface ColumnStats extends FloatRange {
  /** The greatest |x| of an integer column. */
  readonly greatestInteger: bigint;
  /** How many events there are. */
  readonly rows: number;
}

/** One column of additive state: what SQL sums, and whether the sum needs more than 64 bits. */
export interface AdditiveColumn {
  readonly sql: string;
  readonly wide: boolean;
}

/**
 * An accumulator in SQL, over events with columns `x` (the value; absent for a count of events) and `q` (the filter; a
 * condition that is true where there is none):
 * additive (windows are differences of running sums), extreme (min and max), or a pick (first and last).
 */
export type Lowered =
  | {
      readonly family: "additive";
      readonly columns: readonly AdditiveColumn[];
      /** Returns the state from the columns' sums. */
      state(sums: readonly bigint[]): unknown;
    }
  | {
      readonly family: "extreme";
      readonly fn: "min" | "max";
      readonly sql: string;
      state(value: Value): Value;
    }
  | { readonly family: "pick"; readonly fn: "first" | "last" };

/** The names that a slot's value and filter have in `ef_events`. */
export interface SlotColumns {
  readonly x: string | null;
  /** The value as min and max compare it: of a double its orderedInteger, null for NaN; else the value itself. */
  readonly ordered: string | null;
  readonly q: string;
  /** Whether the value is ever null; without one, or never null, every event counts. */
  readonly nullable: boolean;
}

type Lowering = (slot: StateSlot, columns: SlotColumns, stats: ColumnStats) => Lowered;

const isWide = (greatest: bigint, rows: number) => greatest * BigInt(rows) >= 2n ** 62n;

/** The number of values; beside a sum it tells a sum of nothing (null) from a sum of 0. */
const counted = ({ x, q, nullable }: SlotColumns): AdditiveColumn => ({
  sql: `count(${nullable ? x : "*"}) FILTER (WHERE ${q})`,
  wide: false,
});

const count: Lowering = (_slot, columns) => ({
  family: "additive",
  columns: [counted(columns)],
  state: ([n]) => n,
});

const sumInt: Lowering = (_slot, from, stats) => ({
  family: "additive",
  columns: [
    { sql: `coalesce(sum(${from.x}) FILTER (WHERE ${from.q}), 0)`, wide: isWide(stats.greatestInteger, stats.rows) },
    counted(from),
  ],
  state: ([total, n]) => (n === 0n ? null : total),
});

const sumFloat: Lowering = (_slot, from, stats) => {
  const { q } = from;
  const column = from.x as string;
  const bins = binsFor(stats, stats.rows);
  const special = stats.nans + stats.infinities > 0;
  const columns = bins.map((bin) => ({ sql: binSum(column, q, bin, special), wide: true }));
  const counts = special
    ? ["isnan(#)", "# = 'infinity'", "# = '-infinity'"].map((test) => ({
        sql: `count(*) FILTER (WHERE ${q} AND ${test.replace("#", column)})`,
        wide: false,
      }))
    : [];
  const n = bins.length;
  return {
    family: "additive",
    columns: [...columns, counted(from), ...counts],
    state: (sums) => {
      if (sums[n] === 0n) return null;
      return sumOfBins(bins, sums.slice(0, n), sums[n + 1] ?? 0n, sums[n + 2] ?? 0n, sums[n + 3] ?? 0n);
    },
  };
};

function binSum(x: string, q: string, bin: Bin, special: boolean): string {
  const tests = [
    q,
    ...(special ? [`isfinite(${x})`] : []),
    ...(bin.from === null ? [] : [`abs(${x}) >= ${doubleSql(bin.from)}`]),
    ...(bin.below === null ? [] : [`abs(${x}) < ${doubleSql(bin.below)}`]),
  ];
  // CASE, not FILTER alone: the cast must not even be tried on values outside the bin.
  const inBin = `CASE WHEN ${tests.join(" AND ")} THEN ${x} END`;
  return `coalesce(sum(${scaledSql(inBin, bin.scale)}), 0)`;
}

/** The engine must order doubles as the accumulator does, −0 below +0: so it orders integers. */
const extreme =
  (fn: "min" | "max"): Lowering =>
  (slot, { ordered, q }) => ({
    family: "extreme",
    fn,
    sql: `${fn}(${ordered}) FILTER (WHERE ${q})`,
    state: (raw) => fromSql(slot.type, raw as bigint),
  });

function fromSql(type: ValueType, raw: bigint): Value {
  if (type.kind === "float32" || type.kind === "float64") return fromOrderedInteger(raw);
  return type.kind === "int32" ? Number(raw) : raw;
}

const pick =
  (fn: "first" | "last"): Lowering =>
  () => ({ family: "pick", fn });

/** The SQL lowering of every accumulator: one entry each, beside the table in sdk/windows that the online side reads. */
export const lowerings: { readonly [K in AccumulatorKind]: Lowering } = {
  count,
  sumInt,
  sumFloat,
  min: extreme("min"),
  max: extreme("max"),
  first: pick("first"),
  last: pick("last"),
};
