// DuckDB-WASM as an Engine, in whatever host runs its worker: Node here, a browser the same way.
import { type AsyncDuckDB, AsyncDuckDB as Bindings, type AsyncDuckDBConnection, VoidLogger } from "@duckdb/duckdb-wasm";
import { type Table, tableFromIPC, tableToIPC } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { cancelled, engineError, isFatal } from "./errors.ts";
import { loadable } from "./loadable.ts";
import { bindParameters } from "./parameters.ts";
import type { Engine, Parameter, QueryOptions } from "./port.ts";

/** What a host gives: a worker that runs DuckDB's `eh` bundle, and how to watch and end it. */
export interface WasmHost {
  /** Speaks DuckDB-WASM's messages. */
  worker: Worker;
  /** Where the worker finds the wasm module: a path in Node, a URL in a browser. */
  wasm: string;
  /** Calls `listener` once if the worker ends before `terminate` is called, with the reason. */
  onLost(listener: (reason: unknown) => void): void;
  /** Says whether a call is pending, so that a host whose process ends by itself stays up exactly that long. */
  keepAlive(pending: boolean): void;
  terminate(): Promise<void>;
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
export async function openWasmEngine(host: WasmHost): Promise<Engine> {
  const engine = new WasmEngine(host);
  await engine.start();
  return engine;
}

class WasmEngine implements Engine {
  name = "duckdb-wasm";
  readonly #host: WasmHost;
  readonly #db: AsyncDuckDB;
  #connection: AsyncDuckDBConnection | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #ended: EdgefeatError | undefined;
  #pending = 0;
  /** Rejects the call that is under way: the bindings never answer for a worker that is gone. */
  #abandon: ((error: EdgefeatError) => void) | undefined;

  constructor(host: WasmHost) {
    this.#host = host;
    this.#db = new Bindings(new VoidLogger(), host.worker);
    host.onLost((reason) => this.#end(failed(`its worker ended: ${String(reason)}`)));
  }

  async start(): Promise<void> {
    try {
      await this.#call("starting the SQL engine", undefined, async () => {
        await this.#db.instantiate(this.#host.wasm);
        await this.#db.open({});
        this.#connection = await this.#db.connect();
        this.name = `duckdb-wasm ${(await this.#db.getVersion()).replace(/^v/, "")}`;
        for (const statement of LOCKDOWN) await this.#run(statement, "starting the SQL engine", undefined);
      });
    } catch (cause) {
      await this.close();
      throw cause instanceof EdgefeatError && cause.code === "engine_failed" ? cause : failed(String(cause), cause);
    }
  }

  load(name: string, table: Table, options: QueryOptions = {}): Promise<void> {
    const what = `loading the table "${name}"`;
    return this.#call(what, options.signal, async () => {
      const input = loadable(name, table);
      const quoted = `"${name.replaceAll('"', '""')}"`;
      await this.#run(`DROP TABLE IF EXISTS ${quoted}`, what, undefined);
      try {
        // In slices: cancel is heard between them, and only one is copied into wasm memory at a time.
        for (let from = 0; from === 0 || from < input.numRows; from += ROWS_PER_SLICE) {
          if (options.signal?.aborted) throw cancelled(what);
          const slice = input.numRows <= ROWS_PER_SLICE ? input : input.slice(from, from + ROWS_PER_SLICE);
          const insert = { name, create: from === 0 };
          await this.#open().insertArrowFromIPCStream(tableToIPC(slice, "stream"), insert);
        }
      } catch (cause) {
        if (!isFatal(cause)) await this.#run(`DROP TABLE IF EXISTS ${quoted}`, what, undefined);
        throw cause;
      }
    });
  }

  query(sql: string, parameters: readonly Parameter[] = [], options: QueryOptions = {}): Promise<Table> {
    const what = "running a query";
    return this.#call(
      what,
      options.signal,
      async () => tableFromIPC(await this.#run(bindParameters(sql, parameters), what, options.signal)),
      sql,
    );
  }

  async close(): Promise<void> {
    this.#end(new EdgefeatError("engine_failed", "the SQL engine is closed", { hint: "open a new one" }));
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

  /** One call at a time: the connection holds one pending query. */
  #call<T>(what: string, signal: AbortSignal | undefined, task: () => Promise<T>, sql?: string): Promise<T> {
    this.#hold(1);
    const result = this.#turn.then(
      () =>
        new Promise<T>((resolve, reject) => {
          if (this.#ended !== undefined) throw this.#ended;
          if (signal?.aborted) throw cancelled(what);
          this.#abandon = reject;
          task().then(resolve, (cause: unknown) => {
            const error = engineError(cause, what, sql);
            if (isFatal(cause)) this.#end(error);
            reject(error);
          });
        }),
    );
    this.#turn = result.then(
      () => this.#hold(-1),
      () => this.#hold(-1),
    );
    return result;
  }

  #hold(change: 1 | -1): void {
    this.#pending += change;
    this.#host.keepAlive(this.#pending > 0);
  }

  #end(error: EdgefeatError): void {
    this.#ended ??= error;
    this.#abandon?.(error);
  }
}

function failed(reason: string, cause?: unknown): EdgefeatError {
  return new EdgefeatError("engine_failed", `the SQL engine failed: ${reason}`, {
    hint: "open a new engine and load its tables again",
    cause,
  });
}
