// e^x from IEEE 754 basic operations only, so that every JavaScript engine gives the same bits.
//
// After fdlibm's e_exp.c: Copyright (C) 2004 by Sun Microsystems, Inc. All rights reserved. Permission to use, copy,
// modify, and distribute this software is freely granted, provided that this notice is preserved.
import { highWord, scaleByPowerOfTwo } from "./bits.ts";

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const INVERSE_LN2 = Math.LOG2E;

/** Returns c = r − r²·P(r²), from which (e^r − 1) = 2r/(2 − c) … follows; |r| ≤ 0.35. Shared with `pow`. */
export function exponentialCore(r: number): number {
  const t = r * r;
  return (
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))))
  );
}

/** Returns e^x, less than one unit in the last place from the real value. */
export function exp(x: number): number {
  const high = highWord(x);
  const magnitude = high & 0x7fffffff;
  const negative = high < 0;
  if (magnitude >= 0x40862e42) {
    if (x !== x) return x;
    if (x > 709.782712893384) return Infinity;
    if (x < -745.1332191019411) return 0;
  }
  if (magnitude < 0x3e300000) return 1 + x;
  if (magnitude <= 0x3fd62e42) {
    const c = exponentialCore(x);
    return 1 - ((x * c) / (c - 2) - x);
  }
  let k: number;
  if (magnitude < 0x3ff0a2b2) {
    if (x === 1) return Math.E;
    k = negative ? -1 : 1;
  } else {
    k = Math.trunc(INVERSE_LN2 * x + (negative ? -0.5 : 0.5));
  }
  const upper = x - k * LN2_HIGH;
  const lower = k * LN2_LOW;
  const r = upper - lower;
  const c = exponentialCore(r);
  return scaleByPowerOfTwo(1 - (lower - (r * c) / (2 - c) - upper), k);
}
