// What each function gives: SEMANTICS 5.2, and the reference that lists them.
import { describe, expect, it } from "vitest";
import { compileExpression, functionReference } from "../../../sdk/expressions/index.ts";
import { parseTime } from "../../../sdk/time.ts";
import { parseTypeName } from "../../../sdk/types/index.ts";
import { encodingCases } from "./encoding-cases.ts";
import { type Case, evaluateText } from "./evaluate-text.ts";
import { vectorCases } from "./vector-cases.ts";

const range = { fault: "value_out_of_range" };
const bad = { fault: "bad_conversion" };
const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

const i = (value: bigint | null) => ["int64", value] as const;
const d = (value: number | null) => ["float64", value] as const;
const s = (value: string | null) => ["string", value] as const;
const t = (text: string) => ["timestamp", BigInt(parseTime(text))] as const;
const SEATAC = [47.449, -122.309];
const JFK = [40.64, -73.779];

const cases: Case[] = [
  ["abs(-3)", 3n],
  ["abs(-3.5)", 3.5],
  ["abs(x)", 0, { x: d(-0) }],
  ["abs(x)", 2n ** 31n, { x: ["int32", -(2 ** 31)] }],
  ["min(3, 1, 2)", 1n],
  ["min(3, 1.5)", 1.5],
  ["max(3, 1, 2)", 3n],
  ["max(x, 1.0)", Number.NaN, { x: d(Number.NaN) }],
  ["min(1.0, x)", Number.NaN, { x: d(Number.NaN) }],
  ["min(x, 0.0)", -0, { x: d(-0) }],
  ["max(x, 0.0)", 0, { x: d(-0) }],
  ["min(x, timestamp('1970-01-01T00:00:01Z'))", 1_000_000n, { x: t("1971-01-01T00:00:00Z") }],
  ["max(x, timestamp('1970-01-01T00:00:01Z'))", 31_536_000_000_000n, { x: t("1971-01-01T00:00:00Z") }],
  ["clamp(5, 1, 3)", 3n],
  ["clamp(0, 1, 3)", 1n],
  ["clamp(2, 1, 3)", 2n],
  ["clamp(x, 0.0, 1)", 1, { x: d(7) }],
  ["clamp(x, 0.0, 1.0)", Number.NaN, { x: d(Number.NaN) }],
  ["clamp(2, 3, 1)", 1n],
  ...(
    [
      [2.5, 3],
      [-2.5, -3],
      [0.5, 1],
      [-0.5, -1],
      [0.49999999999999994, 0],
      [-0.3, -0],
      [-0, -0],
      [4503599627370497.5, 4503599627370498],
      [2 ** 60, 2 ** 60],
      [Infinity, Infinity],
      [Number.NaN, Number.NaN],
    ] as const
  ).map(([x, expected]): Case => ["round(x)", expected, { x: d(x) }]),
  ["floor(x)", -3, { x: d(-2.5) }],
  ["ceil(x)", -2, { x: d(-2.5) }],
  ["ceil(x)", -0, { x: d(-0.5) }],
  ["sqrt(2.0)", Math.SQRT2],
  ["sqrt(-1.0)", Number.NaN],
  ["exp(1)", Math.E],
  ["exp(x)", 0, { x: d(-Infinity) }],
  ["ln(0.0)", -Infinity],
  ["ln(-1.0)", Number.NaN],
  ["log1p(1e-20)", 1e-20],
  ["log10(1000)", 3],
  ["log10(0.001)", -3],
  ["pow(2, 10)", 1024],
  ["pow(2.0, 0.5)", Math.SQRT2],
  ["pow(1.0, x)", 1, { x: d(Number.NaN) }],
  ["pow(-8.0, 1.0 / 3.0)", Number.NaN],
  ["sin(0.0)", 0],
  ["cos(0.0)", 1],
  ["tan(0.0)", 0],
  ["sin(x)", Number.NaN, { x: d(Infinity) }],
  ["atan2(1.0, 1.0)", Math.PI / 4],
  ["atan2(0.0, -1.0)", Math.PI],
  ["sin_cycle(6, 24)", 1],
  ["cos_cycle(12, 24)", -1],
  ["cos_cycle(24, 24)", 1],
  ["sin_cycle(86400000000006.0, 24)", 1],
  ["sin_cycle(1, 0)", Number.NaN],
  ["is_nan(0.0 / 0.0)", true],
  ["is_nan(1)", false],
  // A quarter of a meridian, R·π/2, and SEA to JFK.
  ["haversine_km(0, 0, 90, 0)", (6371.0088 * Math.PI) / 2],
  ["haversine_km(0, 0, 0, 180)", 6371.0088 * Math.PI],
  ["haversine_km(x, y, x, y)", 0, { x: d(SEATAC[0] as number), y: d(SEATAC[1] as number) }],
  [
    "round(haversine_km(a, b, c, d) * 1000.0)",
    3886626,
    { a: d(SEATAC[0] as number), b: d(SEATAC[1] as number), c: d(JFK[0] as number), d: d(JFK[1] as number) },
  ],
  ["request_time()", 5n, {}, { requestTimeUs: 5 }],
  ["seconds_between(request_time(), x)", 1.5, { x: ["timestamp", 1_500_000n] }, { requestTimeUs: 0 }],
  ["seconds_between(x, y)", -1e-6, { x: ["timestamp", 1n], y: ["timestamp", 0n] }],
  ["seconds_between(x, y)", 18446744073709.55, { x: ["timestamp", MIN], y: ["timestamp", MAX] }],
  ["epoch_seconds(x)", -1n, { x: ["timestamp", -1n] }],
  ["epoch_seconds(x)", 985_996_800n, { x: t("2001-03-31T00:00:00.999999Z") }],
  ["epoch_seconds(x)", -9_223_372_036_855n, { x: ["timestamp", MIN] }],
  ["year(x) * 10000 + month(x) * 100 + day(x)", 20010331n, { x: t("2001-03-31T23:59:59.999999Z") }],
  ["hour(x) * 10000 + minute(x) * 100 + second(x)", 235958n, { x: t("1931-03-31T23:59:58.999999Z") }],
  ["weekday(timestamp('2001-03-31T00:00:00Z'))", 6n],
  ["weekday(timestamp('2001-04-01T00:00:00Z'))", 7n],
  ["weekday(timestamp('2001-04-02T00:00:00Z'))", 1n],
  ["timestamp('2001-03-31T02:00:00+02:00')", 985_996_800_000_000n],
  ["timestamp('9999-12-31T23:59:59.999999Z') > request_time()", true],
  ["size('Zürich😀')", 7n],
  ["'😀'.size()", 1n],
  ["size(x)", 3n, { x: ["bytes", Uint8Array.of(1, 2, 3)] }],
  ["size(x) + length(y)", 3n, { x: ["list<int64>", [1n]], y: ["vector(2)", new Float32Array(2)] }],
  ["length('')", 0n],
  ["'SEA-TAC'.contains('A-T')", true],
  ["'a'.contains('')", true],
  ["x.startsWith('SEA')", false, { x: s("sea") }],
  ["'SEA'.endsWith('A')", true],
  ["lower('ÀÉİ')", "àéi̇"],
  ["upper('straße')", "STRASSE"],
  ["int(2.9)", 2n],
  ["int(-2.9)", -2n],
  ["int(x)", MIN, { x: d(-(2 ** 63)) }],
  ["int(x)", range, { x: d(2 ** 63) }],
  ["int(x)", range, { x: d(Number.NaN) }],
  ["int(x)", range, { x: d(-Infinity) }],
  ["int(round(2.5))", 3n],
  ["int('-007')", -7n],
  ["int('+9223372036854775807')", MAX],
  ["int('9223372036854775808')", range],
  ["int(x)", bad, { x: s("1.0") }],
  ["int(x)", bad, { x: s("") }],
  ["int(x)", bad, { x: s(" 1") }],
  ["int(x)", bad, { x: s("0x10") }],
  ["int(x)", bad, { x: s("9".repeat(20)) }],
  ["int(x)", -12n, { x: ["decimal(5,2)", "-12.99"] }],
  ["int(x)", range, { x: ["decimal(38,0)", "9".repeat(38)] }],
  ["int(true) + int(false)", 1n],
  ["int(7)", 7n],
  ["double(9007199254740993)", 2 ** 53],
  ["double('1.5e3')", 1500],
  ["double('.5')", 0.5],
  ["double('-0')", -0],
  ["double('-Infinity')", -Infinity],
  ["double(x)", range, { x: s("1e999") }],
  ["double(x)", bad, { x: s("") }],
  ["double(x)", bad, { x: s("1,5") }],
  ["double(x)", bad, { x: s("infinity") }],
  ["double(x)", -12.99, { x: ["decimal(5,2)", "-12.99"] }],
  ["double(true)", 1],
  ["string(9223372036854775807)", "9223372036854775807"],
  ["string(0.1 + 0.2)", "0.30000000000000004"],
  ["string(1e21)", "1e+21"],
  ["string(x)", "-0", { x: d(-0) }],
  ["string(x)", "-Infinity", { x: d(-Infinity) }],
  ["string(true)", "true"],
  ["string(x)", "2001-03-31T00:00:00.500Z", { x: t("2001-03-31T00:00:00.5Z") }],
  ["string(x)", "1.20", { x: ["decimal(5,2)", "1.20"] }],
  ["string('a')", "a"],
  ["bool('true')", true],
  ["bool('false')", false],
  ["bool(x)", bad, { x: s("True") }],
  ["bool(true)", true],
  ["is_null(x)", false, { x: i(0n) }],
  ["coalesce(x, 1)", 1n, { x: i(null) }],
  ["if(x > 0, 1, 2)", 1n, { x: i(1n) }],
  ["if(x > 0, 1, 2)", 2n, { x: i(0n) }],
  ["if(x > 0, 1, 2)", null, { x: i(null) }],
  ["if(x > 0, 1, 2.5)", 1, { x: i(1n) }],
  ["if(x > 0, null, 2)", null, { x: i(1n) }],
  // Only the branch taken is evaluated; a fault in the condition is one.
  ["if(x > 0, 1, 1 / x)", 1n, { x: i(1n) }],
  ["if(x > 0, 1, 1 / x)", { fault: "division_by_zero" }, { x: i(0n) }],
  ["if(1 / x > 0, 1, 2)", { fault: "division_by_zero" }, { x: i(0n) }],
  ["if(true, if(false, 1, 2), 3)", 2n],
  ["if(x, 'a', 'b') + if(!x, 'a', 'b')", "ab", { x: ["bool", true] }],
  ["contains('SEA-TAC', 'A-T')", true],
  ["contains(x, '')", null, { x: s(null) }],
  ["starts_with('SEA-TAC', 'SEA')", true],
  ["starts_with('SEA', 'SEA-TAC')", false],
  ["'SEA'.starts_with('')", true],
  ["ends_with('SEA-TAC', 'tac')", false],
  ["'SEA-TAC'.ends_with('TAC')", true],
  ["ends_with(x, 'a')", null, { x: s(null) }],
  ...vectorCases,
  ...encodingCases,
];

