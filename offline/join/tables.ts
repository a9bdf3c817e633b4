// What the engine is given: keys, times and row numbers; values stay in Arrow and are gathered by row number.
import { Bool, Int32, Int64, makeData, makeVector, type Table, type Vector } from "apache-arrow";
import type { ValueType } from "../../sdk/types/index.ts";
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
function packBits(bytes: Uint8Array, set: 0 | 1): Uint8Array {
  const bits = new Uint8Array(Math.ceil(bytes.length / 64) * 8);
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === set) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

/** Returns the SQL type that a join key is compared as, on both sides. */
export function keySqlType(type: ValueType): string {
  return type.kind === "string" ? "VARCHAR" : "BIGINT";
}

/** Returns `k0 …` for as many join keys, each through `render`. */
export function eachKey(count: number, render: (k: string, i: number) => string, separator = ", "): string {
  return Array.from({ length: count }, (_, i) => render(`k${i}`, i)).join(separator);
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

/** Returns an Int32 result column, `missing` where it is null. */
export function int32Result(table: Table, name: string, missing = -1): Int32Array {
  const vector = table.getChild(name) as Vector<any>;
  const out = new Int32Array(vector.length);
  let at = 0;
  for (const data of vector.data) {
    const values = data.values as Int32Array | BigInt64Array;
    for (let i = 0; i < data.length; i++, at++) {
      const valid =
        data.nullCount === 0 || ((data.nullBitmap[(data.offset + i) >> 3] as number) >> ((data.offset + i) & 7)) & 1;
      out[at] = valid ? Number(values[i]) : missing;
    }
  }
  return out;
}
