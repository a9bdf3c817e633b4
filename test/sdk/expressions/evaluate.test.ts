// What expressions evaluate to: SEMANTICS 5.2 and 5.3, a row a case.
import { describe, expect, it } from "vitest";
import { compileExpression, evaluationContext, FAULT } from "../../../sdk/expressions/index.ts";
import type { Value } from "../../../sdk/types/index.ts";
import { evaluateText, type Inputs, type Settings } from "./evaluate-text.ts";

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);
const overflow = { fault: "integer_overflow" };
const byZero = { fault: "division_by_zero" };
const range = { fault: "value_out_of_range" };

type Case = readonly [text: string, inputs: Inputs, expected: unknown, settings?: Settings];

function table(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    it.each(cases.map((entry, i) => [`${i + 1}. ${entry[0]}`, entry] as const))(
      "%s",
      (_, [text, inputs, expected, settings]) => {
        expect(evaluateText(text, inputs, settings)).toStrictEqual(expected);
      },
    );
  });
}

const i = (value: bigint | null) => ["int64", value] as const;
const i32 = (value: number | null) => ["int32", value] as const;
const d = (value: number | null) => ["float64", value] as const;
const b = (value: boolean | null) => ["bool", value] as const;
const s = (value: string | null) => ["string", value] as const;
const t = (value: bigint | null) => ["timestamp", value] as const;

table("5.2 integers are 64-bit and checked", [
  ["1 + 2 * 3 - 4", {}, 3n],
  ["x + 1", { x: i(MAX) }, overflow],
  ["x - 1", { x: i(MIN) }, overflow],
  ["x * x", { x: i(2n ** 32n) }, overflow],
  ["x * x", { x: i(2n ** 31n) }, 2n ** 62n],
  ["-x", { x: i(MIN) }, overflow],
  ["-x", { x: i(MAX) }, -MAX],
  ["-9223372036854775808", {}, MIN],
  ["-(-9223372036854775808)", {}, overflow],
  ["abs(x)", { x: i(MIN) }, overflow],
  ["x / 0", { x: i(1n) }, byZero],
  ["0 / x", { x: i(0n) }, byZero],
  ["x % 0", { x: i(1n) }, byZero],
  ["x / -1", { x: i(MIN) }, overflow],
  ["x % -1", { x: i(MIN) }, 0n],
  ["7 / 2", {}, 3n],
  ["-7 / 2", {}, -3n],
  ["7 / -2", {}, -3n],
  ["7 % 3", {}, 1n],
  ["-7 % 3", {}, -1n],
  ["7 % -3", {}, 1n],
  ["0x10 + x", { x: i32(-1) }, 15n],
  ["x * x", { x: i32(2 ** 31 - 1) }, (2n ** 31n - 1n) ** 2n],
  ["x + x", { x: i32(2 ** 31 - 1) }, 2n ** 32n - 2n],
  ["-x", { x: i32(-(2 ** 31)) }, 2n ** 31n],
]);

table("5.2 doubles follow IEEE 754", [
  ["1.0 / 0.0", {}, Infinity],
  ["-1.0 / 0.0", {}, -Infinity],
  ["0.0 / 0.0", {}, Number.NaN],
  ["x / 0", { x: d(1) }, Infinity],
  ["1 / x", { x: d(0) }, Infinity],
  ["1.0 / x", { x: d(-0) }, -Infinity],
  ["-x", { x: d(0) }, -0],
  ["0.1 + 0.2", {}, 0.30000000000000004],
  ["x + 1.0", { x: d(2 ** 53) }, 2 ** 53],
  ["x == x", { x: d(Number.NaN) }, false],
  ["x != x", { x: d(Number.NaN) }, true],
  ["x < 1.0", { x: d(Number.NaN) }, false],
  ["x >= 1.0", { x: d(Number.NaN) }, false],
  ["x < 1", { x: d(Number.NaN) }, false],
  ["x == n", { x: d(Number.NaN), n: i(0n) }, false],
  ["x != n", { x: d(Number.NaN), n: i(0n) }, true],
  ["x == 0.0", { x: d(-0) }, true],
  ["x", { x: ["float32", Math.fround(0.1)] }, 0.10000000149011612],
  ["x * 2.0", { x: ["float32", Math.fround(0.1)] }, 0.20000000298023224],
]);