describe("5.2 functions", () => {
  it.each(cases.map((entry, n) => [`${n + 1}. ${entry[0]}`, entry] as const))(
    "%s",
    (_, [text, expected, inputs, settings]) => {
      expect(evaluateText(text, inputs, settings)).toStrictEqual(expected);
    },
  );

  it("5.2 ends soon on long texts that are nearly numbers", () => {
    const digits = "1".repeat(1_000_000);
    expect(evaluateText("double(x)", { x: s(`${digits}x`) })).toEqual(bad);
    expect(evaluateText("int(x)", { x: s(digits) })).toEqual(bad);
  });
});

describe("functionReference", () => {
  it("lists each function once, with a case above and texts of whole sentences", () => {
    const names = functionReference.map((entry) => entry.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, signatures, gives, nulls = "Null.", faults = "None." } of functionReference) {
      const call = new RegExp(`\\b${name}\\(`);
      expect(
        cases.some(([text]) => call.test(text)),
        name,
      ).toBe(true);
      expect(signatures.length, name).toBeGreaterThan(0);
      for (const signature of signatures) expect(signature).toMatch(call);
      for (const text of [gives, nulls, faults]) expect(text, name).toMatch(/^.*\.$/s);
    }
  });

  it("gives signatures that the compiler takes", () => {
    const scope = {
      any: "float64",
      int: "int64",
      double: "float64",
      string: "string",
      bool: "bool",
      timestamp: "timestamp",
      T: "float64",
      bytes: "bytes",
    } as const;
    const numbers = parseTypeName("vector(3)");
    for (const signature of functionReference.flatMap((entry) => entry.signatures)) {
      if (/: (list|vector|decimal)|literal/.test(signature)) continue;
      const text = signature
        .replace(/: \w+$/, "")
        .replace(", …", "")
        .replace(/\w+: (\w+)/g, "in_$1")
        .replace(/^text\./, "in_string.");
      const types = Object.fromEntries(Object.entries(scope).map(([name, kind]) => [`in_${name}`, { kind }]));
      expect(() => compileExpression(text, { ...types, in_numbers: numbers }), signature).not.toThrow();
    }
  });
});
