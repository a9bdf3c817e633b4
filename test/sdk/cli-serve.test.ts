// The local server: its port, its token, its data, its end; and TypeScript transforms in it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startServer } from "../../sdk/cli/serve/index.ts";
import { edgefeat, folderWith, serve } from "./cli-harness.ts";
import { CONFIG, FEATURES, REPO } from "./cli-repo.ts";

const localServer = (cwd: string) => JSON.parse(readFileSync(join(cwd, ".edgefeat/serve.json"), "utf8"));
const put = (url: string, token: string) =>
  fetch(`${url}/v1/registry`, {
    method: "PUT",
    body: "{}",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });

test("a port in use is a clear error", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => other.once("listening", listening));
  const { port } = other.address() as { port: number };
  const run = await edgefeat(["serve", "--port", String(port)], { cwd: folderWith(REPO) });
  other.close();
  expect(run.code).toBe(1);
  expect(run.stderr).toContain(`error[server_failed]: port ${port} is in use by another program`);
  expect(run.stderr).toContain("--port");
});

test("without a config, or with definitions that do not compile, serve fails and leaves nothing running", async () => {
  const none = await edgefeat(["serve", "--port", "0"], { cwd: folderWith() });
  expect([none.code, none.stderr]).toEqual([
    1,
    expect.stringContaining("error[config_invalid]: there is no edgefeat.config.ts"),
  ]);
  const cwd = folderWith({ ...REPO, "features.ts": "export const = 1;" });
  const broken = await edgefeat(["serve", "--port", "0"], { cwd });
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining("at features.ts:1:14")]);
  expect(existsSync(join(cwd, ".edgefeat/serve.json"))).toBe(false);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s stops the server, removes its address and exits with 0",
  async (signal) => {
    const cwd = folderWith(REPO);
    const serving = await serve(["--port", "0"], { cwd });
    expect(localServer(cwd).url).toBe(serving.url);
    expect(await serving.stop(signal)).toBe(0);
    expect(existsSync(join(cwd, ".edgefeat/serve.json"))).toBe(false);
    await expect(fetch(`${serving.url}/health`)).rejects.toThrow();
  },
);

test("rows and token are kept with the data; two servers on the same data are refused", async () => {
  const cwd = folderWith(REPO);
  const first = await serve(["--port", "0", "--data", "kept"], { cwd });
  const { token } = localServer(cwd);
  expect((await edgefeat(["apply"], { cwd })).code).toBe(0);
  const second = await edgefeat(["serve", "--port", "0", "--data", "kept"], { cwd });
  expect([second.code, second.stderr]).toEqual([
    1,
    expect.stringContaining(`a server already runs on the data in ${join(cwd, "kept")}, at ${first.url}`),
  ]);
  await first.stop();
  const again = await serve(["--port", "0", "--data", "kept"], { cwd });
  expect(localServer(cwd).token).toBe(token);
  const { registry } = (await (await fetch(`${again.url}/health`)).json()) as { registry: string | null };
  expect(registry).toMatch(/^sha256:/);
});

test("EDGEFEAT_SHARDS spreads the rows over objects, for good", async () => {
  const cwd = folderWith(REPO);
  const shards = (count: string) => ({ cwd, env: { EDGEFEAT_SHARDS: count } });
  const first = await serve(["--port", "0"], shards("3"));
  for (const step of [["apply"], ["materialize-incremental", "2001-03-03T00:00:00Z"]]) {
    expect([step, (await edgefeat(step, { cwd })).code]).toEqual([step, 0]);
  }
  const objects = readdirSync(join(cwd, ".edgefeat/data/rows"), { recursive: true, encoding: "utf8" });
  expect(objects.filter((name) => name.endsWith(".sqlite") && !name.includes("metadata")).length).toBe(3);
  expect(await first.stop()).toBe(0);
  const other = await edgefeat(["serve", "--port", "0"], shards("2"));
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("config_invalid")]);
  const again = await serve(["--port", "0"], shards("3"));
  const { registry } = (await (await fetch(`${again.url}/health`)).json()) as { registry: string | null };
  expect(registry).toMatch(/^sha256:/);
});

test("a set EDGEFEAT_TOKEN is the write token, for serve and for the other commands", async () => {
  const config = CONFIG.replace("defineConfig }", "defineConfig, env }").replace(
    "definitions:",
    'online: { type: "durable-object", url: "http://127.0.0.1:1", token: env("EDGEFEAT_TOKEN") }, definitions:',
  );
  const cwd = folderWith({ ...REPO, "edgefeat.config.ts": config });
  const env = { EDGEFEAT_TOKEN: "of-the-environment" };
  const { url } = await serve(["--port", "0"], { cwd, env });
  expect((await put(url, "another")).status).toBe(401);
  expect((await put(url, "of-the-environment")).status).toBe(400);
  expect((await edgefeat(["apply"], { cwd, env })).code).toBe(0);
  // Without the variable the address file has the token; the file's port wins over the config's on this machine.
  expect((await edgefeat(["apply"], { cwd })).code).toBe(0);
  const wrong = await edgefeat(["apply", "--json"], { cwd, env: { EDGEFEAT_TOKEN: "wrong" } });
  expect([wrong.code, wrong.json().changed]).toEqual([0, false]);
});

test("a server of another project is refused", async () => {
  const cwd = folderWith(REPO);
  const { url } = await serve(["--port", "0"], { cwd });
  expect((await edgefeat(["apply"], { cwd })).code).toBe(0);
  const config = CONFIG.replace('"pay"', '"other"').replace(
    "definitions:",
    `online: { type: "durable-object", url: "${url}" }, definitions:`,
  );
  const plan = await edgefeat(["plan", "--json"], { cwd: folderWith({ ...REPO, "edgefeat.config.ts": config }) });
  expect([plan.code, plan.json().error.code]).toEqual([1, "project_mismatch"]);
});

test("TypeScript transforms are bundled into the Worker, with what they import", async () => {
  const transform = FEATURES.replace(/expressions: \{[^}]*\}/, "transform: share").replace(
    /^/,
    'import { share } from "./share.ts";\n',
  );
  const share =
    "export const share = (row: any) => ({ share: row.spent_1d === null ? null : row.spent_1d / row.limit + 1 });\n";
  const cwd = folderWith({ ...REPO, "features.ts": transform, "share.ts": share });
  const server = await startServer({ repo: cwd, nowUs: Date.UTC(2001, 2, 3) * 1000 });
  try {
    for (const step of [["apply"], ["materialize-incremental", "2001-03-03T00:00:00Z"]]) {
      const run = await edgefeat(step, { cwd });
      expect([step, run.code]).toEqual([step, 0]);
    }
    const online = await edgefeat(
      ["online", "--features", "risk:share", "--entity", "user_id=2", "--request", "limit=14", "--json"],
      { cwd },
    );
    expect(online.json()).toMatchObject({ rows: [{ share: 1.5 }], statuses: [{ share: "PRESENT" }] });
    const entities = ["historical", "--entities", "entities.csv", "--features", "risk:share", "--out", "o.csv"];
    expect((await edgefeat(entities, { cwd })).code).toBe(0);
    expect(readFileSync(join(cwd, "o.csv"), "utf8").split("\n")[1]).toBe("1,2001-03-02T09:00:00Z,100,a,1.125");
  } finally {
    await server.close();
  }
});
