// One client for every platform: Node, workerd, Chromium, Deno and Bun do the same with a real server.
import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createAdminClient } from "edgefeat/client";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import { writeArrow } from "../../offline/datasets/arrow-ipc.ts";
import { startServer } from "../../sdk/cli/serve/index.ts";
import { reportMissing } from "../support/requirements.ts";
import { edgefeat, folderWith } from "./cli-harness.ts";
import { tell } from "./client-scenario.ts";

const CHROMIUM = "/usr/bin/chromium";
const MINUTE = 60_000;
const NOW = "2001-03-31T00:00:00Z";
const { default: workerd } = createRequire(import.meta.url)("workerd") as { default: string };

const cwd = folderWith({
  "edgefeat.config.ts": `import { defineConfig } from "edgefeat";
    export default defineConfig({ project: "everywhere", definitions: ${JSON.stringify(new URL("client-batch-features.ts", import.meta.url).pathname)} });`,
  "none.csv": "user_id,at,n,note\n",
});
const scratch = mkdtempSync(join(tmpdir(), "edgefeat-client-"));
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  server = await startServer({ repo: cwd, nowUs: Date.parse(NOW) * 1000 });
  const { code, stderr } = await edgefeat(["apply"], { cwd });
  if (code !== 0) throw new Error(stderr);
  const admin = createAdminClient({ url: server.url, token: server.token });
  const row = (id: number, n: string) =>
    `{"entities":{"user_id":${id}},"eventTime":"2001-03-30T12:00:00Z","createdTime":null,"values":{"n":${n},"note":"é${id}"}}`;
  await admin.postRows("totals", `{"version":1,"rows":[${row(1, "9007199254740993")},${row(2, "2")}]}`);
  await admin.completeMaterialization("totals", `{"version":1,"start":null,"end":"${NOW}","rows":2}`);
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});

const arrowStream = Buffer.concat([
  ...writeArrow(
    tableOf([
      ["totals:n", vectorFromValues({ kind: "int64" }, [2n ** 63n - 1n, null])],
      ["totals:note", vectorFromValues({ kind: "string" }, ["é", null])],
      ["scaled:product", vectorFromValues({ kind: "int64" }, [null, -1n])],
    ]),
    "stream",
    new Map([["edgefeat", `{"now":"${NOW}"}`]]),
  ),
]).toString("base64");

const expected = {
  batched: JSON.stringify([
    {
      rows: [{ n: "9007199254740993n", note: "é1", product: "27021597764222979n" }],
      statuses: [{ n: "PRESENT", note: "PRESENT", product: "PRESENT" }],
      absent: [],
    },
    {
      rows: [{ n: "2n", note: "é2", product: "6n" }],
      statuses: [{ n: "PRESENT", note: "PRESENT", product: "PRESENT" }],
      absent: [],
    },
    {
      rows: [{ n: null, note: null, product: null }],
      statuses: [{ n: "NOT_FOUND", note: "NOT_FOUND", product: "NULL_VALUE" }],
      absent: [[0, "totals", "NOT_FOUND"]],
    },
  ]),
  batchRequests: 1,
  alone: JSON.stringify([
    [
      { n: "2n", note: "é2", product: null },
      { n: null, note: null, product: null },
    ],
    [[0, "scaled:product", "integer_overflow"]],
  ]),
  afterRetries: '[{"n":"9007199254740993n"}]',
  failures: 3,
  late: "server_unreachable: try again, or raise timeoutMs",
  givenUp: "cancelled: the call was given up by its caller",
  unreachable: 'server_unreachable: check the URL; on this machine, start the server with "edgefeat serve"',
  unknown: 'unknown_feature: did you mean "note"?',
  arrow: JSON.stringify([
    [
      { n: "9223372036854775807n", note: "é", product: null },
      { n: null, note: null, product: "-1n" },
    ],
    NOW,
  ]),
  matrix: '[[1,"NaN"],1,2,["a:é","b:x"]]',
};

