// A Worker entry as one module for workerd, built the way `edgefeat serve` and `wrangler deploy` do.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const WORKER_ENTRY = fileURLToPath(new URL("../../worker/index.ts", import.meta.url));

/** Returns the code of an entry file with all it imports. */
export async function bundle(entry: string, { minify }: { minify: boolean }): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser", "import"],
    external: ["cloudflare:*", "node:*"],
    logLevel: "silent",
  });
  return (outputFiles[0] as (typeof outputFiles)[number]).contents;
}
