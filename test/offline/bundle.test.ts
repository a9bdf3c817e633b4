// What the offline module's bundles must not hold: the Worker's framework, its stores, the command line; and in a browser, Node.
import { join } from "node:path";
import { build, type Metafile } from "esbuild";
import { describe, expect, it } from "vitest";
import * as browser from "../../offline/browser.ts";
import * as node from "../../offline/index.ts";

const ROOT = join(import.meta.dirname, "../..");

async function inputsOf(module: string, platform: "node" | "browser"): Promise<string[]> {
  const { metafile }: { metafile: Metafile } = await build({
    // As its user imports it, so that the package's conditions choose the file.
    stdin: { contents: `import * as all from ${JSON.stringify(module)}; globalThis.all = all;`, resolveDir: ROOT },
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform,
    target: "es2024",
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs);
}

describe.each([
  ["edgefeat/offline", "node"],
  ["edgefeat/offline", "browser"],
  ["edgefeat/offline/parquet-worker", "browser"],
] as const)("the bundle of %s for a %s", (module, platform) => {
  it("holds nothing of Hono, Upstash, the Worker or the command line", async () => {
    const inputs = await inputsOf(module, platform);
    expect(inputs.filter((path) => /node_modules\/(hono|@upstash)\//.test(path))).toStrictEqual([]);
    expect(inputs.filter((path) => /^(worker|sdk\/cli|sdk\/client|test)\//.test(path))).toStrictEqual([]);
  });
});

describe("the bundle for a browser", () => {
  it("needs nothing of Node: no built-ins, which would not even bundle, and no Buffer", async () => {
    const inputs = await inputsOf("edgefeat/offline", "browser");
    expect(inputs).toContain("offline/browser.ts");
    expect(inputs.some((path) => path.includes("node_modules/@duckdb/duckdb-wasm/"))).toBe(true);
    expect(inputs.filter((path) => /-node\.ts$|engine\/(native|open)|datasets\/files/.test(path))).toStrictEqual([]);
    // The parser of CSV has a build for each host.
    expect(inputs.filter((path) => /csv-(parse|stringify)\/lib\//.test(path))).toStrictEqual([]);
  });

  it("has all that Node's has, but files, threads of Node, and engines of Node", () => {
    const onlyInNode = Object.keys(node).filter((name) => !(name in browser));
    expect(onlyInNode.toSorted()).toEqual(["datasets", "openEngine", "readTableFile", "writeTableFile"]);
  });
});
