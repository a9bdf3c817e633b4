// DuckDB's vectors into Arrow columns: whole ranges of bytes at a time, appended to buffers that grow.
import { type Data, type DataType, makeData } from "apache-arrow";
import type { DuckDb, Vector } from "./native-bindings.ts";
import { Bits, Bytes, Offsets } from "./native-buffers.ts";
import type { Layout } from "./native-types.ts";
import { INLINE_BYTES, LongTexts, NEVER, nullsOf } from "./native-vectors.ts";

/** Gathers a column, or the child of one, from vectors. */
export interface ColumnGatherer {
  /** Takes the rows of a vector that has `size` of them: returns what appends a range of these. */
  open(vector: Vector, size: number): (from: number, count: number) => void;
  /** Returns what was appended since the last call. */
  take(): Data;
}

/** Returns what gathers a column of this layout. */
export function columnGatherer(duckdb: DuckDb, layout: Layout): ColumnGatherer {
  const values = valuesGatherer(duckdb, layout);
  const valid = new Bits();
  let length = 0;
  return {
    open(vector, size) {
      const append = values.open(vector, size);
      const isNull = nullsOf(duckdb, vector, size);
      return (from, count) => {
        append(from, count);
        // Most columns have no nulls: the bits begin with the first vector that may.
        if (isNull !== NEVER || valid.length > 0) {
          if (valid.length < length) valid.append(() => true, length - valid.length);
          valid.append((i) => !isNull(from + i), count);
        }
        length += count;
      };
    },
    take() {
      const nullCount = valid.length === 0 ? 0 : length - valid.ones;
      const nullBitmap = valid.take();
      const made = values.take({ length, nullCount, ...(nullCount > 0 && { nullBitmap }) });
      length = 0;
      return made;
    },
  };
}

interface Base {
  length: number;
  nullCount: number;
  nullBitmap?: Uint8Array;
}

interface ValuesGatherer {
  open: ColumnGatherer["open"];
  take(base: Base): Data;
}

function valuesGatherer(duckdb: DuckDb, layout: Layout): ValuesGatherer {
  const { arrow } = layout;
  switch (layout.kind) {
    case "fixed":
      return bytesGatherer(duckdb, arrow, layout.bytes);
    case "bool":
      return boolGatherer(duckdb, arrow);
    case "decimal":
      return layout.bytes === 16 ? bytesGatherer(duckdb, arrow, 16) : decimalGatherer(duckdb, arrow, layout.bytes);
    case "text":
      return textGatherer(duckdb, arrow);
    case "list":
      return listGatherer(duckdb, arrow, layout.child);
    case "array": {
      const child = columnGatherer(duckdb, layout.child);
      return {
        open(vector, size) {
          const append = child.open(duckdb.array_vector_get_child(vector), size * layout.size);
          return (from, count) => append(from * layout.size, count * layout.size);
        },
        take: (base) => dataOf(arrow, base, { child: child.take() }),
      };
    }
    case "struct": {
      const children = layout.children.map((child) => columnGatherer(duckdb, child.layout));
      return {
        open(vector, size) {
          const appends = children.map((child, i) => child.open(duckdb.struct_vector_get_child(vector, i), size));
          return (from, count) => appends.forEach((append) => append(from, count));
        },
        take: (base) => dataOf(arrow, base, { children: children.map((child) => child.take()) }),
      };
    }
  }
}

/** makeData's overloads want each type apart; what a layout pairs is right. */
function dataOf(type: DataType, base: Base, buffers: Record<string, unknown>): Data {
  return makeData({ type, ...base, ...buffers } as never);
}

function bytesGatherer(duckdb: DuckDb, arrow: DataType, width: number): ValuesGatherer {
  const bytes = new Bytes();
  return {
    open(vector, size) {
      const source = duckdb.vector_get_data(vector, size * width);
      return (from, count) => bytes.grow(count * width).set(source.subarray(from * width, (from + count) * width));
    },
    take: (base) => dataOf(arrow, base, { data: typed(arrow, bytes.take()) }),
  };
}

