// Logarithms from IEEE 754 basic operations only, so that every JavaScript engine gives the same bits.
//
// After fdlibm's e_log.c, s_log1p.c and e_log10.c: Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software
// is freely granted, provided that this notice is preserved.
import { highWord, withHighWord } from "./bits.ts";

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const TWO_54 = 2 ** 54;

const C1 = 0.6666666666666735;
const C2 = 0.3999999999940942;
const C3 = 0.2857142874366239;
const C4 = 0.22222198432149784;
const C5 = 0.1818357216161805;
const C6 = 0.15313837699209373;
const C7 = 0.14798198605116586;

/** Returns the natural logarithm: NaN below zero, −Infinity for ±0. */
export function ln(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0)) return Number.NaN;
  if (x === Infinity) return x;
  let k = 0;
  let high = highWord(x);
  let mantissa = x;
  if (high < 0x00100000) {
    k = -54;
    mantissa = x * TWO_54;
    high = highWord(mantissa);
  }
  k += (high >> 20) - 1023;
  high &= 0x000fffff;
  const carry = (high + 0x95f64) & 0x100000;
  k += carry >> 20;
  const f = withHighWord(mantissa, high | (carry ^ 0x3ff00000)) - 1;
  if ((0x000fffff & (2 + high)) < 3) {
    if (f === 0) return k === 0 ? 0 : k * LN2_HIGH + k * LN2_LOW;
    const r = f * f * (0.5 - 0.3333333333333333 * f);
    return k === 0 ? f - r : k * LN2_HIGH - (r - k * LN2_LOW - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (C2 + w * (C4 + w * C6));
  const odd = z * (C1 + w * (C3 + w * (C5 + w * C7)));
  const r = odd + even;
  if (((high - 0x6147a) | (0x6b851 - high)) > 0) {
    const half = 0.5 * f * f;
    return k === 0 ? f - (half - s * (half + r)) : k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
  }
  return k === 0 ? f - s * (f - r) : k * LN2_HIGH - (s * (f - r) - k * LN2_LOW - f);
}

/** Returns ln(1 + x), accurate for small x too: NaN below −1, −Infinity for −1. */
export function log1p(x: number): number {
  if (x === -1) return -Infinity;
  if (!(x > -1)) return Number.NaN;
  if (x === Infinity) return x;
  const high = highWord(x);
  const magnitude = high & 0x7fffffff;
  if (magnitude < 0x3e200000) return magnitude < 0x3c900000 ? x : x - x * x * 0.5;
  let k = 0;
  let f = x;
  let fraction = 1;
  let correction = 0;
  // Outside −0.2929 < x < 0.41422, 1 + x is scaled into [√2/2, √2) and what its rounding lost is kept.
  if (high >= 0x3fda827a || (high < 0 && magnitude >= 0x3fd2bec5)) {
    let u = x;
    if (high < 0x43400000) {
      u = 1 + x;
      k = (highWord(u) >> 20) - 1023;
      correction = (k > 0 ? 1 - (u - x) : x - (u - 1)) / u;
    } else {
      k = (high >> 20) - 1023;
    }
    fraction = highWord(u) & 0x000fffff;
    if (fraction < 0x6a09e) {
      u = withHighWord(u, fraction | 0x3ff00000);
    } else {
      k += 1;
      u = withHighWord(u, fraction | 0x3fe00000);
      fraction = (0x00100000 - fraction) >> 2;
    }
    f = u - 1;
  }
  const half = 0.5 * f * f;
  if (fraction === 0) {
    if (f === 0) return k === 0 ? 0 : k * LN2_HIGH + (correction + k * LN2_LOW);
    const r = half * (1 - 0.6666666666666666 * f);
    return k === 0 ? f - r : k * LN2_HIGH - (r - (k * LN2_LOW + correction) - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const r = z * (C1 + z * (C2 + z * (C3 + z * (C4 + z * (C5 + z * (C6 + z * C7))))));
  if (k === 0) return f - (half - s * (half + r));
  return k * LN2_HIGH - (half - (s * (half + r) + (k * LN2_LOW + correction)) - f);
}

/** Returns the decimal logarithm, exact for powers of ten: NaN below zero, −Infinity for ±0. */
export function log10(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0)) return Number.NaN;
  if (x === Infinity) return x;
  let k = 0;
  let high = highWord(x);
  let mantissa = x;
  if (high < 0x00100000) {
    k = -54;
    mantissa = x * TWO_54;
    high = highWord(mantissa);
  }
  k += (high >> 20) - 1023;
  const down = k < 0 ? 1 : 0;
  mantissa = withHighWord(mantissa, (high & 0x000fffff) | ((0x3ff - down) << 20));
  const y = k + down;
  const z = y * 3.694239077158931e-13 + Math.LOG10E * ln(mantissa);
  return z + y * 0.30102999566361177;
}
