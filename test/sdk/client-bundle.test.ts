// What the client costs an edge function: its size, and what it may contain.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** Bundles as for an edge function: one file, for no platform in particular. */
async function bundle(contents: string): Promise<{ text: string; bytes: number; inputs: string[] }> {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const [{ text, contents: code }] = outputFiles as [(typeof outputFiles)[number]];
  return { text, bytes: gzipSync(code).length, inputs: inputs.filter((input) => input !== "<stdin>") };
}

test("createClient bundles to less than 10 kB gzipped, of sdk/ alone", async () => {
  const { text, bytes, inputs } = await bundle('export { createClient } from "edgefeat/client";');
  expect(inputs.filter((input) => !input.startsWith("sdk/"))).toEqual([]);
  expect(text).not.toMatch(/\b(?:process|Buffer|require|XMLHttpRequest|document|window)\b/);
  console.log(`edgefeat/client: ${bytes} bytes gzipped`);
  expect(bytes).toBeLessThan(10_000);
});

test("the Arrow decoder, where it is asked for, adds less than 10 kB gzipped, of one library", async () => {
  const client = await bundle('export { createClient } from "edgefeat/client";');
  const { bytes, inputs } = await bundle(
    `import { createClient } from "edgefeat/client";
     export const client = createClient({ url: "http://x", arrow: () => import("edgefeat/client/arrow") });`,
  );
  const others = inputs.filter((input) => !input.startsWith("sdk/") && !input.includes("/@uwdata/flechette/"));
  expect(others).toEqual([]);
  console.log(`edgefeat/client/arrow: ${bytes - client.bytes} bytes gzipped`);
  expect(bytes - client.bytes).toBeLessThan(10_000);
});
