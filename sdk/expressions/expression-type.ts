// The types that expressions compute with: fewer than the value types, for every integer is an int, every float a double.
import { sameType, typeName, type ValueType } from "../types/index.ts";

/** A value type, or that of the literal `null`, which takes any type its context gives. */
export type ExpressionType = ValueType | { readonly kind: "null" };

export const BOOL: ValueType = { kind: "bool" };
export const INT: ValueType = { kind: "int64" };
export const DOUBLE: ValueType = { kind: "float64" };
export const STRING: ValueType = { kind: "string" };
export const BYTES: ValueType = { kind: "bytes" };
export const TIMESTAMP: ValueType = { kind: "timestamp" };
export const NULL: ExpressionType = { kind: "null" };

/** Returns the type an input or a list's element of type `type` has in an expression: 64 bits for every number. */
export function computedType(type: ValueType): ValueType {
  if (type.kind === "int32") return INT;
  if (type.kind === "float32") return DOUBLE;
  return type;
}

/** Returns the name of a type as the function reference and messages write it. */
export function showType(type: ExpressionType): string {
  switch (type.kind) {
    case "null":
      return "null";
    case "int64":
      return "int";
    case "float64":
      return "double";
    case "list":
      return `list<${showType(type.of)}>`;
    default:
      return typeName(type);
  }
}

export function isNumber(type: ExpressionType): boolean {
  return type.kind === "int64" || type.kind === "float64";
}

/** Returns the type that holds both: the same, double for int and double, the other for null; undefined for none. */
export function commonType(a: ExpressionType, b: ExpressionType): ExpressionType | undefined {
  if (a.kind === "null") return b;
  if (b.kind === "null" || sameType(a, b)) return a;
  return isNumber(a) && isNumber(b) ? DOUBLE : undefined;
}

/** Returns how to mend a value of type `from` where something else is wanted, when there is a usual way. */
export function conversionHint(from: ExpressionType, wanted: ExpressionType): string | undefined {
  if (from.kind === "null")
    return "null has no type of its own: test for it with is_null(x), replace it with coalesce(x, y)";
  if (wanted.kind === "timestamp" && from.kind === "string")
    return 'write a moment as timestamp("2001-03-31T00:00:00Z")';
  if (isNumber(wanted) && from.kind === "timestamp") return "use seconds_between(a, b) or epoch_seconds(t)";
  if (isNumber(wanted) && from.kind === "bool") return "write x ? 1 : 0";
  if (isNumber(wanted) && (from.kind === "string" || from.kind === "decimal"))
    return "convert it with double(x) or int(x)";
  if (wanted.kind === "bool" && isNumber(from)) return "write x != 0";
  if (wanted.kind === "string" && from.kind !== "list" && from.kind !== "vector" && from.kind !== "bytes") {
    return "convert it with string(x)";
  }
  return undefined;
}
