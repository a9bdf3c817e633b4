// Values as JSON and as the JSON of packed rows: SEMANTICS 5.2 and 6, without a bit lost on the way.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesFromBase64,
  bytesToBase64,
  packBigInt,
  packValue,
  parseJson,
  parseTypeName,
  typeName,
  unpackValue,
  type Value,
  valueFromJson,
  valueToJson,
} from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import { anyText, bitsOf, valuesOf, valueTypes } from "../../support/values.ts";

const INT64_MAX = 2n ** 63n - 1n;
const kinds = valueTypes.map((type) => [typeName(type), type] as const);

describe("6 every value survives", () => {
  it.each(kinds)("%s as JSON", (_, type) => {
    fc.assert(
      fc.property(valuesOf(type), (value) => {
        expect(bitsOf(valueFromJson(type, parseJson(valueToJson(type, value)), "x"))).toBe(bitsOf(value));
      }),
      { numRuns: 300 },
    );
  });

  it.each(kinds)("%s in a packed row, which plain JSON.parse reads", (_, type) => {
    fc.assert(
      fc.property(fc.option(valuesOf(type), { nil: null }), (value) => {
        expect(bitsOf(unpackValue(type, JSON.parse(packValue(type, value))))).toBe(bitsOf(value));
      }),
      { numRuns: 300 },
    );
  });

  it("null is null in every type", () => {
    for (const [, type] of kinds) {
      expect(valueToJson(type, null)).toBe("null");
      expect(packValue(type, null)).toBe("null");
      expect(unpackValue(type, null)).toBeNull();
    }
  });

  it("long bytes survive", () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7) % 256);
    expect(bytesFromBase64(bytesToBase64(bytes), "x")).toEqual(bytes);
    expect(bytesToBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  });

  it("vectors are packed as little-endian float32, whatever buffer they lie in", () => {
    const type = parseTypeName("vector(2)");
    const inside = new Float32Array([9, 1.5, -2, 9]).subarray(1, 3);
    expect(packValue(type, inside)).toBe('"AADAPwAAAMA="');
    expect(unpackValue(type, "AADAPwAAAMA=")).toEqual(Float32Array.of(1.5, -2));
  });

  it.each(["", "AADAPw==", "AADAPwAAAMAAAADA", "AADAPwAAAM=="])("%j is no packed vector of two", (text) => {
    expect(() => unpackValue(parseTypeName("vector(2)"), text)).toThrow(
      expect.objectContaining({ code: "row_corrupt" }),
    );
  });
});

