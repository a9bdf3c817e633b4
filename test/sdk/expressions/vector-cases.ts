// What the functions of vectors give, and lists as vectors: SEMANTICS 5.2.
import type { Case } from "./evaluate-text.ts";

const v = (...numbers: number[]) => [`vector(${numbers.length})`, new Float32Array(numbers)] as const;
const l = (...numbers: number[]) => ["list<float64>", numbers] as const;
const i = (...numbers: bigint[]) => ["list<int64>", numbers] as const;
const length = { fault: "length_mismatch" };
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

export const vectorCases: Case[] = [
  ["dot(a, b)", 32, { a: v(1, 2, 3), b: v(4, 5, 6) }],
  ["dot(a, b)", 32, { a: v(1, 2, 3), b: l(4, 5, 6) }],
  ["dot(a, b)", 32, { a: i(1n, 2n, 3n), b: l(4, 5, 6) }],
  ["dot(a, b)", 5, { a: ["list<int32>", [1, 2]], b: ["list<float32>", [1, 2]] }],
  ["dot(a, [1, 0.5])", 2, { a: v(1, 2) }],
  ["dot(a, [9007199254740993, 0])", 2 ** 53, { a: v(1, 0) }],
  // In order, each product and each sum rounded: an exact sum would be 1, and a sum in pairs 0.1 + 0.9.
  ["dot(a, [1, 1, 1])", 0, { a: l(1e16, 1, -1e16) }],
  ["dot(a, [1, 1, 1, 1])", 0.1 + 0.2 + 0.3 + 0.4, { a: l(0.1, 0.2, 0.3, 0.4) }],
  ["dot(a, a)", 0.1 * 0.1 + 0.2 * 0.2, { a: l(0.1, 0.2) }],
  // float32 elements count with their exact values.
  ["dot(a, [1.0])", Math.fround(0.1), { a: v(0.1) }],
  ["dot(a, a)", 0, { a: l() }],
  ["dot(a, [1.0])", 0, { a: l(-0) }],
  ["dot(a, [0.0])", nan, { a: l(inf) }],
  ["dot(a, [1, 1])", nan, { a: l(inf, -inf) }],
  ["dot(a, [1, 1])", nan, { a: l(nan, 1) }],
  ["dot(a, [2.0])", inf, { a: l(1.7e308) }],
  ["dot(a, b)", null, { a: ["vector(2)", null], b: v(1, 2) }],
  ["dot(a, b)", null, { a: v(1, 2), b: ["list<float64>", null] }],
  ["dot(a, b)", length, { a: v(1, 2), b: l(1) }],
  ["dot(a, b)", length, { a: l(1), b: l() }],
  ["dot(a, [b, 1])", length, { a: l(1), b: ["float64", 1] }],
  ["dot([1, 2], [3, 4])", 11],
  ["l2_norm(a)", 5, { a: v(3, 4) }],
  ["l2_norm(a)", 5, { a: i(3n, 4n) }],
  ["l2_norm(a)", Math.sqrt(0.1 * 0.1 + 0.2 * 0.2), { a: l(0.1, 0.2) }],
  ["l2_norm(a)", 0, { a: l() }],
  ["l2_norm(a)", 0, { a: l(-0, 0) }],
  ["l2_norm(a)", inf, { a: l(-inf, 1) }],
  ["l2_norm(a)", inf, { a: l(1e200) }],
  ["l2_norm(a)", 0, { a: l(1e-200) }],
  ["l2_norm(a)", nan, { a: l(nan) }],
  ["l2_norm(a)", nan, { a: l(nan, inf) }],
  ["l2_norm(a)", null, { a: ["vector(1)", null] }],
  ["cosine_similarity(a, b)", 1, { a: v(2, 0), b: v(3, 0) }],
  ["cosine_similarity(a, b)", -1, { a: v(2, 0), b: l(-3, 0) }],
  ["cosine_similarity(a, b)", 0, { a: v(2, 0), b: v(0, 1) }],
  ["cosine_similarity(a, b)", 24 / 25, { a: v(3, 4), b: v(4, 3) }],
  // Without the clamp 1.0000000000000002.
  ["cosine_similarity(a, a)", 1, { a: l(1, 1, 1) }],
  ["cosine_similarity(a, b)", nan, { a: v(0, 0), b: v(1, 1) }],
  ["cosine_similarity(a, a)", nan, { a: l() }],
  ["cosine_similarity(a, [1, 1])", nan, { a: l(inf, 1) }],
  ["cosine_similarity(a, [1, 1])", nan, { a: l(nan, 1) }],
  ["cosine_similarity(a, b)", length, { a: v(1, 2, 3), b: l(1, 2) }],
  ["cosine_similarity(a, b)", null, { a: v(1, 2, 3), b: ["list<float64>", null] }],
  // A list is a vector where a feature is one: float32 elements, its length checked beforehand where it is known.
  ["[x, 2, 0.1]", new Float32Array([1, 2, 0.1]), { x: ["float64", 1] }, { result: "vector(3)" }],
  ["[n, 2]", new Float32Array([1, 2]), { n: ["int64", 1n] }, { result: "vector(2)" }],
  ["[x, 2]", null, { x: ["float64", null] }, { result: "vector(2)" }],
  ["[x, -0.0]", new Float32Array([nan, -0]), { x: ["float64", nan] }, { result: "vector(2)" }],
  ["[x]", { fault: "value_out_of_range" }, { x: ["float64", 1e300] }, { result: "vector(1)" }],
  ["[x]", new Float32Array([inf]), { x: ["float64", inf] }, { result: "vector(1)" }],
  ["a", new Float32Array([1, 2]), { a: l(1, 2) }, { result: "vector(2)" }],
  ["a", length, { a: l(1, 2, 3) }, { result: "vector(2)" }],
  [
    "b ? [1.0, 2.0] : [x, x]",
    new Float32Array([1, 2]),
    { b: ["bool", true], x: ["float64", 0] },
    { result: "vector(2)" },
  ],
  ["b ? [1.0] : [1.0, 2.0]", new Float32Array([1]), { b: ["bool", true] }, { result: "vector(1)" }],
  ["b ? [1.0] : [1.0, 2.0]", length, { b: ["bool", false] }, { result: "vector(1)" }],
  ["b ? [1.0] : a", new Float32Array([7]), { b: ["bool", false], a: l(7) }, { result: "vector(1)" }],
  ["coalesce([x, x], [0.0, 0.0])", new Float32Array(2), { x: ["float64", null] }, { result: "vector(2)" }],
];
