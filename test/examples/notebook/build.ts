// Builds the notebook, by Observable's Notebook Kit, and the plain page beside it, into files that any static server serves.
import { execFile } from "node:child_process";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const docs = join(here, "docs");
const modules = join(here, "../../../node_modules");

/** What the pages read or show, by where it is in the site. */
const FILES = {
  "features.ts": join(here, "features.ts"),
  "data/flights.parquet": join(modules, "vega-datasets/data/flights-3m.parquet"),
  "data/driver_stats.parquet": join(here, "../../fixtures/driver_stats.parquet"),
};

/** Builds the site into `out`, an absolute path: `index.html`, the notebook; `plain.html`; their workers, and their data. */
export async function buildSite(out: string): Promise<void> {
  const run = promisify(execFile);
  const notebooks = join(modules, "@observablehq/notebook-kit/dist/bin/notebooks.js");
  await run(process.execPath, [
    notebooks,
    "build",
    "--root",
    docs,
    "--out",
    out,
    "--empty",
    "--",
    join(docs, "index.html"),
  ]);
  const { build } = await import("vite");
  await build({
    root: docs,
    base: "./",
    logLevel: "warn",
    build: { outDir: out, emptyOutDir: false, target: "esnext", rollupOptions: { input: join(docs, "plain.html") } },
  });
  await mkdir(join(out, "data"), { recursive: true });
  for (const [name, file] of Object.entries(FILES)) await copyFile(file, join(out, name));
}
