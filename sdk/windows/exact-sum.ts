// Exact sums of doubles: a state that never rounds, and one rounding to nearest even at the end (SEMANTICS 4.5).

/**
 * The exact sum of some doubles: `mantissa` × 2^`exponent`, with the mantissa odd or 0 (so that equal sums are equal
 * states, whatever order they were added in), and which non-finite values were met.
 */
export interface ExactSum {
  readonly mantissa: bigint;
  readonly exponent: number;
  /** Bits: 1 NaN, 2 +Infinity, 4 −Infinity. */
  readonly special: number;
}

export const NAN_SEEN = 1;
export const POSITIVE_INFINITY_SEEN = 2;
export const NEGATIVE_INFINITY_SEEN = 4;

export const ZERO_SUM: ExactSum = { mantissa: 0n, exponent: 0, special: 0 };

const view = new DataView(new ArrayBuffer(8));
/** Least exponent of a double's last bit. */
const MIN_EXPONENT = -1074;

/** Returns mantissa × 2^exponent in canonical form. */
export function exactSum(mantissa: bigint, exponent: number, special = 0): ExactSum {
  if (mantissa === 0n) return special === 0 ? ZERO_SUM : { mantissa, exponent: 0, special };
  let zeros = 0;
  let m = mantissa;
  let low = Number(BigInt.asUintN(32, m));
  for (; low === 0; low = Number(BigInt.asUintN(32, m))) {
    m >>= 32n;
    zeros += 32;
  }
  const rest = 31 - Math.clz32(low & -low);
  return { mantissa: rest === 0 ? m : m >> BigInt(rest), exponent: exponent + zeros + rest, special };
}

/** Returns the state of one double, or of an integer. */
export function exactSumOf(x: number | bigint): ExactSum {
  if (typeof x === "bigint") return exactSum(x, 0);
  if (Number.isNaN(x)) return { mantissa: 0n, exponent: 0, special: NAN_SEEN };
  if (x === Infinity) return { mantissa: 0n, exponent: 0, special: POSITIVE_INFINITY_SEEN };
  if (x === -Infinity) return { mantissa: 0n, exponent: 0, special: NEGATIVE_INFINITY_SEEN };
  if (Number.isSafeInteger(x)) return exactSum(BigInt(x), 0);
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  const biased = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(view.getUint32(4));
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return exactSum(high >>> 31 === 1 ? -magnitude : magnitude, Math.max(biased, 1) - 1075);
}

/** Returns the state of a number's square; that of an infinity is NaN, as differences of them are. */
export function exactSquareOf(x: number | bigint): ExactSum {
  const { mantissa, exponent, special } = exactSumOf(x);
  return exactSum(mantissa * mantissa, 2 * exponent, special === 0 ? 0 : NAN_SEEN);
}

/** More are longer than the sum's own digits. */
const MAX_DOUBLES = 4;

/** Returns doubles that sum to it exactly: the nearest, then the nearest of what is left, …; null where that takes many. */
export function asDoubles(sum: ExactSum): number[] | null {
  if (sum.special !== 0) return null;
  const doubles: number[] = [];
  let rest = sum;
  do {
    const nearest = roundSum(rest);
    const isLost = nearest === 0 && rest.mantissa !== 0n;
    if (isLost || !Number.isFinite(nearest) || doubles.length === MAX_DOUBLES) return null;
    doubles.push(nearest);
    rest = addExact(rest, exactSumOf(-nearest));
  } while (rest.mantissa !== 0n);
  return doubles;
}

/** Returns the exact sum of two states. */
export function addExact(a: ExactSum, b: ExactSum): ExactSum {
  const special = a.special | b.special;
  if (a.mantissa === 0n) return exactSum(b.mantissa, b.exponent, special);
  if (b.mantissa === 0n) return exactSum(a.mantissa, a.exponent, special);
  const exponent = Math.min(a.exponent, b.exponent);
  const left = a.mantissa << BigInt(a.exponent - exponent);
  const right = b.mantissa << BigInt(b.exponent - exponent);
  return exactSum(left + right, exponent, special);
}

