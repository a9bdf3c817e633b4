// One result in every engine: Node, workerd as `workerd serve` runs it, Chromium (SEMANTICS 5.1).
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { reportMissing } from "../../support/requirements.ts";
import { digests } from "./engine-corpus.ts";
import golden from "./engine-digests.json" with { type: "json" };

const CHROMIUM = "/usr/bin/chromium";
const MINUTE = 60_000;
const { default: workerd } = createRequire(import.meta.url)("workerd") as { default: string };

/** Returns the corpus bundled with `code` around its `digests`. */
async function bundle(format: "esm" | "iife", code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { digests } from "./engine-corpus.ts"; ${code}`,
      resolveDir: import.meta.dirname,
      loader: "ts",
    },
    bundle: true,
    format,
    target: "es2024",
    write: false,
  });
  return (outputFiles[0] as { text: string }).text;
}

async function inWorkerd(script: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-expressions-"));
  writeFileSync(join(folder, "worker.js"), script);
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = (
    modules = [ (name = "worker.js", esModule = embed "worker.js") ], compatibilityDate = "2026-11-01"
  )) ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "main") ]
);
`,
  );
  const server = spawn(workerd, ["serve", "config.capnp", "--control-fd=3"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      server.once("exit", (code) => reject(new Error(`workerd ended with ${code}`)));
      server.once("error", reject);
      server.stdio[3]?.on("data", (chunk: Buffer) => {
        const found = /"port":\s*(\d+)/.exec(chunk.toString());
        if (found !== null) resolve(Number(found[1]));
      });
    });
    return await (await fetch(`http://127.0.0.1:${port}/`)).json();
  } finally {
    server.removeAllListeners("exit");
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inChromium(script: string): Promise<unknown> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: script });
    return await page.evaluate("globalThis.digests");
  } finally {
    await browser.close();
  }
}

describe("5.1 the same bits", () => {
  it(
    "in Node; `vitest -u` renews the file that the others are held to",
    async () => {
      await expect(`${JSON.stringify(digests(), null, 2)}\n`).toMatchFileSnapshot("engine-digests.json");
    },
    MINUTE,
  );

  it(
    "in workerd, which has no eval either",
    async () => {
      const script = await bundle("esm", "export default { fetch: () => Response.json(digests()) };");
      expect(await inWorkerd(script)).toEqual(golden);
    },
    MINUTE,
  );

  const present = existsSync(CHROMIUM);
  if (!present) reportMissing("chromium", "the expression tests in Chromium", "apt-get install chromium");
  it.skipIf(!present)(
    "in Chromium",
    async () => {
      const script = await bundle("iife", "globalThis.digests = digests();");
      expect(await inChromium(script)).toEqual(golden);
    },
    MINUTE,
  );
});
