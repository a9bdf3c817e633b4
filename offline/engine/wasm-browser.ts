// DuckDB-WASM in a browser: on a Web Worker, from files that the page's own site serves.
import { getPlatformFeatures } from "@duckdb/duckdb-wasm";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Engine } from "./port.ts";
import { openWasmEngine, type WasmHost } from "./wasm.ts";
import { absoluteUrl, wasmFile, type WasmFileOptions } from "../datasets/index.ts";

export interface BrowserEngineOptions extends WasmFileOptions {
  /** Where `duckdb-browser-eh.worker.js` of @duckdb/duckdb-wasm is served; relative URLs are relative to the page. */
  worker: URL | string;
  /** Where `duckdb-eh.wasm` is served, as it is or gzipped. */
  wasm: URL | string;
  /**
   * The bundle with threads, `duckdb-browser-coi.worker.js`, `duckdb-coi.wasm` and `duckdb-browser-coi.pthread.worker.js`: taken instead
   * where the page is cross-origin isolated (COOP `same-origin`, COEP `require-corp`) and `threads` is more than 1.
   */
  isolated?: { worker: URL | string; wasm: URL | string; pthreadWorker: URL | string };
  /** Default 2, where there can be any; results do not depend on it. */
  threads?: number;
  /** Beyond it a query fails cleanly; by default 3.1 GiB, which is all that WebAssembly has. */
  memoryLimitBytes?: number;
}

/**
 * Returns a DuckDB-WASM engine on a worker of this page. Nothing is fetched but the files named.
 * @throws engine_unavailable when the browser or the files are not up to it, engine_failed when DuckDB can't start, cancelled.
 * @example const engine = await openBrowserEngine({ worker: "duckdb-browser-eh.worker.js", wasm: "duckdb-eh.wasm.gz" });
 */
export async function openBrowserEngine(options: BrowserEngineOptions): Promise<Engine> {
  const { isolated, threads = 2, memoryLimitBytes } = options;
  if (typeof Worker === "undefined") {
    throw unavailable("there are no Web Workers here", "openBrowserEngine is for browsers: call openEngine in Node");
  }
  const features = await getPlatformFeatures();
  if (!features.wasmExceptions || !features.bigInt64Array) {
    throw unavailable("this browser's WebAssembly has no exceptions", "use a browser of 2022 or later");
  }
  const threaded = features.crossOriginIsolated && features.wasmThreads && threads > 1 ? isolated : undefined;
  const files = threaded ?? options;
  const script = absoluteUrl(files.worker);
  const module = URL.createObjectURL(await wasmFile(absoluteUrl(files.wasm), options));
  const boot = URL.createObjectURL(new Blob([bootOf(script)], { type: "text/javascript" }));
  try {
    return await openWasmEngine(hostOf(script, threaded === undefined ? script : boot), {
      wasm: module,
      memoryLimitBytes,
      ...(threaded === undefined ? {} : { threads: { count: threads, worker: absoluteUrl(threaded.pthreadWorker) } }),
    });
  } finally {
    URL.revokeObjectURL(boot);
    URL.revokeObjectURL(module);
  }
}

/**
 * Returns what the worker of the bundle with threads runs. duckdb-wasm 1.32 copies results out of a view of its memory that
 * another thread's growth leaves behind: what lies beyond it came out as nothing, which reads as the end of the rows.
 */
function bootOf(script: string): string {
  return `
    {
      const { subarray } = Uint8Array.prototype;
      let memory;
      WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
        construct: (Memory, settings) => (memory = new Memory(...settings)),
      });
      Uint8Array.prototype.subarray = function (begin, end) {
        const behind = end > this.length && memory !== undefined && this.buffer instanceof SharedArrayBuffer;
        return subarray.call(behind ? new Uint8Array(memory.buffer) : this, begin, end);
      };
    }
    importScripts(${JSON.stringify(script)});
  `;
}

function hostOf(script: string, entry: string): WasmHost {
  let worker: Worker;
  try {
    worker = new Worker(entry);
  } catch (cause) {
    throw unavailable(
      `${script} can't be run: ${(cause as Error).message}`,
      "serve the engine's files from the page's own site",
    );
  }
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onReply: (listener) => worker.addEventListener("message", ({ data }) => listener(data)),
    onLost: (listener) =>
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        listener(event.message || `${script} can't be run`);
      }),
    keepAlive() {},
    async terminate() {
      worker.terminate();
    },
  };
}

function unavailable(reason: string, hint: string): EdgefeatError {
  return new EdgefeatError("engine_unavailable", `DuckDB can't run in this page: ${reason}`, { hint });
}
