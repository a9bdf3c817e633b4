// Functions that make one number of a number or a text, for a model: buckets, standardized numbers, vocabulary indices.
import { artifactNamed, termIndices } from "../artifacts.ts";
import { type Evaluator, fail } from "../context.ts";
import { DOUBLE, INT, showType } from "../expression-type.ts";
import { folded, type Operand } from "../operand.ts";
import { literalList, numberArgument, vocabularyArgument } from "./arguments.ts";
import type { CallSite, CallScope, FormEntry } from "./entry.ts";

function bucketize({ operands, start }: CallSite, { source }: CallScope): Operand {
  const [x, boundaries] = operands as readonly [Operand, Operand];
  const value = numberArgument("bucketize", "x", x, source);
  const literals = literalList("bucketize", "boundaries", boundaries, source);
  const edges = literals.map((edge) => {
    if (typeof edge === "number" && Number.isFinite(edge)) return edge;
    if (typeof edge === "bigint" && Number.isSafeInteger(Number(edge))) return Number(edge);
    const found = typeof edge === "number" || typeof edge === "bigint" ? `${edge}` : showType(boundaries.type);
    const message = `bucketize() takes numbers that a double holds as "boundaries", not ${found}`;
    throw source.typeError(boundaries.start, message);
  });
  if (edges.some((edge, i) => i > 0 && (edges[i - 1] as number) >= edge)) {
    throw source.typeError(boundaries.start, "the boundaries of bucketize() must rise");
  }
  const evaluate: Evaluator<bigint> = (row, context) => {
    const number = value(row, context);
    if (number === null) return null;
    if (Number.isNaN(number)) return fail(context, "value_out_of_range");
    let [low, high] = [0, edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((edges[middle] as number) <= number) low = middle + 1;
      else high = middle;
    }
    return BigInt(low);
  };
  return folded({ type: INT, start, evaluate }, [x]);
}

function standardize({ operands, start, at }: CallSite, { source, artifacts }: CallScope): Operand {
  const [x, mean, stddev] = operands as readonly [Operand, Operand, Operand | undefined];
  const value = numberArgument("standardize", "x", x, source);
  if (mean.type.kind !== "string") {
    if (stddev === undefined) {
      const message = "standardize() takes a scaler's name, or a mean and a deviation";
      throw source.typeError(at, message, 'write standardize(x, "scaler") or standardize(x, mean, stddev)');
    }
    const centre = numberArgument("standardize", "mean", mean, source);
    const scale = numberArgument("standardize", "stddev", stddev, source);
    const evaluate: Evaluator<number> = (row, context) => {
      const number = value(row, context);
      const from = centre(row, context);
      const by = scale(row, context);
      return number === null || from === null || by === null ? null : (number - from) / by;
    };
    return folded({ type: DOUBLE, start, evaluate }, operands);
  }
  const scaler = artifactNamed("scaler", mean, artifacts, source);
  if (stddev !== undefined) throw source.typeError(stddev.start, "a scaler holds its deviation already");
  // A mean of -0 is the mean 0: JSON, and so the fingerprint, does not tell them apart.
  const [from, by] = [scaler.mean + 0, scaler.stddev];
  const evaluate: Evaluator<number> = (row, context) => {
    const number = value(row, context);
    return number === null ? null : (number - from) / by;
  };
  return folded({ type: DOUBLE, start, evaluate }, [x]);
}

function vocabularyIndex({ operands, start }: CallSite, { source, artifacts }: CallScope): Operand {
  const [text, name] = operands as readonly [Operand, Operand];
  const vocabulary = vocabularyArgument("vocabulary_index", text, name, { source, artifacts });
  const places = termIndices(vocabulary);
  const { outOfVocabulary } = vocabulary;
  const elsewhere = outOfVocabulary === undefined ? null : BigInt(outOfVocabulary);
  const value = text.evaluate as Evaluator<string>;
  const evaluate: Evaluator<bigint> = (row, context) => {
    const term = value(row, context);
    if (term === null) return null;
    const place = places.get(term);
    return place === undefined ? elsewhere : BigInt(place);
  };
  return folded({ type: INT, start, evaluate }, [text]);
}

export const encodingForms: readonly FormEntry[] = [
  {
    name: "bucketize",
    signatures: ["bucketize(x: double, boundaries: literal list<double>): int"],
    arity: [2, 2],
    build: bucketize,
  },
  {
    name: "standardize",
    signatures: [
      "standardize(x: double, name: literal scaler): double",
      "standardize(x: double, mean: double, stddev: double): double",
    ],
    arity: [2, 3],
    build: standardize,
  },
  {
    name: "vocabulary_index",
    signatures: ["vocabulary_index(text: string, name: literal vocabulary): int"],
    arity: [2, 2],
    build: vocabularyIndex,
  },
];
