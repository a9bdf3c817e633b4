// What functions of literals, lengths and artifacts refuse when an expression is registered: SEMANTICS 5.3.
import { describe, expect, it } from "vitest";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { type Artifacts, compileExpression } from "../../../sdk/expressions/index.ts";
import { parseTypeName, type ValueType } from "../../../sdk/types/index.ts";

const scope: Record<string, ValueType> = Object.fromEntries(
  Object.entries({
    n: "int64",
    x: "float64",
    s: "string",
    b: "bool",
    t: "timestamp",
    raw: "bytes",
    list: "list<float64>",
    texts: "list<string>",
    vec: "vector(3)",
    wide: "vector(4)",
  }).map(([name, type]) => [name, parseTypeName(type)]),
);

const artifacts: Artifacts = {
  delay_scaler: { kind: "scaler", mean: 0, stddev: 1 },
  carriers: { kind: "vocabulary", terms: ["AA"] },
  airports: { kind: "vocabulary", terms: ["SEA"] },
  thousand: { kind: "vocabulary", terms: Array.from({ length: 1000 }, (_, n) => `t${n}`), outOfVocabulary: 1000 },
};

type Case = readonly [text: string, position: string, message: RegExp, hint: RegExp | null, result?: string];

const cases: Case[] = [
  // artifacts
  ["standardize(x, 'delay_scalr')", "1:16", /no scaler "delay_scalr"/, /did you mean "delay_scaler"/],
  ["x +\n vocabulary_index(s, 'carrier')", "2:22", /no vocabulary "carrier"/, /did you mean "carriers"/],
  ["one_hot(s, 'zzz')", "1:12", /no vocabulary "zzz"/, /known: "carriers", "airports", "thousand"/],
  ["standardize(x, 'carriers')", "1:16", /"carriers" is a vocabulary, not a scaler/, /known: "delay_scaler"/],
  ["vocabulary_index(s, 'delay_scaler')", "1:21", /is a scaler, not a vocabulary/, /known: "carriers"/],
  ["standardize(x, 'toString')", "1:16", /no scaler "toString"/, /delay_scaler/],
  ["standardize(x, '__proto__')", "1:16", /no scaler "__proto__"/, /delay_scaler/],
  ["standardize(x, s)", "1:16", /a scaler is named by a text literal, not a computed text/, null],
  ["vocabulary_index(s, lower(s))", "1:21", /named by a text literal/, null],
  ["vocabulary_index(s, 7)", "1:21", /named by a text literal, not int/, null],
  ["vocabulary_index(s, carriers)", "1:21", /unknown name "carriers"/, null],
  ["vocabulary_index(n, 'carriers')", "1:18", /looks up text in a vocabulary, not int/, /string\(x\)/],
  ["one_hot(n, 'carriers')", "1:9", /looks up text in a vocabulary, not int/, /string\(x\)/],
  // one_hot
  ["one_hot(s, texts)", "1:12", /list of literals as "values", not a computed list/, null],
  ["one_hot(s, [s])", "1:12", /list of literals/, null],
  ["one_hot(s, 7)", "1:12", /list of literals as "values", not int/, null],
  ["one_hot(s, ['a', 'b', 'a'])", "1:12", /each value once/, null],
  ["one_hot(s, [1, 2])", "1:9", /not string and list<int>/, null],
  ["one_hot(x, [1.0, 2.0])", "1:9", /not double and list<double>/, /string\(x\)/],
  ["one_hot(raw, [b'a'])", "1:9", /not bytes/, null],
  ["one_hot(s, 'thousand')", "1:12", /at most 1000 elements, not 1001/, /vocabulary_index/],
  ["one_hot(s)", "1:1", /takes 2 arguments, not 1/, /one_hot\(x: T/],
  ["s.one_hot(['a'])", "1:3", /is a function/, /write one_hot\(x, values\)/],
  // bucketize
  ["bucketize(s, [1])", "1:11", /takes double as "x", not string/, /double\(x\)/],
  ["bucketize(x, list)", "1:14", /list of literals as "boundaries", not a computed list/, null],
  ["bucketize(x, 7)", "1:14", /list of literals as "boundaries", not int/, null],
  ["bucketize(x, ['a'])", "1:14", /numbers that a double holds as "boundaries", not list<string>/, null],
  ["bucketize(x, [2, 1])", "1:14", /must rise/, null],
  ["bucketize(x, [1, 1.0])", "1:14", /must rise/, null],
  ["bucketize(x, [-0.0, 0.0])", "1:14", /must rise/, null],
  ["bucketize(x, [0, 0.0 / 0.0])", "1:14", /not NaN/, null],
  ["bucketize(x, [0, 1.0 / 0.0])", "1:14", /not Infinity/, null],
  ["bucketize(x, [9007199254740992])", "1:14", /not 9007199254740992/, null],
  // standardize
  ["standardize(s, 'delay_scaler')", "1:13", /takes double as "x", not string/, /double\(x\)/],
  ["standardize(x, 1.0)", "1:1", /a scaler's name, or a mean and a deviation/, /standardize\(x, "scaler"\)/],
  ["standardize(x, 'delay_scaler', 2.0)", "1:32", /holds its deviation/, null],
  ["standardize(x, 1.0, s)", "1:21", /takes double as "stddev", not string/, null],
  ["standardize(x, b, 1.0)", "1:16", /takes double as "mean", not bool/, /\? 1 : 0/],
  ["standardize(x)", "1:1", /takes 2 to 3 arguments, not 1/, null],
  // hash_bucket
  ["hash_bucket(x, 10)", "1:13", /takes string or int as "x", not double/, /string\(x\)/],
  ["hash_bucket(s, n)", "1:16", /literal int from 1 to 2147483647/, null],
  ["hash_bucket(s, 0)", "1:16", /literal int from 1/, null],
  ["hash_bucket(s, -1)", "1:16", /literal int from 1/, null],
  ["hash_bucket(s, 2147483648)", "1:16", /to 2147483647/, null],
  ["hash_bucket(s, 10.0)", "1:16", /literal int/, null],
  // vectors
  ["dot(vec, wide)", "1:10", /two of one length, not 3 and 4/, null],
  ["dot(vec, [1, 2])", "1:10", /not 3 and 2/, null],
  ["cosine_similarity([x], [x, x])", "1:24", /not 1 and 2/, null],
  ["dot(vec, b ? [x, x] : [n, 1.0])", "1:10", /not 3 and 2/, null],
  ["dot(vec, texts)", "1:10", /a vector or a list of numbers as "b", not list<string>/, null],
  ["dot(x, vec)", "1:5", /a vector or a list of numbers as "a", not double/, null],
  ["l2_norm([vec])", "1:9", /list of numbers as "a", not list<vector\(3\)>/, null],
  ["l2_norm(null)", "1:9", /not null/, /coalesce/],
  ["vec.dot(vec)", "1:5", /is a function/, /write dot\(a, b\)/],
  // lists as vectors
  ["[x, x]", "1:1", /gives a list of 2, but vector\(3\) is declared/, null, "vector(3)"],
  ["one_hot(s, 'carriers')", "1:1", /gives a list of 1/, null, "vector(2)"],
  ["b ? [x] : [x]", "1:1", /gives a list of 1/, null, "vector(2)"],
  ["coalesce([x], [x])", "1:1", /gives a list of 1/, null, "vector(2)"],
  ["texts", "1:1", /gives list<string>, but vector\(3\) is declared/, null, "vector(3)"],
  // if
  ["if(x, 1, 2)", "1:4", /if\(\) takes a bool condition, not double/, /x != 0/],
  ["if(b, 1, s)", "1:10", /the branches of if\(\) differ: int and string/, /double\(x\)/],
  ["if(b, 1)", "1:1", /takes 3 arguments, not 2/, /if\(condition: bool, yes: T, no: T\)/],
];

describe("5.3 expression_type_error", () => {
  it.each(cases.map((entry, i) => [`${i + 1}. ${entry[0]}`, entry] as const))(
    "%s",
    (_, [text, position, message, hint, result]) => {
      let error: unknown;
      try {
        compileExpression(text, scope, {
          artifacts,
          pointer: "/features/f",
          ...(result === undefined ? {} : { result: parseTypeName(result) }),
        });
      } catch (fault) {
        error = fault;
      }
      if (!(error instanceof EdgefeatError)) throw new Error(`was not refused: ${text}`, { cause: error });
      expect(error.code).toBe("expression_type_error");
      expect(`${error.position?.line}:${error.position?.column}`).toBe(position);
      expect(error.pointer).toBe("/features/f");
      expect(error.message).toMatch(message);
      if (hint !== null) expect(error.hint).toMatch(hint);
    },
  );

  it("says where artifacts are listed, where there are none", () => {
    for (const given of [undefined, {}, { carriers: artifacts["carriers"] as Artifacts[string] }]) {
      expect(() => compileExpression("standardize(x, 'delay')", scope, { artifacts: given })).toThrow(
        expect.objectContaining({
          code: "expression_type_error",
          position: { line: 1, column: 16 },
          hint: 'list a scaler under "artifacts" of the on-demand view',
        }),
      );
    }
  });
});
