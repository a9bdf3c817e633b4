// What the functions that make a model's inputs give: SEMANTICS 5.2.
import type { Artifacts } from "../../../sdk/expressions/index.ts";
import type { Case } from "./evaluate-text.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const d = (value: number | null) => ({ x: ["float64", value] }) as const;
const s = (value: string | null) => ({ x: ["string", value] }) as const;
const i = (value: bigint | null) => ({ x: ["int64", value] }) as const;

const artifacts: Artifacts = {
  delay: { kind: "scaler", mean: 10, stddev: 4 },
  zero: { kind: "scaler", mean: -0, stddev: 1 },
  carriers: { kind: "vocabulary", terms: ["AA", "DL", ""] },
  first: { kind: "vocabulary", terms: ["[UNK]", "AA"], outOfVocabulary: 0 },
  past: { kind: "vocabulary", terms: ["AA", "DL"], outOfVocabulary: 2 },
  minus: { kind: "vocabulary", terms: ["AA", "DL"], outOfVocabulary: -1 },
  prototype: { kind: "vocabulary", terms: ["constructor"] },
};
const with_ = { artifacts };

const buckets = (boundaries: string, ...table: (readonly [x: number, bucket: bigint | null])[]): Case[] =>
  table.map(([x, bucket]) => [`bucketize(x, ${boundaries})`, bucket, d(x)]);

