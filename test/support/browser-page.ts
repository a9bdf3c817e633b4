// A page in real Chromium: a script bundled for it as a user's would be, and the engines' own files beside it.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build } from "esbuild";
import { chromium, type Page } from "playwright-core";

const ROOT = join(import.meta.dirname, "../..");
const CHROMIUM = "/usr/bin/chromium";
const { resolve } = createRequire(import.meta.url);

export const hasChromium = existsSync(CHROMIUM);

export interface BrowserPage {
  page: Page;
  /** Where the page is, with a slash at the end. */
  url: string;
  /** Everything the page asked a server for. */
  requests: string[];
  close(): Promise<void>;
}

export interface PageOptions {
  /** Serve the page cross-origin isolated, as threads need it. */
  isolated?: boolean;
  /** Further files, by their path without the slash before it. */
  files?: Readonly<Record<string, Uint8Array>>;
}

const DUCKDB = ["eh", "coi"].flatMap((bundle) => [`duckdb-browser-${bundle}.worker.js`, `duckdb-${bundle}.wasm`]);
const FROM_PACKAGES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [...DUCKDB, "duckdb-browser-coi.pthread.worker.js"].map((file) => [file, `@duckdb/duckdb-wasm/dist/${file}`]),
  ),
  "parquet_wasm_bg.wasm": "parquet-wasm/esm/parquet_wasm_bg.wasm",
};

/** Opens a page that has run `script`, TypeScript whose relative imports start at the root of the checkout. */
export async function openPage(
  script: string,
  { isolated = false, files = {} }: PageOptions = {},
): Promise<BrowserPage> {
  const bundled = await bundle(script);
  const answers = new Map<string, () => Promise<Uint8Array | string>>([
    ["", async () => '<!doctype html><title>test</title><script type="module" src="page.js"></script>'],
    ...Object.entries({ ...bundled, ...files }).map(([path, bytes]) => [path, async () => bytes] as const),
    ...Object.entries(FROM_PACKAGES).map(([path, module]) => [path, () => readFile(resolve(module))] as const),
    ...DUCKDB.filter((file) => file.endsWith(".wasm")).map((file) => [`${file}.gz`, () => gzipped(file)] as const),
  ]);
  const server = createServer((request, response) => {
    const path = (request.url ?? "").slice(1);
    const answer = answers.get(path);
    const respond = async () => {
      const body = answer === undefined ? "no such file" : await answer();
      const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
      response.writeHead(answer === undefined ? 404 : 200, {
        "content-type": typeOf(path),
        "content-length": length,
        ...(isolated && ISOLATED),
      });
      response.end(body);
    };
    void respond();
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  const page = await browser.newPage();
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  const faults: Error[] = [];
  page.on("pageerror", (fault) => faults.push(fault));
  await page.goto(url);
  if (faults[0] !== undefined) throw faults[0];
  return {
    page,
    url,
    requests,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

/** Bundles the page's script, and the worker that it needs, under the conditions of a browser's bundler. */
async function bundle(script: string): Promise<Record<string, Uint8Array>> {
  const shared = { bundle: true, write: false, format: "esm", target: "es2024", logLevel: "silent" } as const;
  const [page, worker] = await Promise.all([
    build({ ...shared, stdin: { contents: script, resolveDir: ROOT, loader: "ts" } }),
    build({ ...shared, stdin: { contents: 'import "edgefeat/offline/parquet-worker";', resolveDir: ROOT } }),
  ]);
  return {
    "page.js": (page.outputFiles[0] as { contents: Uint8Array }).contents,
    "parquet-worker.js": (worker.outputFiles[0] as { contents: Uint8Array }).contents,
  };
}

const inflated = new Map<string, Promise<Uint8Array>>();

function gzipped(file: string): Promise<Uint8Array> {
  const made =
    inflated.get(file) ??
    readFile(resolve(FROM_PACKAGES[file] as string)).then((bytes) => promisify(gzip)(bytes, { level: 1 }));
  inflated.set(file, made);
  return made;
}

function typeOf(path: string): string {
  if (path.endsWith(".js")) return "text/javascript";
  if (path.endsWith(".wasm")) return "application/wasm";
  return path === "" ? "text/html" : "application/octet-stream";
}
