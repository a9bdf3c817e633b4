// Checks the metadata of Arrow IPC bytes before apache-arrow reads it: that trusts every count it finds, and a damaged one
// keeps it busy for minutes. Only counts are checked; a DataView's own bounds do the rest.

const SCHEMA = 1;
const DICTIONARY_BATCH = 2;
const RECORD_BATCH = 3;

/** @throws RangeError or Error when the metadata of a stream counts more than there is room for, or its bodies end beyond it. */
export function checkStreamMetadata(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at = checkMessage(bytes, at);
}

/** As checkStreamMetadata, for a file: its footer, and the messages that points to. */
export function checkFileMetadata(bytes: Uint8Array): void {
  const view = viewOf(bytes);
  const end = bytes.length - 10;
  const footer = new Flat(view, end - view.getInt32(end, true), end);
  const root = footer.follow(footer.start);
  checkSchema(footer, footer.child(root, 1));
  footer.vector(root, 4, 4);
  for (const [slot, type] of [
    [2, DICTIONARY_BATCH],
    [3, RECORD_BATCH],
  ] as const) {
    for (const block of footer.vector(root, slot, 24)) checkMessage(bytes, Number(view.getBigInt64(block, true)), type);
  }
}

/** Returns where the next message starts; apache-arrow looks for a batch of the `expected` type without end. */
function checkMessage(bytes: Uint8Array, at: number, expected?: number): number {
  const view = viewOf(bytes);
  const start = view.getInt32(at, true) === -1 ? at + 8 : at + 4;
  const length = view.getInt32(start - 4, true);
  if (length === 0) return bytes.length;
  if (length < 0 || start + length > bytes.length) throw new Error("a message is longer than the file");
  const message = new Flat(view, start, start + length);
  const root = message.follow(start);
  const type = message.slot(root, 1) === 0 ? 0 : view.getUint8(message.slot(root, 1));
  const header = message.child(root, 2);
  if (type === SCHEMA) checkSchema(message, header);
  else if (type === DICTIONARY_BATCH) checkBatch(message, message.child(header, 1));
  else if (type === RECORD_BATCH) checkBatch(message, header);
  else throw new Error(`it holds a message of the unknown kind ${type}`);
  if (expected !== undefined && type !== expected) throw new Error("its footer points to another message");
  message.vector(root, 4, 4);
  const bodyAt = message.slot(root, 3);
  const body = bodyAt === 0 ? 0 : Number(view.getBigInt64(bodyAt, true));
  if (body < 0 || start + length + body > bytes.length) throw new Error("a body is longer than the file");
  return start + length + body;
}

function checkSchema(flat: Flat, schema: number): void {
  checkFields(flat, schema, 1);
  flat.vector(schema, 2, 4);
}

function checkFields(flat: Flat, table: number, slot: number): void {
  for (const entry of flat.vector(table, slot, 4)) {
    const field = flat.follow(entry);
    checkFields(flat, field, 5);
    flat.vector(field, 6, 4);
  }
}

function checkBatch(flat: Flat, batch: number): void {
  flat.vector(batch, 1, 16);
  flat.vector(batch, 2, 16);
  flat.vector(batch, 4, 8);
}

/** Positions within one flatbuffer, which lies from `start` to `end` of the view. */
class Flat {
  readonly start: number;
  readonly #view: DataView;
  readonly #end: number;

  constructor(view: DataView, start: number, end: number) {
    this.#view = view;
    this.start = start;
    this.#end = end;
  }

  /** Returns where an offset leads: forward only, so that no walk is endless. */
  follow(at: number): number {
    const offset = this.#view.getUint32(this.#within(at, 4), true);
    if (offset === 0) throw new Error("its metadata points at itself");
    return this.#within(at + offset, 4);
  }

  /** Returns where a table keeps a field, or 0 when it has none. */
  slot(table: number, slot: number): number {
    const vtable = this.#within(table - this.#view.getInt32(this.#within(table, 4), true), 4);
    const entry = 4 + slot * 2;
    if (entry >= this.#view.getInt16(vtable, true)) return 0;
    const offset = this.#view.getInt16(this.#within(vtable + entry, 2), true);
    return offset === 0 ? 0 : this.#within(table + offset, 1);
  }

  child(table: number, slot: number): number {
    const at = this.slot(table, slot);
    if (at === 0) throw new Error("its metadata lacks a part");
    return this.follow(at);
  }

  /** Returns where the entries of a vector are. @throws Error when they would not fit. */
  vector(table: number, slot: number, size: number): number[] {
    const at = this.slot(table, slot);
    if (at === 0) return [];
    const vector = this.follow(at);
    const length = this.#view.getUint32(vector, true);
    this.#within(vector + 4, length * size);
    return Array.from({ length }, (_, i) => vector + 4 + i * size);
  }

  #within(at: number, size: number): number {
    if (at < this.start || at + size > this.#end) throw new Error("its metadata points outside itself");
    return at;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
