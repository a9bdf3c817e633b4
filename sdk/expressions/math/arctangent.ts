// The angle of a point from IEEE 754 basic operations only, so that every JavaScript engine gives the same bits.
//
// After fdlibm's s_atan.c and e_atan2.c: Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at
// SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and distribute this software is freely
// granted, provided that this notice is preserved.
import { highWord } from "./bits.ts";

const PI_LOW = 1.2246467991473532e-16;

/** Returns the arc tangent of x, in −π/2 … π/2. */
function atan(x: number): number {
  const magnitude = highWord(x) & 0x7fffffff;
  if (magnitude >= 0x44100000) {
    if (x !== x) return x;
    return x > 0 ? Math.PI / 2 + 6.123233995736766e-17 : -Math.PI / 2 - 6.123233995736766e-17;
  }
  if (magnitude < 0x3fdc0000) return magnitude < 0x3e400000 ? x : x - x * series(x);
  const a = Math.abs(x);
  let high: number;
  let low: number;
  let t: number;
  if (magnitude < 0x3fe60000) {
    t = (2 * a - 1) / (2 + a);
    high = 0.4636476090008061;
    low = 2.2698777452961687e-17;
  } else if (magnitude < 0x3ff30000) {
    t = (a - 1) / (a + 1);
    high = Math.PI / 4;
    low = 3.061616997868383e-17;
  } else if (magnitude < 0x40038000) {
    t = (a - 1.5) / (1 + 1.5 * a);
    high = 0.982793723247329;
    low = 1.3903311031230998e-17;
  } else {
    t = -1 / a;
    high = Math.PI / 2;
    low = 6.123233995736766e-17;
  }
  const z = high - (t * series(t) - low - t);
  return x < 0 ? -z : z;
}

function series(x: number): number {
  const z = x * x;
  const w = z * z;
  const odd =
    z *
    (0.3333333333333293 +
      w *
        (0.14285714272503466 +
          w *
            (0.09090887133436507 + w * (0.06661073137387531 + w * (0.049768779946159324 + w * 0.016285820115365782)))));
  const even =
    w *
    (-0.19999999999876483 +
      w * (-0.11111110405462356 + w * (-0.0769187620504483 + w * (-0.058335701337905735 + w * -0.036531572744216916))));
  return odd + even;
}

/** Returns the angle of the point (x, y), in −π … π, with the signs of zeros and infinities as in IEEE 754. */
export function atan2(y: number, x: number): number {
  if (x !== x || y !== y) return Number.NaN;
  const left = x < 0 || Object.is(x, -0);
  const below = y < 0 || Object.is(y, -0);
  if (y === 0) return left ? (below ? -Math.PI : Math.PI) : y;
  if (x === 0) return below ? -Math.PI / 2 : Math.PI / 2;
  if (Math.abs(x) === Infinity) {
    const angle = Math.abs(y) === Infinity ? (left ? (3 * Math.PI) / 4 : Math.PI / 4) : left ? Math.PI : 0;
    return below ? -angle : angle;
  }
  if (Math.abs(y) === Infinity) return below ? -Math.PI / 2 : Math.PI / 2;
  const k = ((highWord(y) & 0x7fffffff) - (highWord(x) & 0x7fffffff)) >> 20;
  let z: number;
  if (k > 60) return below ? -Math.PI / 2 : Math.PI / 2;
  if (left && k < -60) z = 0;
  else z = atan(Math.abs(y / x));
  if (!left) return below ? -z : z;
  return below ? z - PI_LOW - Math.PI : Math.PI - (z - PI_LOW);
}
