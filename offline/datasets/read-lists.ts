// Lists and vectors of an Arrow chunk: their items are a chunk of their own.
import { type Data, DataType } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import type { ChunkContext, ChunkReader, ColumnReader } from "./column-reading.ts";

export function readList(
  data: Data,
  type: Extract<ValueType, { kind: "list" }>,
  context: ChunkContext,
  chunkReader: ChunkReader,
): (row: number) => readonly Value[] {
  const item = itemReader(data, type.of, context, chunkReader);
  const [begin, end] = bounds(data);
  return (row) => {
    const items: Value[] = [];
    for (let i = begin(row); i < end(row); i++) {
      const value = item(i);
      if (value === null) throw nullItem(context.at(row));
      items.push(value);
    }
    return items;
  };
}

export function readVector(
  data: Data,
  type: Extract<ValueType, { kind: "vector" }>,
  context: ChunkContext,
  chunkReader: ChunkReader,
): (row: number) => Float32Array {
  const [begin, end] = bounds(data);
  const child = data.children[0] as Data;
  const whole = child.values instanceof Float32Array && child.nullCount === 0 ? child.values : undefined;
  const item = itemReader(data, { kind: "float32" }, context, chunkReader);
  return (row) => {
    const from = begin(row);
    if (end(row) - from !== type.dimension) {
      throw new EdgefeatError(
        "type_mismatch",
        `${context.at(row)}: expected ${type.dimension} numbers, got ${end(row) - from}`,
      );
    }
    if (whole !== undefined) return whole.slice(from, from + type.dimension);
    return Float32Array.from({ length: type.dimension }, (_, i) => {
      const value = item(from + i);
      if (value === null) throw nullItem(context.at(row));
      return value as number;
    });
  };
}

/** Where a row's items begin and end among the chunk's items. */
function bounds(data: Data): [(row: number) => number, (row: number) => number] {
  const arrow: DataType = data.type;
  if (DataType.isFixedSizeList(arrow)) {
    const size = arrow.listSize;
    return [(row) => row * size, (row) => (row + 1) * size];
  }
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  return [(row) => Number(offsets[row]), (row) => Number(offsets[row + 1])];
}

function itemReader(data: Data, type: ValueType, context: ChunkContext, chunkReader: ChunkReader): ColumnReader {
  const at = () => `column "${context.column}", in a list`;
  return chunkReader(data.children[0] as Data, type, { ...context, at });
}

function nullItem(where: string): EdgefeatError {
  return new EdgefeatError("type_mismatch", `${where}: a list holds a null`, {
    hint: "lists and vectors have no nulls: leave the item out, or make the whole list null",
  });
}
