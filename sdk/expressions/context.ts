// What one evaluation needs besides its inputs, and where it leaves word of a fault.
import type { Us } from "../time.ts";
import type { Value } from "../types/index.ts";

/** Why an expression has no value: SEMANTICS 5.2, status TRANSFORM_ERROR. Each value is a code for logs and counters. */
export type Fault =
  | "integer_overflow"
  | "division_by_zero"
  | "value_out_of_range"
  | "index_out_of_range"
  | "bad_conversion"
  | "length_mismatch";

/** What `evaluate` returns where an expression has no value because of a fault: null with status TRANSFORM_ERROR. */
export const FAULT: unique symbol = Symbol("fault");

/** The state of one evaluation after another: make one, use it for every row. */
export interface EvaluationContext {
  /** What request_time() gives: *now* online, *t′* offline (SEMANTICS 1.4). Set it anew for each row where it differs. */
  requestTimeUs: Us;
  /** Set by `evaluate`: the first fault of the last evaluation, or null. */
  fault?: Fault | null;
}

/** Returns a context for evaluations at `requestTimeUs`. */
export function evaluationContext(requestTimeUs: Us): EvaluationContext {
  return { requestTimeUs, fault: null };
}

/** Notes a fault, unless one is noted already, and returns the null that stands for it until the evaluation ends. */
export function fail(context: EvaluationContext, fault: Fault): null {
  context.fault ??= fault;
  return null;
}

/** The values of an expression's inputs, in the order of its `inputs`. */
export type Row = readonly (Value | null)[];

/** A compiled (sub)expression. Null is both the plain null and, once `context.fault` is set, the faulted one. */
export type Evaluator<V extends Value = Value> = (row: Row, context: EvaluationContext) => V | null;
