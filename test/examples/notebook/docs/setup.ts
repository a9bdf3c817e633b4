// What the notebook runs on: DuckDB and the Parquet reader, each on a worker, from files that this site serves itself.
/// <reference types="vite/client" />
import engineScript from "@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js?url";
import engineWasm from "@duckdb/duckdb-wasm/dist/duckdb-eh.wasm?url";
import { type BrowserDatasets, type Engine, openBrowserDatasets, openBrowserEngine } from "edgefeat/offline";
// oxlint-disable-next-line import/default -- Vite makes one of the query: the address of the bundled worker
import parquetWorker from "edgefeat/offline/parquet-worker?worker&url";
import parquetWasm from "parquet-wasm/esm/parquet_wasm_bg.wasm?url";

export function openEngine(): Promise<Engine> {
  return openBrowserEngine({ worker: engineScript, wasm: engineWasm });
}

export function openDatasets(): Promise<BrowserDatasets> {
  return openBrowserDatasets({ parquetWorker, parquetWasm });
}
