// == != < <= > >=: ints and doubles by their exact value, text by code point, the rest by equality.
import { compareText, decimalUnscaled, sameType, type Value, type ValueType } from "../types/index.ts";
import type { Evaluator } from "./context.ts";
import { BOOL, conversionHint, type ExpressionType, isNumber, showType } from "./expression-type.ts";
import { folded, type Operand } from "./operand.ts";
import type { Source } from "./source.ts";

export type OrderOperator = "<" | "<=" | ">" | ">=";
export type EqualityOperator = "==" | "!=";

type Compare<V extends Value> = (left: Evaluator<V>, right: Evaluator<V>) => Evaluator<boolean>;

const numbers: Record<OrderOperator | EqualityOperator, Compare<number>> = {
  "<": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a < b;
  },
  "<=": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a <= b;
  },
  ">": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a > b;
  },
  ">=": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a >= b;
  },
  "==": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a === b;
  },
  "!=": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a !== b;
  },
};

// The same for ints, timestamps, and an int beside a double: JavaScript compares a bigint and a number by exact value.
type Exact = number | bigint;
const exact: Record<OrderOperator | EqualityOperator, Compare<Exact>> = {
  "<": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a < b;
  },
  "<=": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a <= b;
  },
  ">": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a > b;
  },
  ">=": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : a >= b;
  },
  "==": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : sameNumber(a, b);
  },
  "!=": (left, right) => (row, context) => {
    const a = left(row, context);
    const b = right(row, context);
    return a === null || b === null ? null : !sameNumber(a, b);
  },
};

/** True when an int and a double (or two of either) are the same real number; NaN is none. */
function sameNumber(a: Exact, b: Exact): boolean {
  return a <= b && !(a < b);
}

const signTests: Record<OrderOperator, (sign: number) => boolean> = {
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
};

/** Returns `left operator right`, null where an operand is. @throws expression_type_error */
export function comparison(
  operator: OrderOperator | EqualityOperator,
  left: Operand,
  right: Operand,
  source: Source,
): Operand {
  for (const operand of [left, right]) {
    if (operand.type.kind === "null") {
      const hint = "a comparison with null is always null: use is_null(x), or !is_null(x)";
      throw source.typeError(operand.start, `"${operator}" can't compare with null`, hint);
    }
  }
  const evaluate = evaluator(operator, left, right);
  if (evaluate === undefined) throw mismatch(operator, left, right, source);
  return folded({ type: BOOL, start: left.start, evaluate }, [left, right]);
}

function evaluator(
  operator: OrderOperator | EqualityOperator,
  left: Operand,
  right: Operand,
): Evaluator<boolean> | undefined {
  if (isNumber(left.type) && isNumber(right.type)) {
    const a = asNumber(left);
    const b = asNumber(right);
    if (a !== undefined && b !== undefined) return numbers[operator](a, b);
    if (left.type.kind === "int64" && right.type.kind === "int64") {
      return exact[operator](left.evaluate as Evaluator<Exact>, right.evaluate as Evaluator<Exact>);
    }
    return exact[operator](a ?? (left.evaluate as Evaluator<Exact>), b ?? (right.evaluate as Evaluator<Exact>));
  }
  if (left.type.kind === "timestamp" && right.type.kind === "timestamp") {
    return exact[operator](left.evaluate as Evaluator<Exact>, right.evaluate as Evaluator<Exact>);
  }
  if (operator === "==" || operator === "!=") {
    const equal = equality(left.type, right.type);
    return equal === undefined ? undefined : byTest(left, right, operator === "==" ? equal : (a, b) => !equal(a, b));
  }
  const compare = order(left.type, right.type);
  if (compare === undefined) return undefined;
  const test = signTests[operator];
  return byTest(left, right, (a, b) => test(compare(a, b)));
}

/** Returns the evaluator of a number that is a double, or an int that surely fits one. */
function asNumber(operand: Operand): Evaluator<number> | undefined {
  return operand.type.kind === "float64" ? (operand.evaluate as Evaluator<number>) : operand.exactNumber;
}

function byTest(left: Operand, right: Operand, test: (a: Value, b: Value) => boolean): Evaluator<boolean> {
  const x = left.evaluate;
  const y = right.evaluate;
  return (row, context) => {
    const a = x(row, context);
    const b = y(row, context);
    return a === null || b === null ? null : test(a, b);
  };
}

function order(a: ExpressionType, b: ExpressionType): ((x: Value, y: Value) => number) | undefined {
  if (a.kind === "string" && b.kind === "string") return (x, y) => compareText(x as string, y as string);
  if (a.kind === "decimal" && b.kind === "decimal") {
    const [up, down] = [Math.max(0, b.scale - a.scale), Math.max(0, a.scale - b.scale)];
    const [scaleX, scaleY] = [10n ** BigInt(up), 10n ** BigInt(down)];
    return (x, y) => {
      const difference = decimalUnscaled(x as string) * scaleX - decimalUnscaled(y as string) * scaleY;
      return difference < 0n ? -1 : difference > 0n ? 1 : 0;
    };
  }
  return undefined;
}

/** Returns the test of whether values of two types are equal, or undefined when the types have nothing in common. */
export function equality(a: ExpressionType, b: ExpressionType): ((x: Value, y: Value) => boolean) | undefined {
  if (isStoredNumber(a) && isStoredNumber(b)) return (x, y) => sameNumber(x as Exact, y as Exact);
  if (a.kind === "null" || b.kind === "null") return undefined;
  switch (a.kind) {
    case "bool":
    case "string":
    case "timestamp":
      return b.kind === a.kind ? (x, y) => x === y : undefined;
    case "decimal": {
      const compare = order(a, b);
      return compare && ((x, y) => compare(x, y) === 0);
    }
    case "bytes":
    case "vector":
      return sameType(a, b)
        ? (x, y) => equalElements(x as Float32Array, y as Float32Array, (m, n) => m === n)
        : undefined;
    case "list": {
      const element = b.kind === "list" ? equality(a.of, b.of) : undefined;
      return element && ((x, y) => equalElements(x as readonly Value[], y as readonly Value[], element));
    }
    default:
      return undefined;
  }
}

/** True for numbers as inputs and lists hold them, 32-bit ones included. */
function isStoredNumber(type: ExpressionType): boolean {
  return isNumber(type) || type.kind === "int32" || type.kind === "float32";
}

function equalElements<T>(a: ArrayLike<T>, b: ArrayLike<T>, equal: (x: T, y: T) => boolean): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equal(a[i] as T, b[i] as T)) return false;
  return true;
}

function mismatch(operator: OrderOperator | EqualityOperator, left: Operand, right: Operand, source: Source) {
  const ordered = operator !== "==" && operator !== "!=";
  if (ordered && !isOrdered(left.type)) {
    return source.typeError(
      left.start,
      `"${operator}" can't order ${showType(left.type)}`,
      'it has only "==" and "!="',
    );
  }
  const hint =
    left.type.kind === "string" && isNumber(right.type)
      ? "write the number between quotes, or convert the text with double(x)"
      : (conversionHint(right.type, left.type) ?? conversionHint(left.type, right.type));
  return source.typeError(
    right.start,
    `"${operator}" can't compare ${showType(left.type)} with ${showType(right.type)}`,
    hint,
  );
}

function isOrdered(type: ExpressionType): type is ValueType {
  return isNumber(type) || type.kind === "string" || type.kind === "timestamp" || type.kind === "decimal";
}
