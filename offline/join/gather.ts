// Columns gathered by row number: the values of the rows that won, defaults in place of nulls.
import { type Data, DataType, Precision, TimeUnit, Vector, makeData } from "apache-arrow";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { arrowTypeOf, type ColumnReader, columnReader, vectorFromValues } from "../datasets/index.ts";

/**
 * Returns the values of `column` at `rows`, −1 standing for a null, with `fallback` in place of every null.
 * @throws type_mismatch, value_out_of_range as columnReader does
 */
export function gather(
  column: Vector,
  type: ValueType,
  rows: Int32Array,
  fallback: Value | null,
  name: string,
): Vector {
  if (isPlain(column.type, type)) return gatherPlain(column, type, rows, fallback);
  const read: ColumnReader = columnReader(column, type, { column: name });
  return vectorFromValues(type, eachValue(read, rows, fallback));
}

function* eachValue(read: ColumnReader, rows: Int32Array, fallback: Value | null): Generator<Value | null> {
  for (const row of rows) yield row < 0 ? fallback : (read(row) ?? fallback);
}

/** True when the column's memory holds the values as the output does, a fixed number of bytes each. */
function isPlain(arrow: DataType, type: ValueType): boolean {
  switch (type.kind) {
    case "int32":
      return DataType.isInt(arrow) && arrow.isSigned && arrow.bitWidth === 32;
    case "int64":
      return DataType.isInt(arrow) && arrow.isSigned && arrow.bitWidth === 64;
    case "float32":
      return DataType.isFloat(arrow) && arrow.precision === Precision.SINGLE;
    case "float64":
      return DataType.isFloat(arrow) && arrow.precision === Precision.DOUBLE;
    case "timestamp":
      return DataType.isTimestamp(arrow) && arrow.unit === TimeUnit.MICROSECOND;
    default:
      return false;
  }
}

/** Copies 32-bit words, so that neither a NaN's bits nor an int64 pass through a JavaScript number. */
function gatherPlain(column: Vector, type: ValueType, rows: Int32Array, fallback: Value | null): Vector {
  const width = type.kind === "int32" || type.kind === "float32" ? 1 : 2;
  const { words, isNull } = flatWords(column, width);
  const out = new Int32Array(rows.length * width);
  const filler = fallback === null ? new Int32Array(width) : wordsOf(type, fallback);
  const valid = new Uint8Array(Math.ceil(rows.length / 64) * 8);
  let nullCount = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const from = row < 0 || isNull?.[row] === 1 ? -1 : row * width;
    if (from < 0) {
      for (let w = 0; w < width; w++) out[i * width + w] = filler[w] as number;
      if (fallback === null) {
        nullCount++;
        continue;
      }
    } else {
      out[i * width] = words[from] as number;
      if (width === 2) out[i * 2 + 1] = words[from + 1] as number;
    }
    valid[i >> 3]! |= 1 << (i & 7);
  }
  const data = typedOver(type, out.buffer);
  const nulls = nullCount === 0 ? { nullCount } : { nullCount, nullBitmap: valid };
  return new Vector([makeData({ type: arrowTypeOf(type), length: rows.length, data, ...nulls } as never)]);
}

/** Returns a column's values as 32-bit words in one array, and 1 by row where it is null, if anywhere. */
function flatWords(column: Vector, width: number): { words: Int32Array; isNull: Uint8Array | null } {
  const isNull = column.nullCount > 0 ? new Uint8Array(column.length) : null;
  const chunks = column.data.filter((data) => data.length > 0);
  if (isNull !== null) {
    let at = 0;
    for (const data of chunks) {
      if (data.nullCount > 0) for (let i = 0; i < data.length; i++) if (!data.getValid(i)) isNull[at + i] = 1;
      at += data.length;
    }
  }
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return { words: wordsIn(only, width), isNull };
  const words = new Int32Array(column.length * width);
  let at = 0;
  for (const data of chunks) {
    words.set(wordsIn(data, width), at);
    at += data.length * width;
  }
  return { words, isNull };
}

function wordsIn(data: Data, width: number): Int32Array {
  const values = data.values as Float64Array;
  return new Int32Array(values.buffer, values.byteOffset, data.length * width);
}

function wordsOf(type: ValueType, value: Value): Int32Array {
  switch (type.kind) {
    case "int32":
      return Int32Array.of(value as number);
    case "float32":
      return new Int32Array(Float32Array.of(value as number).buffer);
    case "float64":
      return new Int32Array(Float64Array.of(value as number).buffer);
    default:
      return new Int32Array(BigInt64Array.of(value as bigint).buffer);
  }
}

function typedOver(type: ValueType, buffer: ArrayBuffer): Int32Array | Float32Array | Float64Array | BigInt64Array {
  switch (type.kind) {
    case "int32":
      return new Int32Array(buffer);
    case "float32":
      return new Float32Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    default:
      return new BigInt64Array(buffer);
  }
}
