// Native DuckDB as an Engine: all cores, all memory, and the disk where that is not enough.
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pid } from "node:process";
import { setImmediate } from "node:timers/promises";
import { type Data, RecordBatch, Schema, Struct, type Table, Table as ArrowTable, makeData } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { plainTable } from "../datasets/plain.ts";
import { cancelled, isFatal } from "./errors.ts";
import { checkResultNames, loadable } from "./loadable.ts";
import { type Connection, type Database, type DuckDb, needNativeBindings, type Result } from "./native-bindings.ts";
import { columnGatherer } from "./native-read.ts";
import { identifier } from "./identifier.ts";
import { field, layoutOfArrow, layoutOfDuck, logicalOf, sqlOf } from "./native-types.ts";
import { columnWriter } from "./native-write.ts";
import { bindParameters } from "./parameters.ts";
import type { Engine, Parameter, QueryOptions } from "./port.ts";
import type { EngineOptions } from "./open.ts";
import { Turns } from "./turns.ts";

const ROWS_PER_BATCH = 131_072;
/** Between two looks at the signal, and at whatever else the process has to do. */
const ROWS_PER_TURN = 131_072;
/** A query that has not begun yet does not hear an interruption, so it is said again until it has ended. */
const INTERRUPT_EVERY_MS = 20;

let opened = 0;

/** Returns a native DuckDB engine in this process. @throws engine_unavailable without @duckdb/node-api, engine_failed when it can't start. */
export async function openNativeEngine(options: Omit<EngineOptions, "engine"> = {}): Promise<Engine> {
  const duckdb = needNativeBindings();
  try {
    const { spillFolder = tmpdir() } = options;
    await mkdir(spillFolder, { recursive: true });
    // DuckDB makes it when it is needed.
    const spill = join(spillFolder, `edgefeat-spill-${pid}-${opened++}`);
    const config = duckdb.create_config();
    // No files but its own, no network, no extensions but those built in; external access can't be turned on again.
    const settings: Record<string, string | undefined> = {
      autoload_known_extensions: "false",
      autoinstall_known_extensions: "false",
      allow_community_extensions: "false",
      temp_directory: spill,
      enable_external_access: "false",
      threads: options.threads?.toString(),
      memory_limit: options.memoryLimitBytes === undefined ? undefined : `${options.memoryLimitBytes}B`,
    };
    for (const [name, value] of Object.entries(settings)) {
      if (value !== undefined) duckdb.set_config(config, name, value);
    }
    const database = await duckdb.open(":memory:", config);
    const engine = new NativeEngine(duckdb, database, await duckdb.connect(database), spill);
    // Else it is the machine's, and a view's own query makes other times of the same text there.
    await engine.query("SET TimeZone = 'UTC'");
    return engine;
  } catch (cause) {
    throw new EdgefeatError("engine_failed", `native DuckDB can't start: ${(cause as Error).message}`, {
      hint: "check the folder for temporary files, the threads and the memory limit",
      cause,
    });
  }
}

