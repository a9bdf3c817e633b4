// What forms ask of their arguments: numbers, sequences of numbers, literals, vocabularies.
import { isNumeric, type Value } from "../../types/index.ts";
import { artifactNamed, type VocabularySpec } from "../artifacts.ts";
import type { EvaluationContext, Evaluator, Row } from "../context.ts";
import { conversionHint, DOUBLE, isNumber, showType, STRING } from "../expression-type.ts";
import { doubleOf, knownLength, type Operand } from "../operand.ts";
import type { Source } from "../source.ts";
import type { CallScope } from "./entry.ts";

/** Returns the evaluator of a number as a double. @throws expression_type_error naming the parameter */
export function numberArgument(name: string, parameter: string, operand: Operand, source: Source): Evaluator<number> {
  if (isNumber(operand.type)) return doubleOf(operand);
  throw unfit(name, parameter, "double", operand, source);
}

export interface Sequence {
  readonly evaluate: (row: Row, context: EvaluationContext) => ArrayLike<number> | null;
  /** The number of elements, where it is known beforehand. */
  readonly length: number | undefined;
}

/** Returns the evaluator of a vector or a list of numbers as doubles. @throws expression_type_error naming the parameter */
export function sequenceArgument(name: string, parameter: string, operand: Operand, source: Source): Sequence {
  const { type, constant } = operand;
  const length = knownLength(operand);
  const evaluate = operand.evaluate as Sequence["evaluate"];
  if (type.kind === "vector") return { evaluate, length };
  if (type.kind !== "list" || !isNumeric(type.of)) {
    throw unfit(name, parameter, "a vector or a list of numbers", operand, source);
  }
  if (type.of.kind !== "int64") return { evaluate, length };
  if (constant !== undefined) {
    const doubles = (constant as readonly bigint[]).map(Number);
    return { evaluate: () => doubles, length };
  }
  return {
    evaluate: (row, context) => {
      const values = operand.evaluate(row, context) as readonly bigint[] | null;
      return values === null ? null : values.map(Number);
    },
    length,
  };
}

/** Returns the elements of a list literal. @throws expression_type_error */
export function literalList(name: string, parameter: string, operand: Operand, source: Source): readonly Value[] {
  if (operand.type.kind === "list" && operand.constant !== undefined) return operand.constant as readonly Value[];
  const found = operand.type.kind === "list" ? "a computed list" : showType(operand.type);
  const message = `${name}() takes a list of literals as "${parameter}", not ${found}`;
  throw source.typeError(operand.start, message);
}

/** Returns the vocabulary that a literal names, for a text to be looked up in. @throws expression_type_error */
export function vocabularyArgument(name: string, text: Operand, vocabulary: Operand, scope: CallScope): VocabularySpec {
  const found = artifactNamed("vocabulary", vocabulary, scope.artifacts, scope.source);
  if (text.type.kind === "string") return found;
  const message = `${name}() looks up text in a vocabulary, not ${showType(text.type)}`;
  throw scope.source.typeError(text.start, message, conversionHint(text.type, STRING));
}

function unfit(name: string, parameter: string, takes: string, operand: Operand, source: Source) {
  const message = `${name}() takes ${takes} as "${parameter}", not ${showType(operand.type)}`;
  return source.typeError(operand.start, message, conversionHint(operand.type, DOUBLE));
}
