// Parquet in and out by parquet-wasm. It runs on a thread: a corrupt file makes it trap where no `catch` can hear it, and
// its memory never shrinks; a thread can be dropped for either.
import { Schema, Table, tableFromIPC } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { arrowStream } from "./arrow-ipc.ts";
import { valueTypeOfArrow } from "./arrow-types.ts";
import type { ByteSource } from "./byte-source.ts";
import { hasEncryptedColumns } from "./parquet-footer.ts";
import type { ParquetReply, ParquetRequest, RangeReply, RangeRequest } from "./parquet-session.ts";
import { EMPTY, sniff } from "./sniff.ts";
import { checkNames, emptyTable, indexesOf, namesOf, selectColumns, withSchema } from "./tables.ts";

/** What moves to the thread instead of being copied. */
export type Transferred = ArrayBuffer | MessagePort;

/** A host's thread that runs `parquetSession`. */
export interface ParquetThread {
  post(request: ParquetRequest, transfer: Transferred[]): void;
  onReply(listener: (reply: ParquetReply) => void): void;
  /** Hears of the thread's end, whatever ended it; may call more than once. */
  onLost(listener: (reason: unknown) => void): void;
  keepAlive(pending: boolean): void;
  terminate(): void;
}

export interface ParquetInfo {
  schema: Schema;
  rows: number;
  metadata: Map<string, string>;
}

const ROWS_PER_GROUP = 131_072;
/** What is handed to the thread at once. */
const ROWS_PER_BATCH = 131_072;
const KEPT_MEMORY_BYTES = 256 * 1024 * 1024;

/** Parquet files through the threads that `spawn` makes; one idle thread is kept for the next file. */
export class Parquet {
  readonly #spawn: () => ParquetThread;
  #idle: Connection | undefined;

  constructor(spawn: () => ParquetThread) {
    this.#spawn = spawn;
  }

  /** Returns what the file's footer says; only that is read. @throws file_unreadable. */
  info(source: ByteSource): Promise<ParquetInfo> {
    return this.#reading(source, open);
  }

  /** Returns the columns asked for, in that order, or all. @throws file_unreadable, missing_column, duplicate_column. */
  read(source: ByteSource, columns?: readonly string[]): Promise<Table> {
    return this.#reading(source, async (connection, port) => {
      const { schema, rows } = await open(connection, port, source);
      const names = namesOf(schema);
      checkNames(names, source.name);
      columns?.forEach(indexesOf(names, source.name));
      // parquet-wasm 0.8 traps when it compares names that are not ASCII.
      const projected = columns?.every((column) => /^[ -~]+$/.test(column)) ? [...new Set(columns)] : null;
      const tables: Table[] = [];
      if (rows > 0) {
        await connection.ask({ op: "read", columns: projected });
        for (;;) {
          const { ipc } = await connection.ask({ op: "next" });
          if (ipc === undefined) break;
          tables.push(tableFromIPC(ipc));
        }
      }
      const batches = tables.flatMap((table) => table.batches);
      const whole = tables[0] === undefined ? emptyTable(schema) : new Table(tables[0].schema, batches);
      if (whole.numRows !== rows) throw new Error(`it holds ${whole.numRows} of the ${rows} rows it promises`);
      return columns === undefined ? whole : selectColumns(whole, columns);
    });
  }

  /** Yields the bytes of a zstd-compressed file, row group by row group. @throws type_mismatch for a column that Parquet can't hold. */
  async *write(
    table: Table,
    metadata: ReadonlyMap<string, string>,
    rowsPerGroup = ROWS_PER_GROUP,
  ): AsyncGenerator<Uint8Array> {
    const connection = this.#take();
    try {
      const columns = table.numCols;
      await connection.ask({ op: "write", columns, metadata: [...metadata], rowsPerGroup });
      for (let from = 0; from === 0 || from < table.numRows; from += ROWS_PER_BATCH) {
        const ipc = arrowStream(batchesOf(table, from));
        const { parts } = await connection.ask({ op: "batch", ipc }, [ipc.buffer]);
        yield* parts ?? [];
      }
      yield* (await connection.ask({ op: "finish" })).parts ?? [];
    } catch (cause) {
      const reason = reasonOf(cause, "a column is of a type that the writer lacks");
      throw new EdgefeatError("type_mismatch", `the table can't be written as Parquet: ${reason}`, {
        hint: unusualColumns(table),
        cause,
      });
    } finally {
      this.#give(connection);
    }
  }

  async #reading<T>(
    source: ByteSource,
    task: (connection: Connection, port: MessagePort, source: ByteSource) => Promise<T>,
  ): Promise<T> {
    const connection = this.#take();
    const { port1, port2 } = new MessageChannel();
    const answer = async ({ data: { id, from, to } }: MessageEvent<RangeRequest>) => {
      try {
        const bytes = await source.read(from, to);
        const reply: RangeReply = { id, bytes };
        port1.postMessage(reply, [bytes.buffer]);
      } catch (fault) {
        // parquet-wasm traps where a read fails: better to end its thread than to tell it.
        connection.fail(fault);
      }
    };
    port1.addEventListener("message", answer);
    port1.start();
    try {
      await checkEnds(source);
      return await task(connection, port2, source);
    } catch (cause) {
      if (cause instanceof EdgefeatError) throw cause;
      if (await hasEncryptedColumns(source)) {
        const mend = "read other columns, or write it without encryption: no keys are taken";
        throw unreadable(source, "some of its columns are encrypted", mend, cause);
      }
      throw unreadable(source, reasonOf(cause, DAMAGED), "check that the file is whole", cause);
    } finally {
      port1.close();
      this.#give(connection);
    }
  }

  #take(): Connection {
    const idle = this.#idle;
    this.#idle = undefined;
    return idle?.reusable ? idle : new Connection(this.#spawn());
  }

  /** A thread that was left in the middle of a file may be in any state; after a large file it holds much memory. */
  #give(connection: Connection): void {
    if (connection.reusable && connection.memory <= KEPT_MEMORY_BYTES && this.#idle === undefined) {
      this.#idle = connection;
    } else {
      connection.close();
    }
  }
}

