// The oracle of windows: what every aggregate must be, from raw events in plain loops and exact fractions, written from
// SEMANTICS 4 and not from the tables that compute it. Nothing here imports the code under test.
import { compareOracle, lowerEdge, type OracleRow, type OracleValue, toDouble } from "./oracle.ts";

/** One feature, in the members of an AggregateFeature; the filter as a function of an event's values. */
export interface OracleAggregate {
  readonly fn: string;
  /** null: a function of events. */
  readonly column: string | null;
  /** True where sums of the column are int64: its type is an integer's. */
  readonly integers?: boolean;
  readonly where?: ((values: Record<string, OracleValue>) => boolean | null) | undefined;
  /** 0: no lower edge. */
  readonly windowUs: number;
  readonly hopUs: number;
  readonly tumbling?: true | undefined;
  readonly lastN?: number | undefined;
  readonly k?: number | undefined;
  readonly q?: number | undefined;
}

/** A null where a sum of integers does not fit 64 bits looks like any other null. */
export function windowTruth(
  events: readonly OracleRow[],
  key: string | null,
  t: number,
  feature: OracleAggregate,
): OracleValue {
  if (key === null) return null;
  const { fn, column, lastN, k } = feature;
  const inside = eventsOf(events, key, t, feature);
  const counted = lastN === undefined ? inside : inside.slice(Math.max(0, inside.length - lastN));
  const valueOf = (event: OracleRow): OracleValue => (column === null ? true : (event.values[column] ?? null));
  // 4.3: the n-th latest event, whether it has a value or not.
  if (fn === "lag") {
    const nth = counted[counted.length - (k as number)];
    return nth === undefined ? null : valueOf(nth);
  }
  const some = counted.filter((event) => valueOf(event) !== null);
  const newest = some.at(-1)?.e;
  if (fn === "seconds_since_last") return newest === undefined ? null : (t - newest) / 1e6;
  if (fn === "days_since_last") return newest === undefined ? null : (t - newest) / 86_400e6;
  return valueOfFunction(feature, some.map(valueOf) as NonNullOracleValue[]);
}

type NonNullOracleValue = Exclude<OracleValue, null>;

/** 4.1, 4.3, 4.6, 4.8: a key's events in the window that pass the filter, each id once, in order. */
function eventsOf(events: readonly OracleRow[], key: string, t: number, feature: OracleAggregate): OracleRow[] {
  const { windowUs, hopUs, tumbling, where } = feature;
  let lower = windowUs === 0 ? -Infinity : lowerEdge(t, windowUs, hopUs);
  let upper = t;
  if (tumbling === true) {
    upper = t;
    while (upper % windowUs !== 0) upper -= ((upper % windowUs) + windowUs) % windowUs;
    lower = upper - windowUs;
  }
  const seen = new Set<string>();
  const inside = events.filter((event) => {
    if (event.key !== key || event.e <= lower || event.e > upper) return false;
    if (where !== undefined && where(event.values) !== true) return false;
    if (event.id === undefined) return true;
    if (seen.has(event.id)) return false;
    seen.add(event.id);
    return true;
  });
  const value = (event: OracleRow) => (feature.column === null ? null : (event.values[feature.column] ?? null));
  return inside.toSorted(
    (a, b) =>
      a.e - b.e ||
      compareOracle(a.c, b.c) ||
      compareOracle(a.id ?? null, b.id ?? null) ||
      compareOracle(value(a), value(b)),
  );
}

