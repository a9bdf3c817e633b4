// What the offline module's bundle must not hold: the Worker's framework, its stores, and the command line.
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

describe("the offline bundle", () => {
  it("holds DuckDB, and nothing of Hono, Upstash, the Worker or the command line", async () => {
    const { metafile } = await build({
      entryPoints: [join(ROOT, "offline/index.ts")],
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      target: "es2024",
      logLevel: "silent",
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.filter((path) => /node_modules\/(hono|@upstash)\//.test(path))).toStrictEqual([]);
    expect(inputs.filter((path) => /^(worker|sdk\/cli|sdk\/client|test)\//.test(path))).toStrictEqual([]);
    expect(inputs.some((path) => path.includes("node_modules/@duckdb/duckdb-wasm/"))).toBe(true);
  });
});