/** Returns the scenario bundled as a platform that is neither Node nor a browser would have it. */
async function bundle(format: "esm" | "iife", code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { tell } from "./client-scenario.ts"; ${code}`,
      resolveDir: import.meta.dirname,
      loader: "ts",
    },
    bundle: true,
    format,
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser"],
    target: "es2024",
    write: false,
  });
  return (outputFiles[0] as { text: string }).text;
}

/** Runs a Worker of the script, with the server as its service binding; one answer a path. */
async function withWorkerd<T>(script: string, use: (url: string) => Promise<T>): Promise<T> {
  writeFileSync(join(scratch, "worker.js"), script);
  writeFileSync(
    join(scratch, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [ (name = "worker.js", esModule = embed "worker.js") ], compatibilityDate = "2026-11-01",
      globalOutbound = "loopback", bindings = [ (name = "FEATURES", service = "features") ]
    )),
    (name = "features", external = (address = "${new URL(server.url).host}", http = ())),
    (name = "loopback", network = (allow = ["public", "private"]))
  ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "main") ]
);
`,
  );
  const child = spawn(workerd, ["serve", "config.capnp", "--control-fd=3"], {
    cwd: scratch,
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`workerd ended with ${code}`)));
      child.once("error", reject);
      child.stdio[3]?.on("data", (chunk: Buffer) => {
        const found = /"port":\s*(\d+)/.exec(chunk.toString());
        if (found !== null) resolve(Number(found[1]));
      });
    });
    return await use(`http://127.0.0.1:${port}`);
  } finally {
    child.removeAllListeners("exit");
    child.kill();
  }
}

describe("the client does the same", () => {
  it("in Node", async () => {
    expect(await tell(server.url, arrowStream)).toEqual(expected);
  });

  it(
    "in workerd",
    async () => {
      const script = await bundle(
        "esm",
        `export default { fetch: async () => Response.json(await tell("${server.url}", "${arrowStream}")) };`,
      );
      expect(await withWorkerd(script, async (url) => (await fetch(url)).json())).toEqual(expected);
    },
    MINUTE,
  );

  const present = existsSync(CHROMIUM);
  if (!present) reportMissing("chromium", "the client's test in Chromium", "apt-get install chromium");
  it.skipIf(!present)(
    "in Chromium",
    async () => {
      const script = await bundle("iife", "globalThis.tell = tell;");
      const browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ["--no-sandbox", "--disable-dev-shm-usage"],
      });
      try {
        const page = await browser.newPage();
        // A page of the server's own origin.
        await page.goto(`${server.url}/health`);
        await page.addScriptTag({ content: script });
        expect(await page.evaluate(`tell("${server.url}", "${arrowStream}")`)).toEqual(expected);
      } finally {
        await browser.close();
      }
    },
    MINUTE,
  );

  const runtimes: [name: string, command: string, args: string[]][] = [
    ["Deno", "deno", ["run", "--no-prompt", "--allow-net=127.0.0.1", "--allow-read"]],
    ["Bun", "bun", ["run"]],
  ];
  for (const [name, command, args] of runtimes) {
    const found = spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
    if (!found) reportMissing(command, `the client's test in ${name}`, `npm install --global ${command}`);
    // From source, not from a bundle: as a program there would import the package.
    it.skipIf(!found)(
      `in ${name}`,
      async () => {
        const main = join(scratch, `${command}.mjs`);
        const scenario = new URL("client-scenario.ts", import.meta.url);
        writeFileSync(
          main,
          `import { tell } from "${scenario}"; console.log(JSON.stringify(await tell("${server.url}", "${arrowStream}")));`,
        );
        const { stdout } = await promisify(execFile)(command, [...args, main]);
        expect(JSON.parse(stdout)).toEqual(expected);
      },
      MINUTE,
    );
  }
});

describe("in a Worker", () => {
  it(
    "one client of all requests batches within each, over a service binding",
    async () => {
      const script = await bundle(
        "esm",
        `import { createClient } from "edgefeat/client";
         let client, requests = 0;
         export default { async fetch(request, env) {
           client ??= createClient({ url: "http://features", fetch: (input, init) => (requests++, env.FEATURES.fetch(input, init)) });
           const read = (id) => client.getFeatures({ features: ["totals:n"], entities: { user_id: id }, signal: request.signal });
           const { pathname } = new URL(request.url);
           if (pathname === "/count") return Response.json(requests);
           const answers = await Promise.all([1, 2, Number(pathname.slice(1))].map(read));
           return Response.json(answers.map(({ rows }) => String(rows[0].n)));
         } };`,
      );
      await withWorkerd(script, async (url) => {
        const ids = Array.from({ length: 40 }, (_, i) => (i % 2) + 1);
        const answers = await Promise.all(ids.map(async (id) => (await fetch(`${url}/${id}`)).json()));
        const n = ["", "9007199254740993", "2"];
        expect(answers).toEqual(ids.map((id) => [n[1], n[2], n[id]]));
        expect(await (await fetch(`${url}/count`)).json()).toBe(ids.length);
      });
    },
    MINUTE,
  );
});
