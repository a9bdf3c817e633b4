// What is refused when an expression is registered, where, and with which hint: SEMANTICS 5.3.
import { describe, expect, it } from "vitest";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { compileExpression, MAX_LENGTH } from "../../../sdk/expressions/index.ts";
import { parseTypeName, type ValueType } from "../../../sdk/types/index.ts";

const scope: Record<string, ValueType> = Object.fromEntries(
  Object.entries({
    n: "int64",
    n32: "int32",
    x: "float64",
    s: "string",
    b: "bool",
    t: "timestamp",
    dec: "decimal(10,2)",
    raw: "bytes",
    list: "list<string>",
    vec: "vector(3)",
    package: "float64",
    airport__delay__avg__1h: "float64",
    label: "string",
  }).map(([name, type]) => [name, parseTypeName(type)]),
);

function refusal(text: string, result?: string): EdgefeatError {
  try {
    compileExpression(text, scope, {
      pointer: "/features/f",
      ...(result === undefined ? {} : { result: parseTypeName(result) }),
    });
  } catch (error) {
    if (error instanceof EdgefeatError) return error;
    throw error;
  }
  throw new Error(`was not refused: ${text}`);
}

type Case = readonly [text: string, position: string, hint: RegExp | null, result?: string];

const typeErrors: Case[] = [
  // names
  ["airport__delay__avg_1h / 2.0", "1:1", /did you mean "airport__delay__avg__1h"/],
  ["x +\n  y", "2:3", /./],
  ["request_time", "1:1", /write request_time\(/],
  ["constructor", "1:1", /known: "n"/],
  ["absx(x)", "1:1", /did you mean "abs"/],
  ["valueOf(x)", "1:1", /known: /],
  ["s.begins('a')", "1:3", /./],
  ["x + (s).lenght()", "1:9", /did you mean "length"/],
  // arity and form
  ["abs()", "1:1", /abs\(x: int\): int/],
  ["x + pow(x)", "1:5", /pow\(x: double, y: double\)/],
  ["min(n)", "1:1", /min\(a: int, b: int, …\)/],
  ["coalesce(x)", "1:1", null],
  ["request_time(x)", "1:1", /request_time\(\)/],
  ["haversine_km(x, x, x)", "1:1", /lat1/],
  ["startsWith(s, 'a')", "1:1", /write text\.startsWith\(start\)/],
  ["s.lower()", "1:3", /write lower\(text\)/],
  ["s.contains('a', 'b')", "1:3", /contains/],
  // operands
  ["airport__delay__avg__1h / label", "1:27", /double\(x\)/],
  ["label / airport__delay__avg__1h", "1:1", /double\(x\)/],
  ["s + 1", "1:5", /string\(x\)/],
  ["1 + s", "1:5", /double\(x\)/],
  ["x + t", "1:5", /seconds_between/],
  ["t - t", "1:1", /seconds_between/],
  ["x - b", "1:5", /\? 1 : 0/],
  ["dec * 2", "1:1", /double\(x\)/],
  ["x % 2.0", "1:1", /floor/],
  ["7 % x", "1:5", /floor/],
  ["-s", "1:2", /double\(x\)/],
  ["!x", "1:2", /x != 0/],
  ["b && x", "1:6", /x != 0/],
  ["x || b", "1:1", /x != 0/],
  ["n ? 1 : 2", "1:1", /x != 0/],
  ["b ? 1 : s", "1:9", /double\(x\)/],
  ["coalesce(x, s)", "1:13", /double\(x\)/],
  ["abs(s)", "1:5", /double\(x\)/],
  ["hour(x)", "1:6", null],
  ["hour('2001-03-31T00:00:00Z')", "1:6", /timestamp\(/],
  ["min(1, s)", "1:8", /double\(x\)/],
  ["max(t, 1)", "1:8", null],
  ["min(b, b)", "1:5", /\? 1 : 0/],
  // comparisons
  ["s == 1", "1:6", /quotes/],
  ["n == s", "1:6", /double\(x\)/],
  ["x < s", "1:5", /double\(x\)/],
  ["t > '2001-01-01'", "1:5", /timestamp\(/],
  ["b < b", "1:1", /==/],
  ["list < list", "1:1", /==/],
  ["raw == s", "1:8", null],
  ["dec > 1.5", "1:7", /double\(x\)/],
  ["list == [1]", "1:9", null],
  // null
  ["x == null", "1:6", /is_null\(x\)/],
  ["null != x", "1:1", /is_null\(x\)/],
  ["null < x", "1:1", /is_null\(x\)/],
  ["x + null", "1:5", /coalesce/],
  ["abs(null)", "1:5", /coalesce/],
  ["is_null(null)", "1:9", null],
  ["null", "1:1", null],
  ["b ? null : null", "1:1", null],
  ["null in [1]", "1:1", /is_null/],
  // lists
  ["[]", "1:1", null],
  ["[1, null]", "1:5", /coalesce/],
  ["[1, 's']", "1:5", /double\(x\)/],
  ["s in [1]", "1:1", /double\(x\)/],
  ["n in 3", "1:6", /x in \[1, 2\]/],
  ["n in vec", "1:6", /x in \[1, 2\]/],
  ["s[0]", "1:1", null],
  ["list[x]", "1:6", null],
  ["list[-1]", "1:6", /0 and up/],
  ["vec[3]", "1:5", /0 to 2/],
  // literals
  ["9223372036854775808", "1:1", /\.0 for a double/],
  ["x + -9223372036854775809", "1:6", /double/],
  ["timestamp('2001-03-31')", "1:11", /zone/],
  ["timestamp('2001-02-30T00:00:00Z')", "1:11", null],
  ["timestamp(s)", "1:11", /timestamp\(/],
  // results
  ["x", "1:1", /int\(round\(x\)\)/, "int64"],
  ["1 + x", "1:1", /int\(x\)/, "int32"],
  ["s", "1:1", /double\(x\)/, "float64"],
  ["n", "1:1", /string\(x\)/, "string"],
  ["n", "1:1", /x != 0/, "bool"],
  ["b", "1:1", /\? 1 : 0/, "int64"],
  ["t", "1:1", /epoch_seconds/, "int64"],
  ["dec", "1:1", null, "decimal(10,3)"],
  ["[1.5]", "1:1", null, "list<int64>"],
  ["vec", "1:1", null, "vector(4)"],
];

const syntaxErrors: Case[] = [
  ["", "1:1", null],
  [" \n", "1:1", null],
  ["x +", "1:4", null],
  ["x = 1.0", "1:3", /==/],
  ["b & b", "1:3", /&&/],
  ["b | b", "1:3", /\|\|/],
  ["b and b", "1:3", /&&/],
  ["b OR b", "1:3", /\|\|/],
  ["s is null", "1:3", /is_null/],
  ["x ^ 2.0", "1:3", /pow/],
  ["(x", "1:3", null],
  ["[x", "1:3", null],
  ["b ? 1", "1:6", null],
  ["x\n+ @", "2:3", null],
  ["'abc", "1:1", null],
  ["'a\\q'", "1:3", null],
  ["1e999", "1:1", null],
  ["1abc", "1:2", /start with a digit/],
  ["größe", "1:3", /ASCII/],
  ["x\u00a0+ 1", "1:2", /ASCII/],
  ["x === 1.0", "1:5", /==/],
  ["x <> 1.0", "1:4", /!=/],
  ["not b", "1:5", /"!"/],
  ["s not in list", "1:3", /"!"/],
  ["if b", "1:1", /condition \? x : y/],
  ["b ? .5 : 1", "1:5", /as in 0\.5/],
  ["x + 1. * 2.", "1:8", /as in 1\.0/],
  ["f1. * 2", "1:5", null],
  ["x /* why */", "1:4", /"\/\/"/],
  ["x # why", "1:3", /"\/\/"/],
  ["// why", "1:7", null],
  ["x // why\n y", "2:2", null],
  ["'a\nb'", "1:3", /'''/],
  ["'''a\n''", "1:1", null],
  ["r'a\\'", "1:1", null],
  ["'\\x4'", "1:2", /two hexadecimal/],
  ["'a\\400'", "1:3", /three digits/],
  ["'\\08'", "1:2", /three digits/],
  ["'\\u123'", "1:2", /4 hexadecimal/],
  ["'\\U00110000'", "1:2", /8 hexadecimal/],
  ["'\\ud83d\\ude00'", "1:2", /of one character/],
  ["raw == b'\\u0041'", "1:10", /"\\x"/],
  ["rb'a' == raw", "1:3", null],
  ["0x + 1", "1:1", null],
  ["1e+ 2", "1:4", /1e6/],
  ["0x1U", "1:1", /leave the "u" out/],
  ["s.true()", "1:3", null],
  ["s.length", "1:3", /alias/],
  ["list[?0]", "1:6", /optional/],
  ["s.?length()", "1:3", /optional/],
  ["P{a: 1}", "1:2", /no messages/],
  ["min(1,, 2)", "1:7", null],
  ["min(,)", "1:5", null],
  ["min(1 2)", "1:7", null],
  ["x y", "1:3", null],
  ["x)", "1:2", null],
  ["package + 1.0", "1:1", /another name/],
  ["1u", "1:1", /leave the "u" out/],
  ["x.y", "1:3", /alias/],
  ["{1: 2}", "1:1", /no maps/],
  ["x?.y", "1:3", /optional/],
  ["list.all(e, e == 'a')", "1:6", /loops/],
  ["list.exists(e, e == 'a')", "1:6", /x in list/],
  ["[1, 2].map(e, e)", "1:8", /loops/],
  ["list.filter(e, true)", "1:6", /loops/],
  ["list.map(1, 2)", "1:6", /loops/],
  ["has(x)", "1:1", /is_null/],
  ["cel.bind(a, 1, a)", "1:5", /view/],
  ["s.matches('a*')", "1:3", /contains/],
  ["matches(s, 'a*')", "1:1", /contains/],
  ["dyn(x)", "1:1", /declared/],
  ["t.getHours()", "1:3", /hour\(t\)/],
  ["duration('1h')", "1:1", /seconds_between/],
  ["log(x)", "1:1", /ln\(x\)/],
  [`${"(".repeat(101)}x${")".repeat(101)}`, "1:101", /view of its own/],
  [Array.from({ length: 501 }, () => "x").join("+"), "1:1", /view of its own/],
  [`${"[".repeat(101)}${"]".repeat(101)}`, "1:101", /100 deep/],
  [`s${".lower()".repeat(100)}`, "1:794", /100 deep/],
  [`list${"[0]".repeat(100)}`, "1:300", /100 deep/],
  [`${"b ? 1 : ".repeat(100)}2`, "1:797", /100 deep/],
  [`${"-".repeat(1000)}x`, "1:1001", /1000 parts/],
  [`[${"1,".repeat(1000)}]`, "1:1", /1000 parts/],
  [`min(${"1, ".repeat(33)})`, "1:101", /32 arguments/],
  [`x + ${"1".repeat(MAX_LENGTH)}`, `1:${MAX_LENGTH + 1}`, /at most 4096/],
  [`s + '\ud800'`, "1:1", null],
];

describe.each([
  ["expression_type_error", typeErrors],
  ["expression_syntax_error", syntaxErrors],
] as const)("5.3 %s", (code, cases) => {
  it.each(cases.map((entry, i) => [`${i + 1}. ${entry[0].slice(0, 60)}`, entry] as const))(
    "%s",
    (_, [text, position, hint, result]) => {
      const error = refusal(text, result);
      expect(error.code).toBe(code);
      expect(`${error.position?.line}:${error.position?.column}`).toBe(position);
      expect(error.pointer).toBe("/features/f");
      if (hint !== null) expect(error.hint).toMatch(hint);
    },
  );
});

describe("5.3 a text of nothing but", () => {
  it.each(["(", "[", "-", "!", "f(", "x[", "b?", "b?1:", "x.f(", "-(", "1+(", "'", "r'''", '"\\', "/", " "])(
    "%s is refused, as long as may be, without exhausting the stack",
    (part) => {
      expect(refusal(part.repeat(MAX_LENGTH / part.length)).code).toBe("expression_syntax_error");
    },
  );
});

describe("5.3 request_time()", () => {
  it("is refused where there is no request", () => {
    const compile = () => compileExpression("hour(request_time()) < 6", {}, { requestTime: false });
    expect(compile).toThrowError(
      expect.objectContaining({ code: "expression_type_error", position: { line: 1, column: 6 } }),
    );
  });
});

describe("5.3 the words of CEL", () => {
  const words =
    "as break const continue else for function if import let loop package namespace return var void while prototype true false null in";
  it.each(words.split(" "))("%s can't name an input", (word) => {
    // As a literal a word may well be an expression, but it never reads the input of that name.
    let inputs: readonly string[] = [];
    try {
      ({ inputs } = compileExpression(word, { [word]: { kind: "float64" } }, { result: { kind: "bool" } }));
    } catch (error) {
      expect((error as EdgefeatError).code).toBe("expression_syntax_error");
    }
    expect(inputs).toEqual([]);
  });

  it.each([
    "type",
    "size",
    "cel",
    "double",
    "int",
    "string",
    "all",
    "map",
    "b",
    "r",
    "_",
    "__a",
    "hour",
    "request_time",
    "dyn",
  ])("%s can", (word) => {
    expect(compileExpression(word, { [word]: { kind: "float64" } }).inputs).toEqual([word]);
  });
});
