// && || ! ?: coalesce is_null: three-valued logic, and the only places where a null can stop.
import type { Evaluator } from "./context.ts";
import { BOOL, commonType, conversionHint, type ExpressionType, showType } from "./expression-type.ts";
import { commonLength, folded, type Operand, promoted } from "./operand.ts";
import type { Source } from "./source.ts";

/** Returns `left && right`: false when either is false, else null when either is null. The right one waits on the left. */
export function and(left: Operand, right: Operand, source: Source): Operand {
  const [a, b] = [bool(left, '"&&"', source), bool(right, '"&&"', source)];
  const evaluate: Evaluator<boolean> = (row, context) => {
    const x = a(row, context);
    if (x === false) return false;
    const y = b(row, context);
    return y === false ? false : x === null ? null : y;
  };
  return folded({ type: BOOL, start: left.start, evaluate }, [left, right]);
}

/** Returns `left || right`: true when either is true, else null when either is null. The right one waits on the left. */
export function or(left: Operand, right: Operand, source: Source): Operand {
  const [a, b] = [bool(left, '"||"', source), bool(right, '"||"', source)];
  const evaluate: Evaluator<boolean> = (row, context) => {
    const x = a(row, context);
    if (x === true) return true;
    const y = b(row, context);
    return y === true ? true : x === null ? null : y;
  };
  return folded({ type: BOOL, start: left.start, evaluate }, [left, right]);
}

/** Returns `!operand`. */
export function not(operand: Operand, start: number, source: Source): Operand {
  const a = bool(operand, '"!"', source);
  const evaluate: Evaluator<boolean> = (row, context) => {
    const x = a(row, context);
    return x === null ? null : !x;
  };
  return folded({ type: BOOL, start, evaluate }, [operand]);
}

/** Returns `condition ? yes : no`, null when the condition is; only the branch taken is evaluated. */
export function choice(
  condition: Operand,
  yes: Operand,
  no: Operand,
  source: Source,
  operator: '"?:"' | "if()" = '"?:"',
): Operand {
  const test = bool(condition, operator, source);
  const type = commonType(yes.type, no.type);
  if (type === undefined) {
    const message = `the branches of ${operator} differ: ${showType(yes.type)} and ${showType(no.type)}`;
    throw source.typeError(no.start, message, conversionHint(no.type, yes.type));
  }
  const [a, b] = [promoted(yes, type).evaluate, promoted(no, type).evaluate];
  const evaluate: Evaluator = (row, context) => {
    const x = test(row, context);
    return x === null ? null : x ? a(row, context) : b(row, context);
  };
  const operand = { type, start: condition.start, evaluate, ...commonLength([yes, no]) };
  return folded(operand, [condition, yes, no]);
}

/** Returns the first operand that is not null; those after it are not evaluated. A fault is no null: it stays one. */
export function coalesce(operands: readonly Operand[], start: number, source: Source): Operand {
  let type: ExpressionType = { kind: "null" };
  for (const operand of operands) {
    const common = commonType(type, operand.type);
    if (common === undefined) {
      const message = `the values of coalesce() differ: ${showType(type)} and ${showType(operand.type)}`;
      throw source.typeError(operand.start, message, conversionHint(operand.type, type));
    }
    type = common;
  }
  const values = operands.map((operand) => promoted(operand, type).evaluate);
  const [first, second] = values as [Evaluator, Evaluator];
  const evaluate: Evaluator =
    values.length === 2
      ? (row, context) => first(row, context) ?? second(row, context)
      : (row, context) => {
          for (const value of values) {
            const x = value(row, context);
            if (x !== null) return x;
          }
          return null;
        };
  return folded({ type, start, evaluate, ...commonLength(operands) }, operands);
}

/** Returns whether the operand is null. */
export function isNull(operand: Operand, start: number, source: Source): Operand {
  if (operand.type.kind === "null") throw source.typeError(operand.start, "is_null(null) is always true");
  const a = operand.evaluate;
  return folded({ type: BOOL, start, evaluate: (row, context) => a(row, context) === null }, [operand]);
}

function bool(operand: Operand, operator: string, source: Source): Evaluator<boolean> {
  if (operand.type.kind === "bool") return operand.evaluate as Evaluator<boolean>;
  const wanted = operator === '"?:"' || operator === "if()" ? "a bool condition" : "bools";
  const hint = conversionHint(operand.type, BOOL);
  throw source.typeError(operand.start, `${operator} takes ${wanted}, not ${showType(operand.type)}`, hint);
}
