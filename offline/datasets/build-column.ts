// Building Arrow columns from values, exactly, nulls kept.
import { type Data, makeData, Vector } from "apache-arrow";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { arrowTypeOf } from "./arrow-types.ts";
import { Bitmap } from "./growing.ts";
import { storeOf } from "./value-stores.ts";

/** Takes a column's values in row order. */
export interface ColumnBuilder {
  /** Adds the next row: a value in the canonical form of the column's type (trusted: check values where they enter), or null. */
  push(value: Value | null): void;
  /** Returns the column of the rows added so far; nothing may be added after. @throws value_out_of_range for 2 GiB of text or bytes. */
  finish(): Vector;
}

/** Returns a builder of a column that is written as SEMANTICS 6 says; `length` is a guess of its rows that saves growing. */
export function columnBuilder(type: ValueType, length = 1024): ColumnBuilder {
  const builder = dataBuilder(type, length);
  return { push: builder.push, finish: () => new Vector([builder.finish()]) };
}

/** Returns the column of the values, in their order. */
export function vectorFromValues(type: ValueType, values: Iterable<Value | null>): Vector {
  const builder = columnBuilder(type);
  for (const value of values) builder.push(value);
  return builder.finish();
}

export type TypedValues = Int32Array | BigInt64Array | Float32Array | Float64Array;

/**
 * Returns the column of a whole typed array, without a copy: Int32Array as int32, BigInt64Array as int64 or
 * timestamp (µs), Float32Array and Float64Array as float32 and float64. `valid` holds a bit a row, least significant
 * first, 0 for null; absent, there are no nulls.
 */
export function vectorFromTyped(
  type: { readonly kind: "int32" | "int64" | "float32" | "float64" | "timestamp" },
  values: TypedValues,
  valid?: Uint8Array,
): Vector {
  const nulls = valid === undefined ? {} : { nullBitmap: valid };
  return new Vector([makeData({ type: arrowTypeOf(type), length: values.length, data: values, ...nulls } as never)]);
}

interface DataBuilder {
  push(value: Value | null): void;
  finish(): Data;
}

/** A builder of one chunk; lists build their items with another. */
function dataBuilder(type: ValueType, length: number): DataBuilder {
  const arrow = arrowTypeOf(type);
  const valid = new Bitmap();
  let rows = 0;
  let nullCount = 0;
  const store = storeOf(type, length, (of, guess) => dataBuilder(of, guess));
  return {
    push(value) {
      if (value === null) {
        if (nullCount++ === 0) valid.fill(rows);
        store.skip();
      } else {
        store.add(value);
      }
      if (nullCount > 0) valid.set(rows, value !== null);
      rows++;
    },
    finish() {
      const nulls = nullCount > 0 ? { nullCount, nullBitmap: valid.bytes(rows) } : { nullCount: 0 };
      return makeData({ type: arrow, length: rows, ...nulls, ...store.buffers(rows) } as never);
    },
  };
}