function typed(arrow: DataType, bytes: Uint8Array<ArrayBuffer>): ArrayBufferView {
  const Values = arrow.ArrayType as new (buffer: ArrayBuffer) => ArrayBufferView;
  return new Values(bytes.buffer);
}

function boolGatherer(duckdb: DuckDb, arrow: DataType): ValuesGatherer {
  const bits = new Bits();
  return {
    open(vector, size) {
      const source = duckdb.vector_get_data(vector, size);
      return (from, count) => bits.append((i) => source[from + i] === 1, count);
    },
    take: (base) => dataOf(arrow, base, { data: bits.take() }),
  };
}

function decimalGatherer(duckdb: DuckDb, arrow: DataType, width: 2 | 4 | 8): ValuesGatherer {
  const bytes = new Bytes();
  return {
    open(vector, size) {
      const source = duckdb.vector_get_data(vector, size * width);
      return (from, count) => {
        const target = bytes.grow(count * 16);
        for (let i = 0; i < count; i++) {
          const at = (from + i) * width;
          for (let byte = 0; byte < width; byte++) target[i * 16 + byte] = source[at + byte] as number;
          if ((source[at + width - 1] as number) >= 0x80) target.fill(0xff, i * 16 + width, i * 16 + 16);
        }
      };
    },
    take: (base) => dataOf(arrow, base, { data: typed(arrow, bytes.take()) }),
  };
}

function textGatherer(duckdb: DuckDb, arrow: DataType): ValuesGatherer {
  const bytes = new Bytes();
  const offsets = new Offsets();
  return {
    open(vector, size) {
      const source = duckdb.vector_get_data(vector, size * 16);
      const words = new Uint32Array(source.buffer, source.byteOffset, size * 4);
      const isNull = nullsOf(duckdb, vector, size);
      const long = new LongTexts(duckdb, source, words, isNull);
      return (from, count) => {
        let total = bytes.length;
        for (let row = from; row < from + count; row++) {
          // What lies at a null's place is anything.
          if (!isNull(row)) total += words[row * 4] as number;
          offsets.push(total);
        }
        const target = bytes.grow(total - bytes.length);
        let to = 0;
        for (let row = from; row < from + count; row++) {
          if (isNull(row)) continue;
          const length = words[row * 4] as number;
          if (length > INLINE_BYTES) long.copy(row, target, to);
          else for (let i = 0; i < length; i++) target[to + i] = source[row * 16 + 4 + i] as number;
          to += length;
        }
      };
    },
    take: (base) => dataOf(arrow, base, { data: bytes.take(), valueOffsets: offsets.take() }),
  };
}

function listGatherer(duckdb: DuckDb, arrow: DataType, layout: Layout): ValuesGatherer {
  const child = columnGatherer(duckdb, layout);
  const offsets = new Offsets();
  let total = 0;
  return {
    open(vector, size) {
      const source = duckdb.vector_get_data(vector, size * 16);
      // Offset and length, both 64 bits, of which the lower halves are all there is in a vector.
      const words = new Uint32Array(source.buffer, source.byteOffset, size * 4);
      const isNull = nullsOf(duckdb, vector, size);
      const append = child.open(duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector));
      return (from, count) => {
        let begin = 0;
        let end = 0;
        for (let row = from; row < from + count; row++) {
          const length = isNull(row) ? 0 : (words[row * 4 + 2] as number);
          const at = words[row * 4] as number;
          total += length;
          offsets.push(total);
          if (length === 0) continue;
          // Lists that follow one another in the child are appended at once.
          if (at !== end) {
            if (end > begin) append(begin, end - begin);
            begin = at;
          }
          end = at + length;
        }
        if (end > begin) append(begin, end - begin);
      };
    },
    take(base) {
      total = 0;
      return dataOf(arrow, base, { child: child.take(), valueOffsets: offsets.take() });
    },
  };
}
