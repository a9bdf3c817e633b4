// DuckDB-WASM as an Engine, in whatever host runs its worker: Node here, a browser the same way.
import { type AsyncDuckDB, AsyncDuckDB as Bindings, type AsyncDuckDBConnection, VoidLogger } from "@duckdb/duckdb-wasm";
import { type Table, tableFromIPC } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { arrowStream } from "../datasets/index.ts";
import { cancelled, isFatal } from "./errors.ts";
import { identifier } from "./identifier.ts";
import { checkResultNames, checkResultTypes, loadable } from "./loadable.ts";
import { bindParameters } from "./parameters.ts";
import type { Engine, Parameter, QueryOptions } from "./port.ts";
import { Turns } from "./turns.ts";

/** What a host gives: a worker that runs one of DuckDB's bundles, and how to watch and end it. */
export interface WasmHost {
  post(message: unknown, transfer: ArrayBuffer[]): void;
  onReply(listener: (reply: unknown) => void): void;
  /** Calls `listener` if the worker ends before `terminate` is called, with the reason. */
  onLost(listener: (reason: unknown) => void): void;
  /** Says whether a call is pending, so that a host whose process ends by itself stays up exactly that long. */
  keepAlive(pending: boolean): void;
  terminate(): Promise<void>;
}

export interface WasmSettings {
  /** Where the worker finds the wasm module: a path in Node, a URL in a browser. */
  wasm: string;
  /** The bundle with threads: how many, and the absolute URL of the script that each one runs. */
  threads?: { count: number; worker: string };
  /** Beyond it a query fails; by default DuckDB-WASM's own limit, 3.1 GiB. */
  memoryLimitBytes?: number | undefined;
}

// The first statements, before anything could load an extension: this engine sees the tables it is given, and neither
// files nor the network. `enable_external_access` can't be turned on again.
const LOCKDOWN = [
  "SET autoload_known_extensions=false",
  "SET autoinstall_known_extensions=false",
  "SET enable_external_access=false",
];

const ROWS_PER_SLICE = 500_000;

/** Returns an engine on the host's worker. @throws engine_failed when DuckDB can't start. */
export async function openWasmEngine(host: WasmHost, settings: WasmSettings): Promise<Engine> {
  const engine = new WasmEngine(host);
  await engine.start(settings);
  return engine;
}

/** The host's worker, dressed as the Web Worker that the bindings expect. */
function asWorker(host: WasmHost): Worker {
  const worker = {
    addEventListener(type: string, listener: (event: { data: unknown }) => void) {
      // "error" and "close" reach the engine through onLost, where they can reject what is pending.
      if (type === "message") host.onReply((data) => listener({ data }));
    },
    postMessage: (message: unknown, transfer: ArrayBuffer[]) => host.post(message, transfer),
  };
  return worker as unknown as Worker;
}

class WasmEngine implements Engine {
  name = "duckdb-wasm";
  readonly #host: WasmHost;
  readonly #db: AsyncDuckDB;
  #connection: AsyncDuckDBConnection | undefined;
  #threads = 1;
  readonly #turns: Turns;

  constructor(host: WasmHost) {
    this.#host = host;
    this.#turns = new Turns((pending) => host.keepAlive(pending));
    this.#db = new Bindings(new VoidLogger(), asWorker(host));
    host.onLost((reason) => this.#turns.end(failed(`its worker ended: ${String(reason)}`)));
  }

  async start({ wasm, threads, memoryLimitBytes }: WasmSettings): Promise<void> {
    try {
      await this.#turns.take("starting the SQL engine", undefined, async () => {
        await this.#db.instantiate(wasm, threads?.worker ?? null);
        this.#threads = threads?.count ?? 1;
        // Threads are set here: `SET threads` crashes a tab.
        await this.#db.open(threads === undefined ? {} : { maximumThreads: threads.count });
        this.#connection = await this.#db.connect();
        const version = (await this.#db.getVersion()).replace(/^v/, "");
        this.name = `duckdb-wasm ${version}${threads === undefined ? "" : `, ${threads.count} threads`}`;
        const limit = memoryLimitBytes === undefined ? [] : [`SET memory_limit='${memoryLimitBytes}B'`];
        for (const statement of [...LOCKDOWN, ...limit])
          await this.#run(statement, "starting the SQL engine", undefined);
      });
    } catch (cause) {
      await this.close();
      throw cause instanceof EdgefeatError && cause.code === "engine_failed" ? cause : failed(String(cause), cause);
    }
  }

  load(name: string, table: Table, options: QueryOptions = {}): Promise<void> {
    const what = `loading the table "${name}"`;
    return this.#turns.take(what, options.signal, async () => {
      const input = loadable(name, table);
      const drop = `DROP TABLE IF EXISTS ${identifier(name)}`;
      await this.#run(drop, what, undefined);
      try {
        // In slices: cancel is heard between them, and only one is copied into wasm memory at a time.
        for (let from = 0; from === 0 || from < input.numRows; from += ROWS_PER_SLICE) {
          if (options.signal?.aborted) throw cancelled(what);
          const slice = input.numRows <= ROWS_PER_SLICE ? input : input.slice(from, from + ROWS_PER_SLICE);
          const insert = { name, create: from === 0 };
          await this.#open().insertArrowFromIPCStream(arrowStream(slice), insert);
        }
      } catch (cause) {
        if (!isFatal(cause)) await this.#run(drop, what, undefined);
        throw cause;
      }
    });
  }

  query(sql: string, parameters: readonly Parameter[] = [], options: QueryOptions = {}): Promise<Table> {
    const what = "running a query";
    return this.#turns.take(
      what,
      options.signal,
      async () => {
        const chunks = await this.#run(bindParameters(sql, parameters), what, options.signal);
        const table = tableFromIPC(chunks);
        checkResultNames(
          table.schema.fields.map(({ name }) => name),
          sql,
        );
        checkResultTypes(table.schema.fields, sql);
        return table;
      },
      sql,
    );
  }

  async close(): Promise<void> {
    this.#turns.close();
    await this.#host.terminate();
  }

  /** Runs a statement piece by piece, so that it can be stopped, and returns its Arrow stream in chunks. */
  async #run(sql: string, what: string, signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    const id = this.#open().useUnsafe((_, connection) => connection);
    let header = await this.#db.startPendingQuery(id, sql, false);
    while (header === null) {
      if (signal?.aborted) {
        await this.#db.cancelPendingQuery(id);
        throw cancelled(what);
      }
      // A poll works for a while where there is one thread; of several it may find the others at work, and must not crowd them.
      if (this.#threads > 1) await new Promise((resolve) => setTimeout(resolve, 1));
      header = await this.#db.pollPendingQuery(id);
    }
    const chunks = [header];
    for (;;) {
      const chunk = await this.#db.fetchQueryResults(id);
      if (chunk === null) continue;
      if (chunk.length === 0) return chunks;
      if (signal?.aborted) throw cancelled(what);
      chunks.push(chunk);
    }
  }

  #open(): AsyncDuckDBConnection {
    if (this.#connection === undefined) throw new EdgefeatError("internal_error", "the SQL engine has not started");
    return this.#connection;
  }
}

function failed(reason: string, cause?: unknown): EdgefeatError {
  return new EdgefeatError("engine_failed", `the SQL engine failed: ${reason}`, {
    hint: "open a new engine and load its tables again",
    cause,
  });
}
