// `edgefeat workbench` as a user runs it: a process that serves the page until it is stopped.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { edgefeat, folderWith } from "../../sdk/cli-harness.ts";
import { type DriverRepo, driverRepo } from "./support/workbench.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ROOT = join(import.meta.dirname, "../../..");
let repo: DriverRepo;
beforeAll(() => {
  repo = driverRepo(10);
});
afterAll(() => repo?.remove());

/** Starts it, and returns the address that it prints and what stops it. */
async function start(
  args: readonly string[],
  cwd: string = repo.folder,
): Promise<{ url: string; stop(): Promise<number | null> }> {
  const command = [join(ROOT, "sdk/cli/main.ts"), "workbench", "--port", "0", "--json", ...args];
  const child = spawn(join(ROOT, "node_modules/.bin/node"), command, { cwd, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: (JSON.parse(line.toString()) as { url: string }).url,
    async stop() {
      child.kill("SIGINT");
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    },
  };
}

it("serves a repo's page, definitions and files, and ends by Ctrl-C", async () => {
  const { url, stop } = await start(["--repo", repo.folder, "--entities", repo.entities]);
  const told = (await (await fetch(`${url}repo.json`)).json()) as { files: { name: string }[] };
  expect(told.files.map(({ name }) => name)).toEqual(["driver_stats.parquet", "entities.csv"]);
  const paths = [
    "",
    "workbench.js",
    "workbench.css",
    "session.js",
    "parquet-worker.js",
    "parquet.wasm",
    "duckdb-eh.wasm.gz",
  ];
  for (const path of paths) {
    const { status, headers } = await fetch(`${url}${path}`, { method: "HEAD" });
    expect([path, status, Number(headers.get("content-length")) < 25 * 1024 * 1024]).toEqual([path, 200, true]);
  }
  expect(await stop()).toBe(0);
});

it("serves the page alone where there is no repo", async () => {
  const { url, stop } = await start([], folderWith());
  expect(await (await fetch(url)).text()).toContain('name="edgefeat-host" content="local"');
  expect((await fetch(`${url}repo.json`)).status).toBe(404);
  expect(await stop()).toBe(0);
});

it("says what is wrong with its arguments", async () => {
  const missing = await edgefeat(["workbench", "--repo", repo.folder, "--entities", "nowhere.csv", "--port", "0"]);
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("there is no file")]);
  const port = await edgefeat(["workbench", "--port", "many"]);
  expect(port.code).toBe(2);
});
