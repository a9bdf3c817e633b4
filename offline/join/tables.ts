// What the engine is given: keys, times and row numbers; values stay in Arrow and are gathered by row number.
import { Bool, type Data, Int32, Int64, makeData, makeVector, type Table, type Vector } from "apache-arrow";
import { vectorFromTyped } from "../datasets/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import type { TimeColumn } from "./times.ts";

/** Returns an Int64 column, null where `isNull` says. */
export function int64Column(values: BigInt64Array, isNull: Uint8Array | null = null): Vector<Int64> {
  if (isNull === null) return makeVector(values) as never;
  return makeVector(makeData({ type: new Int64(), length: values.length, data: values, ...validity(isNull) })) as never;
}

/** Returns a time column as int64 microseconds. */
export function timeColumn(times: TimeColumn): Vector<Int64> {
  return int64Column(times.us, times.isNull);
}

/** Returns an Int32 column, null where the value is negative. */
export function int32OrNullColumn(values: Int32Array): Vector<Int32> {
  const isNull = Uint8Array.from(values, (v) => (v < 0 ? 1 : 0));
  return makeVector(makeData({ type: new Int32(), length: values.length, data: values, ...validity(isNull) })) as never;
}

export function int32Column(values: Int32Array): Vector<Int32> {
  return makeVector(values) as never;
}

/** Returns a boolean column of bytes 0 and 1. */
export function boolColumn(values: Uint8Array): Vector<Bool> {
  return makeVector(makeData({ type: new Bool(), length: values.length, data: packBits(values, 1) })) as never;
}

function validity(isNull: Uint8Array): { nullBitmap: Uint8Array; nullCount: number } {
  return { nullBitmap: packBits(isNull, 0), nullCount: isNull.reduce((sum, n) => sum + n, 0) };
}

/** Returns a bitmap, least bit first, with a 1 where a byte equals `set`. */
export function packBits(bytes: Uint8Array, set: 0 | 1): Uint8Array {
  const bits = new Uint8Array(Math.ceil(bytes.length / 64) * 8);
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === set) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

/** Returns 0, 1, 2, … for as many rows. */
export function rowNumbers(rows: number): Int32Array {
  const numbers = new Int32Array(rows);
  for (let i = 0; i < rows; i++) numbers[i] = i;
  return numbers;
}

/** Runs statements in order; their results don't matter. */
export async function run(engine: Engine, statements: readonly string[], options?: QueryOptions): Promise<void> {
  for (const sql of statements) await engine.query(sql, [], options);
}

/** Drops tables that earlier steps made, so that memory holds one view's at a time (SEMANTICS 2.8). */
export async function dropTables(engine: Engine, names: readonly string[]): Promise<void> {
  await run(
    engine,
    names.map((name) => `DROP TABLE IF EXISTS ${name}`),
  );
}

/** Returns the values of an Int32 result column by the row numbers, Int32 too, of another; −1 where there is none. */
export function scattered(table: Table, index: string, name: string, length: number): Int32Array {
  const out = new Int32Array(length).fill(-1);
  const numbers = (table.getChild(name) as Vector<any>).data;
  for (const [chunk, { values: rows, length: size }] of (table.getChild(index) as Vector<any>).data.entries()) {
    const data = numbers[chunk] as Data;
    const values = data.values as Int32Array;
    for (let i = 0; i < size; i++) {
      if (data.nullCount === 0 || data.getValid(i)) out[(rows as Int32Array)[i] as number] = values[i] as number;
    }
  }
  return out;
}

/** Returns the µs of a DOUBLE result column by the row numbers of its column rid; −Infinity where there is none. */
export function scatteredTimes(table: Table, name: string, length: number): Float64Array {
  const out = new Float64Array(length).fill(-Infinity);
  const rows = int32Result(table, "rid");
  let at = 0;
  for (const { values, length: chunk } of (table.getChild(name) as Vector<any>).data) {
    for (let i = 0; i < chunk; i++, at++) out[rows[at] as number] = (values as Float64Array)[i] as number;
  }
  return out;
}

/** Returns the times of rows as a column of timestamps, µs, UTC; null for row −1, and where there are no times. */
export function timestampColumn(rows: Int32Array, times: Float64Array | null): Vector {
  const us = new BigInt64Array(rows.length);
  const isNull = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (row < 0 || times === null) isNull[i] = 1;
    else us[i] = BigInt(times[row] as number);
  }
  return vectorFromTyped({ kind: "timestamp" }, us, packBits(isNull, 0));
}

/** Returns µs as numbers, exact within ±2^53, as event, created and entity times are. */
export function usNumbers(us: BigInt64Array): Float64Array {
  const out = new Float64Array(us.length);
  // By halves: a bigint an element would be an allocation an element.
  const halves = new Int32Array(us.buffer, us.byteOffset, us.length * 2);
  for (let i = 0; i < out.length; i++) {
    out[i] = (halves[2 * i + 1] as number) * 4_294_967_296 + ((halves[2 * i] as number) >>> 0);
  }
  return out;
}

/** Returns an Int32 result column, `missing` where it is null. */
export function int32Result(table: Table, name: string, missing = -1): Int32Array {
  const vector = table.getChild(name) as Vector<any>;
  const out = new Int32Array(vector.length);
  let at = 0;
  for (const data of vector.data) {
    const values = data.values as Int32Array | BigInt64Array;
    if (data.nullCount === 0 && values instanceof Int32Array) {
      out.set(values.subarray(0, data.length), at);
      at += data.length;
      continue;
    }
    for (let i = 0; i < data.length; i++, at++) {
      const valid =
        data.nullCount === 0 || ((data.nullBitmap[(data.offset + i) >> 3] as number) >> ((data.offset + i) & 7)) & 1;
      out[at] = valid ? Number(values[i]) : missing;
    }
  }
  return out;
}
