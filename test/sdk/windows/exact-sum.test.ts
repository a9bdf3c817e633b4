// Exact sums, rounded once: SEMANTICS 4.5, on doubles that are hard to add.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addExact,
  exactSum,
  exactSumOf,
  roundAverage,
  roundRatio,
  roundSum,
  ZERO_SUM,
  type ExactSum,
} from "../../../sdk/windows/index.ts";
import { exactMean, toDouble } from "../../support/oracle.ts";

const MAX = Number.MAX_VALUE;
const TINY = 5e-324;
const LEAST_NORMAL = 2.2250738585072014e-308;

const sumOf = (values: readonly number[]): ExactSum => values.map(exactSumOf).reduce(addExact, ZERO_SUM);

/** Doubles of all exponents alike, and those around which rounding goes wrong. */
const bits = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((n) => new Float64Array(BigUint64Array.of(n).buffer)[0] as number);
const finite = bits.filter(Number.isFinite);
const adversarial = fc.oneof(
  finite,
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    1e16,
    -1e16,
    2 ** 53,
    2 ** 53 + 2,
    2 ** -53,
    2 ** -54,
    0.1,
    TINY,
    -TINY,
    MAX,
    -MAX,
    2 ** 970,
    -(2 ** 970),
  ),
  fc.constantFrom(LEAST_NORMAL, -LEAST_NORMAL, LEAST_NORMAL - TINY, 2 ** 1023, -(2 ** 1023), 2 ** -1073, 3 * TINY),
  fc.integer({ min: -100_000, max: 100_000 }).map((cents) => cents / 100),
  fc.tuple(fc.integer({ min: -1074, max: 1023 }), fc.constantFrom(1, -1)).map(([e, sign]) => sign * 2 ** e),
);
/** Lists in which values often cancel. */
const lists = fc
  .array(adversarial, { minLength: 1, maxLength: 12 })
  .chain((values) => fc.subarray(values).map((some) => [...values, ...some.map((x) => -x)]));

