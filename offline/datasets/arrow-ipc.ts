// Arrow IPC in and out, files and streams; a damaged one is refused instead of read short.
import {
  AsyncByteQueue,
  type Data,
  DataType,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  Schema,
  type Table,
  tableFromIPC,
} from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { checkFileMetadata, checkStreamMetadata } from "./arrow-metadata.ts";
import { plainTable } from "./plain.ts";
import { EMPTY, sniff } from "./sniff.ts";
import { checkNames, emptyTable, namesOf, withSchema } from "./tables.ts";

/** Returns the table of an IPC file or stream, which it shares memory with. @throws file_unreadable, duplicate_column; `name` is the file's. */
export function readArrow(bytes: Uint8Array, name: string): Table {
  const kind = kindOf(bytes, name);
  try {
    if (kind === "file") checkFileMetadata(bytes);
    else checkStreamMetadata(bytes);
    const table = tableFromIPC(bytes);
    checkNames(namesOf(table.schema), name);
    if (table.numRows === 0) return plainTable(emptyTable(table.schema));
    for (const batch of table.batches) batch.data.children.forEach(checkBuffers);
    return plainTable(table);
  } catch (cause) {
    if (cause instanceof EdgefeatError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    // apache-arrow names the codec by its number.
    if (/compress/i.test(reason))
      throw unreadable(name, "it is compressed with LZ4, which can't be read", WITHOUT_LZ4, cause);
    throw unreadable(name, `its data is damaged (${reason})`, HOW, cause);
  }
}

/** Yields the bytes of an IPC file or stream, batch by batch, as views of the table's memory where they can be. @throws type_mismatch for a column that Arrow IPC can't hold. */
export function* writeArrow(
  table: Table,
  kind: "file" | "stream",
  metadata: ReadonlyMap<string, string>,
): Generator<Uint8Array> {
  const plain = plainTable(table);
  const whole = withSchema(plain, new Schema(plain.schema.fields, new Map(metadata)));
  const sink = new PartSink();
  const writer = kind === "file" ? new RecordBatchFileWriter() : new RecordBatchStreamWriter();
  try {
    writer.reset(sink, whole.schema);
    for (const batch of whole.batches) {
      writer.write(batch);
      yield* sink.take();
    }
    writer.finish();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EdgefeatError("type_mismatch", `the table can't be written as Arrow: ${reason}`, { cause });
  }
  yield* sink.take();
}

/**
 * Returns the bytes of an IPC stream, in memory of their own. Instead of apache-arrow's tableToIPC, which loses data where two
 * columns share memory: it takes buffers that overlap for one. @throws as writeArrow
 */
export function arrowStream(table: Table): Uint8Array<ArrayBuffer> {
  const parts = [...writeArrow(table, "stream", table.schema.metadata)];
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Takes what a writer writes, to be handed on as it comes. */
class PartSink extends AsyncByteQueue {
  #parts: Uint8Array[] = [];

  override write(part: ArrayBufferLike | ArrayBufferView | Uint8Array): void {
    this.#parts.push(
      ArrayBuffer.isView(part) ? new Uint8Array(part.buffer, part.byteOffset, part.byteLength) : new Uint8Array(part),
    );
  }

  take(): Uint8Array[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }
}

const FILE_MAGIC = "ARROW1";

/** Tells a file from a stream by how it starts, and a whole one by how it ends. @throws file_unreadable. */
function kindOf(bytes: Uint8Array, name: string): "file" | "stream" {
  const head = ascii(bytes.subarray(0, 6));
  if (bytes.length === 0) throw unreadable(name, `it is ${EMPTY.what}`, EMPTY.mend);
  if (head === FILE_MAGIC) {
    if (ascii(bytes.subarray(-6)) !== FILE_MAGIC) throw unreadable(name, "it was cut off: its end is missing");
    return "file";
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Streams from before Arrow 0.15 have no such mark before each length.
  const marked = bytes.length >= 8 && view.getInt32(0, true) === -1;
  const length = bytes.length < 8 ? 0 : view.getInt32(marked ? 4 : 0, true);
  if (length <= 0 || length > bytes.length) {
    const { what, mend } = sniff(bytes) ?? { what: "neither an Arrow file nor a stream", mend: HOW };
    throw unreadable(name, `it starts with ${JSON.stringify(head)}, so it is ${what}`, mend);
  }
  // A stream may legally just stop, but then nothing tells a whole one from one that was cut off.
  const ended =
    view.getInt32(bytes.length - 4, true) === 0 && (!marked || view.getInt32(bytes.length - 8, true) === -1);
  if (!ended) throw unreadable(name, "it was cut off: the stream's end marker is missing");
  return "stream";
}

/** Refuses buffers that are shorter than their rows or point outside each other, which would read as other values. @throws Error. */
function checkBuffers(data: Data): void {
  const { length, stride, type } = data;
  const arrow: DataType = type;
  const enough = (have: number | undefined, need: number) => {
    if ((have ?? 0) < need) throw new Error("its buffers are shorter than its rows");
  };
  if (data.nullCount > 0 && !DataType.isNull(arrow))
    enough(data.nullBitmap?.length, Math.ceil((data.offset + length) / 8));
  if (DataType.isBool(arrow)) enough(data.values.length, Math.ceil((data.offset + length) / 8));
  else if (data.valueOffsets !== undefined && !DataType.isUnion(arrow)) checkOffsets(data);
  else if (DataType.isFixedSizeList(arrow)) enough(data.children[0]?.length, length * arrow.listSize);
  else if (DataType.isStruct(arrow)) for (const child of data.children) enough(child.length, length);
  else if (data.values !== undefined && length > 0) enough(data.values.length, length * stride);
  data.children.forEach(checkBuffers);
}

function checkOffsets(data: Data): void {
  if (data.length === 0) return;
  const offsets = data.valueOffsets as unknown as Int32Array | BigInt64Array;
  const held = data.children[0]?.length ?? (data.values as Uint8Array).length;
  let last = Number(offsets[0]);
  let ordered = offsets.length > data.length && last >= 0;
  for (let row = 1; ordered && row <= data.length; row++) {
    const next = Number(offsets[row]);
    ordered = next >= last;
    last = next;
  }
  if (!ordered || last > held) throw new Error("its offsets point outside its data");
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

const HOW = "check that the file is whole, and what it really is";
const WITHOUT_LZ4 =
  'write it without LZ4 compression (pandas and pyarrow: compression="uncompressed" or "zstd"), or as Parquet';

function unreadable(name: string, reason: string, hint = HOW, cause?: unknown): EdgefeatError {
  return new EdgefeatError("file_unreadable", `${name} can't be read as Arrow IPC: ${reason}`, { hint, cause });
}