table("5.3 int promotes to double", [
  ["x + 0.5", { x: i(1n) }, 1.5],
  ["0.5 * x", { x: i32(3) }, 1.5],
  ["x / 2.0", { x: i32(7) }, 3.5],
  ["x / y", { x: i(7n), y: d(2) }, 3.5],
  ["x + 0.0", { x: i(2n ** 53n + 1n) }, 2 ** 53],
  ["true ? x : 0.5", { x: i(2n) }, 2],
  ["coalesce(x, 0.5)", { x: i(2n) }, 2],
  ["[x, 0.5][0]", { x: i(2n) }, 2],
  ["max(x, 0.5, y)", { x: i(2n), y: i32(3) }, 3],
  ["sqrt(x)", { x: i(9n) }, 3],
]);

table("5.3 an int and a double compare by exact value", [
  ["n == x", { n: i(2n ** 53n + 1n), x: d(2 ** 53) }, false],
  ["n > x", { n: i(2n ** 53n + 1n), x: d(2 ** 53) }, true],
  ["x < n", { n: i(2n ** 53n + 1n), x: d(2 ** 53) }, true],
  ["n <= x", { n: i(MAX), x: d(2 ** 63) }, true],
  ["n == x", { n: i(MAX), x: d(2 ** 63) }, false],
  ["n < x", { n: i(MAX), x: d(Infinity) }, true],
  ["n == 3.0", { n: i(3n) }, true],
  ["n < 3.5", { n: i(3n) }, true],
  ["n != 3.5", { n: i32(3) }, true],
  ["n >= 3", { n: i32(3) }, true],
  ["n == m", { n: i32(3), m: i(3n) }, true],
  ["n < 9007199254740993", { n: i(2n ** 53n) }, true],
  ["n == 9007199254740993", { n: i32(1) }, false],
  ["x < 9007199254740993", { x: d(2 ** 53) }, true],
  ["9007199254740993 == x", { x: d(2 ** 53) }, false],
]);

table("5.2 null propagates operator by operator", [
  ...["+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">="].flatMap((operator): Case[] => [
    [`x ${operator} 1.5`, { x: d(null) }, null],
    [`1.5 ${operator} x`, { x: d(null) }, null],
    [`x ${operator} 1`, { x: i(null) }, null],
    [`1 ${operator} x`, { x: i32(null) }, null],
    [`x ${operator} y`, { x: i(null), y: d(null) }, null],
  ]),
  ["x % 2", { x: i(null) }, null],
  ["-x", { x: d(null) }, null],
  ["-x", { x: i(null) }, null],
  ["!x", { x: b(null) }, null],
  ["x + 'a'", { x: s(null) }, null],
  ["x == 'a'", { x: s(null) }, null],
  ["x < 'a'", { x: s(null) }, null],
  ["abs(x)", { x: i(null) }, null],
  ["min(1, x, 2)", { x: i(null) }, null],
  ["pow(2.0, x)", { x: d(null) }, null],
  ["clamp(1.0, 0.0, x)", { x: d(null) }, null],
  ["haversine_km(1.0, 2.0, 3.0, x)", { x: d(null) }, null],
  ["hour(x)", { x: t(null) }, null],
  ["x.contains('a')", { x: s(null) }, null],
  ["'a'.contains(x)", { x: s(null) }, null],
  ["is_nan(x)", { x: d(null) }, null],
  ["x in [1, 2]", { x: i(null) }, null],
  ["1 in x", { x: ["list<int64>", null] }, null],
  ["1 in [1, x]", { x: i(null) }, null],
  ["[1, x]", { x: i(null) }, null],
  ["x[0]", { x: ["list<int64>", null] }, null],
  ["x[n]", { x: ["list<int64>", [1n]], n: i(null) }, null],
  ["size(x)", { x: s(null) }, null],
  ["x", { x: d(null) }, null],
  ["x", { x: i(null) }, null, { result: "int32" }],
  ["x", { x: i(null) }, null, { result: "float32" }],
]);

