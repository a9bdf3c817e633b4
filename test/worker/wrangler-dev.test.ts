// The Worker as `wrangler dev` runs it, from wrangler.toml as it is: apply, write, read.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAdminClient, createClient } from "../../sdk/client/index.ts";
import { entity, featureService, featureView, int64, parquet, string } from "../../sdk/index.ts";
import { emptySnapshot, markMaterialized, planApply } from "../../sdk/registry/index.ts";
import { referenceFiles } from "../../worker/pages/reference.ts";
import { snapshotFrom } from "../support/snapshots.ts";

const ROOT = join(import.meta.dirname, "../..");
const user = entity("user", { joinKey: "id", type: string() });
const latest = featureView("latest", {
  entities: [user],
  source: parquet("log", { path: "l.parquet", eventTime: "at" }),
  features: { n: int64(), note: string() },
});
const NOTE = Array.from({ length: 600 }, (_, i) => `late ${i % 97}`).join(", ");
const model = featureService("model", { features: [latest] });

describe("wrangler dev", () => {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-wrangler-"));
  let wrangler: ChildProcess;
  let url = "";

  beforeAll(async () => {
    const variables = join(folder, "dev.vars");
    writeFileSync(
      variables,
      "EDGEFEAT_TOKEN=secret\nPUBLIC_READS=true\nEDGEFEAT_PROJECT=wrangled\nEDGEFEAT_SHARDS=3\n",
    );
    wrangler = spawn(
      join(ROOT, "node_modules/.bin/wrangler"),
      [
        "dev",
        "--local",
        "--ip",
        "127.0.0.1",
        "--port",
        "0",
        "--env-file",
        variables,
        "--persist-to",
        folder,
        "--show-interactive-dev-session=false",
      ],
      {
        cwd: ROOT,
        env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" },
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      },
    );
    let said = "";
    url = await new Promise<string>((done, fail) => {
      const hear = (text: string): void => {
        said += text;
        const ready = /Ready on (http:\/\/127\.0\.0\.1:\d+)/.exec(said);
        if (ready !== null) done(ready[1] as string);
      };
      wrangler.stdout?.setEncoding("utf8").on("data", hear);
      wrangler.stderr?.setEncoding("utf8").on("data", hear);
      wrangler.on("close", (code) => fail(new Error(`wrangler dev ended (${code}): ${said}`)));
    });
  }, 60_000);

  afterAll(async () => {
    const ended = new Promise((done) => wrangler.once("close", done));
    // The whole group: wrangler runs workerd and esbuild as processes of their own.
    process.kill(-(wrangler.pid as number), "SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  it("serves what was applied and written, from its Durable Object", { timeout: 60_000 }, async () => {
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const admin = createAdminClient({ url, token: "secret" });
    const { compiled } = snapshotFrom(
      { model },
      { log: { id: { kind: "string" }, at: { kind: "timestamp" }, n: { kind: "int64" }, note: { kind: "string" } } },
    );
    const { snapshot } = planApply(emptySnapshot("wrangled", "dev"), compiled);
    await admin.putRegistry(markMaterialized(snapshot, "latest", 1), null);
    const row = `{"entities":{"id":"a"},"eventTime":"2001-03-31T00:00:00Z","createdTime":null,"values":{"n":9007199254740993,"note":"${NOTE}"}}`;
    expect(await admin.postRows("latest", `{"rows":[${row}]}`)).toMatchObject({ written: 1 });
    const { rows } = await createClient({ url }).getFeatures({
      service: model,
      entities: { id: ["a", "b"] },
      noCache: true,
    });
    expect(rows).toStrictEqual([
      { n: 9_007_199_254_740_993n, note: NOTE },
      { n: null, note: null },
    ]);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.includes(".sqlite"));
    const stored = files.map((name) => readFileSync(join(folder, name), "latin1"));
    expect(stored.some((text) => /z\d{4}:[\w+/]{200}/.test(text))).toBe(true);
    expect(stored.filter((text) => text.includes("late 1, late 2"))).toEqual([]);
    const unauthorized = createAdminClient({ url, token: "wrong" }).postRows("latest", `{"rows":[${row}]}`);
    await expect(unauthorized).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("serves the package's files: the reference of its routes, and the workbench with what its threads need", async () => {
    const openApi = await fetch(`${url}/openapi.json`);
    expect([openApi.status, openApi.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await openApi.text()).toBe(referenceFiles().get("reference/public/openapi.json"));
    expect((await fetch(`${url}/docs`, { method: "HEAD" })).headers.get("content-type")).toContain("text/html");
    const page = await fetch(`${url}/workbench`);
    expect([page.status, page.url, page.headers.get("content-type")]).toEqual([
      200,
      `${url}/workbench/`,
      "text/html; charset=utf-8",
    ]);
    const engine = await fetch(`${url}/workbench/duckdb-eh.wasm.gz`);
    for (const { headers } of [page, engine]) {
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    }
    // As it is: the page inflates it, and no host may do so on the way.
    expect(engine.headers.get("content-encoding")).toBeNull();
    expect(gunzipSync(await engine.arrayBuffer()).subarray(0, 4)).toEqual(Buffer.from("\0asm"));
    const tag = engine.headers.get("etag") as string;
    const again = await fetch(`${url}/workbench/duckdb-eh.wasm.gz`, { headers: { "if-none-match": tag } });
    expect(again.status).toBe(304);
    // The folder has more than is served.
    for (const path of ["/workbench/nothing", "/reference/public/openapi.json", "/_headers"]) {
      const missing = await fetch(url + path);
      expect([path, missing.status, missing.headers.get("content-type")]).toEqual([
        path,
        404,
        "application/problem+json",
      ]);
    }
  });

  it("records every act of 60 requests at once, which can't wait for each other's work", async () => {
    const headers = { authorization: "Bearer secret" };
    const act = () => fetch(`${url}/v1/tokens/0123456789abcdef`, { method: "DELETE", headers });
    const answers = await Promise.all(Array.from({ length: 60 }, act));
    expect(answers.map((answer) => [answer.status, answer.headers.get("edgefeat-audit")])).toEqual(
      answers.map(() => [404, null]),
    );
    const audit = await (await fetch(`${url}/v1/audit?limit=1000`, { headers })).json();
    const { records } = audit as { records: readonly { id: string; route: string }[] };
    const kept = records.filter(({ route }) => route === "DELETE /v1/tokens/:id");
    expect(new Set(kept.map(({ id }) => id)).size).toBe(60);
  });
});
