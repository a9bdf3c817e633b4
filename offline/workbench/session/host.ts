// What the worker runs on: DuckDB and Parquet from the page's own folder, opened when first needed and again when they have died.
import { type BrowserDatasets, type Engine, openBrowserDatasets, openBrowserEngine } from "../../browser.ts";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { ASSETS } from "../assets.ts";
import type { DataInput, Stage } from "./protocol.ts";

// Relative to this worker's own script, which lies beside them.
const url = (name: string) => new URL(name, globalThis.location.href);

/** Opens things once, and once more after a failure. */
function kept<T>(open: (onProgress: (stage: Stage) => void) => Promise<T>) {
  let opened: Promise<T> | undefined;
  return {
    get: (onProgress: (stage: Stage) => void = () => {}) => {
      opened ??= open(onProgress);
      opened.catch(() => (opened = undefined));
      return opened;
    },
    drop: () => (opened = undefined),
  };
}

const engine = kept<Engine>((onProgress) =>
  openBrowserEngine({
    worker: url(ASSETS.duckdbWorker),
    wasm: url(ASSETS.duckdbWasm),
    isolated: {
      worker: url(ASSETS.duckdbIsolatedWorker),
      wasm: url(ASSETS.duckdbIsolatedWasm),
      pthreadWorker: url(ASSETS.duckdbThreadWorker),
    },
    onProgress: ({ loadedBytes, totalBytes }) =>
      onProgress({ stage: "load DuckDB", done: loadedBytes, total: totalBytes ?? 0 }),
  }),
);

const datasets = kept<BrowserDatasets>(() =>
  openBrowserDatasets({ parquetWorker: url(ASSETS.parquetWorker), parquetWasm: url(ASSETS.parquetWasm) }),
);

export const openDatasets = datasets.get;

/** Starts the engine. */
export async function warm(): Promise<void> {
  await engine.get();
}

/** Runs `work` with the engine; one that failed is dropped, so that the next run starts a new one. */
export async function withEngine<T>(
  onProgress: (stage: Stage) => void,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const opened = await engine.get(onProgress);
  try {
    return await work(opened);
  } catch (fault) {
    if (fault instanceof EdgefeatError && fault.code === "engine_failed") {
      engine.drop();
      await opened.close();
    }
    throw fault;
  }
}

/** Served files that were fetched once, by URL. */
const fetched = new Map<string, Blob>();

/** Returns a file's bytes. @throws file_not_found, file_unreadable */
export async function blobOf({ name, data }: DataInput): Promise<Blob> {
  if (data instanceof Blob) return checkReadable(name, data);
  const known = fetched.get(data.url);
  if (known !== undefined) return known;
  const response = await fetch(data.url).catch((cause: unknown) => {
    throw new EdgefeatError("file_unreadable", `${name} can't be fetched: ${(cause as Error).message}`, {
      hint: "is edgefeat workbench still running?",
      cause,
    });
  });
  if (!response.ok) {
    throw new EdgefeatError("file_not_found", `${name} can't be fetched: the server answered ${response.status}`, {
      hint: "check that the file is where its source says",
    });
  }
  const blob = await response.blob();
  fetched.set(data.url, blob);
  return blob;
}

/** A file that was moved, changed or deleted since it was dropped can't be read any more. */
async function checkReadable(name: string, blob: Blob): Promise<Blob> {
  try {
    await blob.slice(0, 1).arrayBuffer();
    return blob;
  } catch (cause) {
    throw new EdgefeatError("file_unreadable", `${name} can't be read any more: ${(cause as Error).message}`, {
      hint: "it was changed or moved since it was dropped: drop it again",
      cause,
    });
  }
}
