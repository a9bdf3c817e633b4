// What a function of the language is: one entry of a table.
import type { Value } from "../../types/index.ts";
import type { Artifacts } from "../artifacts.ts";
import type { EvaluationContext } from "../context.ts";
import type { Operand } from "../operand.ts";
import type { Source } from "../source.ts";

/** The values that each kind of argument or result has in JavaScript. */
export interface Kinds {
  bool: boolean;
  int64: bigint;
  float64: number;
  string: string;
  bytes: Uint8Array;
  timestamp: bigint;
  decimal: string;
  list: readonly Value[];
  vector: Float32Array;
}

export type Kind = keyof Kinds;

export interface Overload {
  readonly takes: readonly Kind[];
  readonly gives: Kind;
  /** Gets the arguments, none of them null, then the context; gives null only after `fail`. */
  readonly evaluate: (...values: never[]) => Value | null;
}

export interface FunctionEntry {
  readonly name: string;
  /** The parameters' names, for the reference. */
  readonly parameters: readonly string[];
  /** The first that takes the arguments as they are wins, else the first that takes them with ints made doubles. */
  readonly overloads: readonly Overload[];
  /** How it is written: f(x, …) when absent, x.f(…), or either. */
  readonly form?: "method" | "either";
  /** True when a function of two takes more: f(a, b, c) is f(f(a, b), c). */
  readonly variadic?: boolean;
}

/** A call as it stands in the text, its operands checked. */
export interface CallSite {
  readonly name: string;
  /** Where the name stands. */
  readonly at: number;
  readonly start: number;
  readonly form: "function" | "method";
  /** The receiver of a method first. */
  readonly operands: readonly Operand[];
}

/** What the names and literals of a call may stand for. */
export interface CallScope {
  readonly source: Source;
  readonly artifacts: Artifacts;
}

/** A function that is given its operands unevaluated: to be lazy, or to check literals, lengths and artifacts beforehand. */
export interface FormEntry {
  readonly name: string;
  readonly signatures: readonly string[];
  /** The fewest and the most arguments that it takes. */
  readonly arity: readonly [least: number, most: number];
  /** Returns the operand of a call that has so many arguments. @throws expression_type_error */
  readonly build: (call: CallSite, scope: CallScope) => Operand;
}

type Arguments<K extends readonly Kind[]> = { [I in keyof K]: Kinds[K[I]] };

/** Returns an overload, its closure checked against the kinds. */
export function overload<const K extends readonly Kind[], G extends Kind>(
  takes: K,
  gives: G,
  evaluate: (...values: [...Arguments<K>, EvaluationContext]) => Kinds[G] | null,
): Overload {
  return { takes, gives, evaluate: evaluate as unknown as Overload["evaluate"] };
}
