// A column written in any order of its rows.
import type { Vector } from "apache-arrow";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { type TypedValues, vectorFromTyped, vectorFromValues } from "../datasets/index.ts";
import { packBits } from "../join/tables.ts";

export interface ValueColumn {
  set(row: number, value: Value | null): void;
  /** Returns the column; rows that were not set are null. */
  finish(): Vector;
}

/** Returns a column of `rows` rows: of plain numbers in one array, so that no value is held as an object. */
export function valueColumn(type: ValueType, rows: number): ValueColumn {
  const typed = typedValues(type, rows);
  if (typed === null) {
    const values = Array.from({ length: rows }, (): Value | null => null);
    return { set: (row, value) => void (values[row] = value), finish: () => vectorFromValues(type, values) };
  }
  const isNull = new Uint8Array(rows).fill(1);
  return {
    set: (row, value) => {
      isNull[row] = value === null ? 1 : 0;
      if (value !== null) typed[row] = value as never;
    },
    finish: () => vectorFromTyped(type as never, typed, isNull.includes(1) ? packBits(isNull, 0) : undefined),
  };
}

function typedValues({ kind }: ValueType, rows: number): TypedValues | null {
  switch (kind) {
    case "int32":
      return new Int32Array(rows);
    case "int64":
    case "timestamp":
      return new BigInt64Array(rows);
    case "float32":
      return new Float32Array(rows);
    case "float64":
      return new Float64Array(rows);
    default:
      return null;
  }
}
