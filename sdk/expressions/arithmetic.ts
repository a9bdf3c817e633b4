// + − * / % and negation: checked 64-bit integers, IEEE 754 doubles, text that joins.
import { type Evaluator, type EvaluationContext, fail } from "./context.ts";
import { conversionHint, DOUBLE, INT, isNumber, showType, STRING } from "./expression-type.ts";
import { doubleOf, folded, type Operand } from "./operand.ts";
import type { Source } from "./source.ts";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";

type Binary<V extends number | bigint | string> = (left: Evaluator<V>, right: Evaluator<V>) => Evaluator<V>;

// Both operands are always evaluated, so that a fault in either is one whatever the other is. Each operator has a closure
// of its own: one shared closure that called an operator's function would be slower.
const doubles: Record<"+" | "-" | "*" | "/", Binary<number>> = {
  "+": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a + b;
  },
  "-": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a - b;
  },
  "*": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a * b;
  },
  "/": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a / b;
  },
};

const ints: Record<ArithmeticOperator, Binary<bigint>> = {
  "+": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : int64(a + b, context);
  },
  "-": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : int64(a - b, context);
  },
  "*": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : int64(a * b, context);
  },
  "/": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    if (a === null || b === null) return null;
    return b === 0n ? fail(context, "division_by_zero") : int64(a / b, context);
  },
  "%": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    if (a === null || b === null) return null;
    return b === 0n ? fail(context, "division_by_zero") : a % b;
  },
};

const joinText: Binary<string> = (left, right) => (row, context) => {
  const a = left(row, context);
  const b = right(row, context);
  return a === null || b === null ? null : a + b;
};

/** Returns n, or a fault when it needs more than 64 bits. */
export function int64(n: bigint, context: EvaluationContext): bigint | null {
  return BigInt.asIntN(64, n) === n ? n : fail(context, "integer_overflow");
}

/** Returns `left operator right`. @throws expression_type_error */
export function arithmetic(operator: ArithmeticOperator, left: Operand, right: Operand, source: Source): Operand {
  const { start } = left;
  if (left.type.kind === "int64" && right.type.kind === "int64") {
    const evaluate = ints[operator](left.evaluate as Evaluator<bigint>, right.evaluate as Evaluator<bigint>);
    return folded({ type: INT, start, evaluate }, [left, right]);
  }
  if (isNumber(left.type) && isNumber(right.type)) {
    if (operator === "%") {
      const wrong = left.type.kind === "float64" ? left : right;
      throw source.typeError(wrong.start, '"%" takes ints, not double', "for doubles write x - y * floor(x / y)");
    }
    return folded({ type: DOUBLE, start, evaluate: doubles[operator](doubleOf(left), doubleOf(right)) }, [left, right]);
  }
  if (operator === "+" && left.type.kind === "string" && right.type.kind === "string") {
    const evaluate = joinText(left.evaluate as Evaluator<string>, right.evaluate as Evaluator<string>);
    return folded({ type: STRING, start, evaluate }, [left, right]);
  }
  throw mismatch(operator, left, right, source);
}

function mismatch(operator: ArithmeticOperator, left: Operand, right: Operand, source: Source) {
  const takes = operator === "+" ? "numbers or strings" : "numbers";
  const fits = (operand: Operand) => isNumber(operand.type) || (operator === "+" && operand.type.kind === "string");
  const wrong = fits(left) ? right : left;
  const other = wrong === right ? left : right;
  if (fits(wrong)) {
    const hint = conversionHint(wrong.type, other.type);
    return source.typeError(wrong.start, `"+" can't join ${showType(left.type)} and ${showType(right.type)}`, hint);
  }
  const hint =
    operator === "-" && left.type.kind === "timestamp" && right.type.kind === "timestamp"
      ? "use seconds_between(earlier, later)"
      : conversionHint(wrong.type, fits(other) ? other.type : DOUBLE);
  return source.typeError(wrong.start, `"${operator}" takes ${takes}, not ${showType(wrong.type)}`, hint);
}

/** Returns `-operand`. @throws expression_type_error */
export function negation(operand: Operand, start: number, source: Source): Operand {
  if (operand.type.kind === "int64") {
    const value = operand.evaluate as Evaluator<bigint>;
    const evaluate: Evaluator<bigint> = (row, context) => {
      const a = value(row, context);
      return a === null ? null : int64(-a, context);
    };
    return folded({ type: INT, start, evaluate }, [operand]);
  }
  if (operand.type.kind === "float64") {
    const value = operand.evaluate as Evaluator<number>;
    const evaluate: Evaluator<number> = (row, context) => {
      const a = value(row, context);
      return a === null ? null : -a;
    };
    return folded({ type: DOUBLE, start, evaluate }, [operand]);
  }
  const hint = conversionHint(operand.type, DOUBLE);
  throw source.typeError(operand.start, `"-" takes a number, not ${showType(operand.type)}`, hint);
}