describe("6 the JSON form", () => {
  it.each<[type: string, value: Value, json: string]>([
    ["bool", true, "true"],
    ["int32", -5, "-5"],
    ["int64", INT64_MAX, "9223372036854775807"],
    ["int64", -INT64_MAX - 1n, "-9223372036854775808"],
    ["float64", 0.1, "0.1"],
    ["float64", -0, "-0"],
    ["float64", 1e21, "1e+21"],
    ["float64", Number.NaN, '"NaN"'],
    ["float64", Infinity, '"Infinity"'],
    ["float32", -Infinity, '"-Infinity"'],
    ["float32", Math.fround(0.1), "0.10000000149011612"],
    ["decimal(5,2)", "1.50", '"1.50"'],
    ["string", 'a"b\n', '"a\\"b\\n"'],
    ["bytes", Uint8Array.of(255, 0), '"/wA="'],
    ["timestamp", 0n, '"1970-01-01T00:00:00Z"'],
    ["timestamp", 1n, '"1970-01-01T00:00:00.000001Z"'],
    ["list<int64>", [1n, INT64_MAX], "[1,9223372036854775807]"],
    ["list<float64>", [Number.NaN, -0], '["NaN",-0]'],
    ["vector(2)", Float32Array.of(1, -0), "[1,-0]"],
  ])("%s of %o is %s", (type, value, json) => {
    expect(valueToJson(parseTypeName(type), value)).toBe(json);
  });

  it.each<[type: string, text: string, value: Value]>([
    ["int32", "1.0", 1],
    ["int64", "1e3", 1000n],
    ["int64", "-0", 0n],
    ["int64", "9007199254740993", 2n ** 53n + 1n],
    ["float64", "9007199254740993", 2 ** 53],
    ["float64", "18446744073709551616", 2 ** 64],
    ["float64", "-0", -0],
    ["float64", "-0.0", -0],
    ["float64", "1e-400", 0],
    ["float64", '"NaN"', Number.NaN],
    ["float32", '"-Infinity"', -Infinity],
    ["float32", "0.1", Math.fround(0.1)],
    ["float32", "16777217", 2 ** 24],
    ["float64", `1${"0".repeat(60)}`, 1e60],
    ["float64", `-1${"0".repeat(300)}1`, -1e301],
    ["float32", `1${"0".repeat(38)}`, Math.fround(1e38)],
    ["timestamp", '"2001-03-31T02:00:00+02:00"', 985_996_800_000_000n],
    ["bytes", '""', new Uint8Array()],
    ["list<float64>", '["NaN", 1]', [Number.NaN, 1]],
    ["vector(2)", '["Infinity", 9007199254740993]', Float32Array.of(Infinity, 2 ** 53)],
    ["decimal(5,2)", '"1"', "1.00"],
  ])("%s %s is %o", (type, text, value) => {
    expect(bitsOf(valueFromJson(parseTypeName(type), parseJson(text), "x"))).toBe(bitsOf(value));
  });

  it.each([
    ["bool", "1", "type_mismatch"],
    ["bool", '"true"', "type_mismatch"],
    ["bool", "null", "type_mismatch"],
    ["int32", "1.5", "type_mismatch"],
    ["int32", '"1"', "type_mismatch"],
    ["int32", "2147483648", "value_out_of_range"],
    ["int32", "99999999999999999999", "value_out_of_range"],
    ["int64", '"1"', "type_mismatch"],
    ["int64", "0.5", "type_mismatch"],
    ["int64", "9223372036854775808", "value_out_of_range"],
    ["int64", "-9223372036854775809", "value_out_of_range"],
    // A double has rounded these already: refused, never taken for what was written.
    ["int64", "9007199254740993.0", "value_out_of_range"],
    ["int64", "9007199254740993e0", "value_out_of_range"],
    ["int64", "1e16", "value_out_of_range"],
    ["int32", "9".repeat(50), "value_out_of_range"],
    ["int64", "9".repeat(50), "value_out_of_range"],
    ["int64", `-${"9".repeat(50)}`, "value_out_of_range"],
    ["int64", "9".repeat(400), "value_out_of_range"],
    ["int32", "1e999", "value_out_of_range"],
    ["string", "9".repeat(400), "type_mismatch"],
    ["timestamp", "9".repeat(400), "type_mismatch"],
    ["float64", '"nan"', "type_mismatch"],
    ["float64", '"inf"', "type_mismatch"],
    ["float64", '"1"', "type_mismatch"],
    ["float64", '"toString"', "type_mismatch"],
    ["float64", '"constructor"', "type_mismatch"],
    ["float64", '"__proto__"', "type_mismatch"],
    ["float64", "true", "type_mismatch"],
    ["float64", "1e999", "value_out_of_range"],
    ["float64", "-1e999", "value_out_of_range"],
    ["float64", `1${"0".repeat(400)}`, "value_out_of_range"],
    ["float32", "3.5e38", "value_out_of_range"],
    ["float32", "1e999", "value_out_of_range"],
    ["float32", "400000000000000000000000000000000000000", "value_out_of_range"],
    ["decimal(5,2)", "1.5", "type_mismatch"],
    ["decimal(5,2)", '"1.005"', "value_out_of_range"],
    ["string", "1", "type_mismatch"],
    ["string", '"\\ud800"', "value_out_of_range"],
    ["bytes", "[1]", "type_mismatch"],
    ["bytes", '"a"', "type_mismatch"],
    ["bytes", '"_-8="', "type_mismatch"],
    ["bytes", '"!!!!"', "type_mismatch"],
    ["timestamp", "0", "type_mismatch"],
    ["timestamp", '"2001-03-31T00:00:00"', "bad_time"],
    ["timestamp", '"tomorrow"', "bad_time"],
    ["timestamp", '"+900000-01-01T00:00:00Z"', "value_out_of_range"],
    ["list<int64>", "1", "type_mismatch"],
    ["list<int64>", "{}", "type_mismatch"],
    ["list<int64>", "[null]", "type_mismatch"],
    ["list<timestamp>", '["2001-03-31T00:00:00"]', "bad_time"],
    ["vector(2)", "[1]", "type_mismatch"],
    ["vector(2)", "[1,2,3]", "type_mismatch"],
    ["vector(2)", "[1,null]", "type_mismatch"],
    ["vector(2)", "[1,1e39]", "value_out_of_range"],
    ["vector(2)", '{"length":2}', "type_mismatch"],
  ])("%s refuses %s: %s", (type, text, code) => {
    expect(faultOf(() => valueFromJson(parseTypeName(type), parseJson(text), "x")).code).toBe(code);
  });

  it("1.1 a zoneless time is what the caller says", () => {
    const type = parseTypeName("list<timestamp>");
    const json = ["1970-01-01T00:00:01", "1970-01-01T00:00:00.0000001Z"];
    expect(valueFromJson(type, json, "x", { zoneless: "utc", round: "up" })).toEqual([1_000_000n, 1n]);
  });
});

