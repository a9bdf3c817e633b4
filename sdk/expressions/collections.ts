// Lists and vectors: [a, b], x[i], x in list.
import type { Value, ValueType } from "../types/index.ts";
import { equality } from "./comparison.ts";
import { type Evaluator, fail } from "./context.ts";
import { BOOL, commonType, computedType, conversionHint, DOUBLE, INT, showType } from "./expression-type.ts";
import { doubleOf, folded, type Operand, promoted } from "./operand.ts";
import type { Source } from "./source.ts";

/** Returns the list of the operands; a list holds no nulls, so one null makes the whole list null. */
export function list(operands: readonly Operand[], start: number, source: Source): Operand {
  const [first] = operands;
  if (first === undefined) throw source.typeError(start, "an empty list has no type");
  let of = first.type;
  for (const operand of operands) {
    const common = operand.type.kind === "null" ? undefined : commonType(of, operand.type);
    if (common === undefined || common.kind === "null") {
      const message =
        operand.type.kind === "null"
          ? "a list holds no nulls"
          : `the elements of a list differ: ${showType(of)} and ${showType(operand.type)}`;
      throw source.typeError(operand.start, message, conversionHint(operand.type, of));
    }
    of = common;
  }
  const elements = operands.map((operand) => promoted(operand, of).evaluate);
  const evaluate: Evaluator = (row, context) => {
    const values: Value[] = [];
    for (const element of elements) {
      const value = element(row, context);
      if (value !== null) values.push(value);
    }
    return values.length === elements.length ? values : null;
  };
  const { length } = operands;
  return folded({ type: { kind: "list", of: of as ValueType }, start, evaluate, length }, operands);
}

/** Returns `container[index]`, counted from 0; a fault beyond the end or below 0. */
export function element(container: Operand, index: Operand, source: Source): Operand {
  const { type, start } = container;
  if (type.kind !== "list" && type.kind !== "vector") {
    throw source.typeError(start, `"[]" takes a list or a vector, not ${showType(type)}`);
  }
  if (index.type.kind !== "int64") {
    throw source.typeError(
      index.start,
      `an index is an int, not ${showType(index.type)}`,
      conversionHint(index.type, INT),
    );
  }
  const known = index.constant as bigint | undefined;
  if (known !== undefined && (known < 0n || (type.kind === "vector" && known >= BigInt(type.dimension)))) {
    const range = type.kind === "vector" ? `0 to ${type.dimension - 1}` : "0 and up";
    throw source.typeError(index.start, `there is no element ${known}`, `elements are numbered ${range}`);
  }
  const items = container.evaluate as Evaluator<readonly Value[]>;
  // A bigint beyond 2^53 rounds to a number that is out of range as well.
  const position = doubleOf(index);
  const widen = type.kind === "list" && type.of.kind === "int32";
  const evaluate: Evaluator = (row, context) => {
    const values = items(row, context);
    const i = position(row, context);
    if (values === null || i === null) return null;
    if (i < 0 || i >= values.length) return fail(context, "index_out_of_range");
    const value = values[i] as Value;
    return widen ? BigInt(value as number) : value;
  };
  const of = type.kind === "vector" ? DOUBLE : computedType(type.of);
  return folded({ type: of, start, evaluate }, [container, index]);
}

/** Returns whether a list holds an element equal to `value`. */
export function membership(value: Operand, container: Operand, source: Source): Operand {
  if (container.type.kind !== "list") {
    throw source.typeError(container.start, `"in" takes a list, not ${showType(container.type)}`, "write x in [1, 2]");
  }
  const equal = equality(value.type, container.type.of);
  if (equal === undefined) {
    const message = `"in" can't find ${showType(value.type)} in ${showType(container.type)}`;
    throw source.typeError(value.start, message, conversionHint(value.type, computedType(container.type.of)));
  }
  const x = value.evaluate;
  const evaluate =
    constantMembership(value, container) ?? search(x, container.evaluate as Evaluator<readonly Value[]>, equal);
  return folded({ type: BOOL, start: value.start, evaluate }, [value, container]);
}

function search(
  x: Evaluator,
  items: Evaluator<readonly Value[]>,
  equal: (a: Value, b: Value) => boolean,
): Evaluator<boolean> {
  return (row, context) => {
    const wanted = x(row, context);
    const values = items(row, context);
    if (wanted === null || values === null) return null;
    for (const value of values) if (equal(wanted, value)) return true;
    return false;
  };
}

const HASHABLE = new Set(["bool", "int64", "string", "timestamp"]);

/** Returns the look-up in a list that is known beforehand, where a Set's equality is that of the type. */
function constantMembership(value: Operand, container: Operand): Evaluator<boolean> | undefined {
  const { type, constant } = container;
  if (constant === undefined || type.kind !== "list") return undefined;
  if (type.of.kind !== value.type.kind || !HASHABLE.has(type.of.kind)) return undefined;
  const x = value.evaluate;
  const known = new Set(constant as readonly Value[]);
  return (row, context) => {
    const wanted = x(row, context);
    return wanted === null ? null : known.has(wanted);
  };
}
