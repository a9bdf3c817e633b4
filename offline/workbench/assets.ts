// The files that the page consists of, by what they are for: named here once for what builds them and what loads them.

export const ASSETS = {
  page: "index.html",
  style: "workbench.css",
  script: "workbench.js",
  session: "session.js",
  parquetWorker: "parquet-worker.js",
  parquetWasm: "parquet.wasm",
  duckdbWorker: "duckdb-eh.worker.js",
  duckdbWasm: "duckdb-eh.wasm.gz",
  duckdbIsolatedWorker: "duckdb-coi.worker.js",
  duckdbIsolatedWasm: "duckdb-coi.wasm.gz",
  duckdbThreadWorker: "duckdb-coi.pthread.worker.js",
} as const;
