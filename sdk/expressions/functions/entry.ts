// What a function of the language is: one entry of a table.
import type { Value } from "../../types/index.ts";
import type { EvaluationContext } from "../context.ts";

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
  readonly doc: string;
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
