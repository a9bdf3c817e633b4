// Some rows of a table, in their order: values are copied as they lie in memory, run by run, whatever their type.
import { type Data, DataType, makeData, type Table, Vector } from "apache-arrow";
import { plainTable } from "./plain.ts";
import { emptyTable, tableOf, withSchema } from "./tables.ts";

/** Rows that follow one another. */
interface Run {
  readonly first: number;
  readonly count: number;
}

/**
 * Returns the rows `rows` of a table, which ascend. Its columns keep their types, but for views, which come as plain text
 * and bytes.
 */
export function takeRows(table: Table, rows: Int32Array): Table {
  const from = table.schema.fields.some(({ type }) => DataType.isUtf8View(type) || DataType.isBinaryView(type))
    ? plainTable(table)
    : table;
  if (rows.length === 0) return emptyTable(from.schema);
  const runs = runsOf(rows);
  const columns = from.schema.fields.map(
    ({ name }, i) => [name, takeColumn(from.getChildAt(i) as Vector, runs)] as const,
  );
  return withSchema(tableOf(columns), from.schema);
}

function runsOf(rows: Int32Array): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < rows.length;) {
    const first = rows[i] as number;
    const begin = i;
    while (i < rows.length && rows[i] === first + i - begin) i++;
    runs.push({ first, count: i - begin });
  }
  return runs;
}

function takeColumn(column: Vector, runs: readonly Run[]): Vector {
  const chunks: Data[] = [];
  let begin = 0;
  let next = 0;
  for (const data of column.data) {
    const end = begin + data.length;
    const own: Run[] = [];
    for (let run = runs[next]; run !== undefined && run.first < end; run = runs[next]) {
      const from = Math.max(run.first, begin);
      const to = Math.min(run.first + run.count, end);
      own.push({ first: from - begin, count: to - from });
      // A run that goes on is met again in the next chunk.
      if (to === end) break;
      next++;
    }
    if (own.length > 0) chunks.push(take(data, own));
    begin = end;
    while (next < runs.length && (runs[next] as Run).first + (runs[next] as Run).count <= begin) next++;
  }
  return new Vector(chunks);
}

/** Returns the elements of a chunk, which need not ascend. */
function take(data: Data, runs: readonly Run[]): Data {
  const { type } = data;
  const length = runs.reduce((sum, { count }) => sum + count, 0);
  const shared = { type, length, ...validity(data, runs, length) };
  const make = (parts: object) => makeData({ ...shared, ...parts } as never) as Data;
  if (DataType.isNull(type)) return make({});
  if (DataType.isBool(type)) return make({ data: takeBits(data.values as Uint8Array, data.offset, runs, length) });
  if (DataType.isStruct(type)) return make({ children: data.children.map((child) => take(child, runs)) });
  if (DataType.isFixedSizeList(type)) {
    const items = runs.map(({ first, count }) => ({ first: first * type.listSize, count: count * type.listSize }));
    return make({ child: take(data.children[0] as Data, items) });
  }
  if (data.valueOffsets !== undefined && !DataType.isUnion(type)) {
    const offsets = data.valueOffsets as unknown as Int32Array | BigInt64Array;
    const items = runs.map(({ first, count }) => {
      const from = Number(offsets[first]);
      return { first: from, count: Number(offsets[first + count]) - from };
    });
    const valueOffsets = takeOffsets(offsets, runs, length);
    if (data.children.length > 0) return make({ valueOffsets, child: take(data.children[0] as Data, items) });
    return make({ valueOffsets, data: takeValues(data.values as Uint8Array, 1, items) });
  }
  const dictionary = DataType.isDictionary(type) ? { dictionary: data.dictionary } : {};
  return make({ data: takeValues(data.values as Uint8Array, data.stride, runs), ...dictionary });
}

function validity(data: Data, runs: readonly Run[], length: number): { nullCount: number; nullBitmap?: Uint8Array } {
  if (data.nullCount === 0 || DataType.isNull(data.type)) return { nullCount: 0 };
  const nullBitmap = takeBits(data.nullBitmap, data.offset, runs, length);
  let nullCount = length;
  for (let i = 0; i < length; i++) nullCount -= ((nullBitmap[i >> 3] as number) >> (i & 7)) & 1;
  return { nullCount, nullBitmap };
}

function takeBits(bits: Uint8Array, offset: number, runs: readonly Run[], length: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(length / 64) * 8);
  let at = 0;
  for (const { first, count } of runs) {
    for (let bit = offset + first; bit < offset + first + count; bit++, at++) {
      if (((bits[bit >> 3] as number) >> (bit & 7)) & 1) out[at >> 3]! |= 1 << (at & 7);
    }
  }
  return out;
}

const SHORT = 32;

/** Elements of `stride` places each; the array may be of any kind of number. */
function takeValues(values: Uint8Array, stride: number, runs: readonly Run[]): Uint8Array {
  const length = runs.reduce((sum, { count }) => sum + count, 0);
  const out = new (values.constructor as Uint8ArrayConstructor)(length * stride);
  let at = 0;
  for (const { first, count } of runs) {
    const from = first * stride;
    const places = count * stride;
    // A view of the array costs as much as copying so many places.
    if (places > SHORT) out.set(values.subarray(from, from + places), at);
    else for (let k = 0; k < places; k++) out[at + k] = values[from + k] as number;
    at += places;
  }
  return out;
}

function takeOffsets(offsets: Int32Array | BigInt64Array, runs: readonly Run[], length: number) {
  const out = new Int32Array(length + 1);
  let at = 0;
  for (const { first, count } of runs) {
    const shift = (out[at] as number) - Number(offsets[first]);
    for (let row = first + 1; row <= first + count; row++) out[++at] = Number(offsets[row]) + shift;
  }
  return offsets instanceof BigInt64Array ? BigInt64Array.from(out, BigInt) : out;
}
