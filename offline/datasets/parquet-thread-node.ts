// The entry of a Node thread that reads and writes Parquet.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import initWasm from "parquet-wasm/esm";
import { type ParquetRequest, parquetSession, transferOf } from "./parquet-session.ts";

const wasm = createRequire(import.meta.url).resolve("parquet-wasm/esm/parquet_wasm_bg.wasm");
const ready = readFile(wasm).then((bytes) => initWasm({ module_or_path: bytes }));
const answer = parquetSession();

parentPort?.on("message", async (request: ParquetRequest) => {
  await ready;
  const reply = await answer(request);
  parentPort?.postMessage(reply, transferOf(reply));
});