/** A thread that is asked one thing at a time. */
class Connection {
  memory = 0;
  #lost = false;
  #midFile = false;
  readonly #thread: ParquetThread;
  #answer: { resolve: (reply: ParquetReply) => void; reject: (reason: unknown) => void } | undefined;

  constructor(thread: ParquetThread) {
    this.#thread = thread;
    thread.onReply((reply) => this.#answer?.resolve(reply));
    thread.onLost((reason) => {
      this.#lost = true;
      this.#answer?.reject(reason);
    });
  }

  get reusable(): boolean {
    return !this.#lost && !this.#midFile;
  }

  /** Ends the thread; what it was asked rejects with `reason`. */
  fail(reason: unknown): void {
    this.#answer?.reject(reason);
    this.close();
  }

  async ask(request: ParquetRequest, transfer: Transferred[] = []): Promise<ParquetReply> {
    this.#thread.keepAlive(true);
    if (request.op === "read" || request.op === "write") this.#midFile = true;
    try {
      const reply = await new Promise<ParquetReply>((resolve, reject) => {
        this.#answer = { resolve, reject };
        this.#thread.post(request, transfer);
      });
      this.memory = reply.memory;
      if (reply.error !== undefined) throw new Error(reply.error);
      if (request.op === "finish" || (request.op === "next" && reply.ipc === undefined)) this.#midFile = false;
      return reply;
    } finally {
      this.#thread.keepAlive(false);
    }
  }

  close(): void {
    this.#lost = true;
    this.#thread.terminate();
  }
}

async function open(connection: Connection, port: MessagePort, { sizeBytes }: ByteSource): Promise<ParquetInfo> {
  const { ipc, rows, metadata } = await connection.ask({ op: "open", sizeBytes, port }, [port]);
  return { schema: tableFromIPC(ipc as Uint8Array).schema, rows: rows as number, metadata: new Map(metadata) };
}

/** Tells the commonest faults apart before the decoder does, in plainer words. @throws file_unreadable. */
async function checkEnds(source: ByteSource): Promise<void> {
  const { sizeBytes } = source;
  if (sizeBytes === 0) throw unreadable(source, `it is ${EMPTY.what}`, EMPTY.mend);
  const head = await source.read(0, Math.min(64, sizeBytes));
  const start = String.fromCharCode(...head.subarray(0, 4));
  if (start !== "PAR1") {
    const { what, mend } = sniff(head) ?? { what: "something else", mend: "check what the file really is" };
    throw unreadable(source, `it starts with ${JSON.stringify(start)}, so it is ${what}`, mend);
  }
  if (sizeBytes < 12 || String.fromCharCode(...(await source.read(sizeBytes - 4, sizeBytes))) !== "PAR1") {
    throw unreadable(source, "it was cut off: its end is missing", "copy or write it again, whole");
  }
}

function unreadable({ name }: ByteSource, reason: string, hint: string, cause?: unknown): EdgefeatError {
  return new EdgefeatError("file_unreadable", `${name} can't be read as Parquet: ${reason}`, { hint, cause });
}

/** The next rows as a table of at least one batch, without the metadata of the file they came from. */
function batchesOf(table: Table, from: number): Table {
  const schema = new Schema(table.schema.fields);
  return table.numRows === 0 ? emptyTable(schema) : withSchema(table.slice(from, from + ROWS_PER_BATCH), schema);
}

function unusualColumns(table: Table): string {
  const unusual = table.schema.fields.filter(({ type }) => valueTypeOfArrow(type) === null);
  const columns = unusual.map(({ name, type }) => `"${name}" (${String(type)})`).join(", ");
  return columns === ""
    ? "write an .arrow file"
    : `leave out what Parquet can't hold of ${columns}, or write an .arrow file`;
}

const DAMAGED = "its data is damaged, or a row group is too large for 4 GiB";

/** Returns what went wrong; a trap has no words of its own, and `trap` is its usual reason. */
function reasonOf(cause: unknown, trap: string): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return /unreachable|memory access/.test(message) ? trap : message;
}
