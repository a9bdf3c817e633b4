// A Node thread for Parquet, as the dataset functions use it.
import { type Transferable, Worker } from "node:worker_threads";
import type { ParquetThread } from "./parquet.ts";

/** Returns a new thread, which holds the process up only while it is asked something. */
export function nodeParquetThread(): ParquetThread {
  // The checkout runs .ts, the package .js.
  const entry = new URL(`./parquet-thread-node${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const thread = new Worker(entry, { execArgv: [], stderr: true });
  return {
    // A MessagePort of the page and of Node are one; their types are not.
    post: (request, transfer) => thread.postMessage(request, transfer as Transferable[]),
    onReply(listener) {
      // Whoever listens holds the process up, also where nothing is asked: a file may be refused before.
      thread.on("message", listener).unref();
    },
    onLost(listener) {
      thread.once("error", listener);
      thread.once("exit", (code) => listener(new Error(`exit code ${code}`)));
    },
    keepAlive: (pending) => (pending ? thread.ref() : thread.unref()),
    terminate: () => void thread.terminate(),
  };
}