/** 4.4: a function of values in the order of their events, none of them null. */
function valueOfFunction({ fn, integers, k, q }: OracleAggregate, values: readonly NonNullOracleValue[]): OracleValue {
  if (fn === "count") return BigInt(values.length);
  if (fn === "count_distinct") return BigInt(distinct(values));
  if (values.length === 0) return null;
  switch (fn) {
    case "first":
      return values[0] as OracleValue;
    case "last":
      return values.at(-1) as OracleValue;
    case "last_k":
      return values.toReversed().slice(0, k);
    case "min":
    case "max": {
      const sorted = values.filter((v) => !Number.isNaN(v)).toSorted(compareOracle);
      return (fn === "min" ? sorted[0] : sorted.at(-1)) ?? null;
    }
  }
  // A sample of one has no variance, whatever its value.
  if (fn.endsWith("_samp") && values.length === 1) return null;
  const numbers = values as readonly (number | bigint)[];
  if (numbers.some((x) => Number.isNaN(x))) return Number.NaN;
  const n = BigInt(numbers.length);
  if (fn === "approx_percentile") {
    const sorted = numbers.map(Number).toSorted((a, b) => a - b);
    return sorted[Math.floor((q as number) * (sorted.length - 1))] as number;
  }
  const infinite = numbers.filter((x) => x === Infinity || x === -Infinity) as number[];
  if (infinite.length > 0) {
    // The sum of opposite infinities is no number, and neither is how far one lies from a mean.
    return fn === "sum" || fn === "avg" ? infinite.reduce((a, b) => a + b) : Number.NaN;
  }
  const exact = numbers.map(over2to1074);
  const total = exact.reduce((a, b) => a + b, 0n);
  if (fn === "sum" && (integers ?? typeof numbers[0] === "bigint")) return int64OrNull(total >> 1074n);
  if (fn === "sum") return toDouble(total, 1n << 1074n);
  if (fn === "avg") return toDouble(total, n << 1074n);
  // Σ(x − mean)² / divisor, times n² to stay whole: every x is a whole number of 2^-1074.
  const squares = exact.reduce((sum, x) => sum + (n * x - total) ** 2n, 0n);
  const divisor = fn.endsWith("_pop") ? n : n - 1n;
  const denominator = (n * n * divisor) << 2148n;
  if (fn.startsWith("var")) return toDouble(squares, denominator);
  if (fn.startsWith("stddev")) return rootOf(squares, denominator);
  throw new Error(`no oracle for ${fn}`);
}

function distinct(values: readonly NonNullOracleValue[]): number {
  const sorted = values.toSorted(compareOracle);
  return sorted.filter((v, i) => i === 0 || compareOracle(v, sorted[i - 1] as OracleValue) !== 0).length;
}

function int64OrNull(n: bigint): bigint | null {
  return BigInt.asIntN(64, n) === n ? n : null;
}

/** x × 2^1074, which is whole for every double: by doubling, without looking at bits. */
function over2to1074(x: number | bigint): bigint {
  if (typeof x === "bigint") return x << 1074n;
  let rest = x;
  let power = 1074;
  while (!Number.isInteger(rest)) {
    rest *= 2;
    power -= 1;
  }
  return BigInt(rest) << BigInt(power);
}

/** The square root of n / d to 700 digits after the point, as the nearest double. */
function rootOf(n: bigint, d: bigint): number {
  const scale = 10n ** 700n;
  const target = (n * scale * scale) / d;
  if (target === 0n) return 0;
  let root = 1n << BigInt(Math.ceil(target.toString(2).length / 2));
  for (;;) {
    const next = (root + target / root) >> 1n;
    if (next >= root) return toDouble(root, scale);
    root = next;
  }
}

/**
 * Whether an implementation may answer `got` where the truth is `truth`: to the bit, but for variances (4.5: 1e-12), counts
 * of more than 256 distinct values (8 %: five standard errors) and percentiles (1 %).
 */
export function agrees({ fn }: Pick<OracleAggregate, "fn">, truth: OracleValue, got: unknown): boolean {
  if (truth === null || got === null) return truth === got;
  if (fn === "count_distinct" && (truth as bigint) > 256n) return within(Number(truth), Number(got), 0.08);
  if (fn === "approx_percentile") return within(truth as number, got as number, 0.01);
  if (fn.startsWith("var") || fn.startsWith("stddev")) return within(truth as number, got as number, 1e-12);
  return compareOracle(truth, got as OracleValue) === 0 && typeof truth === typeof got;
}

function within(truth: number, got: number, relative: number): boolean {
  if (Object.is(truth, got)) return true;
  // Numbers below the least normal double have fewer digits than the bound asks for.
  return Math.abs(got - truth) <= Math.abs(truth) * relative * (1 + 1e-9) + Number.MIN_VALUE;
}
