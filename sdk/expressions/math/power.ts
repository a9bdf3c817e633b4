// x^y from IEEE 754 basic operations only, so that every JavaScript engine gives the same bits.
//
// After fdlibm's e_pow.c: Copyright (C) 2004 by Sun Microsystems, Inc. All rights reserved. Permission to use, copy,
// modify, and distribute this software is freely granted, provided that this notice is preserved.
import { fromHighWord, highWord, scaleByPowerOfTwo, withHighWord, withoutLowWord } from "./bits.ts";
import { exponentialCore } from "./exponential.ts";

const TWO_53 = 2 ** 53;
const CP = 0.9617966939259756; // 2 / (3 ln 2), and its two halves
const CP_HIGH = 0.9617967009544373;
const CP_LOW = -7.028461650952758e-9;
const LOG2_1_5_HIGH = 0.5849624872207642;
const LOG2_1_5_LOW = 1.350039202129749e-8;
const INVERSE_LN2 = Math.LOG2E;
const INVERSE_LN2_HIGH = 1.4426950216293335;
const INVERSE_LN2_LOW = 1.9259629911266175e-8;
const LN2 = Math.LN2;
const LN2_HIGH = 0.6931471824645996;
const LN2_LOW = -1.904654299957768e-9;
const OVERFLOW_MARGIN = 8.008566259537294e-17;

/** Returns x^y by IEEE 754 (unlike Math.pow, 1 for pow(1, NaN) and pow(−1, ±Infinity)), within 0.7 units in the last place. */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (x !== x || y !== y) return Number.NaN;
  const magnitude = Math.abs(x);
  const odd = x < 0 || Object.is(x, -0) ? isOdd(y) : false;
  if (Math.abs(y) === Infinity) {
    if (magnitude === 1) return 1;
    return magnitude > 1 === y > 0 ? Infinity : 0;
  }
  if (y === 1) return x;
  if (y === 2) return x * x;
  if (y === -1) return 1 / x;
  if (y === 0.5 && x > 0) return Math.sqrt(x);
  if (magnitude === 0 || magnitude === Infinity || magnitude === 1) {
    if (x === -1 && !Number.isInteger(y)) return Number.NaN;
    const result = y < 0 ? 1 / magnitude : magnitude;
    return odd ? -result : result;
  }
  if (x < 0 && !Number.isInteger(y)) return Number.NaN;
  const result = powOfPositive(magnitude, y);
  return odd ? -result : result;
}

function isOdd(y: number): boolean {
  return Number.isInteger(y) && Math.abs(y) < TWO_53 && y % 2 !== 0;
}

/** Returns a^y for finite a > 0 (not 1) and finite y: log2(a) in two doubles, times y, then 2 to that power. */
function powOfPositive(a: number, y: number): number {
  const high = highWord(a);
  let logHigh: number;
  let logLow: number;
  if (Math.abs(y) > 2 ** 31) {
    if (high < 0x3fefffff || (high === 0x3fefffff && Math.abs(y) > 2 ** 64)) return y < 0 ? Infinity : 0;
    if (high > 0x3ff00000 || (high === 0x3ff00000 && Math.abs(y) > 2 ** 64)) return y > 0 ? Infinity : 0;
    const t = a - 1;
    const w = t * t * (0.5 - t * (0.3333333333333333 - t * 0.25));
    const u = INVERSE_LN2_HIGH * t;
    const v = t * INVERSE_LN2_LOW - w * INVERSE_LN2;
    logHigh = withoutLowWord(u + v);
    logLow = v - (logHigh - u);
  } else {
    let n = 0;
    let scaled = a;
    let word = high;
    if (word < 0x00100000) {
      scaled *= TWO_53;
      n = -53;
      word = highWord(scaled);
    }
    n += (word >> 20) - 0x3ff;
    const fraction = word & 0x000fffff;
    word = fraction | 0x3ff00000;
    // The interval: near 1, near 1.5, or (halved) near 1 again.
    let near1_5 = 0;
    if (fraction > 0x3988e) {
      if (fraction < 0xbb67a) {
        near1_5 = 1;
      } else {
        n += 1;
        word -= 0x00100000;
      }
    }
    const base = near1_5 === 1 ? 1.5 : 1;
    const m = withHighWord(scaled, word);
    const u = m - base;
    const v = 1 / (m + base);
    const s = u * v;
    const sHigh = withoutLowWord(s);
    const tHigh = fromHighWord(((word >> 1) | 0x20000000) + 0x00080000 + (near1_5 << 18));
    const tLow = m - (tHigh - base);
    const sLow = v * (u - sHigh * tHigh - sHigh * tLow);
    const s2 = s * s;
    let r = s2 * s2 * logSeries(s2);
    r += sLow * (sHigh + s);
    const square = sHigh * sHigh;
    const threeHigh = withoutLowWord(3 + square + r);
    const threeLow = r - (threeHigh - 3 - square);
    const p = sHigh * threeHigh;
    const q = sLow * threeHigh + threeLow * s;
    const pHigh = withoutLowWord(p + q);
    const pLow = q - (pHigh - p);
    const zHigh = CP_HIGH * pHigh;
    const zLow = CP_LOW * pHigh + pLow * CP + (near1_5 === 1 ? LOG2_1_5_LOW : 0);
    const offset = near1_5 === 1 ? LOG2_1_5_HIGH : 0;
    logHigh = withoutLowWord(zHigh + zLow + offset + n);
    logLow = zLow - (logHigh - n - offset - zHigh);
  }
  const yHigh = withoutLowWord(y);
  return twoToThe(yHigh * logHigh, (y - yHigh) * logHigh + y * logLow);
}

function logSeries(s2: number): number {
  return (
    0.5999999999999946 +
    s2 *
      (0.4285714285785502 +
        s2 * (0.33333332981837743 + s2 * (0.272728123808534 + s2 * (0.23066074577556175 + s2 * 0.20697501780033842))))
  );
}

/** Returns 2^(high + low). */
function twoToThe(high: number, low: number): number {
  const sum = low + high;
  if (sum > 1024 || (sum === 1024 && low + OVERFLOW_MARGIN > sum - high)) return Infinity;
  if (sum < -1075 || (sum === -1075 && low <= sum - high)) return 0;
  const word = highWord(sum);
  const magnitude = word & 0x7fffffff;
  let n = 0;
  let rest = high;
  if (magnitude > 0x3fe00000) {
    // Nearest integer n of the sum, taken off its exactly.
    const shifted = word + (0x00100000 >> ((magnitude >> 20) - 0x3ff + 1));
    const k = ((shifted & 0x7fffffff) >> 20) - 0x3ff;
    rest -= fromHighWord(shifted & ~(0x000fffff >> k));
    n = ((shifted & 0x000fffff) | 0x00100000) >> (20 - k);
    if (word < 0) n = -n;
  }
  const t = withoutLowWord(low + rest);
  const u = t * LN2_HIGH;
  const v = (low - (t - rest)) * LN2 + t * LN2_LOW;
  const z = u + v;
  const w = v - (z - u);
  const c = exponentialCore(z);
  const r = (z * c) / (c - 2) - (w + z * w);
  return scaleByPowerOfTwo(1 - (r - z), n);
}
