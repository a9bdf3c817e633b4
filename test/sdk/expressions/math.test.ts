// How near the transcendental functions come to the real values, and their special cases.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atan2, cos, exp, ln, log10, log1p, pow, sin, tan } from "../../../sdk/expressions/math/index.ts";
// Correctly rounded values, computed by mpmath 1.3.0 with 1,400 bits.
import reference from "./math-reference.json" with { type: "json" };

/** Returns how many doubles lie from a to b, counting one of them. */
function distance(a: number, b: number): number {
  const [m, n] = [a, b].map((x) => {
    const bits = new BigInt64Array(Float64Array.of(x).buffer)[0] as bigint;
    return bits < 0n ? -(bits & (2n ** 63n - 1n)) : bits;
  }) as [bigint, bigint];
  return Number(m > n ? m - n : n - m);
}

const unary = { exp, ln, log1p, log10, sin, cos, tan };
const binary = { atan2, pow };
/** Most units in the last place between ours and the correctly rounded value. */
const LIMIT: Record<string, number> = { log10: 2, atan2: 2 };

describe("5.1 math functions", () => {
  it.each(Object.entries(unary))("%s is within a unit in the last place", (name, f) => {
    for (const [x, expected] of reference[name as keyof typeof unary] as [number, number][]) {
      expect(distance(f(x), expected), `${name}(${x}) = ${f(x)}, not ${expected}`).toBeLessThanOrEqual(
        LIMIT[name] ?? 1,
      );
    }
  });

  it.each(Object.entries(binary))("%s is within a unit in the last place", (name, f) => {
    for (const [x, y, expected] of reference[name as keyof typeof binary] as [number, number, number][]) {
      const limit = LIMIT[name] ?? 1;
      expect(distance(f(x, y), expected), `${name}(${x}, ${y}) = ${f(x, y)}, not ${expected}`).toBeLessThanOrEqual(
        limit,
      );
    }
  });

  it("are near the engine's own, over all doubles", () => {
    const natives = {
      exp: Math.exp,
      ln: Math.log,
      log1p: Math.log1p,
      log10: Math.log10,
      sin: Math.sin,
      cos: Math.cos,
      tan: Math.tan,
    };
    const near = (ours: number, theirs: number) =>
      Object.is(ours, theirs) || (Number.isFinite(ours) && Number.isFinite(theirs) && distance(ours, theirs) <= 3);
    const doubles = fc.oneof(fc.double(), fc.double({ min: -1000, max: 1000 }));
    fc.assert(
      fc.property(doubles, doubles, (x, y) => {
        for (const name of Object.keys(unary) as (keyof typeof unary)[]) {
          expect(near(unary[name](x), natives[name](x)), `${name}(${x})`).toBe(true);
        }
        expect(near(atan2(x, y), Math.atan2(x, y)), `atan2(${x}, ${y})`).toBe(true);
        const ieee = x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
        expect(near(pow(x, y), ieee), `pow(${x}, ${y})`).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it("log10 of a power of ten is exact", () => {
    for (let n = -307; n <= 308; n++) expect(log10(Number(`1e${n}`))).toBe(n);
  });

  it("pow of integers is exact where a double holds the result", () => {
    for (let x = 2; x < 300; x++) {
      for (let y = 2; BigInt(x) ** BigInt(y) <= 2n ** 53n; y++) expect(BigInt(pow(x, y))).toBe(BigInt(x) ** BigInt(y));
    }
  });

  const specials = [
    0,
    -0,
    1,
    -1,
    0.5,
    2,
    3,
    -3,
    Infinity,
    -Infinity,
    Number.NaN,
    5e-324,
    -5e-324,
    Number.MAX_VALUE,
    2 ** 53,
  ];
  it("have IEEE 754's special cases", () => {
    for (const x of specials) {
      for (const y of specials) {
        const ieee = x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
        expect([x, y, pow(x, y)]).toEqual([x, y, ieee]);
        expect([x, y, atan2(x, y)]).toEqual([x, y, Math.atan2(x, y)]);
      }
      expect([x, sin(x), cos(x), exp(x)].map(Number.isNaN)).toEqual(
        [x, Math.sin(x), Math.cos(x), Math.exp(x)].map(Number.isNaN),
      );
      expect([x, ln(x), log1p(x), log10(x)].map((v) => !Number.isFinite(v))).toEqual(
        [x, Math.log(x), Math.log1p(x), Math.log10(x)].map((v) => !Number.isFinite(v)),
      );
    }
  });
});
