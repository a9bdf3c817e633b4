// Fields and their defaults at run time: SEMANTICS 2.4, 6.
import { describe, expect, it } from "vitest";
import {
  bool,
  bytes,
  decimal,
  type Field,
  float32,
  float64,
  int32,
  int64,
  list,
  string,
  timestamp,
  vector,
} from "../../../sdk/index.ts";
import { typeName, type Value } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import { bitsOf } from "../../support/values.ts";

const loose = (make: unknown) => make as (options?: object) => Field;
const makers: Record<string, (options?: object) => Field> = {
  bool: loose(bool),
  int32: loose(int32),
  int64: loose(int64),
  float32: loose(float32),
  float64: loose(float64),
  string: loose(string),
  bytes: loose(bytes),
  timestamp: loose(timestamp),
  "decimal(10,2)": (options) => decimal(10, 2, options as never),
  "list<string>": (options) => list(string(), options as never),
  "vector(2)": (options) => vector(2, options as never),
};

describe("6 a field", () => {
  it.each(Object.entries(makers))("of %s has its type, and nothing that was not given", (name, make) => {
    expect(typeName(make().type)).toBe(name);
    expect(Object.keys(make())).toEqual(["type"]);
    expect(make({ description: "d" }).description).toBe("d");
  });

  it.each<[type: string, given: unknown, value: Value]>([
    ["bool", false, false],
    ["int32", 0, 0],
    ["int64", 0, 0n],
    ["int64", 2n ** 63n - 1n, 2n ** 63n - 1n],
    ["float32", 0.1, Math.fround(0.1)],
    ["float64", Number.NaN, Number.NaN],
    ["string", "", ""],
    ["bytes", Uint8Array.of(1), Uint8Array.of(1)],
    ["timestamp", 5n, 5n],
    ["decimal(10,2)", "1", "1.00"],
    ["list<string>", [], []],
    ["vector(2)", [0, 1], Float32Array.of(0, 1)],
  ])("2.4 of %s takes the default %o in its canonical form", (type, given, value) => {
    const field = makers[type]?.({ default: given });
    expect(bitsOf(field?.default)).toBe(bitsOf(value));
  });

  it.each<[type: string, given: unknown, code: string]>([
    ["bool", 0, "type_mismatch"],
    ["int32", 2 ** 31, "value_out_of_range"],
    ["int64", 0.5, "type_mismatch"],
    ["int64", "0", "type_mismatch"],
    ["float64", "0", "type_mismatch"],
    ["float64", null, "type_mismatch"],
    ["string", "\ud800", "value_out_of_range"],
    ["decimal(10,2)", "0.001", "value_out_of_range"],
    ["list<string>", [1], "type_mismatch"],
    ["vector(2)", [1], "type_mismatch"],
  ])("2.4 of %s refuses the default %o", (type, given, code) => {
    const fault = faultOf(() => makers[type]?.({ default: given }));
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(`default of a ${type} field`);
  });

  it.each([
    ["a decimal without digits", () => decimal(0, 0)],
    ["a decimal with more digits after the point than in all", () => decimal(2, 3)],
    ["a decimal with half a digit", () => decimal(10, 1.5)],
    ["a vector without elements", () => vector(0)],
    ["a vector with half an element", () => vector(1.5)],
    ["a list whose elements have a default", () => list(int64({ default: 0 }))],
  ])("%s is refused", (_, make) => {
    expect(faultOf(make).code).toBe("definition_invalid");
  });
});