describe("6 JSON keeps 64-bit integers", () => {
  it.each<[text: string, value: unknown]>([
    ["9007199254740991", 2 ** 53 - 1],
    ["9007199254740992", 2n ** 53n],
    ["-9007199254740993", -(2n ** 53n) - 1n],
    ["1234567890123456", 1234567890123456],
    ["12345678901234567890", 12345678901234567890n],
    ["9".repeat(40), BigInt("9".repeat(40))],
    // Of no integer type: the nearest double says all that is needed.
    ["9".repeat(41), 1e41],
    [`-${"9".repeat(40)}`, -1e40],
    ["9".repeat(400), Infinity],
    ["[[9007199254740993]]", [[2n ** 53n + 1n]]],
    ['{"a":{"b":[9007199254740993,1]}}', { a: { b: [2n ** 53n + 1n, 1] } }],
    ['"9007199254740993"', "9007199254740993"],
    ['{"9007199254740993":1}', { "9007199254740993": 1 }],
    ['["9007199254740993",9007199254740993,-0,0.1]', ["9007199254740993", 2n ** 53n + 1n, -0, 0.1]],
    ['"\\"9007199254740993"', '"9007199254740993'],
    ['{"a":1,"a":9007199254740993}', { a: 2n ** 53n + 1n }],
    ['{"a":9007199254740993,"a":1}', { a: 1 }],
    ["9007199254740993.5", 9007199254740994],
    ["9007199254740993e2", 9007199254740993e2],
    ["1e300", 1e300],
    ["[1e16,9007199254740993]", [1e16, 2n ** 53n + 1n]],
    ["-0", -0],
    ["true", true],
    [' [ null , "x" ] ', [null, "x"]],
  ])("%s", (text, value) => {
    expect(parseJson(text)).toStrictEqual(value);
  });

  const digits = "9".repeat(3_900_000);
  it.each([
    ["int32", digits],
    ["int64", digits],
    ["float64", digits],
    ["string", digits],
    ["bool", digits],
    ["decimal(38,0)", digits],
    ["decimal(38,0)", `"${digits}"`],
  ])("millions of digits cost no seconds as %s, and are not repeated", (type, json) => {
    const from = performance.now();
    const fault = faultOf(() => valueFromJson(parseTypeName(type), parseJson(json), "x"));
    // As a bigint: 3 s and more.
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(fault.message.length).toBeLessThan(120);
  });

  it("__proto__ stays a member, and no prototype", () => {
    const parsed = parseJson('{"__proto__":{"n":9007199254740993}}') as object;
    expect(Object.keys(parsed)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });

  it("is JSON.parse but for integers that a double can't hold", () => {
    const leaf = fc.oneof(
      fc.boolean(),
      fc.constant(null),
      anyText,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    // No member names that need escaping: V8 reads some of them as others (nodejs/node#63785).
    const names = anyText.filter((name) => JSON.stringify(name) === `"${name}"`);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie("tree")), fc.dictionary(names, tie("tree"))),
    }));
    fc.assert(
      fc.property(tree, fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (json, big) => {
        const text = `[${JSON.stringify(json)},${big}]`;
        const small = Number.isSafeInteger(Number(big));
        const [first, second] = parseJson(text) as [unknown, unknown];
        expect(second).toBe(small ? Number(big) : big);
        // Whole doubles beyond 2^53 are integer literals too where JSON writes them without an exponent.
        const expected: unknown = JSON.parse(JSON.stringify(json), (_key, value: unknown) =>
          typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(JSON.stringify(value))
            ? BigInt(JSON.stringify(value))
            : value,
        );
        expect(first).toStrictEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["", null, "empty"],
    ["  ", null, "empty"],
    ["{", null, ""],
    ['{"a":\n  x}', null, "Unexpected token"],
    ['{"a":9007199254740993,\n"b" 1}', { line: 2, column: 5 }, ""],
    ["[1,]", null, "Unexpected token"],
    ["NaN", null, ""],
    ["01", { line: 1, column: 2 }, ""],
  ])("%j is no JSON", (text, position, hint) => {
    const fault = faultOf(() => parseJson(text));
    expect(fault.code).toBe("malformed_json");
    if (position !== null) expect(fault.position).toEqual(position);
    expect(fault.hint).toContain(hint);
  });

  it("what nests deeper than the engine can follow is no malformed JSON, and told without the engine's words", () => {
    const fault = faultOf(() => parseJson(`${"[".repeat(100_000)}${2n ** 63n}${"]".repeat(100_000)}`));
    expect([fault.code, fault.message, fault.hint]).toEqual([
      "bad_request",
      "the body nests too deeply",
      "send it flatter",
    ]);
  });
});

describe("6 integers of packed rows", () => {
  it("are numbers where a double holds them, else text", () => {
    expect(packBigInt(2n ** 53n - 1n)).toBe("9007199254740991");
    expect(packBigInt(2n ** 53n)).toBe('"9007199254740992"');
    expect(packBigInt(-(2n ** 53n))).toBe('"-9007199254740992"');
    expect(packBigInt(-(10n ** 40n))).toBe(`"-1${"0".repeat(40)}"`);
  });

  it("survive plain JSON.parse at any size", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (n) => {
        expect(BigInt(JSON.parse(packBigInt(n)) as number | string)).toBe(n);
      }),
    );
  });
});
