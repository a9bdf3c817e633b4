// Sine, cosine and tangent from IEEE 754 basic operations only, so that every JavaScript engine gives the same bits.
//
// The kernels follow fdlibm's k_sin.c, k_cos.c and k_tan.c: Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights
// reserved. Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and distribute this
// software is freely granted, provided that this notice is preserved.
import { highWord, withoutLowWord } from "./bits.ts";
import { quadrant, reduced } from "./reduction.ts";

/** Returns the sine of x radians, NaN for an infinite x. */
export function sin(x: number): number {
  const magnitude = highWord(x) & 0x7fffffff;
  if (magnitude <= 0x3fe921fb) return magnitude < 0x3e500000 ? x : sinOfSmall(x);
  switch (quadrant(x)) {
    case 0:
      return sinKernel(reduced.high, reduced.low);
    case 1:
      return cosKernel(reduced.high, reduced.low);
    case 2:
      return -sinKernel(reduced.high, reduced.low);
    default:
      return -cosKernel(reduced.high, reduced.low);
  }
}

/** Returns the cosine of x radians, NaN for an infinite x. */
export function cos(x: number): number {
  const magnitude = highWord(x) & 0x7fffffff;
  if (magnitude <= 0x3fe921fb) return magnitude < 0x3e46a09e ? 1 : cosKernel(x, 0);
  switch (quadrant(x)) {
    case 0:
      return cosKernel(reduced.high, reduced.low);
    case 1:
      return -sinKernel(reduced.high, reduced.low);
    case 2:
      return -cosKernel(reduced.high, reduced.low);
    default:
      return sinKernel(reduced.high, reduced.low);
  }
}

/** Returns the tangent of x radians, NaN for an infinite x. */
export function tan(x: number): number {
  const magnitude = highWord(x) & 0x7fffffff;
  if (magnitude <= 0x3fe921fb) return magnitude < 0x3e400000 ? x : tanKernel(x, 0, false);
  const odd = (quadrant(x) & 1) === 1;
  return tanKernel(reduced.high, reduced.low, odd);
}

const S1 = -0.16666666666666632;

function sinOfSmall(x: number): number {
  const z = x * x;
  return x + z * x * (S1 + z * sinSeries(z));
}

function sinKernel(x: number, low: number): number {
  const z = x * x;
  const v = z * x;
  return x - (z * (0.5 * low - v * sinSeries(z)) - low - v * S1);
}

function sinSeries(z: number): number {
  return (
    0.00833333333332249 +
    z * (-0.0001984126982985795 + z * 2.7557313707070068e-6) +
    z * (z * z) * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)
  );
}

function cosKernel(x: number, low: number): number {
  const z = x * x;
  const w = z * z;
  const r =
    z * (0.0416666666666666 + z * (-0.001388888888887411 + z * 2.480158728947673e-5)) +
    w * w * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11));
  const half = 0.5 * z;
  const rest = 1 - half;
  return rest + (1 - rest - half + (z * r - x * low));
}

/** Returns tan(x + low), or −1 / tan(x + low) when `inverse`; |x| ≤ π/4. */
function tanKernel(angle: number, angleLow: number, inverse: boolean): number {
  const high = highWord(angle);
  const big = (high & 0x7fffffff) >= 0x3fe59428;
  let x = angle;
  let low = angleLow;
  if (big) {
    // tan near π/4 by way of tan(π/4 − x).
    if (high < 0) {
      x = -x;
      low = -low;
    }
    x = Math.PI / 4 - x + (3.061616997868383e-17 - low);
    low = 0;
  }
  const z = x * x;
  const w = z * z;
  const odd =
    0.13333333333320124 +
    w *
      (0.021869488294859542 +
        w *
          (0.0035920791075913124 +
            w * (0.0005880412408202641 + w * (7.817944429395571e-5 + w * -1.8558637485527546e-5))));
  const even =
    z *
    (0.05396825397622605 +
      w *
        (0.0088632398235993 +
          w *
            (0.0014562094543252903 +
              w * (0.0002464631348184699 + w * (7.140724913826082e-5 + w * 2.590730518636337e-5)))));
  const s = z * x;
  const r = low + z * (s * (odd + even) + low) + 0.3333333333333341 * s;
  const sum = x + r;
  if (big) {
    const v = inverse ? -1 : 1;
    const result = v - 2 * (x - ((sum * sum) / (sum + v) - r));
    return high < 0 ? -result : result;
  }
  if (!inverse) return sum;
  // −1 / (x + r) with the rounding of the division made good.
  const sumHigh = withoutLowWord(sum);
  const sumLow = r - (sumHigh - x);
  const a = -1 / sum;
  const aHigh = withoutLowWord(a);
  return aHigh + a * (1 + aHigh * sumHigh + aHigh * sumLow);
}
