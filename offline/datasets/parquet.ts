// Parquet in and out by parquet-wasm. It runs on a thread: a corrupt file makes it trap where no `catch` can hear it, and
// its memory never shrinks; a thread can be dropped for either.
import { Schema, Table, tableFromIPC, tableToIPC } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { valueTypeOfArrow } from "./arrow-types.ts";
import type { ParquetReply, ParquetRequest } from "./parquet-session.ts";
import { checkNames, emptyTable, indexOfColumn, namesOf, selectColumns, withSchema } from "./tables.ts";

/** A host's thread that runs `parquetSession`. */
export interface ParquetThread {
  post(request: ParquetRequest, transfer: ArrayBuffer[]): void;
  onReply(listener: (reply: ParquetReply) => void): void;
  /** Hears of the thread's end, whatever ended it; may call more than once. */
  onLost(listener: (reason: unknown) => void): void;
  keepAlive(pending: boolean): void;
  terminate(): void;
}

/** Bytes in memory, or (in Node) a path, of which only the parts that are needed are read. */
export type ParquetInput = Blob | { path: string };

export interface ParquetInfo {
  schema: Schema;
  rows: number;
  metadata: Map<string, string>;
}

const ROWS_PER_GROUP = 131_072;
const KEPT_MEMORY_BYTES = 256 * 1024 * 1024;

/** Parquet files through the threads that `spawn` makes; one idle thread is kept for the next file. */
export class Parquet {
  readonly #spawn: () => ParquetThread;
  #idle: Connection | undefined;

  constructor(spawn: () => ParquetThread) {
    this.#spawn = spawn;
  }

  /** Returns what the file's footer says. @throws file_unreadable, `name` being the file's. */
  info(input: ParquetInput, name: string): Promise<ParquetInfo> {
    return this.#reading(name, (connection) => open(connection, input));
  }

  /** Returns the columns asked for, in that order, or all. @throws file_unreadable, missing_column, duplicate_column. */
  read(input: ParquetInput, columns: readonly string[] | undefined, name: string): Promise<Table> {
    return this.#reading(name, async (connection) => {
      const { schema, rows } = await open(connection, input);
      const names = namesOf(schema);
      checkNames(names, name);
      columns?.forEach((column) => indexOfColumn(names, column, name));
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
  async *write(table: Table, metadata: ReadonlyMap<string, string>): AsyncGenerator<Uint8Array> {
    const connection = this.#take();
    try {
      await connection.ask({ op: "write", metadata: [...metadata], rowsPerGroup: ROWS_PER_GROUP });
      for (let from = 0; from === 0 || from < table.numRows; from += ROWS_PER_GROUP) {
        const ipc = tableToIPC(batchesOf(table, from), "stream");
        const { parts } = await connection.ask({ op: "batch", ipc }, [ipc.buffer as ArrayBuffer]);
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

  async #reading<T>(name: string, task: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#take();
    try {
      return await task(connection);
    } catch (cause) {
      if (cause instanceof EdgefeatError) throw cause;
      throw new EdgefeatError("file_unreadable", `${name} can't be read as Parquet: ${reasonOf(cause, DAMAGED)}`, {
        hint: "check that the file is whole, and what it really is",
        cause,
      });
    } finally {
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

  async ask(request: ParquetRequest, transfer: ArrayBuffer[] = []): Promise<ParquetReply> {
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

async function open(connection: Connection, input: ParquetInput): Promise<ParquetInfo> {
  const request: ParquetRequest = input instanceof Blob ? { op: "open", file: input } : { op: "openPath", ...input };
  const { ipc, rows, metadata } = await connection.ask(request);
  return { schema: tableFromIPC(ipc as Uint8Array).schema, rows: rows as number, metadata: new Map(metadata) };
}

/** The next rows as a table of at least one batch, without the metadata of the file they came from. */
function batchesOf(table: Table, from: number): Table {
  const schema = new Schema(table.schema.fields);
  return table.numRows === 0 ? emptyTable(schema) : withSchema(table.slice(from, from + ROWS_PER_GROUP), schema);
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
