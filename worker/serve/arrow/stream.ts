// An Arrow IPC stream of one record batch: https://arrow.apache.org/docs/format/Columnar.html, metadata version 5.
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { addColumn, type ColumnBuffers } from "./buffers.ts";
import { FlatBuffer, type Offset, type TableField } from "./flatbuffer.ts";

export interface ArrowColumn {
  readonly name: string;
  readonly type: ValueType;
  readonly values: readonly (Value | null)[];
}

const VERSION = 4;
const HEADER = { schema: 1, recordBatch: 3 } as const;
/** The length of a message that there is not: the end of the stream. */
const END = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** Returns the stream of columns of one length. `metadata` goes to the schema, by key. */
export function arrowStream(
  columns: readonly ArrowColumn[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const content: ColumnBuffers = { nodes: [], buffers: [] };
  for (const { type, values } of columns) addColumn(type, values, content);
  const bodyBytes = content.buffers.reduce((sum, { length }) => sum + padded(length), 0);
  const schema = message(HEADER.schema, 0, (buffer) => writeSchema(buffer, columns, metadata));
  const batch = message(HEADER.recordBatch, bodyBytes, (buffer) =>
    writeBatch(buffer, columns[0]?.values.length ?? 0, content),
  );
  const all = new Uint8Array(schema.length + batch.length + bodyBytes + END.length);
  all.set(schema);
  all.set(batch, schema.length);
  let at = schema.length + batch.length;
  for (const bytes of content.buffers) {
    all.set(bytes, at);
    at += padded(bytes.length);
  }
  all.set(END, at);
  return all;
}

function padded(length: number): number {
  return (length + 7) & ~7;
}

/** A message: a mark, the length of its metadata, its metadata. */
function message(header: number, bodyBytes: number, write: (buffer: FlatBuffer) => Offset): Uint8Array {
  const buffer = new FlatBuffer();
  const content = write(buffer);
  const bytes = buffer.finish(
    buffer.table([
      int16(0, VERSION),
      uint8(1, header),
      offset(2, content),
      { id: 3, kind: "int64", value: BigInt(bodyBytes) },
    ]),
  );
  const all = new Uint8Array(8 + bytes.length);
  const view = new DataView(all.buffer);
  view.setInt32(0, -1, true);
  view.setInt32(4, bytes.length, true);
  all.set(bytes, 8);
  return all;
}

function writeSchema(
  buffer: FlatBuffer,
  columns: readonly ArrowColumn[],
  metadata: Readonly<Record<string, string>>,
): Offset {
  const fields = columns.map(({ name, type }) => writeField(buffer, name, type, true));
  const entries = Object.entries(metadata).map(([key, value]) => {
    const [keyAt, valueAt] = [buffer.text(key), buffer.text(value)];
    return buffer.table([offset(0, keyAt), offset(1, valueAt)]);
  });
  const [fieldsAt, entriesAt] = [buffer.offsets(fields), buffer.offsets(entries)];
  return buffer.table([offset(1, fieldsAt), offset(2, entriesAt)]);
}

function writeField(buffer: FlatBuffer, name: string, type: ValueType, nullable: boolean): Offset {
  const child =
    type.kind === "list"
      ? [writeField(buffer, "item", type.of, true)]
      : type.kind === "vector"
        ? [writeField(buffer, "item", { kind: "float32" }, false)]
        : [];
  const { id, fields } = arrowType(buffer, type);
  const [nameAt, typeAt, childrenAt] = [buffer.text(name), buffer.table(fields), buffer.offsets(child)];
  return buffer.table([
    offset(0, nameAt),
    uint8(1, nullable ? 1 : 0),
    uint8(2, id),
    offset(3, typeAt),
    offset(5, childrenAt),
  ]);
}

/** The number of a type in Arrow's union of types, and the fields of its table. */
function arrowType(buffer: FlatBuffer, type: ValueType): { id: number; fields: TableField[] } {
  switch (type.kind) {
    case "bool":
      return { id: 6, fields: [] };
    case "int32":
      return { id: 2, fields: [int32(0, 32), uint8(1, 1)] };
    case "int64":
      return { id: 2, fields: [int32(0, 64), uint8(1, 1)] };
    case "float32":
      return { id: 3, fields: [int16(0, 1)] };
    case "float64":
      return { id: 3, fields: [int16(0, 2)] };
    case "decimal":
      return { id: 7, fields: [int32(0, type.precision), int32(1, type.scale), int32(2, 128)] };
    case "string":
      return { id: 5, fields: [] };
    case "bytes":
      return { id: 4, fields: [] };
    case "timestamp":
      return { id: 10, fields: [int16(0, 2), offset(1, buffer.text("UTC"))] };
    case "list":
      return { id: 12, fields: [] };
    case "vector":
      return { id: 16, fields: [int32(0, type.dimension)] };
  }
}

function writeBatch(buffer: FlatBuffer, rows: number, { nodes, buffers }: ColumnBuffers): Offset {
  let at = 0;
  const regions = buffers.map(({ length }) => {
    const region = [at, length] as const;
    at += padded(length);
    return region;
  });
  const [nodesAt, regionsAt] = [buffer.pairs(nodes), buffer.pairs(regions)];
  return buffer.table([{ id: 0, kind: "int64", value: BigInt(rows) }, offset(1, nodesAt), offset(2, regionsAt)]);
}

function uint8(id: number, value: number): TableField {
  return { id, kind: "uint8", value };
}

function int16(id: number, value: number): TableField {
  return { id, kind: "int16", value };
}

function int32(id: number, value: number): TableField {
  return { id, kind: "int32", value };
}

function offset(id: number, value: Offset): TableField {
  return { id, kind: "offset", value };
}