const logic: Case[] = [];
const values = [true, false, null];
for (const x of values) {
  for (const y of values) {
    const and = x === false || y === false ? false : x === null || y === null ? null : true;
    const or = x === true || y === true ? true : x === null || y === null ? null : false;
    logic.push(["x && y", { x: b(x), y: b(y) }, and], ["x || y", { x: b(x), y: b(y) }, or]);
  }
}
table("5.2 && and || are three-valued, in both orders", logic);

table("5.2 what is lazy can stop a null", [
  ["x ? 1 : 2", { x: b(true) }, 1n],
  ["x ? 1 : 2", { x: b(false) }, 2n],
  ["x ? 1 : 2", { x: b(null) }, null],
  ["true ? x : 1.0", { x: d(null) }, null],
  ["x < 1.0 ? 1 : 0", { x: d(null) }, null],
  ["is_null(x) ? 0.0 : x", { x: d(null) }, 0],
  ["is_null(x) ? 0.0 : x", { x: d(2) }, 2],
  ["is_null(x + 1.0)", { x: d(null) }, true],
  ["!is_null(x)", { x: d(1) }, true],
  ["coalesce(x, 1.5)", { x: d(null) }, 1.5],
  ["coalesce(x, 1.5)", { x: d(0) }, 0],
  ["coalesce(x, y, z)", { x: i(null), y: i(null), z: i(0n) }, 0n],
  ["coalesce(x, y)", { x: s(""), y: s("a") }, ""],
  ["coalesce(x, y)", { x: b(false), y: b(true) }, false],
  ["coalesce(x, y)", { x: i(null), y: i(null) }, null],
  ["coalesce(x, null)", { x: i(null) }, null],
  ["x ? y : null", { x: b(false), y: d(1) }, null],
  ["x ? null : y", { x: b(false), y: d(1) }, 1],
  ["null", {}, null, { result: "int64" }],
]);

table("5.2 a fault makes the whole expression null with TRANSFORM_ERROR, unless its branch is not taken", [
  ["coalesce(1 / x, 5)", { x: i(0n) }, byZero],
  ["is_null(1 / x)", { x: i(0n) }, byZero],
  ["coalesce(5, 1 / x)", { x: i(0n) }, 5n],
  ["coalesce(y, 1 / x)", { x: i(0n), y: i(null) }, byZero],
  ["x != 0 ? 1 / x : 0", { x: i(0n) }, 0n],
  ["x == 0 ? 1 / x : 0", { x: i(0n) }, byZero],
  ["1 / x > 0 ? 1 : 2", { x: i(0n) }, byZero],
  ["y ? 1 / x : 0", { x: i(0n), y: b(null) }, null],
  ["x != 0 && 1 / x > 0", { x: i(0n) }, false],
  ["x == 0 || 1 / x > 0", { x: i(0n) }, true],
  ["1 / x > 0 && false", { x: i(0n) }, byZero],
  ["1 / x > 0 || true", { x: i(0n) }, byZero],
  ["y && 1 / x > 0", { x: i(0n), y: b(null) }, byZero],
  ["y + 1 / x", { x: i(0n), y: i(null) }, byZero],
  ["1 / x + y", { x: i(0n), y: i(null) }, byZero],
  ["min(y, 1 / x)", { x: i(0n), y: i(null) }, byZero],
  ["[y, 1 / x]", { x: i(0n), y: i(null) }, byZero],
  ["y in [1 / x]", { x: i(0n), y: i(null) }, byZero],
  ["true ? 2 : 1 / 0", {}, 2n],
  ["1 / 0", {}, byZero],
  ["x + 9223372036854775807 + 1 / 0", { x: i(1n) }, overflow],
]);

