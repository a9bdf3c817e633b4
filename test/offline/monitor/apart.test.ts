// How far two values are apart: a table of cases, by type.
import { expect, test } from "vitest";
import { apart, BEYOND_MEASURE } from "../../../offline/monitor/apart.ts";
import { parseTypeName, type Value } from "../../../sdk/types/index.ts";

const CASES: [
  type: string,
  a: Value,
  b: Value,
  apart: readonly [absolute: number, relative: number] | string | null,
][] = [
  ["float64", 1, 1, null],
  ["float64", 0, -0, [0, 0]],
  ["float64", Number.NaN, Number.NaN, null],
  ["float64", Number.NaN, 1, BEYOND_MEASURE],
  ["float64", Infinity, Infinity, null],
  ["float64", Infinity, -Infinity, BEYOND_MEASURE],
  ["float64", 4, 5, [1, 0.2]],
  ["float64", -5, 4, [9, 1.8]],
  ["float64", 1, 1 + Number.EPSILON, [Number.EPSILON, Number.EPSILON / (1 + Number.EPSILON)]],
  ["float32", 2, 1, [1, 0.5]],
  ["int32", 0, 3, [3, 1]],
  ["int64", 2n ** 63n - 1n, 2n ** 63n - 1n, null],
  ["int64", 2n ** 53n, 2n ** 53n + 1n, [1, 2 ** -53]],
  ["timestamp", 0n, 10n, [10, 1]],
  ["decimal(10,2)", "1.50", "1.50", null],
  ["decimal(10,2)", "1.50", "2.00", [0.5, 0.25]],
  ["string", "a", "b", BEYOND_MEASURE],
  ["bool", true, false, BEYOND_MEASURE],
  ["bytes", new Uint8Array([1]), new Uint8Array([1]), null],
  ["bytes", new Uint8Array([1]), new Uint8Array([2]), BEYOND_MEASURE],
  ["vector(2)", new Float32Array([1, 2]), new Float32Array([1, 4]), [2, 0.5]],
  ["list<int64>", [1n, 2n], [1n], BEYOND_MEASURE],
  ["list<int64>", [1n, 2n], [1n, 4n], [2, 0.5]],
  ["list<string>", ["a"], ["b"], BEYOND_MEASURE],
];

test.each(CASES)("%s: %o and %o", (name, a, b, expected) => {
  const type = parseTypeName(name);
  const [absolute, relative] = Array.isArray(expected) ? expected : [];
  const answer = Array.isArray(expected) ? { absolute, relative } : expected;
  expect(apart(type, a, b)).toEqual(answer);
  expect(apart(type, b, a)).toEqual(answer);
});
