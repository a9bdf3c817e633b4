// Exact sums of doubles over any run of events: running sums of whole numbers, so that a difference of two loses nothing.
import type { Runs } from "./runs.ts";

/** The most limbs that a sum may have; values that span more are summed another way. */
const MAX_LIMBS = 6;

/**
 * Running sums of `values[i]` × 2^`scale`, which are whole, or of their squares. Each is cut into limbs of `bits` bits, so
 * small that no running sum of a limb passes 2^53: every number here is a double that holds a whole number exactly.
 */
export interface WholeSums {
  /** The last bit of a sum stands for 2^`exponent`. */
  readonly exponent: number;
  /** Returns the sum over the runs × 2^−exponent. */
  over(runs: Runs): bigint;
}

/** Returns the running sums of finite doubles; null where they span too many bits. */
export function wholeSums(values: Float64Array, squared: boolean): WholeSums | null {
  const { low, high } = bitsOf(values);
  const bits = 52 - Math.ceil(Math.log2(values.length + 2));
  const span = (high - low) * (squared ? 2 : 1);
  const count = Math.max(1, Math.ceil(span / bits));
  if (count > MAX_LIMBS) return null;
  const limbs = Array.from({ length: count }, () => new Float64Array(values.length + 1));
  if (squared && span > 52) sumSquares(values, low, limbs, bits);
  else sumValues(values, low, limbs, bits, squared);
  return { exponent: squared ? 2 * low : low, over: (runs) => totalOf(limbs, bits, runs) };
}

/** Returns the exponents between which all bits of the values lie: each is a multiple of 2^low, and less than 2^high. */
function bitsOf(values: Float64Array): { low: number; high: number } {
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  let [low, high] = [1024, -1075];
  for (let i = 0; i < values.length; i++) {
    const lower = words[2 * i] as number;
    const upper = words[2 * i + 1] as number;
    const biased = (upper >>> 20) & 0x7ff;
    const mantissa = (upper & 0xfffff) | (biased === 0 ? 0 : 0x100000);
    if ((lower | mantissa) === 0) continue;
    const exponent = (biased === 0 ? 1 : biased) - 1075;
    const zeros = lower === 0 ? 63 - Math.clz32(mantissa & -mantissa) : 31 - Math.clz32(lower & -lower);
    if (exponent + zeros < low) low = exponent + zeros;
    if (exponent + 53 > high) high = exponent + 53;
  }
  return low > high ? { low: 0, high: 0 } : { low, high };
}

function sumValues(values: Float64Array, low: number, limbs: Float64Array[], bits: number, squared: boolean): void {
  const base = 2 ** bits;
  const last = limbs.length - 1;
  // In two steps: 2^1074 is no double.
  const first = 2 ** Math.min(-low, 1000);
  const second = 2 ** (-low - Math.min(-low, 1000));
  for (let i = 0; i < values.length; i++) {
    let whole = (values[i] as number) * first * second;
    if (squared) whole *= whole;
    for (let j = 0; j < last; j++) {
      const limb = limbs[j] as Float64Array;
      const rest = Math.floor(whole / base);
      limb[i + 1] = (limb[i] as number) + (whole - rest * base);
      whole = rest;
    }
    const top = limbs[last] as Float64Array;
    top[i + 1] = (top[i] as number) + whole;
  }
}

/** Squares that no double holds. */
function sumSquares(values: Float64Array, low: number, limbs: Float64Array[], bits: number): void {
  const first = 2 ** Math.min(-low, 1000);
  const second = 2 ** (-low - Math.min(-low, 1000));
  const shift = BigInt(bits);
  for (let i = 0; i < values.length; i++) {
    const whole = BigInt((values[i] as number) * first * second);
    let square = whole * whole;
    for (const limb of limbs) {
      limb[i + 1] = (limb[i] as number) + Number(BigInt.asUintN(bits, square));
      square >>= shift;
    }
  }
}

function totalOf(limbs: readonly Float64Array[], bits: number, { n, from, to }: Runs): bigint {
  let total = 0n;
  for (let j = limbs.length - 1; j >= 0; j--) {
    const limb = limbs[j] as Float64Array;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (limb[to[i] as number] as number) - (limb[from[i] as number] as number);
    total = j === limbs.length - 1 ? BigInt(sum) : (total << BigInt(bits)) + BigInt(sum);
  }
  return total;
}
