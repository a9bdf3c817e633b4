// From an expression's text to a checked function of its inputs.
import type { Value, ValueType } from "../types/index.ts";
import type { Artifacts } from "./artifacts.ts";
import { check } from "./check.ts";
import { type EvaluationContext, FAULT, type Row } from "./context.ts";
import { parse } from "./parse.ts";
import { converted } from "./result.ts";
import { Source } from "./source.ts";

export interface CompileOptions {
  /** The type that the result must have; it is converted where SEMANTICS 5.3 allows. Default: the type computed. */
  result?: ValueType;
  /** Whether request_time() may be used; a `where` filter, whose events belong to no request, says false. Default true. */
  requestTime?: boolean;
  /** The scalers and vocabularies that it may name, by name. Default: none. */
  artifacts?: Artifacts | undefined;
  /** RFC 6901 pointer to the text, for errors. */
  pointer?: string;
}

export interface CompiledExpression {
  /** The type of the values that `evaluate` returns. */
  readonly type: ValueType;
  /** The names it reads, sorted. */
  readonly inputs: readonly string[];
  /**
   * Returns the value for inputs in the order of `inputs`, each of its declared type or null; FAULT where there is none
   * because of a fault, which `context.fault` then names. Never throws. Keeps no reference to `row`: reuse it.
   */
  readonly evaluate: (row: Row, context: EvaluationContext) => Value | null | typeof FAULT;
}

/**
 * Returns the expression `text`, checked against the names it may read, ready to evaluate (SEMANTICS 5).
 * @throws expression_syntax_error, expression_type_error, with line and column.
 * @example
 * const ratio = compileExpression("delay / scheduled", { delay: { kind: "float64" }, scheduled: { kind: "float64" } });
 * ratio.evaluate([5.5, 55], evaluationContext(0)); // 0.1
 */
export function compileExpression(
  text: string,
  scope: Readonly<Record<string, ValueType>>,
  options: CompileOptions = {},
): CompiledExpression {
  const source = new Source(text, options.pointer);
  const { root, names } = parse(source);
  const inputs = [...names].filter((name) => Object.hasOwn(scope, name)).toSorted();
  const slots = new Map(inputs.map((name, slot) => [name, slot]));
  const { requestTime = true, artifacts = {} } = options;
  const operand = check(root, { source, types: scope, slots, requestTime, artifacts });
  const type = options.result ?? operand.type;
  if (type.kind === "null") throw source.typeError(operand.start, "the expression is always null and has no type");
  const run = converted(operand, type, source);
  const evaluate = (row: Row, context: EvaluationContext) => {
    context.fault = null;
    const value = run(row, context);
    return context.fault === null ? value : FAULT;
  };
  return { type, inputs, evaluate };
}
