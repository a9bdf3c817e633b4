// Reading an Arrow column as exact values, fast enough for millions of rows: a reader a chunk, no row objects.
import { type Data, DataType, type Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { type Value, type ValueType, typeName } from "../../sdk/types/index.ts";
import { canReadAs } from "./arrow-types.ts";
import type { ChunkContext, ColumnOptions, ColumnReader } from "./column-reading.ts";
import { readBinary, readText } from "./read-bytes.ts";
import { readList, readVector } from "./read-lists.ts";
import { readBool, readDecimal, readFloat, readInteger } from "./read-numbers.ts";
import { readTime } from "./read-times.ts";

/**
 * Returns a reader of the column's values as `type`, in their canonical form (sdk/types).
 * Strings are decoded as written: a leading byte order mark is part of the text.
 * @throws type_mismatch at once when the column's type can't be read as `type`; on reading a row, type_mismatch for a
 * null inside a list and invalid UTF-8, value_out_of_range for a value that `type` can't hold.
 */
export function columnReader(vector: Vector, type: ValueType, options: ColumnOptions): ColumnReader {
  const { column, round = "down" } = options;
  if (!canReadAs(vector.type, type)) {
    throw new EdgefeatError(
      "type_mismatch",
      `column "${column}" is ${typeName(type)}, but the data is ${String(vector.type)}`,
      {
        hint: "declare the column's type as the data has it, or convert the data",
        details: { column, expected: typeName(type), found: String(vector.type) },
      },
    );
  }
  const starts: number[] = [];
  const readers: ColumnReader[] = [];
  let length = 0;
  for (const data of vector.data) {
    // A chunk of no rows may lack the buffers and item columns of its type.
    if (data.length === 0) continue;
    const first = length;
    starts.push(first);
    readers.push(chunkReader(data, type, { column, round, at: (row) => `column "${column}", row ${first + row + 1}` }));
    length += data.length;
  }
  if (readers.length === 1) return readers[0] as ColumnReader;
  return acrossChunks(readers, starts, length);
}

/** Returns the reader of one chunk, whose type is known to fit. */
function chunkReader(data: Data, type: ValueType, context: ChunkContext): ColumnReader {
  const arrow: DataType = data.type;
  if (DataType.isNull(arrow)) return () => null;
  if (DataType.isDictionary(arrow)) return readDictionary(data, type, context);
  return orNull(data, valueReader(data, type, context));
}

function valueReader(data: Data, type: ValueType, context: ChunkContext): (row: number) => Value {
  switch (type.kind) {
    case "bool":
      return readBool(data);
    case "int32":
    case "int64":
      return readInteger(data, type, context);
    case "float32":
    case "float64":
      return readFloat(data, type, context);
    case "decimal":
      return readDecimal(data, type);
    case "timestamp":
      return readTime(data, type, context);
    case "string":
      return readText(data, context);
    case "bytes":
      return readBinary(data);
    case "list":
      return readList(data, type, context, chunkReader);
    case "vector":
      return readVector(data, type, context, chunkReader);
  }
}

function orNull(data: Data, read: (row: number) => Value): ColumnReader {
  if (data.nullCount === 0) return read;
  const bitmap: Uint8Array = data.nullBitmap;
  const offset = data.offset;
  return (row) => {
    const bit = offset + row;
    return ((bitmap[bit >> 3] as number) >> (bit & 7)) & 1 ? read(row) : null;
  };
}

function readDictionary(data: Data, type: ValueType, context: ChunkContext): ColumnReader {
  const keys = data.values as ArrayLike<number | bigint>;
  const dictionary = data.dictionary as Vector;
  const read = columnReader(dictionary, type, context);
  const seen: (Value | null | undefined)[] = [];
  return orNull(data, ((row: number) => {
    const key = Number(keys[row]);
    const known = seen[key];
    if (known !== undefined) return known;
    if (!(key >= 0 && key < dictionary.length)) throw new RangeError(`entry ${key} of ${dictionary.length}`);
    return (seen[key] = read(key));
  }) as (row: number) => Value);
}

/** Rows are mostly read in order: the chunk of the last row is tried first. */
function acrossChunks(readers: readonly ColumnReader[], starts: readonly number[], length: number): ColumnReader {
  let chunk = 0;
  let start = 0;
  let end = 0;
  return (row) => {
    if (row < start || row >= end) {
      if (!(row >= 0 && row < length)) throw new RangeError(`row ${row} of ${length}`);
      chunk = lastAtMost(starts, row);
      start = starts[chunk] as number;
      end = starts[chunk + 1] ?? length;
    }
    return (readers[chunk] as ColumnReader)(row - start);
  };
}

function lastAtMost(sorted: readonly number[], x: number): number {
  let low = 0;
  let high = sorted.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= x) low = middle;
    else high = middle;
  }
  return low;
}
