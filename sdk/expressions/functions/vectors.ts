// Functions of vectors and of lists of numbers. Sums run in doubles from the first element to the last, each product
// and each sum rounded: that order is part of the definition, so that every engine gives the same bits.
import { DOUBLE } from "../expression-type.ts";
import { fail, type Evaluator } from "../context.ts";
import { folded, type Operand } from "../operand.ts";
import { sequenceArgument } from "./arguments.ts";
import type { CallSite, CallScope, FormEntry } from "./entry.ts";

type Numbers = ArrayLike<number>;

/** Returns the sum of the products of two sequences of one length. */
function dot(a: Numbers, b: Numbers): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Returns the cosine of the angle between two sequences; NaN where one is all zeros. */
function cosineSimilarity(a: Numbers, b: Numbers): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  // Rounding may lift it above 1.
  return Math.max(-1, Math.min(1, product / (Math.sqrt(squaresA) * Math.sqrt(squaresB))));
}

function ofTwo(name: string, f: (a: Numbers, b: Numbers) => number): FormEntry {
  const build = ({ operands, start }: CallSite, { source }: CallScope): Operand => {
    const [left, right] = operands as readonly [Operand, Operand];
    const [a, b] = [sequenceArgument(name, "a", left, source), sequenceArgument(name, "b", right, source)];
    if (a.length !== undefined && b.length !== undefined && a.length !== b.length) {
      throw source.typeError(right.start, `${name}() takes two of one length, not ${a.length} and ${b.length}`);
    }
    const evaluate: Evaluator<number> = (row, context) => {
      const x = a.evaluate(row, context);
      const y = b.evaluate(row, context);
      if (x === null || y === null) return null;
      return x.length === y.length ? f(x, y) : fail(context, "length_mismatch");
    };
    return folded({ type: DOUBLE, start, evaluate }, operands);
  };
  return { name, signatures: [`${name}(a: numbers, b: numbers): double`], arity: [2, 2], build };
}

const norm: FormEntry = {
  name: "l2_norm",
  signatures: ["l2_norm(a: numbers): double"],
  arity: [1, 1],
  build: ({ operands, start }, { source }) => {
    const a = sequenceArgument("l2_norm", "a", operands[0] as Operand, source);
    const evaluate: Evaluator<number> = (row, context) => {
      const x = a.evaluate(row, context);
      return x === null ? null : Math.sqrt(dot(x, x));
    };
    return folded({ type: DOUBLE, start, evaluate }, operands);
  },
};

export const vectorForms: readonly FormEntry[] = [
  ofTwo("dot", dot),
  norm,
  ofTwo("cosine_similarity", cosineSimilarity),
];
