// Arrow columns into DuckDB's vectors: whole ranges of bytes at a time, and no value by itself but long texts.
import { type Data, DataType as Is, TimeUnit } from "apache-arrow";
import type { DuckDb, Vector } from "./native-bindings.ts";
import type { Layout } from "./native-types.ts";
import { INLINE_BYTES } from "./native-vectors.ts";

/** Fills a vector with the rows `from` ≤ i < `from` + `count`. */
export type WriteRows = (vector: Vector, from: number, count: number) => void;

const STRING_BYTES = 16;

/** Returns what writes the rows of one chunk of a column. */
export function columnWriter(duckdb: DuckDb, data: Data, layout: Layout): WriteRows {
  const write = valuesWriter(duckdb, data, layout);
  if (data.nullCount === 0) return write;
  const validity = validityWriter(duckdb, data);
  return (vector, from, count) => {
    write(vector, from, count);
    validity(vector, from, count);
  };
}

function valuesWriter(duckdb: DuckDb, data: Data, layout: Layout): WriteRows {
  // Only nulls: there are no values.
  if (Is.isNull(data.type)) return () => {};
  switch (layout.kind) {
    case "fixed":
      return bytesWriter(duckdb, converted(data), layout.bytes);
    case "bool":
      return boolWriter(duckdb, data);
    case "decimal":
      return layout.bytes === 16
        ? bytesWriter(duckdb, data.values as Uint32Array, 16)
        : decimalWriter(duckdb, data, layout.bytes);
    case "text":
      return textWriter(duckdb, data);
    case "list":
      return listWriter(duckdb, data, layout.child);
    case "array": {
      const write = columnWriter(duckdb, data.children[0] as Data, layout.child);
      return (vector, from, count) =>
        write(duckdb.array_vector_get_child(vector), from * layout.size, count * layout.size);
    }
    case "struct": {
      const writers = layout.children.map((child, i) => columnWriter(duckdb, data.children[i] as Data, child.layout));
      return (vector, from, count) =>
        writers.forEach((write, i) => write(duckdb.struct_vector_get_child(vector, i), from, count));
    }
  }
}

function bytesWriter(duckdb: DuckDb, values: ArrayBufferView, width: number): WriteRows {
  const { buffer, byteOffset } = values;
  return (vector, from, count) =>
    duckdb.copy_data_to_vector(vector, 0, buffer as ArrayBuffer, byteOffset + from * width, count * width);
}

/** The column's numbers as DuckDB has them: dates as days, times of day as microseconds. */
function converted(data: Data): ArrayBufferView {
  const values = data.values as Int32Array | BigInt64Array;
  if (Is.isDate(data.type) && values instanceof BigInt64Array) {
    return Int32Array.from(values, (ms) => Math.floor(Number(ms) / 86_400_000));
  }
  if (Is.isTime(data.type) && data.type.unit !== TimeUnit.MICROSECOND) {
    if (data.type.unit === TimeUnit.NANOSECOND) return BigInt64Array.from(values as BigInt64Array, (ns) => ns / 1000n);
    const perUnit = data.type.unit === TimeUnit.SECOND ? 1_000_000n : 1_000n;
    return BigInt64Array.from(values as Int32Array, (count) => BigInt(count) * perUnit);
  }
  return values;
}

function boolWriter(duckdb: DuckDb, data: Data): WriteRows {
  const bits = data.values as Uint8Array;
  return (vector, from, count) => {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const at = data.offset + from + i;
      bytes[i] = ((bits[at >> 3] as number) >> (at & 7)) & 1;
    }
    duckdb.copy_data_to_vector(vector, 0, bytes.buffer, 0, count);
  };
}

