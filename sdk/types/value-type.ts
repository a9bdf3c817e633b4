// The value types of a feature, a join key or a request field, and their names.
import { EdgefeatError } from "../errors.ts";

/** A type as data. `decimal` counts total digits and digits after the point; `vector` is a fixed number of float32. */
export type ValueType =
  | { readonly kind: ScalarKind }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "list"; readonly of: ValueType }
  | { readonly kind: "vector"; readonly dimension: number };

export type ScalarKind = "bool" | "int32" | "int64" | "float32" | "float64" | "string" | "bytes" | "timestamp";

/**
 * A value in memory, by its type: bool boolean; int32, float32, float64 number; int64 and timestamp (µs since the
 * epoch) bigint; decimal a string with exactly `scale` digits after the point; string; bytes Uint8Array; list an
 * array without nulls; vector Float32Array.
 */
export type Value = boolean | number | bigint | string | Uint8Array | Float32Array | readonly Value[];

const SCALARS: readonly ScalarKind[] = ["bool", "int32", "int64", "float32", "float64", "string", "bytes", "timestamp"];

/** Returns the name that a type has in snapshots and messages: `int64`, `decimal(10,2)`, `list<string>`, `vector(3)`. */
export function typeName(type: ValueType): string {
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "list":
      return `list<${typeName(type.of)}>`;
    case "vector":
      return `vector(${type.dimension})`;
    default:
      return type.kind;
  }
}

/** Longer than any name of a sensible type, so that no text nests lists without bound. */
const MAX_TYPE_NAME = 256;

/** Returns the type that a name stands for. @throws definition_invalid for a name that is none. */
export function parseTypeName(name: string): ValueType {
  const text = name.trim();
  if ((SCALARS as readonly string[]).includes(text)) return { kind: text as ScalarKind };
  const decimal = /^decimal\((\d+),\s*(\d+)\)$/.exec(text);
  if (decimal !== null) return decimalType(Number(decimal[1]), Number(decimal[2]));
  const vector = /^vector\((\d+)\)$/.exec(text);
  if (vector !== null) return vectorType(Number(vector[1]));
  const list = /^list<(.+)>$/.exec(text);
  if (list !== null && text.length <= MAX_TYPE_NAME) return { kind: "list", of: parseTypeName(list[1] as string) };
  throw new EdgefeatError("definition_invalid", `"${name.slice(0, MAX_TYPE_NAME)}" is not a value type`, {
    hint: `one of ${SCALARS.join(", ")}, decimal(p,s), list<type>, vector(n)`,
  });
}

/** Returns a decimal type; precision 1 to 38, scale 0 to precision (Arrow's and DuckDB's 128-bit bounds). */
export function decimalType(precision: number, scale: number): ValueType {
  const whole = Number.isInteger(precision) && Number.isInteger(scale);
  if (!(whole && precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision)) {
    throw new EdgefeatError("definition_invalid", `decimal(${precision},${scale}) is not a decimal type`, {
      hint: "precision is 1 to 38, scale 0 to precision",
    });
  }
  return { kind: "decimal", precision, scale };
}

/** Returns a vector type of 1 to 65,536 float32 numbers. */
export function vectorType(dimension: number): ValueType {
  if (!(Number.isInteger(dimension) && dimension >= 1 && dimension <= 65_536)) {
    throw new EdgefeatError("definition_invalid", `vector(${dimension}) is not a vector type`, {
      hint: "a vector has 1 to 65,536 elements",
    });
  }
  return { kind: "vector", dimension };
}

/** True when two types are the same, parameters included. */
export function sameType(a: ValueType, b: ValueType): boolean {
  return typeName(a) === typeName(b);
}

/** True for the types that arithmetic and numeric aggregates take. */
export function isNumeric(type: ValueType): boolean {
  return type.kind === "int32" || type.kind === "int64" || type.kind === "float32" || type.kind === "float64";
}

export function isInteger(type: ValueType): boolean {
  return type.kind === "int32" || type.kind === "int64";
}

/** True for the types an entity's join key may have: each has one text form, so that one id has one key. */
export function isKeyType(type: ValueType): boolean {
  return type.kind === "string" || type.kind === "int32" || type.kind === "int64";
}
