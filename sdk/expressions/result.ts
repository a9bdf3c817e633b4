// From what an expression computes to the type its feature declares.
import { INT32_MAX, INT32_MIN, isNumeric, sameType, type Value, type ValueType } from "../types/index.ts";
import { type EvaluationContext, type Evaluator, fail } from "./context.ts";
import { conversionHint, showType } from "./expression-type.ts";
import { knownLength, type Operand } from "./operand.ts";
import type { Source } from "./source.ts";

type Conversion = (value: Value, context: EvaluationContext) => Value | null;

/**
 * Returns the evaluator of `operand` as `type`: int to any number type, double to float32, a list of numbers to a vector.
 * @throws expression_type_error
 */
export function converted(operand: Operand, type: ValueType, source: Source): Evaluator {
  if (operand.type.kind === "null" || sameType(operand.type, type)) return operand.evaluate;
  const length = knownLength(operand);
  if (operand.type.kind === "list" && type.kind === "vector" && length !== undefined && length !== type.dimension) {
    throw source.typeError(
      operand.start,
      `the expression gives a list of ${length}, but ${showType(type)} is declared`,
    );
  }
  const convert = conversion(operand.type, type);
  if (convert === undefined) {
    const wanted = showType(type);
    const hint =
      operand.type.kind === "float64" && (type.kind === "int64" || type.kind === "int32")
        ? "int(x) drops the fraction, int(round(x)) rounds"
        : conversionHint(operand.type, type);
    const message = `the expression gives ${showType(operand.type)}, but ${wanted} is declared`;
    throw source.typeError(operand.start, message, hint);
  }
  const { evaluate } = operand;
  return (row, context) => {
    const value = evaluate(row, context);
    return value === null ? null : convert(value, context);
  };
}

function conversion(from: ValueType, to: ValueType): Conversion | undefined {
  if (sameType(from, to)) return (value) => value;
  if (from.kind === "list" && to.kind === "list") return elementwise(from.of, to.of);
  if (from.kind === "list" && to.kind === "vector") return vectorOf(from.of, to.dimension);
  switch (`${from.kind} ${to.kind}`) {
    case "int64 int32":
      return (value, context) =>
        (value as bigint) < INT32_MIN || (value as bigint) > INT32_MAX
          ? fail(context, "value_out_of_range")
          : Number(value);
    case "int32 int64":
      return (value) => BigInt(value as number);
    case "int64 float64":
    case "int32 float64":
      return (value) => Number(value);
    case "float32 float64":
      return (value) => value;
    case "int64 float32":
    case "int32 float32":
    case "float64 float32":
      return (value, context) => toFloat32(Number(value), context);
    default:
      return undefined;
  }
}

/** Returns the nearest float32; a finite number that only Infinity is nearest to is a fault, as where values enter. */
function toFloat32(x: number, context: EvaluationContext): number | null {
  const rounded = Math.fround(x);
  return Number.isFinite(x) && !Number.isFinite(rounded) ? fail(context, "value_out_of_range") : rounded;
}

/** Only a list of unknown length can have another one when it is evaluated. */
function vectorOf(from: ValueType, dimension: number): Conversion | undefined {
  if (!isNumeric(from)) return undefined;
  return (value, context) => {
    const items = value as readonly (number | bigint)[];
    if (items.length !== dimension) return fail(context, "length_mismatch");
    const out = new Float32Array(dimension);
    for (let i = 0; i < dimension; i++) {
      const element = toFloat32(Number(items[i]), context);
      if (element === null) return null;
      out[i] = element;
    }
    return out;
  };
}

function elementwise(from: ValueType, to: ValueType): Conversion | undefined {
  const convert = conversion(from, to);
  if (convert === undefined) return undefined;
  return (value, context) => {
    const out: Value[] = [];
    for (const item of value as readonly Value[]) {
      const element = convert(item, context);
      if (element === null) return null;
      out.push(element);
    }
    return out;
  };
}