/** Two's complement cut to its lower bytes: the digits fit by the type. */
function decimalWriter(duckdb: DuckDb, data: Data, width: 2 | 4 | 8): WriteRows {
  const source = data.values as Uint32Array;
  const halves = new Uint16Array(source.buffer, source.byteOffset, source.length * 2);
  const perValue = width / 2;
  return (vector, from, count) => {
    const cut = new Uint16Array(count * perValue);
    for (let i = 0; i < count; i++) {
      for (let part = 0; part < perValue; part++) cut[i * perValue + part] = halves[(from + i) * 8 + part] as number;
    }
    duckdb.copy_data_to_vector(vector, 0, cut.buffer, 0, cut.byteLength);
  };
}

/** A text of up to 12 bytes lies in the vector itself, after its length; a longer one goes to DuckDB's own memory. */
function textWriter(duckdb: DuckDb, data: Data): WriteRows {
  const values = data.values as Uint8Array;
  const [start, end] = edgesOf(data);
  let words = new Uint32Array(0);
  let bytes = new Uint8Array(0);
  return (vector, from, count) => {
    if (words.length < count * 4) {
      words = new Uint32Array(count * 4);
      bytes = new Uint8Array(words.buffer);
    }
    words.fill(0, 0, count * 4);
    const long: number[] = [];
    for (let i = 0; i < count; i++) {
      const begin = start(from + i);
      const length = end(from + i) - begin;
      if (length > INLINE_BYTES) {
        long.push(i);
        continue;
      }
      words[i * 4] = length;
      const to = i * STRING_BYTES + 4;
      for (let byte = 0; byte < length; byte++) bytes[to + byte] = values[begin + byte] as number;
    }
    duckdb.copy_data_to_vector(vector, 0, words.buffer, 0, count * STRING_BYTES);
    for (const i of long) {
      duckdb.vector_assign_string_element_len(vector, i, values.subarray(start(from + i), end(from + i)));
    }
  };
}

/** Returns where the bytes of a row begin and end. */
function edgesOf(data: Data): [start: (row: number) => number, end: (row: number) => number] {
  if (Is.isFixedSizeBinary(data.type)) {
    const { byteWidth } = data.type;
    return [(row) => row * byteWidth, (row) => (row + 1) * byteWidth];
  }
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  return offsets instanceof Int32Array
    ? [(row) => offsets[row] as number, (row) => offsets[row + 1] as number]
    : [(row) => Number(offsets[row]), (row) => Number(offsets[row + 1])];
}

function listWriter(duckdb: DuckDb, data: Data, child: Layout): WriteRows {
  const offsets = data.valueOffsets as Int32Array;
  const write = columnWriter(duckdb, data.children[0] as Data, child);
  return (vector, from, count) => {
    const base = offsets[from] as number;
    const entries = new BigUint64Array(count * 2);
    for (let i = 0; i < count; i++) {
      const begin = offsets[from + i] as number;
      entries[i * 2] = BigInt(begin - base);
      entries[i * 2 + 1] = BigInt((offsets[from + i + 1] as number) - begin);
    }
    const total = (offsets[from + count] as number) - base;
    duckdb.list_vector_reserve(vector, total);
    duckdb.list_vector_set_size(vector, total);
    duckdb.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength);
    if (total > 0) write(duckdb.list_vector_get_child(vector), base, total);
  };
}

function validityWriter(duckdb: DuckDb, data: Data): WriteRows {
  const bits = Is.isNull(data.type) ? new Uint8Array((data.length + 7) >> 3) : data.nullBitmap;
  return (vector, from, count) => {
    const first = data.offset + from;
    const length = (count + 7) >> 3;
    const source = (first & 7) === 0 ? bits.subarray(first >> 3, (first >> 3) + length) : shifted(bits, first, length);
    duckdb.vector_ensure_validity_writable(vector);
    duckdb.copy_data_to_vector_validity(vector, 0, source.buffer as ArrayBuffer, source.byteOffset, length);
  };
}

/** Returns bytes of a bitmap from any bit on. */
function shifted(bits: Uint8Array, first: number, length: number): Uint8Array {
  const shift = first & 7;
  const at = first >> 3;
  return Uint8Array.from(
    { length },
    (_, i) => ((bits[at + i] as number) >> shift) | ((bits[at + i + 1] ?? 0) << (8 - shift)),
  );
}