describe("4.5 the exact sum, rounded once to nearest even", () => {
  it.each<[values: number[], sum: number]>([
    [[], 0],
    [[-0], 0],
    [[0.1, 0.2, 0.3], 0.6],
    [[1e16, 1, -1e16], 1],
    [[1e16, 1, 1], 1e16 + 2],
    [[2 ** 53, 1], 2 ** 53],
    [[2 ** 53, 1, TINY], 2 ** 53 + 2],
    [[2 ** 53, 1, -TINY], 2 ** 53],
    [[2 ** 53 + 2, 1], 2 ** 53 + 4],
    [[2 ** 53 + 2, 1, -TINY], 2 ** 53 + 2],
    [[-(2 ** 53), -1], -(2 ** 53)],
    [[-(2 ** 53), -1, -TINY], -(2 ** 53) - 2],
    [[1, 2 ** -53], 1],
    [[1, 2 ** -53, TINY], 1 + 2 ** -52],
    [[1 + 2 ** -52, 2 ** -53], 1 + 2 ** -51],
    [[TINY, TINY], 2 * TINY],
    [[TINY, -TINY], 0],
    [[LEAST_NORMAL, -TINY], LEAST_NORMAL - TINY],
    [[LEAST_NORMAL - TINY, TINY], LEAST_NORMAL],
    [[MAX, TINY], MAX],
    // Half a last place above the greatest double is a tie, which goes to the even 2^1024: Infinity.
    [[MAX, 2 ** 970], Infinity],
    [[MAX, 2 ** 970, -TINY], MAX],
    [[-MAX, -(2 ** 970)], -Infinity],
    [[MAX, MAX, -MAX], MAX],
    [[MAX, MAX, MAX, -MAX, -MAX, -MAX, 1], 1],
    [[1e308, 1e308], Infinity],
    [[Number.NaN, 1], Number.NaN],
    [[Infinity, -MAX], Infinity],
    [[-Infinity, MAX, MAX], -Infinity],
    [[Infinity, -Infinity], Number.NaN],
    [[Infinity, Infinity], Infinity],
    [[Infinity, Number.NaN, 1], Number.NaN],
  ])("of %j is %d", (values, sum) => {
    expect(roundSum(sumOf(values))).toBe(sum);
  });

  it.each<[values: number[], average: number]>([
    [[MAX, MAX], MAX],
    [[1e16, 1, -1e16], 1 / 3],
    [[TINY, 0], 0],
    [[3 * TINY, 0], 2 * TINY],
    [[5 * TINY, 0], 2 * TINY],
    [[TINY, TINY, 0], TINY],
    [[LEAST_NORMAL, 0], LEAST_NORMAL / 2],
    [[0.1, 0.1, 0.1], 0.1],
    [[1, 2, 2], 5 / 3],
    [[Infinity, 1], Infinity],
    [[Number.NaN], Number.NaN],
    [[0, -0], 0],
  ])("the average of %j is %d", (values, average) => {
    expect(roundAverage(sumOf(values), BigInt(values.length))).toBe(average);
  });

  it("sum and average equal the oracle's, on adversarial doubles", () => {
    fc.assert(
      fc.property(lists, (values) => {
        const sum = sumOf(values);
        expect(roundSum(sum)).toBe(exactMean(values, 1n));
        expect(roundAverage(sum, BigInt(values.length))).toBe(exactMean(values, BigInt(values.length)));
      }),
      { numRuns: 1500 },
    );
  });

  it("one double is its own sum, bit for bit but for −0", () => {
    fc.assert(
      fc.property(bits, (x) => {
        expect(roundSum(exactSumOf(x))).toBe(x + 0);
      }),
      { numRuns: 2000 },
    );
  });

  it("two doubles add up as IEEE 754 adds them", () => {
    fc.assert(
      fc.property(adversarial, adversarial, (a, b) => {
        expect(roundSum(sumOf([a, b]))).toBe(a + b + 0);
      }),
      { numRuns: 2000 },
    );
  });

  it("an integer over a count is the nearest double", () => {
    const integer = fc.oneof(
      fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
      fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n }),
      fc.bigInt({ min: -20n, max: 20n }),
    );
    const count = fc.oneof(fc.bigInt({ min: 1n, max: 100n }), fc.bigInt({ min: 2n ** 52n, max: 2n ** 54n }));
    fc.assert(
      fc.property(integer, count, fc.integer({ min: -1200, max: 1000 }), (n, d, exponent) => {
        const [up, down] = exponent < 0 ? [n, d << BigInt(-exponent)] : [n << BigInt(exponent), d];
        expect(roundRatio(n, exponent, d)).toBe(toDouble(up, down));
        expect(roundRatio(n, 0, d)).toBe(toDouble(n, d));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("4.5 states don't show the order of events", () => {
  it("equal sums are equal states, however they came about", () => {
    fc.assert(
      fc.property(
        lists.chain((values) =>
          fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length })),
        ),
        fc.nat(),
        ([values, shuffled], seed) => {
          const cut = seed % (values.length + 1);
          const whole = sumOf(values);
          expect(sumOf(shuffled)).toStrictEqual(whole);
          expect(addExact(sumOf(shuffled.slice(cut)), sumOf(shuffled.slice(0, cut)))).toStrictEqual(whole);
        },
      ),
    );
  });

  it("what is added and taken away leaves nothing", () => {
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 10 }), (values) => {
        expect(sumOf([...values, ...values.map((x) => -x)])).toStrictEqual(ZERO_SUM);
      }),
    );
  });

  it("the mantissa is odd or 0", () => {
    expect(exactSum(0n, 7)).toStrictEqual(ZERO_SUM);
    expect(exactSum(12n, 1)).toStrictEqual({ mantissa: 3n, exponent: 3, special: 0 });
    expect(exactSum(-(2n ** 40n), 0)).toStrictEqual({ mantissa: -1n, exponent: 40, special: 0 });
    expect(exactSum(0n, 9, 1)).toStrictEqual({ mantissa: 0n, exponent: 0, special: 1 });
    fc.assert(
      fc.property(lists, (values) => {
        const { mantissa, exponent } = sumOf(values);
        expect(mantissa === 0n ? exponent === 0 : (mantissa & 1n) === 1n).toBe(true);
      }),
    );
  });

  it("non-finite values are remembered with the rest", () => {
    const some = fc.array(fc.oneof(adversarial, fc.constantFrom(Number.NaN, Infinity, -Infinity)), { maxLength: 6 });
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(addExact(sumOf(a), sumOf(b))).toStrictEqual(addExact(sumOf(b), sumOf(a)));
        expect(roundSum(addExact(sumOf(a), sumOf(b)))).toBe(exactMean([...a, ...b, 0], 1n));
      }),
    );
  });
});