/** Returns the sum rounded once to the nearest double, ties to even; a zero is +0; NaN for NaN or opposite infinities. */
export function roundSum(sum: ExactSum): number {
  const { mantissa, exponent } = sum;
  const special = specialValue(sum);
  if (special !== undefined) return special;
  // Number rounds once, and a power of two in this range scales a double without rounding it again.
  const rounded = Number(mantissa);
  if (exponent >= -1022 && exponent <= 971 && Number.isFinite(rounded)) return rounded * 2 ** exponent;
  return roundRatio(mantissa, exponent, 1n);
}

/** Returns sum / count rounded once to the nearest double. `count` must be > 0. */
export function roundAverage(sum: ExactSum, count: bigint): number {
  return specialValue(sum) ?? roundRatio(sum.mantissa, sum.exponent, count);
}

/**
 * Returns (Σx² − (Σx)²/n) / divisor of n numbers, or its square root, from the exact sums: the variance rounded once, the
 * root within a unit in the last place also where the variance itself is no double; NaN where a number is not finite.
 */
export function roundVariance(sum: ExactSum, squares: ExactSum, n: bigint, divisor: bigint, root: boolean): number {
  if (sum.special !== 0) return Number.NaN;
  const scaled = exactSum(squares.mantissa * n, squares.exponent);
  const { mantissa, exponent } = addExact(scaled, exactSum(-sum.mantissa * sum.mantissa, 2 * sum.exponent));
  if (!root || mantissa === 0n) return roundRatio(mantissa, exponent, n * divisor);
  // An even power of two, taken out before and put back after the root, keeps the ratio between 1/4 and 4.
  const half = (bitLength(mantissa) + exponent - bitLength(n * divisor)) >> 1;
  return scale(Math.sqrt(roundRatio(mantissa, exponent - 2 * half, n * divisor)), half);
}

function specialValue({ special }: ExactSum): number | undefined {
  if (special === 0) return undefined;
  if (special === POSITIVE_INFINITY_SEEN) return Infinity;
  if (special === NEGATIVE_INFINITY_SEEN) return -Infinity;
  return Number.NaN;
}

const MAX_EXACT = 2n ** 53n;

/** Returns mantissa × 2^exponent / divisor, rounded once to nearest even. `divisor` > 0. */
export function roundRatio(mantissa: bigint, exponent: number, divisor: bigint): number {
  if (mantissa === 0n) return 0;
  const negative = mantissa < 0n;
  const magnitude = negative ? -mantissa : mantissa;
  if (exponent === 0 && magnitude <= MAX_EXACT && divisor <= MAX_EXACT) {
    // Both operands are doubles: IEEE division rounds their quotient once.
    return Number(mantissa) / Number(divisor);
  }
  // Scale so that the quotient has 55 or 56 bits: 53 kept, and at least two to decide the rounding, the rest sticky.
  const shift = bitLength(divisor) - bitLength(magnitude) + 55;
  const numerator = shift > 0 ? magnitude << BigInt(shift) : magnitude;
  const denominator = shift < 0 ? divisor << BigInt(-shift) : divisor;
  const quotient = numerator / denominator;
  const sticky = quotient * denominator === numerator ? 0n : 1n;
  const rounded = roundToDouble((quotient << 1n) | sticky, exponent - shift - 1);
  return negative ? -rounded : rounded;
}

/** Rounds a positive integer × 2^exponent to the nearest double, ties to even, subnormals and overflow included. */
function roundToDouble(magnitude: bigint, exponent: number): number {
  const drop = Math.max(bitLength(magnitude) - 53, MIN_EXPONENT - exponent);
  if (drop <= 0) return scale(Number(magnitude), exponent);
  const by = BigInt(drop);
  let kept = magnitude >> by;
  const rest = magnitude - (kept << by);
  const half = 1n << (by - 1n);
  if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n;
  return scale(Number(kept), exponent + drop);
}

/** Returns n × 2^exponent for an integer n ≤ 2^53 whose product is a double: in steps that are each exact. */
function scale(n: number, exponent: number): number {
  if (exponent > 971) return exponent > 1023 ? n * 2 ** 1023 * 2 ** Math.min(exponent - 1023, 1023) : n * 2 ** exponent;
  if (exponent < -1022) return n * 2 ** -1022 * 2 ** (exponent + 1022);
  return n * 2 ** exponent;
}

function bitLength(n: bigint): number {
  const hex = n.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex[0] as string, 16)));
}
