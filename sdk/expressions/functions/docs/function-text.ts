// What the reference says of a function beside its signatures. Apart from the functions, so that no Worker carries it.

export interface FunctionText {
  /** What it gives: the definition, with units, ends of ranges and the order of operations where it shows. */
  readonly gives: string;
  /** What it gives where an argument is null; absent: null. */
  readonly nulls?: string;
  /** What has no value because of a fault; absent: nothing. */
  readonly faults?: string;
  /** Expressions over `exampleInputs`, each with its value as the language writes it. */
  readonly examples: readonly (readonly [expression: string, value: string])[];
}

/** By function name. */
export type FunctionTexts = Readonly<Record<string, FunctionText>>;
