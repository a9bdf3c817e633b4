// DuckDB-WASM in Node: its worker on a thread of its own, dressed as the Web Worker that the bindings expect.
import { createRequire } from "node:module";
import { Worker as Thread } from "node:worker_threads";
import type { Engine } from "./port.ts";
import { openWasmEngine, type WasmHost } from "./wasm.ts";

// DuckDB's own worker script talks to `globalThis`, and prints every failed query: standard output is not its to write.
const BOOT = `
  const { parentPort, workerData } = require("node:worker_threads");
  console.log = console.warn = console.error = () => {};
  globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
  parentPort.on("message", (data) => globalThis.onmessage({ data }));
  require(workerData.script);
`;

/**
 * Returns a DuckDB-WASM engine on a thread of this process (about 1.5 s, 34 MB read). It holds the process up only
 * while a call is pending.
 * @throws engine_failed when DuckDB can't start.
 */
export function openNodeWasmEngine({
  memoryLimitBytes,
}: { memoryLimitBytes?: number | undefined } = {}): Promise<Engine> {
  const { resolve } = createRequire(import.meta.url);
  const script = resolve("@duckdb/duckdb-wasm/dist/duckdb-node-eh.worker.cjs");
  const thread = new Thread(BOOT, { eval: true, workerData: { script }, execArgv: [] });
  return openWasmEngine(hostOf(thread), { wasm: resolve("@duckdb/duckdb-wasm/dist/duckdb-eh.wasm"), memoryLimitBytes });
}

function hostOf(thread: Thread): WasmHost {
  let terminated = false;
  return {
    post: (message, transfer) => thread.postMessage(message, transfer),
    onReply: (listener) => thread.on("message", listener),
    onLost(listener) {
      thread.once("error", listener);
      thread.once("exit", (code) => {
        if (!terminated) listener(`exit code ${code}`);
      });
    },
    keepAlive(pending) {
      if (pending || terminated) thread.ref();
      else thread.unref();
    },
    async terminate() {
      terminated = true;
      thread.ref();
      await thread.terminate();
    },
  };
}
