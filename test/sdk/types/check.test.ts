// What each type holds, in which canonical form, and what it refuses: SEMANTICS 6.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkValue,
  decimalText,
  decimalUnscaled,
  fitsInt64,
  parseTypeName,
  show,
  typeName,
  type Value,
} from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import { bitsOf, valuesOf, valueTypes } from "../../support/values.ts";

const bytes = Uint8Array.of(1, 2);
const vector = Float32Array.of(1, -0, Number.NaN);

describe("6 a type's canonical form", () => {
  it.each<[type: string, given: unknown, canonical: Value]>([
    ["bool", true, true],
    ["bool", false, false],
    ["int32", 0, 0],
    ["int32", -0, 0],
    ["int32", 2 ** 31 - 1, 2 ** 31 - 1],
    ["int32", -(2 ** 31), -(2 ** 31)],
    ["int32", 7n, 7],
    ["int64", 0, 0n],
    ["int64", -0, 0n],
    ["int64", 2 ** 53 - 1, 2n ** 53n - 1n],
    ["int64", 2n ** 63n - 1n, 2n ** 63n - 1n],
    ["int64", -(2n ** 63n), -(2n ** 63n)],
    ["timestamp", 5, 5n],
    ["timestamp", 2n ** 63n - 1n, 2n ** 63n - 1n],
    ["float32", 0.1, Math.fround(0.1)],
    ["float32", -0, -0],
    ["float32", Number.NaN, Number.NaN],
    ["float32", -Infinity, -Infinity],
    ["float32", 1e-60, 0],
    ["float32", 3.4028234663852886e38, 3.4028234663852886e38],
    ["float64", 0.1, 0.1],
    ["float64", -0, -0],
    ["float64", Number.NaN, Number.NaN],
    ["float64", Infinity, Infinity],
    ["string", "", ""],
    ["string", "ﬀ😀\u0000", "ﬀ😀\u0000"],
    ["bytes", bytes, bytes],
    ["decimal(5,2)", "1", "1.00"],
    ["decimal(5,2)", "+1.5", "1.50"],
    ["decimal(5,2)", " -0.05 ", "-0.05"],
    ["decimal(5,2)", ".5", "0.50"],
    ["decimal(5,2)", "5.", "5.00"],
    ["decimal(5,2)", "-0", "0.00"],
    ["decimal(5,2)", "000999.99", "999.99"],
    ["decimal(5,2)", "1.500000", "1.50"],
    ["decimal(5,0)", "-12.0", "-12"],
    ["decimal(2,2)", "-.99", "-0.99"],
    ["decimal(38,0)", "9".repeat(38), "9".repeat(38)],
    ["list<int64>", [1, 2n], [1n, 2n]],
    ["list<string>", [], []],
    ["list<float32>", [0.1, -0], [Math.fround(0.1), -0]],
    ["vector(3)", [1, -0, Number.NaN], vector],
    ["vector(3)", vector, vector],
    ["vector(1)", [0.1], Float32Array.of(0.1)],
  ])("%s of %o is %o", (type, given, canonical) => {
    expect(bitsOf(checkValue(parseTypeName(type), given, "x"))).toBe(bitsOf(canonical));
  });

  it.each<[type: string, given: unknown, code: string]>([
    ["bool", 1, "type_mismatch"],
    ["bool", "true", "type_mismatch"],
    ["bool", null, "type_mismatch"],
    ["int32", 1.5, "type_mismatch"],
    ["int32", "1", "type_mismatch"],
    ["int32", Number.NaN, "type_mismatch"],
    ["int32", Infinity, "type_mismatch"],
    ["int32", true, "type_mismatch"],
    ["int32", 2 ** 31, "value_out_of_range"],
    ["int32", -(2 ** 31) - 1, "value_out_of_range"],
    ["int32", 2n ** 31n, "value_out_of_range"],
    ["int32", 10n ** 400n, "value_out_of_range"],
    ["int64", 1.5, "type_mismatch"],
    ["int64", "1", "type_mismatch"],
    ["int64", Number.NaN, "type_mismatch"],
    ["int64", Infinity, "type_mismatch"],
    ["int64", 2 ** 53, "value_out_of_range"],
    ["int64", -(2 ** 53), "value_out_of_range"],
    ["int64", 1e300, "value_out_of_range"],
    ["int64", 2n ** 63n, "value_out_of_range"],
    ["int64", -(2n ** 63n) - 1n, "value_out_of_range"],
    ["timestamp", "2001-03-31T00:00:00Z", "type_mismatch"],
    ["timestamp", 0.5, "type_mismatch"],
    ["timestamp", 2n ** 63n, "value_out_of_range"],
    ["float32", "1", "type_mismatch"],
    ["float32", 1n, "type_mismatch"],
    ["float32", 3.5e38, "value_out_of_range"],
    ["float32", -1e300, "value_out_of_range"],
    ["float64", "NaN", "type_mismatch"],
    ["float64", 1n, "type_mismatch"],
    ["float64", undefined, "type_mismatch"],
    ["string", 1, "type_mismatch"],
    ["string", bytes, "type_mismatch"],
    ["string", "half \ud83d", "value_out_of_range"],
    ["string", "\ude00 half", "value_out_of_range"],
    ["bytes", "AQI=", "type_mismatch"],
    ["bytes", [1, 2], "type_mismatch"],
    ["decimal(5,2)", 1, "type_mismatch"],
    ["decimal(5,2)", "", "type_mismatch"],
    ["decimal(5,2)", ".", "type_mismatch"],
    ["decimal(5,2)", "-", "type_mismatch"],
    ["decimal(5,2)", "1e2", "type_mismatch"],
    ["decimal(5,2)", "1,5", "type_mismatch"],
    ["decimal(5,2)", "NaN", "type_mismatch"],
    ["decimal(5,2)", "1.001", "value_out_of_range"],
    ["decimal(5,2)", "1000", "value_out_of_range"],
    ["decimal(5,2)", "-1000.00", "value_out_of_range"],
    ["decimal(5,0)", "0.5", "value_out_of_range"],
    ["decimal(38,0)", `1${"0".repeat(38)}`, "value_out_of_range"],
    ["decimal(5,2)", "9".repeat(4_000_000), "value_out_of_range"],
    ["list<int64>", 1n, "type_mismatch"],
    ["list<int64>", [1n, null], "type_mismatch"],
    ["list<int64>", [1n, "2"], "type_mismatch"],
    ["list<int64>", [2n ** 63n], "value_out_of_range"],
    ["list<string>", "text", "type_mismatch"],
    ["vector(3)", [1, 2], "type_mismatch"],
    ["vector(3)", Float32Array.of(1, 2, 3, 4), "type_mismatch"],
    ["vector(3)", Float64Array.of(1, 2, 3), "type_mismatch"],
    ["vector(3)", [1, 2, null], "type_mismatch"],
    ["vector(3)", [1, 2, "3"], "type_mismatch"],
    ["vector(3)", [1, 2, 1e39], "value_out_of_range"],
  ])("%s refuses %o: %s", (type, given, code) => {
    const fault = faultOf(() => checkValue(parseTypeName(type), given, "features.x"));
    expect(fault.code).toBe(code);
    expect(fault.message).toContain("features.x");
    expect(fault.message.length).toBeLessThan(200);
  });

  it("an element at fault is named", () => {
    expect(faultOf(() => checkValue(parseTypeName("list<int64>"), [1n, null], "x")).message).toContain("x[1]");
    expect(faultOf(() => checkValue(parseTypeName("vector(2)"), [1, "2"], "x")).message).toContain("x[1]");
    expect(faultOf(() => checkValue(parseTypeName("list<list<bool>>"), [[], [1]], "x")).message).toContain("x[1][0]");
  });

  it.each(valueTypes.map((type) => [typeName(type), type] as const))("a canonical %s stays as it is", (_, type) => {
    fc.assert(
      fc.property(valuesOf(type), (value) => {
        expect(bitsOf(checkValue(type, value, "x"))).toBe(bitsOf(value));
      }),
    );
  });

  it("a text shown in a message is never longer than 60 characters", () => {
    for (const value of ["x".repeat(100), 10n ** 100n, "\u0000".repeat(20), -(10n ** 59n)]) {
      expect(show(value).length).toBeLessThanOrEqual(60);
    }
    expect(show("short")).toBe('"short"');
    expect(show(10n ** 58n)).toBe(String(10n ** 58n));
    expect(show(-(10n ** 61n))).toBe("a huge integer");
    expect(show(null)).toBe("null");
    expect(show([])).toBe("an array");
  });
});

describe("6 decimals as integers", () => {
  it.each([
    [1230n, 2, "12.30"],
    [-5n, 2, "-0.05"],
    [0n, 0, "0"],
    [0n, 3, "0.000"],
    [-120n, 0, "-120"],
    [99n, 2, "0.99"],
  ])("%s by scale %d is %s", (unscaled, scale, text) => {
    expect(decimalText(unscaled, scale)).toBe(text);
    expect(decimalUnscaled(text)).toBe(unscaled);
  });

  it("text and integer stand for each other", () => {
    const most = 10n ** 38n - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: -most, max: most }), fc.nat(38), (unscaled, scale) => {
        expect(decimalUnscaled(decimalText(unscaled, scale))).toBe(unscaled);
      }),
    );
  });
});

describe("6 64-bit integers", () => {
  it("end where two's complement ends", () => {
    expect([-(2n ** 63n) - 1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 63n].map(fitsInt64)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});
