// Datasets in a browser: files dropped on the page, blobs, bytes and URLs; Parquet on a Web Worker.
import type { Table } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { type Datasets, type DatasetSchema, datasetsOn, type ReadOptions } from "./dataset.ts";
import { type DatasetFormat, formatOf } from "./formats.ts";
import { absoluteUrl, wasmFile, type WasmFileOptions } from "./wasm-file.ts";
import type { ParquetThread } from "./parquet.ts";
import type { ParquetReply } from "./parquet-session.ts";
import type { ParquetLost, ParquetStart } from "./parquet-worker.ts";

export interface BrowserDatasetsOptions extends WasmFileOptions {
  /** Where the page serves its bundle of `edgefeat/offline/parquet-worker`, a module script. */
  parquetWorker: URL | string;
  /** Where `parquet_wasm_bg.wasm` of parquet-wasm's `esm` folder is served, as it is or gzipped. */
  parquetWasm: URL | string;
}

export interface BrowserReadOptions extends ReadOptions {
  /** Default: what the ending of the file's or the URL's name says. */
  format?: DatasetFormat;
}

export interface BrowserDatasets extends Datasets {
  /**
   * Returns the rows of a file that the user chose or dropped, or of a URL; of Parquet only the columns asked for are read, or fetched.
   * @throws file_format_unknown, file_not_found, and as readTable
   */
  readTableFile(file: File | URL, options?: BrowserReadOptions): Promise<Table>;
  /** Returns the columns of a file or a URL. @throws as readTableFile */
  readSchemaFile(file: File | URL, options?: Pick<BrowserReadOptions, "format" | "name">): Promise<DatasetSchema>;
  /** Ends the workers, which frees their memory; a Parquet call under way, or made later, rejects. */
  close(): void;
}

/**
 * Returns the dataset functions of this page. parquet-wasm (5 MB) is fetched now, so that a missing file is heard of early; its worker
 * starts with the first Parquet file.
 * @throws engine_unavailable when there is no wasm module at `parquetWasm`, cancelled.
 */
export async function openBrowserDatasets(options: BrowserDatasetsOptions): Promise<BrowserDatasets> {
  const { fetch = globalThis.fetch } = options;
  const wasm = await wasmFile(absoluteUrl(options.parquetWasm), options);
  const workers = new Set<{ end(): void }>();
  let closed = false;
  const spawn = () => {
    if (closed) throw new EdgefeatError("engine_unavailable", "the datasets are closed", { hint: "open them again" });
    return parquetThread(absoluteUrl(options.parquetWorker), wasm, workers);
  };
  const datasets = datasetsOn(spawn, { http: { fetch: (url, init) => fetch(url, init) } });
  return {
    ...datasets,
    async readTableFile(file, { format = formatOf(nameOf(file)), ...rest } = {}) {
      return datasets.readTable(file, format, rest);
    },
    async readSchemaFile(file, { format = formatOf(nameOf(file)), ...rest } = {}) {
      return datasets.readSchema(file, format, rest);
    },
    close() {
      closed = true;
      for (const worker of workers) worker.end();
    },
  };
}

function parquetThread(script: string, wasm: Blob, workers: Set<{ end(): void }>): ParquetThread {
  const worker = new Worker(script, { type: "module" });
  const start: ParquetStart = { wasm };
  worker.postMessage(start, []);
  const onMessage = (listener: (message: ParquetReply | ParquetLost) => void) =>
    worker.addEventListener("message", ({ data }) => listener(data));
  let onEnd = (_reason: unknown): void => {};
  const open = { end: () => onEnd(new Error("the datasets were closed")) };
  const terminate = () => {
    worker.terminate();
    workers.delete(open);
  };
  workers.add(open);
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    onReply: (listener) => onMessage((message) => "lost" in message || listener(message)),
    onLost(listener) {
      onEnd = (reason) => {
        terminate();
        listener(reason);
      };
      onMessage((message) => "lost" in message && listener(new Error(message.lost)));
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        listener(new Error(event.message || `${script} can't be run`));
      });
    },
    keepAlive() {},
    terminate,
  };
}

function nameOf(file: File | URL): string {
  return file instanceof URL ? file.pathname : file.name;
}
