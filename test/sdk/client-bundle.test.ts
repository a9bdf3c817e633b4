// What the client costs an edge function: its size, and what it may contain.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("createClient bundles to less than 10 kB gzipped, of sdk/ alone", async () => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: 'export { createClient } from "edgefeat/client";', resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  expect(inputs.filter((input) => !input.startsWith("sdk/") && input !== "<stdin>")).toEqual([]);
  const bytes = gzipSync(outputFiles[0]!.contents).length;
  console.log(`edgefeat/client: ${bytes} bytes gzipped`);
  expect(bytes).toBeLessThan(10_000);
});
