// An angle's remainder by π/2: three-part subtraction for usual angles, exact integer arithmetic for huge ones.
//
// The usual path follows fdlibm's e_rem_pio2.c: Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software
// is freely granted, provided that this notice is preserved.
import { highWord, lowWord } from "./bits.ts";

/** The remainder that the last call of `quadrant` left, as the unevaluated sum of two doubles; |high| ≤ π/4 and a little. */
export const reduced = { high: 0.5, low: 0.5 };

const INVERSE_PI_2 = 0.6366197723675814;
const ROUND = 1.5 * 2 ** 52; // added and taken off again, it leaves the nearest integer
const PI_2_A = 1.5707963267341256;
const PI_2_A_REST = 6.077100506506192e-11;
const PI_2_B = 6.077100506303966e-11;
const PI_2_B_REST = 2.0222662487959506e-21;
const PI_2_C = 2.0222662487111665e-21;
const PI_2_C_REST = 8.4784276603689e-32;

/** Returns n mod 4 for x = n·π/2 + remainder, and leaves the remainder in `reduced` (NaN for an infinite x or NaN). */
export function quadrant(x: number): number {
  const magnitude = highWord(x) & 0x7fffffff;
  if (magnitude >= 0x7ff00000) {
    reduced.high = Number.NaN;
    reduced.low = 0;
    return 0;
  }
  if (magnitude >= 0x413921fb) return quadrantOfHuge(x, magnitude);
  const n = x * INVERSE_PI_2 + ROUND - ROUND;
  const exponent = magnitude >> 20;
  let r = x - n * PI_2_A;
  let w = n * PI_2_A_REST;
  let high = r - w;
  // Where the subtraction cancelled most bits, further digits of π/2 make them good.
  if (exponent - ((highWord(high) >> 20) & 0x7ff) > 16) {
    let t = r;
    w = n * PI_2_B;
    r = t - w;
    w = n * PI_2_B_REST - (t - r - w);
    high = r - w;
    if (exponent - ((highWord(high) >> 20) & 0x7ff) > 49) {
      t = r;
      w = n * PI_2_C;
      r = t - w;
      w = n * PI_2_C_REST - (t - r - w);
      high = r - w;
    }
  }
  reduced.high = high;
  reduced.low = r - high - w;
  return n & 3;
}

/** 2/π to 1,216 bits after the point: enough for the largest double and 190 bits of its remainder. */
const TWO_OVER_PI_BITS = 1216;
const TWO_OVER_PI = BigInt(
  "0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e0" +
    "06492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b" +
    "1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea" +
    "6bfb5fb11f8d5d0856033046fc7b6bab",
);
/** π/2 to 160 bits after the point. */
const PI_2 = 0x1921fb54442d18469898cc51701b839a252049c11n;
const FRACTION_BITS = 192n;
const UNSCALE = 2 ** -(192 + 160);

function quadrantOfHuge(x: number, magnitude: number): number {
  const mantissa = BigInt((magnitude & 0x000fffff) | 0x00100000) * 0x100000000n + BigInt(lowWord(x));
  const shift = BigInt(TWO_OVER_PI_BITS - ((magnitude >> 20) - 1075));
  const turns = mantissa * TWO_OVER_PI;
  const n = (turns + (1n << (shift - 1n))) >> shift;
  const fraction = (turns - (n << shift)) >> (shift - FRACTION_BITS);
  const remainder = fraction * PI_2;
  const high = Number(remainder);
  const low = Number(remainder - BigInt(high));
  const sign = x < 0 ? -UNSCALE : UNSCALE;
  reduced.high = high * sign;
  reduced.low = low * sign;
  return Number(x < 0 ? -n & 3n : n & 3n);
}
