// Types and their names: SEMANTICS 6.
import { describe, expect, it } from "vitest";
import {
  decimalType,
  isInteger,
  isKeyType,
  isNumeric,
  parseTypeName,
  sameType,
  typeName,
  vectorType,
} from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import { valueTypes } from "../../support/values.ts";

describe("6 the name of a type", () => {
  it.each(valueTypes.map((type) => [typeName(type), type] as const))("%s names its type", (name, type) => {
    expect(parseTypeName(name)).toEqual(type);
  });

  it.each([
    [" int64 ", "int64"],
    ["decimal(10, 2)", "decimal(10,2)"],
    ["list< string >", "list<string>"],
    ["decimal(38,38)", "decimal(38,38)"],
    ["vector(65536)", "vector(65536)"],
  ])("%j is read as %s", (text, name) => {
    expect(typeName(parseTypeName(text))).toBe(name);
  });

  it.each([
    "",
    "int",
    "Int64",
    "int64s",
    "decimal",
    "decimal()",
    "decimal(10)",
    "decimal(0,0)",
    "decimal(39,0)",
    "decimal(5,6)",
    "decimal(5,-1)",
    "decimal(5,1.5)",
    "vector(0)",
    "vector(65537)",
    "vector(-1)",
    "vector",
    "list<>",
    "list<int>",
    "list<int64",
    "list int64",
    "toString",
    `${"list<".repeat(10_000)}int64${">".repeat(10_000)}`,
  ])("%j names none", (text) => {
    const fault = faultOf(() => parseTypeName(text));
    expect(fault.code).toBe("definition_invalid");
    expect(fault.message.length).toBeLessThan(400);
  });

  it.each([
    [0, 0],
    [39, 1],
    [1.5, 1],
    [10, 1.5],
    [10, -1],
    [10, 11],
    [Number.NaN, 0],
    [10, Number.NaN],
  ])("decimal(%d, %d) is no type", (precision, scale) => {
    expect(faultOf(() => decimalType(precision, scale)).code).toBe("definition_invalid");
  });

  it.each([0, -1, 1.5, 65_537, Number.NaN])("vector(%d) is no type", (dimension) => {
    expect(faultOf(() => vectorType(dimension)).code).toBe("definition_invalid");
  });
});

describe("6 kinds of types", () => {
  it("types are the same by all they say", () => {
    for (const [i, a] of valueTypes.entries()) {
      for (const [j, b] of valueTypes.entries()) expect(sameType(a, b)).toBe(i === j);
    }
    expect(sameType(decimalType(10, 2), decimalType(10, 3))).toBe(false);
    expect(sameType(vectorType(3), vectorType(4))).toBe(false);
  });

  it("what counts as numeric, an integer, a key", () => {
    const names = (is: typeof isNumeric) => valueTypes.filter(is).map(typeName);
    expect(names(isNumeric)).toEqual(["int32", "int64", "float32", "float64"]);
    expect(names(isInteger)).toEqual(["int32", "int64"]);
    expect(names(isKeyType)).toEqual(["int32", "int64", "string"]);
  });
});
