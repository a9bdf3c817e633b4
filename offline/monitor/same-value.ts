// Whether two values are the same for an audit, though another tool wrote one of them: by its own types, NaN for null.
import type { Vector } from "apache-arrow";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { canReadAs, columnReader, type ColumnReader, valueTypeOfArrow } from "../datasets/index.ts";

export interface ReadAs {
  readonly type: ValueType;
  readonly read: ColumnReader;
}

/** Returns a reader of a column that should hold values of `type`: as those, else as its own type where both are numbers; null where they can't be compared. */
export function readToCompare(vector: Vector, type: ValueType, column: string): ReadAs | null {
  if (canReadAs(vector.type, type)) return { type, read: columnReader(vector, type, { column }) };
  const own = valueTypeOfArrow(vector.type);
  if (own === null || !isNumeric(own) || !isNumeric(type)) return null;
  return { type: own, read: columnReader(vector, own, { column }) };
}

function isNumeric({ kind }: ValueType): boolean {
  return ["bool", "int32", "int64", "float32", "float64", "decimal"].includes(kind);
}

/** Returns the relative difference that two values of a type may have. */
export function toleranceOf(type: ValueType): number {
  const { kind } = type.kind === "list" ? type.of : type;
  return kind === "float32" || kind === "vector" ? 1e-6 : 1e-9;
}

/** True for values that are equal up to a relative difference of their floats; null and NaN are the same. */
export function sameValue(a: Value | null, b: Value | null, tolerance: number): boolean {
  if (isMissing(a) || isMissing(b)) return isMissing(a) && isMissing(b);
  if (typeof a === "object" && typeof b === "object") return sameElements(a, b, tolerance);
  if (typeof a === "object" || typeof b === "object") return false;
  if (a === b) return true;
  if (typeof a === typeof b && typeof a !== "number") return false;
  const [x, y] = [Number(a), Number(b)];
  if (x === y || !Number.isFinite(x) || !Number.isFinite(y)) return x === y;
  return Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y));
}

/** True for what stands for no value: null, and the NaN that some tools write for it. */
export function isMissing(value: Value | null): value is null {
  return value === null || (typeof value === "number" && Number.isNaN(value));
}

function sameElements(a: ArrayLike<Value>, b: ArrayLike<Value>, tolerance: number): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameValue(a[i] as Value, b[i] as Value, tolerance)) return false;
  return true;
}
