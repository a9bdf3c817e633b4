// The total order of values: SEMANTICS 2.3.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareNumbers,
  compareText,
  compareValues,
  parseTypeName,
  typeName,
  type Value,
} from "../../../sdk/types/index.ts";
import { compareOracle, type OracleValue } from "../../support/oracle.ts";
import { bitsOf, valuesOf, valueTypes } from "../../support/values.ts";

const kinds = valueTypes.map((type) => [typeName(type), type] as const);

/** Text whose order by UTF-16 units differs from that by UTF-8 bytes: around the surrogates and above them. */
const hardText = fc
  .array(
    fc.oneof(
      fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x10fff, 0x1f600, 0x10ffff),
      fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff),
    ),
    { maxLength: 4 },
  )
  .map((codes) => String.fromCodePoint(...codes));

describe("2.3 a total order", () => {
  describe.each(kinds)("of %s", (_, type) => {
    const values = fc.option(valuesOf(type), { nil: null, freq: 10 });
    const sign = (a: Value | null, b: Value | null) => Math.sign(compareValues(type, a, b)) + 0;

    it("is antisymmetric, and 0 only for the same bits", () => {
      fc.assert(
        fc.property(values, values, (a, b) => {
          expect(sign(b, a)).toBe(-sign(a, b) + 0);
          expect(sign(a, b) === 0).toBe(bitsOf(a) === bitsOf(b));
          expect(sign(a, a)).toBe(0);
        }),
        { numRuns: 300 },
      );
    });

    it("is transitive", () => {
      fc.assert(
        fc.property(fc.array(values, { minLength: 3, maxLength: 8 }), (some) => {
          const sorted = [...some].sort((a, b) => compareValues(type, a, b));
          for (const [i, a] of sorted.entries()) {
            for (const b of sorted.slice(i)) expect(sign(a, b)).toBeLessThanOrEqual(0);
          }
        }),
        { numRuns: 300 },
      );
    });

    it("puts null lowest", () => {
      fc.assert(
        fc.property(valuesOf(type), (value) => {
          expect(sign(null, value)).toBe(-1);
          expect(sign(value, null)).toBe(1);
          expect(sign(null, null)).toBe(0);
        }),
      );
    });
  });

  it.each([
    ["float64", [-Infinity, -1e300, -1, -5e-324, -0, 0, 5e-324, 1, 1e300, Infinity, Number.NaN]],
    ["float32", [-Infinity, -1, -0, 0, 1, Infinity, Number.NaN]],
    ["int32", [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1]],
    ["int64", [-(2n ** 63n), -(2n ** 53n) - 1n, -(2n ** 53n), 0n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]],
    ["bool", [false, true]],
    ["string", ["", "\u0000", "A", "Z", "a", "aa", "b", "é", "ﬀ", "\uffff", "😀"]],
    ["decimal(10,2)", ["-10.00", "-9.99", "-0.01", "0.00", "0.01", "9.99", "10.00"]],
    ["bytes", [[], [0], [0, 0], [1], [127], [128], [255], [255, 0]].map((b) => Uint8Array.from(b))],
    ["list<int64>", [[], [-1n], [0n], [0n, 0n], [1n], [2n ** 60n]]],
    ["list<string>", [[], [""], ["", ""], ["\uffff"], ["😀"]]],
    ["list<float64>", [[], [-0], [0], [0, Number.NaN], [Number.NaN]]],
    [
      "vector(2)",
      [
        [-1, 9],
        [-0, 0],
        [0, -0],
        [0, 0],
        [Number.NaN, 0],
      ].map((v) => Float32Array.from(v)),
    ],
  ] as [string, Value[]][])("%s: %o, in this order", (name, ascending) => {
    const type = parseTypeName(name);
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        expect(Math.sign(compareValues(type, a, b))).toBe(Math.sign(i - j));
      }
    }
  });

  it.each(["bool", "int64", "float64", "string", "list<float64>", "list<string>"])("of %s is the oracle's", (name) => {
    const type = parseTypeName(name);
    const values = fc.option(valuesOf(type), { nil: null, freq: 10 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const expected = Math.sign(compareOracle(a as OracleValue, b as OracleValue)) + 0;
        expect(Math.sign(compareValues(type, a, b)) + 0).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("2.3 text by its UTF-8 bytes", () => {
  it("compares as the bytes do, surrogates included", () => {
    fc.assert(
      fc.property(hardText, hardText, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareText(a, b)) + 0).toBe(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it("differs from the order of UTF-16 units exactly where it must", () => {
    const [last, beyond] = ["\uffff", "😀"] as [string, string];
    expect(last < beyond).toBe(false);
    expect(compareText("\uffff", "😀")).toBeLessThan(0);
    expect(compareText("\ud7ff", "😀")).toBeLessThan(0);
    expect(compareText("\ue000", "\u{10000}")).toBeLessThan(0);
    expect(compareText("a😀", "a\ue000")).toBeGreaterThan(0);
    expect(compareText("😀", "😁")).toBeLessThan(0);
  });
});

describe("2.3 numbers", () => {
  it("NaN is highest, −0 is below +0", () => {
    expect([Number.NaN, 0, Infinity, -0, -1].sort(compareNumbers)).toEqual([-1, -0, 0, Infinity, Number.NaN]);
    expect(compareNumbers(Number.NaN, Number.NaN)).toBe(0);
    expect(compareNumbers(0, 0)).toBe(0);
    expect(compareNumbers(-0, -0)).toBe(0);
  });
});
