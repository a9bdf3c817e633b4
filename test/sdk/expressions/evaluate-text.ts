// Evaluates an expression in one call, for tables of cases.
import {
  type Artifacts,
  compileExpression,
  evaluationContext,
  FAULT,
  type Fault,
} from "../../../sdk/expressions/index.ts";
import { parseTypeName, type Value, type ValueType } from "../../../sdk/types/index.ts";

/** Inputs as name → [type name, value]. */
export type Inputs = Readonly<Record<string, readonly [type: string, value: Value | null]>>;

export interface Settings {
  result?: string;
  requestTimeUs?: number;
  artifacts?: Artifacts;
}

/** A row of a table of cases: what an expression gives. */
export type Case = readonly [text: string, expected: unknown, inputs?: Inputs, settings?: Settings];

/** Returns the types of the inputs. */
export function scopeOf(inputs: Inputs): Record<string, ValueType> {
  return Object.fromEntries(Object.entries(inputs).map(([name, [type]]) => [name, parseTypeName(type)]));
}

/** Returns the value of `text`, null, or `{ fault }`. */
export function evaluateText(
  text: string,
  inputs: Inputs = {},
  { result, requestTimeUs = 0, artifacts }: Settings = {},
): Value | null | { fault: Fault } {
  const compiled = compileExpression(text, scopeOf(inputs), {
    artifacts,
    ...(result === undefined ? {} : { result: parseTypeName(result) }),
  });
  const context = evaluationContext(requestTimeUs);
  const row = compiled.inputs.map((name) => (inputs[name] as readonly [string, Value | null])[1]);
  const value = compiled.evaluate(row, context);
  if (value !== FAULT) {
    if (context.fault !== null) throw new Error(`a value came with the fault ${context.fault}`);
    return value;
  }
  if (context.fault === null || context.fault === undefined) throw new Error("FAULT came without a fault");
  return { fault: context.fault };
}