table("5.3 results take the declared type", [
  ["x", { x: i(5n) }, 5, { result: "int32" }],
  ["x", { x: i(2n ** 31n) }, range, { result: "int32" }],
  ["x", { x: i(-(2n ** 31n)) }, -(2 ** 31), { result: "int32" }],
  ["x", { x: i(-(2n ** 31n) - 1n) }, range, { result: "int32" }],
  ["x", { x: i32(5) }, 5n, { result: "int64" }],
  ["x", { x: i32(5) }, 5, { result: "int32" }],
  ["x", { x: i(2n ** 53n + 1n) }, 2 ** 53, { result: "float64" }],
  ["x", { x: i(3n) }, 3, { result: "float32" }],
  ["x", { x: d(0.1) }, Math.fround(0.1), { result: "float32" }],
  ["x", { x: d(1e300) }, range, { result: "float32" }],
  ["x", { x: d(Infinity) }, Infinity, { result: "float32" }],
  ["x", { x: d(Number.NaN) }, Number.NaN, { result: "float32" }],
  ["x", { x: d(1e-300) }, 0, { result: "float32" }],
  ["[1, x]", { x: i(2n) }, [1, 2], { result: "list<int32>" }],
  ["[1, x]", { x: i(2n ** 40n) }, range, { result: "list<int32>" }],
  ["[1, x]", { x: d(0.1) }, [1, Math.fround(0.1)], { result: "list<float32>" }],
  ["x", { x: ["list<int32>", [1, 2]] }, [1, 2], { result: "list<int32>" }],
  ["x", { x: ["list<int32>", [1, 2]] }, [1n, 2n], { result: "list<int64>" }],
  ["x", { x: ["list<float32>", [0.5]] }, [0.5], { result: "list<float64>" }],
  ["x", { x: ["decimal(5,2)", "1.20"] }, "1.20", { result: "decimal(5,2)" }],
  ["x", { x: ["vector(2)", Float32Array.of(1, 2)] }, Float32Array.of(1, 2), { result: "vector(2)" }],
  ["x ? 1 : null", { x: b(true) }, 1, { result: "int32" }],
]);

table("5.2 text, times, decimals, bytes", [
  ["'a' + x + \"b\"", { x: s("é") }, "aéb"],
  ["x < y", { x: s("\u{ffff}"), y: s("\u{10000}") }, true],
  ["x >= 'b'", { x: s("a") }, false],
  ["x == y", { x: s("a"), y: s("a") }, true],
  ["r'\\d' == '\\\\d'", {}, true],
  ["x < timestamp('2001-03-31T00:00:00Z')", { x: t(985_996_799_999_999n) }, true],
  ["x == timestamp('2001-03-31T02:00:00+02:00')", { x: t(985_996_800_000_000n) }, true],
  ["x == y", { x: ["decimal(5,2)", "1.20"], y: ["decimal(5,1)", "1.2"] }, true],
  ["x < y", { x: ["decimal(5,2)", "-1.20"], y: ["decimal(5,1)", "1.1"] }, true],
  ["x > y", { x: ["decimal(38,0)", "99999999999999999999999999999999999999"], y: ["decimal(1,0)", "9"] }, true],
  ["x == y", { x: ["bytes", Uint8Array.of(1, 2)], y: ["bytes", Uint8Array.of(1, 2)] }, true],
  ["x == b'\\x01'", { x: ["bytes", Uint8Array.of(1, 2)] }, false],
  ["x != y", { x: b(true), y: b(false) }, true],
]);