class NativeEngine implements Engine {
  readonly name: string;
  readonly #duckdb: DuckDb;
  readonly #database: Database;
  readonly #connection: Connection;
  readonly #spill: string;
  readonly #turns = new Turns();
  #running: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(duckdb: DuckDb, database: Database, connection: Connection, spill: string) {
    this.name = `duckdb ${duckdb.library_version().replace(/^v/, "")}`;
    this.#duckdb = duckdb;
    this.#database = database;
    this.#connection = connection;
    this.#spill = spill;
  }

  load(name: string, table: Table, { signal }: QueryOptions = {}): Promise<void> {
    const what = `loading the table "${name}"`;
    return this.#take(what, signal, async () => {
      const input = plainTable(loadable(name, table));
      const layouts = input.schema.fields.map((column) => layoutOfArrow(column.type, column.name));
      const columns = input.schema.fields.map(
        (column, i) => `${identifier(column.name)} ${sqlOf(layouts[i] as never)}`,
      );
      await this.#run(`CREATE OR REPLACE TABLE ${identifier(name)} (${columns.join(", ")})`, signal, what);
      try {
        await this.#append(name, input, layouts, signal, what);
      } catch (cause) {
        if (!isFatal(cause)) await this.#run(`DROP TABLE IF EXISTS ${identifier(name)}`, undefined, what);
        throw cause;
      }
    });
  }

  query(sql: string, parameters: readonly Parameter[] = [], { signal }: QueryOptions = {}): Promise<Table> {
    const what = "running a query";
    return this.#take(
      what,
      signal,
      async () => {
        const result = await this.#run(bindParameters(sql, parameters), signal, what);
        const names = Array.from({ length: this.#duckdb.column_count(result) }, (_, i) =>
          this.#duckdb.column_name(result, i),
        );
        if (names.length === 0) throw new Error("there is no statement to run");
        checkResultNames(names, sql);
        return this.#read(result, names, signal, what);
      },
      sql,
    );
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#closed = promise;
      this.#turns.close();
      resolve(this.#end());
    }
    return this.#closed;
  }

  async #end(): Promise<void> {
    await this.#interrupting(this.#running);
    this.#duckdb.disconnect_sync(this.#connection);
    this.#duckdb.close_sync(this.#database);
    await rm(this.#spill, { recursive: true, force: true });
  }

  /** As Turns.take, and remembers the task itself: DuckDB may not be closed under it. */
  #take<T>(what: string, signal: AbortSignal | undefined, task: () => Promise<T>, sql?: string): Promise<T> {
    const remembered = () => {
      const running = task();
      this.#running = running;
      return running;
    };
    return this.#turns.take(what, signal, remembered, sql);
  }

  /** Lets the process do what else it has to, and hears whether to go on. */
  async #turn(signal: AbortSignal | undefined, what: string): Promise<void> {
    await setImmediate();
    if (signal?.aborted || this.#closed !== undefined) throw cancelled(what);
  }

  /** Runs one statement on DuckDB's threads. */
  async #run(sql: string, signal: AbortSignal | undefined, what: string): Promise<Result> {
    if (signal?.aborted || this.#closed !== undefined) throw cancelled(what);
    const running = this.#duckdb.query(this.#connection, sql);
    const stop = () => void this.#interrupting(running);
    signal?.addEventListener("abort", stop);
    try {
      return await running;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async #interrupting(running: Promise<unknown>): Promise<void> {
    const interrupt = () => this.#duckdb.interrupt(this.#connection);
    const again = setInterval(interrupt, INTERRUPT_EVERY_MS);
    interrupt();
    try {
      await running;
    } catch {
      // Heard by whoever runs it.
    } finally {
      clearInterval(again);
    }
  }

  async #append(
    name: string,
    table: Table,
    layouts: readonly ReturnType<typeof layoutOfArrow>[],
    signal: AbortSignal | undefined,
    what: string,
  ): Promise<void> {
    const duckdb = this.#duckdb;
    const rowsPerChunk = duckdb.vector_size();
    const chunk = duckdb.create_data_chunk(layouts.map((layout) => logicalOf(duckdb, layout)));
    const appender = duckdb.appender_create(this.#connection, null, name);
    let sinceTurn = 0;
    try {
      for (const { data } of table.batches) {
        const writers = layouts.map((layout, i) => columnWriter(duckdb, data.children[i] as Data, layout));
        for (let from = 0; from < data.length; from += rowsPerChunk) {
          const count = Math.min(rowsPerChunk, data.length - from);
          duckdb.data_chunk_reset(chunk);
          writers.forEach((write, i) => write(duckdb.data_chunk_get_vector(chunk, i), from, count));
          duckdb.data_chunk_set_size(chunk, count);
          duckdb.append_data_chunk(appender, chunk);
          sinceTurn += count;
          if (sinceTurn < ROWS_PER_TURN) continue;
          sinceTurn = 0;
          await this.#turn(signal, what);
        }
      }
      duckdb.appender_flush_sync(appender);
    } catch (cause) {
      duckdb.appender_clear(appender);
      throw cause;
    } finally {
      duckdb.appender_close_sync(appender);
    }
  }

  /** Copies a result out of DuckDB, in batches of rows. */
  async #read(result: Result, names: readonly string[], signal: AbortSignal | undefined, what: string): Promise<Table> {
    const duckdb = this.#duckdb;
    const columns = names.map((name, i) => {
      const layout = layoutOfDuck(duckdb, duckdb.column_logical_type(result, i), name);
      return { field: field(name, layout), gatherer: columnGatherer(duckdb, layout) };
    });
    const schema = new Schema(columns.map((column) => column.field));
    const batches: RecordBatch[] = [];
    let length = 0;
    const finish = () => {
      const children = columns.map(({ gatherer }) => gatherer.take());
      const type = new Struct(schema.fields);
      batches.push(new RecordBatch(schema, makeData({ type, length, nullCount: 0, children })));
      length = 0;
    };
    for (let i = 0; i < duckdb.result_chunk_count(result); i++) {
      const chunk = duckdb.result_get_chunk(result, i);
      const count = duckdb.data_chunk_get_size(chunk);
      columns.forEach(({ gatherer }, c) => gatherer.open(duckdb.data_chunk_get_vector(chunk, c), count)(0, count));
      // Asked for again, so that the chunk outlives the views of its memory.
      length += duckdb.data_chunk_get_size(chunk);
      if (length < ROWS_PER_BATCH) continue;
      finish();
      await this.#turn(signal, what);
    }
    if (length > 0 || batches.length === 0) finish();
    return new ArrowTable(schema, batches);
  }
}
