// How a column of doubles is summed exactly in SQL: as integers, scaled by powers of two, in bins of exponents.
import {
  exactSum,
  type ExactSum,
  addExact,
  NEGATIVE_INFINITY_SEEN,
  NAN_SEEN,
  POSITIVE_INFINITY_SEEN,
} from "../../sdk/windows/exact-sum.ts";

/** What a scan tells of a column; the exponents are of finite values other than 0, null when there are none. */
export interface FloatRange {
  readonly least: number | null;
  readonly greatest: number | null;
  readonly nans: number;
  readonly infinities: number;
}

/** Values with `from` ≤ |x| < `below` (either may be open) are summed as the integers x × 2^`scale`. */
export interface Bin {
  readonly scale: number;
  readonly from: number | null;
  readonly below: number | null;
}

/** Bits that a HUGEINT keeps for magnitudes. */
const HUGEINT_BITS = 126;
const MANTISSA_BITS = 53;
const MIN_EXPONENT = -1074;

/**
 * Returns the bins for a column of `rows` values. In each bin every x × 2^scale is whole, because scale reaches the last
 * bit of the bin's smallest value, and a sum of `rows` of them fits a HUGEINT. Most columns need one bin.
 */
export function binsFor(range: FloatRange, rows: number): Bin[] {
  if (range.least === null || range.greatest === null) return [{ scale: 0, from: null, below: null }];
  const width = HUGEINT_BITS - MANTISSA_BITS - Math.ceil(Math.log2(rows + 1));
  const low = exponentOf(range.least);
  const high = exponentOf(range.greatest);
  const bins: Bin[] = [];
  for (let start = low; start <= high; start += width) {
    const last = start + width > high;
    bins.push({
      scale: Math.min(MANTISSA_BITS - 1 - start, -MIN_EXPONENT),
      from: start === low ? null : 2 ** start,
      below: last ? null : 2 ** (start + width),
    });
  }
  return bins;
}

/** Returns the e of 2^e ≤ x < 2^(e+1), for x > 0, subnormals included. */
export function exponentOf(x: number): number {
  const e = Math.floor(Math.log2(x));
  if (2 ** e > x) return e - 1;
  return 2 ** (e + 1) <= x ? e + 1 : e;
}

/** Returns SQL for the scaled integer of a double expression, as HUGEINT: exact, in steps that no double overflows. */
export function scaledSql(x: string, scale: number): string {
  const steps: number[] = [];
  for (let rest = scale; rest !== 0;) {
    const step = Math.max(-1000, Math.min(1000, rest));
    steps.push(step);
    rest -= step;
  }
  return `CAST(${steps.reduce((sql, step) => `${sql} * ${doubleSql(2 ** step)}`, x)} AS HUGEINT)`;
}

/** Returns a double as SQL that reads back as the same double. */
export function doubleSql(x: number): string {
  return `CAST('${x}' AS DOUBLE)`;
}

/** Returns the exact sum that the sums of the bins and the counts of special values stand for. */
export function sumOfBins(
  bins: readonly Bin[],
  totals: readonly bigint[],
  nans: bigint,
  plus: bigint,
  minus: bigint,
): ExactSum {
  const special =
    (nans > 0n ? NAN_SEEN : 0) | (plus > 0n ? POSITIVE_INFINITY_SEEN : 0) | (minus > 0n ? NEGATIVE_INFINITY_SEEN : 0);
  let sum = exactSum(0n, 0, special);
  for (const [i, bin] of bins.entries()) {
    const part = exactSum(totals[i] as bigint, -bin.scale);
    sum = i === 0 && special === 0 ? part : addExact(sum, part);
  }
  return sum;
}