table("5.2 lists and vectors", [
  ["x in [1, 2, 3]", { x: i(2n) }, true],
  ["x in [1, 2, 3]", { x: i32(4) }, false],
  ["x in [1, 2.5]", { x: d(2.5) }, true],
  ["x in [1.0, 2.5]", { x: i(1n) }, true],
  ["x in [0.0 / 0.0]", { x: d(Number.NaN) }, false],
  ["x in [0.0]", { x: d(-0) }, true],
  ["x in ['SEA', 'LAX']", { x: s("LAX") }, true],
  ["!(x in ['SEA'])", { x: s("LAX") }, true],
  ["x in y", { x: i(2n), y: ["list<int32>", [1, 2]] }, true],
  ["x in y", { x: s("a"), y: ["list<string>", []] }, false],
  ["x in y", { x: d(2 ** 53), y: ["list<int64>", [2n ** 53n + 1n]] }, false],
  ["x in [y]", { x: i(2n), y: i(2n) }, true],
  ["[1, 2][1]", {}, 2n],
  ["x[1]", { x: ["list<int32>", [1, 2]] }, 2n],
  ["x[n]", { x: ["list<string>", ["a"]], n: i(1n) }, { fault: "index_out_of_range" }],
  ["x[n]", { x: ["list<string>", ["a"]], n: i(-1n) }, { fault: "index_out_of_range" }],
  ["x[n]", { x: ["list<string>", ["a"]], n: i(MAX) }, { fault: "index_out_of_range" }],
  ["x[n]", { x: ["vector(2)", Float32Array.of(0.5, 0.25)], n: i32(1) }, 0.25],
  ["x[1] * 2", { x: ["vector(2)", Float32Array.of(0.5, 0.25)] }, 0.5],
  ["x == y", { x: ["list<int32>", [1]], y: ["list<int64>", [1n]] }, true],
  ["x != [1, 2]", { x: ["list<int64>", [1n]] }, true],
  ["x == y", { x: ["vector(1)", Float32Array.of(1)], y: ["vector(1)", Float32Array.of(1)] }, true],
  ["[[1], [2]][1][0]", {}, 2n],
]);

describe("evaluate", () => {
  it("5.1 reads inputs in sorted order, names with __ among them, each once", () => {
    const compiled = compileExpression("b__c - a / b__c", {
      a: { kind: "float64" },
      b__c: { kind: "float64" },
      z: { kind: "bool" },
    });
    expect(compiled.inputs).toEqual(["a", "b__c"]);
    expect(compiled.type).toEqual({ kind: "float64" });
    expect(compiled.evaluate([6, 2], { requestTimeUs: 0 })).toBe(-1);
  });

  it("5.3 lets a feature be called as a function is", () => {
    expect(evaluateText("hour + hour(t) + min(min, 3)", { hour: i(1n), min: i(2n), t: t(3_600_000_000n) })).toBe(4n);
  });

  it("5.2 forgets a fault before the next evaluation, and names the first of several", () => {
    const { evaluate } = compileExpression("1 / x + 9223372036854775807 * y", {
      x: { kind: "int64" },
      y: { kind: "int64" },
    });
    const context = evaluationContext(0);
    const outcomes = [
      [0n, 2n],
      [1n, 2n],
      [1n, 0n],
      [null, 0n],
    ].map((row) => [evaluate(row as Value[], context), context.fault]);
    expect(outcomes).toEqual([
      [FAULT, "division_by_zero"],
      [FAULT, "integer_overflow"],
      [1n, null],
      [null, null],
    ]);
  });

  it("1.4 request_time() is what the context says, row by row", () => {
    const { evaluate, type } = compileExpression("request_time()", {});
    const context = evaluationContext(985_996_800_000_000);
    expect(type).toEqual({ kind: "timestamp" });
    expect(evaluate([], context)).toBe(985_996_800_000_000n);
    context.requestTimeUs = -1;
    expect(evaluate([], context)).toBe(-1n);
  });

  it("5.2 evaluates the longest chain and the deepest nesting that parse", () => {
    const chain = Array.from({ length: 500 }, () => "x").join("+");
    expect(evaluateText(chain, { x: i(1n) })).toBe(500n);
    const nested = `${"(1 + ".repeat(99)}x${")".repeat(99)}`;
    expect(evaluateText(nested, { x: i(1n) })).toBe(100n);
    expect(evaluateText(`${"!".repeat(900)}x`, { x: b(true) })).toBe(true);
  });
});
