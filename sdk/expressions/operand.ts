// A checked subexpression: its type, its place in the text, and the closure that computes it.
import type { Value, ValueType } from "../types/index.ts";
import { evaluationContext, type Evaluator, type Row } from "./context.ts";
import { computedType, DOUBLE, type ExpressionType, INT, NULL } from "./expression-type.ts";

export interface Operand {
  readonly type: ExpressionType;
  /** Where it starts in the text, in UTF-16 units. */
  readonly start: number;
  readonly evaluate: Evaluator;
  /** For an int whose value is known to fit a double exactly: the same as a number, which spares a BigInt. */
  readonly exactNumber?: Evaluator<number>;
  /** The value, where it is known without inputs. */
  readonly constant?: Value;
  /** How many elements a list has, where that is known without inputs. */
  readonly length?: number;
}

/** Returns how many elements a list or a vector has, undefined where only each value tells. */
export function knownLength({ type, constant: value, length }: Operand): number | undefined {
  if (type.kind === "vector") return type.dimension;
  return type.kind === "list" && value !== undefined ? (value as readonly Value[]).length : length;
}

/** Returns the length that whichever of `operands` is taken has, as a member to spread; nothing where they may differ. */
export function commonLength(operands: readonly Operand[]): { length?: number } {
  const lengths = operands.filter(({ type }) => type.kind !== "null").map(knownLength);
  const [length] = lengths;
  return length !== undefined && lengths.every((other) => other === length) ? { length } : {};
}

/** Returns the operand of a literal or of a value computed beforehand. */
export function constant(type: ExpressionType, value: Value, start: number): Operand {
  const operand: Operand = { type, start, evaluate: () => value, constant: value };
  if (typeof value !== "bigint" || type.kind !== "int64") return operand;
  const number = Number(value);
  return Number.isSafeInteger(number) ? { ...operand, exactNumber: () => number } : operand;
}

/** Returns the operand of the literal null. */
export function nullLiteral(start: number): Operand {
  return { type: NULL, start, evaluate: () => null };
}

/** Returns the operand that reads the input in `slot`. */
export function input(slot: number, type: ValueType, start: number): Operand {
  const raw = (row: Row) => row[slot] as Value | null;
  if (type.kind !== "int32") return { type: computedType(type), start, evaluate: raw };
  return {
    type: INT,
    start,
    evaluate: (row) => {
      const value = row[slot] as number | null;
      return value === null ? null : BigInt(value);
    },
    exactNumber: raw as Evaluator<number>,
  };
}

/** Returns the evaluator of a number as a double; an int is rounded to the nearest, ties to even. */
export function doubleOf(operand: Operand): Evaluator<number> {
  if (operand.type.kind === "float64") return operand.evaluate as Evaluator<number>;
  if (operand.exactNumber !== undefined) return operand.exactNumber;
  const evaluate = operand.evaluate as Evaluator<bigint>;
  return (row, context) => {
    const value = evaluate(row, context);
    return value === null ? null : Number(value);
  };
}

/** Returns the operand as type `type`, which must be a common type of it and another: promotes int to double, types null. */
export function promoted(operand: Operand, type: ExpressionType): Operand {
  if (operand.type.kind === type.kind) return operand;
  if (operand.type.kind === "null") return { ...operand, type };
  return folded({ type: DOUBLE, start: operand.start, evaluate: doubleOf(operand) }, [operand]);
}

/** Returns the operand computed once and for all where all of `parts` are constant; a null or a fault is left to each evaluation. */
export function folded(operand: Operand, parts: readonly Operand[]): Operand {
  if (!parts.every((part) => part.constant !== undefined)) return operand;
  const value = operand.evaluate([], evaluationContext(0));
  return value === null ? operand : constant(operand.type, value, operand.start);
}
