// Functions against what their definitions say in plain operators, bit for bit: SEMANTICS 5.1, 5.2.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Artifacts, compileExpression, evaluationContext, FAULT } from "../../../sdk/expressions/index.ts";
import { parseTypeName, type Value } from "../../../sdk/types/index.ts";

const types = {
  x: parseTypeName("float64"),
  n: parseTypeName("int64"),
  s: parseTypeName("string"),
  b: parseTypeName("bool"),
  v: parseTypeName("vector(3)"),
  l: parseTypeName("list<float64>"),
};

const artifacts: Artifacts = {
  scale: { kind: "scaler", mean: 0.1, stddev: 0.7 },
  letters: { kind: "vocabulary", terms: ["b", "", "a"] },
  past: { kind: "vocabulary", terms: ["b", "a"], outOfVocabulary: 2 },
};

const DOT = "0.0 + v[0] * l[0] + v[1] * l[1] + v[2] * l[2]";
const NORM_V = "sqrt(0.0 + v[0] * v[0] + v[1] * v[1] + v[2] * v[2])";
const NORM_L = "sqrt(0.0 + l[0] * l[0] + l[1] * l[1] + l[2] * l[2])";

const pairs: [expression: string, means: string][] = [
  ["if(b, n, x)", "b ? n : x"],
  ["if(n > 3, 1 / n, n * n)", "n > 3 ? 1 / n : n * n"],
  ["standardize(x, 'scale')", "(x - 0.1) / 0.7"],
  ["standardize(n, x, 3)", "(double(n) - x) / 3.0"],
  ["bucketize(x, [-2, 0, 0.5, 7])", "is_nan(x) ? int(x) : int(-2 <= x) + int(0 <= x) + int(0.5 <= x) + int(7 <= x)"],
  ["bucketize(n, [-2, 0, 7])", "int(-2 <= n) + int(0 <= n) + int(7 <= n)"],
  ["vocabulary_index(s, 'letters')", "s == 'b' ? 0 : s == '' ? 1 : s == 'a' ? 2 : null"],
  ["vocabulary_index(s, 'past')", "s == 'b' ? 0 : s == 'a' ? 1 : 2"],
  ["one_hot(s, ['b', 'a'])", "[double(s == 'b'), double(s == 'a')]"],
  ["one_hot(n, [7, -2, 0])", "[double(n == 7), double(n == -2), double(n == 0)]"],
  ["one_hot(s, 'past')", "[double(s == 'b'), double(s == 'a'), double(s != 'b' && s != 'a')]"],
  ["hash_bucket(n, 1000)", "hash_bucket(string(n), 1000)"],
  ["dot(v, l)", DOT],
  ["dot(l, v)", DOT],
  ["dot([n, x], [0.5, x])", "0.0 + n * 0.5 + x * x"],
  ["l2_norm(v)", NORM_V],
  ["l2_norm(l)", NORM_L],
  ["cosine_similarity(v, l)", `clamp((${DOT}) / (${NORM_V} * ${NORM_L}), -1.0, 1.0)`],
  ["starts_with(s, 'a')", "s.startsWith('a')"],
  ["ends_with(s, 'a')", "s.endsWith('a')"],
  ["contains(s, 'a')", "s.contains('a')"],
];

const number = fc.oneof(
  fc.double(),
  fc.constantFrom(-2, -0, 0, 0.5, 7, Number.NaN, Infinity),
  fc.integer().map(Number),
);
const inputs: Record<keyof typeof types, fc.Arbitrary<Value>> = {
  x: number,
  n: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -3n, max: 8n })),
  s: fc.oneof(fc.constantFrom("a", "b", "", "ba"), fc.string({ unit: "binary" })),
  b: fc.boolean(),
  v: fc.float32Array({ minLength: 3, maxLength: 3 }),
  l: fc.array(number, { minLength: 3, maxLength: 3 }),
};
const rows = fc.record(
  Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, fc.option(values, { freq: 9 })])),
);

describe("5.2 a function is what its definition says:", () => {
  it.each(pairs)("%s ≡ %s", (expression, means) => {
    const [left, right] = [expression, means].map((text) => compileExpression(text, types, { artifacts }));
    if (left === undefined || right === undefined) throw new Error("two expressions");
    const context = evaluationContext(0);
    let values = 0;
    fc.assert(
      fc.property(rows, (row) => {
        const [is, should] = [left, right].map(({ inputs: names, evaluate }) => {
          const value = evaluate(
            names.map((name) => row[name] as Value | null),
            context,
          );
          return [value, context.fault];
        });
        expect(is).toStrictEqual(should);
        if (is?.[0] !== null && is?.[0] !== FAULT) values += 1;
      }),
      { numRuns: 500 },
    );
    expect(values).toBeGreaterThan(30);
  });
});