export const encodingCases: Case[] = [
  ["one_hot(x, ['AA', 'DL'])", [0, 1], s("DL")],
  ["one_hot(x, ['AA', 'DL'])", [0, 0], s("dl")],
  ["one_hot(x, ['AA', 'DL'])", null, s(null)],
  ["one_hot(x, ['', 'DL'])", [1, 0], s("")],
  ["one_hot(x, [3, 1, 2])", [0, 1, 0], i(1n)],
  ["one_hot(x, [3, 1])", [1, 0], { x: ["int32", 3] }],
  ["one_hot(x, [9223372036854775807])", [1], i(2n ** 63n - 1n)],
  ["one_hot(x, [true, false])", [0, 1], { x: ["bool", false] }],
  ["one_hot(weekday(x), [6, 7])", [1, 0], { x: ["timestamp", 986_040_000_000_000n] }],
  ["one_hot(x, [timestamp('1970-01-01T00:00:00Z')])", [1], { x: ["timestamp", 0n] }],
  ["one_hot('b', ['a', 'b'])", [0, 1]],
  ["one_hot(x, 'carriers')", [0, 1, 0], s("DL"), with_],
  ["one_hot(x, 'carriers')", [0, 0, 1], s(""), with_],
  ["one_hot(x, 'carriers')", [0, 0, 0], s("ZZ"), with_],
  ["one_hot(x, 'carriers')", null, s(null), with_],
  ["one_hot(x, 'first')", [1, 0], s("ZZ"), with_],
  ["one_hot(x, 'past')", [0, 0, 1], s("ZZ"), with_],
  ["one_hot(x, 'past')", [0, 1, 0], s("DL"), with_],
  ["one_hot(x, 'minus')", [0, 0], s("ZZ"), with_],
  ["one_hot(x, 'past')", new Float32Array([0, 1, 0]), s("DL"), { artifacts, result: "vector(3)" }],
  ["one_hot(x, ['AA', 'DL'])", [0, 1], s("DL"), { result: "list<float32>" }],
  [
    "coalesce(one_hot(x, 'past'), [0.0, 0.0, 1.0])",
    new Float32Array([0, 0, 1]),
    s(null),
    { artifacts, result: "vector(3)" },
  ],
  ["dot(one_hot(x, 'past'), [10, 20, 30])", 20, s("DL"), with_],
  ["x in ['a'] ? one_hot(x, ['a']) : [0.5]", [0.5], s("b")],

  // An edge belongs to the bucket above it.
  ...buckets(
    "[0, 15.5, 60]",
    [-inf, 0n],
    [-1e-300, 0n],
    [-0, 1n],
    [0, 1n],
    [15.499999999999998, 1n],
    [15.5, 2n],
    [59, 2n],
    [60, 3n],
    [inf, 3n],
  ),
  ...buckets("[1]", [0, 0n], [1, 1n], [2, 1n]),
  ...buckets("[-0.0]", [0, 1n], [-0, 1n]),
  ["bucketize(x, [0, 1])", { fault: "value_out_of_range" }, d(nan)],
  ["bucketize(x, [0, 1])", null, d(null)],
  ["bucketize(x, [1, 3])", 1n, i(2n)],
  ["bucketize(x, [1, 3])", 2n, i(2n ** 63n - 1n)],
  ["bucketize(x, [1, 3])", 1n, { x: ["int32", 1] }],
  ["bucketize(x, [9007199254740991])", 0n, i(2n ** 53n - 2n)],
  ["bucketize(x, [9007199254740991])", 1n, i(2n ** 53n + 1n)],
  ["bucketize(2, [1, 1 + 2])", 1n],
  [`bucketize(x, [${Array.from({ length: 800 }, (_, n) => n).join(", ")}])`, 701n, d(700.5)],

  ["standardize(x, 'delay')", 4, d(26), with_],
  ["standardize(x, 'delay')", -2.5, i(0n), with_],
  ["standardize(x, 'delay')", null, d(null), with_],
  ["standardize(x, 'delay')", nan, d(nan), with_],
  ["standardize(x, 'delay')", -inf, d(-inf), with_],
  ["standardize(x, 'zero')", 0, d(0), with_],
  ["standardize(x, 'zero')", -0, d(-0), with_],
  ["standardize(26, 'delay')", 4, {}, with_],
  ["standardize(x, 10, 4)", 4, d(26)],
  // Subtracted and then divided: x / s - m / s would give 0.3999999999999999.
  ["standardize(x, 0.3, 0.7)", (0.58 - 0.3) / 0.7, d(0.58)],
  ["standardize(x, 1.0, 0.0)", inf, d(2)],
  ["standardize(x, 1.0, 0.0)", nan, d(1)],
  ["standardize(x, 1.0, m)", null, { ...d(2), m: ["float64", null] }],
  ["standardize(x, m, 2)", 0.5, { ...d(2), m: ["int64", 1n] }],
  ["standardize(x, m, 2)", null, { ...d(2), m: ["int64", null] }],
  ["standardize(x, 1, 2)", null, d(null)],

  ["vocabulary_index(x, 'carriers')", 1n, s("DL"), with_],
  ["vocabulary_index(x, 'carriers')", 2n, s(""), with_],
  ["vocabulary_index(x, 'carriers')", null, s("dl"), with_],
  ["vocabulary_index(x, 'carriers')", null, s(null), with_],
  ["is_null(vocabulary_index(x, 'carriers'))", true, s("ZZ"), with_],
  ["vocabulary_index(x, 'first')", 0n, s("ZZ"), with_],
  ["vocabulary_index(x, 'past')", 2n, s("ZZ"), with_],
  ["vocabulary_index(x, 'minus')", -1n, s("ZZ"), with_],
  ["vocabulary_index(x, 'past')", null, s(null), with_],
  ["vocabulary_index(x, 'prototype')", 0n, s("constructor"), with_],
  ["vocabulary_index(x, 'prototype')", null, s("toString"), with_],
  ["vocabulary_index(x, 'prototype')", null, s("__proto__"), with_],
  ["vocabulary_index(upper(x), 'carriers') + 1", 2n, s("dl"), with_],
  ["vocabulary_index(x, 'carriers') / 2.0", 0.5, s("DL"), with_],
  ["vocabulary_index('DL', 'carriers')", 1n, {}, with_],
  ["vocabulary_index(x, 'car' + 'riers')", 0n, s("AA"), with_],
  ["vocabulary_index(x, 'carriers')", 1, s("DL"), { artifacts, result: "int32" }],

  ["hash_bucket(x, 1000)", 307n, s("test")],
  ["hash_bucket(x, 1000)", 0n, s("")],
  ["hash_bucket(x, 2147483647)", 980_144_660n, s("test")],
  ["hash_bucket(x, 1)", 0n, s("test")],
  ["hash_bucket(x, 1000)", 622n, s("B😀é")],
  ["hash_bucket(x, 1000)", 814n, s("42")],
  ["hash_bucket(x, 1000)", 814n, i(42n)],
  ["hash_bucket(x, 1000)", 814n, { x: ["int32", 42] }],
  ["hash_bucket(x, 1000)", 273n, i(-(2n ** 63n))],
  ["hash_bucket(x, 1000)", null, s(null)],
  ["hash_bucket('test', 999 + 1)", 307n],
];
