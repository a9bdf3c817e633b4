// How far two values of one type are apart: to the bit for equality, as numbers for a tolerance.
import { compareValues, decimalUnscaled, type Value, type ValueType } from "../../sdk/types/index.ts";

export interface Apart {
  readonly absolute: number;
  /** Of the greater of the two; 0 for two zeros of different sign. */
  readonly relative: number;
}

/** What two values come to that differ in more than a number. */
export const BEYOND_MEASURE = "beyond measure";

/** Returns how far two values are apart, of lists and vectors the greatest of their elements; null: the same to the bit. */
export function apart(type: ValueType, a: Value, b: Value): Apart | typeof BEYOND_MEASURE | null {
  if (compareValues(type, a, b) === 0) return null;
  switch (type.kind) {
    case "int32":
    case "float32":
    case "float64":
      return ofNumbers(a as number, b as number);
    case "int64":
    case "timestamp":
      return ofIntegers(a as bigint, b as bigint, 1);
    case "decimal":
      return ofIntegers(decimalUnscaled(a as string), decimalUnscaled(b as string), 10 ** type.scale);
    case "vector":
      return ofElements({ kind: "float32" }, a as Float32Array, b as Float32Array);
    case "list":
      return ofElements(type.of, a as readonly Value[], b as readonly Value[]);
    default:
      return BEYOND_MEASURE;
  }
}

function ofNumbers(a: number, b: number): Apart | typeof BEYOND_MEASURE {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return BEYOND_MEASURE;
  return ratio(Math.abs(a - b), Math.max(Math.abs(a), Math.abs(b)));
}

function ofIntegers(a: bigint, b: bigint, unit: number): Apart {
  const absolute = (n: bigint) => (n < 0n ? -n : n);
  const greater = absolute(a) > absolute(b) ? absolute(a) : absolute(b);
  return ratio(Number(absolute(a - b)) / unit, Number(greater) / unit);
}

function ratio(absolute: number, greater: number): Apart {
  return { absolute, relative: greater === 0 ? 0 : absolute / greater };
}

function ofElements(type: ValueType, a: ArrayLike<Value>, b: ArrayLike<Value>): Apart | typeof BEYOND_MEASURE {
  if (a.length !== b.length) return BEYOND_MEASURE;
  let most: Apart = { absolute: 0, relative: 0 };
  for (let i = 0; i < a.length; i++) {
    const one = apart(type, a[i] as Value, b[i] as Value);
    if (one === BEYOND_MEASURE) return BEYOND_MEASURE;
    if (one !== null) {
      most = {
        absolute: Math.max(most.absolute, one.absolute),
        relative: Math.max(most.relative, one.relative),
      };
    }
  }
  return most;
}
