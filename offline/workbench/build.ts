// The workbench page as files to serve: bundled scripts, and the WebAssembly that they load, gzipped where hosts limit a file's size.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build } from "esbuild";
import { ASSETS } from "./assets.ts";

const here = import.meta.dirname;
const { resolve } = createRequire(import.meta.url);

export interface WorkbenchFile {
  /** Where it is served, relative to the page. */
  readonly path: string;
  bytes(): Promise<Uint8Array>;
}

/** zlib's: 1 for what is served to this machine, 6 for what is deployed. */
type Level = 1 | 6;

/**
 * Returns the page's files, made from a checkout. All of them are of this package and its dependencies; none is larger than 25 MiB,
 * Cloudflare's limit.
 */
export async function workbenchFiles({ level = 6 }: { level?: Level } = {}): Promise<WorkbenchFile[]> {
  const scripts = await bundled();
  const copied = (path: string, from: string): WorkbenchFile => ({ path, bytes: () => readFile(from) });
  const gzipped = (path: string, from: string): WorkbenchFile => ({
    path,
    bytes: async () => promisify(gzip)(await readFile(from), { level }),
  });
  const duckdb = (name: string) => resolve(`@duckdb/duckdb-wasm/dist/${name}`);
  return [
    copied(ASSETS.page, join(here, "index.html")),
    ...scripts,
    copied(ASSETS.parquetWasm, resolve("parquet-wasm/esm/parquet_wasm_bg.wasm")),
    copied(ASSETS.duckdbWorker, duckdb("duckdb-browser-eh.worker.js")),
    gzipped(ASSETS.duckdbWasm, duckdb("duckdb-eh.wasm")),
    copied(ASSETS.duckdbIsolatedWorker, duckdb("duckdb-browser-coi.worker.js")),
    gzipped(ASSETS.duckdbIsolatedWasm, duckdb("duckdb-coi.wasm")),
    copied(ASSETS.duckdbThreadWorker, duckdb("duckdb-browser-coi.pthread.worker.js")),
  ];
}

/** Writes the page's files into a folder, which is made where there is none. */
export async function buildWorkbench(outDir: string): Promise<void> {
  await mkdir(outDir, { recursive: true });
  for (const { path, bytes } of await workbenchFiles()) await writeFile(join(outDir, path), await bytes());
}

/** The page's script and style, and the scripts of its two workers. */
async function bundled(): Promise<WorkbenchFile[]> {
  const { version } = JSON.parse(await readFile(join(here, "../../package.json"), "utf8")) as { version: string };
  const { outputFiles } = await build({
    entryPoints: [
      { in: join(here, "style/workbench.css"), out: ASSETS.style.replace(/\.css$/, "") },
      { in: join(here, "main.ts"), out: ASSETS.script.replace(/\.js$/, "") },
      { in: join(here, "session/worker.ts"), out: ASSETS.session.replace(/\.js$/, "") },
      { in: join(here, "../datasets/parquet-worker.ts"), out: ASSETS.parquetWorker.replace(/\.js$/, "") },
    ],
    outdir: "out",
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2024",
    legalComments: "none",
    define: { EDGEFEAT_VERSION: JSON.stringify(version) },
    logLevel: "silent",
    absWorkingDir: here,
  });
  return outputFiles.map(({ path, contents }) => ({ path: path.replace(/.*[\\/]/, ""), bytes: async () => contents }));
}
