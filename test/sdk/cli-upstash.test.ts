// With an Upstash database the command line writes to Redis itself, and reads in its own process or through a Worker.
import { describe, expect, test } from "vitest";
import { upstash } from "../support/provided.ts";
import { startUpstash } from "../support/upstash.ts";
import { edgefeat, folderWith, serve } from "./cli-harness.ts";
import { CONFIG, FEATURES, REPO } from "./cli-repo.ts";

const PROJECT = `cli-${process.pid}`;

const configWith = (online: string) =>
  CONFIG.replace("defineConfig }", "defineConfig, env }")
    .replace('"pay"', JSON.stringify(PROJECT))
    .replace(
      "definitions:",
      `online: { type: "upstash", url: env("REDIS_URL"), token: env("REDIS_TOKEN")${online} }, definitions:`,
    );

describe.skipIf(upstash === null)("with an Upstash database", () => {
  const env = { REDIS_URL: upstash?.url ?? "", REDIS_TOKEN: upstash?.token ?? "" };
  const transform = FEATURES.replace(
    /expressions: \{[^}]*\}/,
    "transform: (row: any) => ({ share: Number(row.cents_1d) / row.limit })",
  );
  // The last payments are of 2001: without a bound they are served today.
  const files = { ...REPO, "features.ts": transform.replace('ttl: "7d",', ""), "edgefeat.config.ts": configWith("") };
  const cwd = folderWith(files);
  const run = (args: string[], folder = cwd) => edgefeat([...args, "--json"], { cwd: folder, env });
  const online = ["online", "--service", "risk_model", "--entity", "user_id=9007199254740993", "--request", "limit=2"];

  test("apply, materialize and online need no server", async () => {
    expect((await run(["plan"])).json()).toMatchObject({ project: PROJECT, registry: null });
    expect((await run(["apply"])).json()).toMatchObject({ changed: true });
    expect((await run(["apply"])).json()).toMatchObject({ changed: false });
    const { views } = (await run(["materialize-incremental", "2001-03-03T00:00:00Z"])).json();
    expect(views).toMatchObject([
      { view: "last_payment", written: 3 },
      { view: "payment_stats", written: 0, expired: 3 },
    ]);
    const read = await run(online);
    expect(read.json()).toMatchObject({
      rows: [{ amount: 1, shop: "music", payments_1d: 0, spent_1d: null, cents_1d: null, share: 0 }],
      statuses: [{ amount: "PRESENT", payments_1d: "NOT_FOUND", share: "PRESENT" }],
    });
  });

  test("jobs and a runner need none either", async () => {
    expect((await run(["jobs", "--submit", "last_payment"])).json()).toMatchObject({ jobs: [{ state: "queued" }] });
    const { jobs } = (await run(["runner", "--once"])).json();
    expect(jobs).toMatchObject([{ view: "last_payment", state: "succeeded", rows: { keys: 3, unchanged: 3 } }]);
    expect((await run(["jobs"])).json()).toEqual({ jobs, next: null, runners: [] });
  });

  test("serve runs the Worker on it, and workerUrl reads through it", async () => {
    const { url } = await serve(["--port", "0", "--now", "2001-03-03T00:00:00Z"], { cwd, env });
    const through = folderWith({ ...files, "edgefeat.config.ts": configWith(`, workerUrl: ${JSON.stringify(url)}`) });
    const read = await run(online, through);
    expect(read.json()).toMatchObject({ now: "2001-03-03T00:00:00Z", rows: [{ amount: 1, shop: "music" }] });
  });

  test("a secondary gets all that is written, and serves it when the first database is gone", async () => {
    const [first, second] = await Promise.all([startUpstash(), startUpstash()]);
    const secondary = `, secondary: { url: env("SECOND_URL"), token: env("SECOND_TOKEN") }`;
    const folder = folderWith({ ...files, "edgefeat.config.ts": configWith(secondary) });
    const both = { SECOND_URL: second.url, SECOND_TOKEN: second.token, REDIS_URL: first.url, REDIS_TOKEN: first.token };
    const command = (args: string[]) => edgefeat([...args, "--json"], { cwd: folder, env: both });
    try {
      expect((await command(["apply"])).json()).toMatchObject({ changed: true });
      await command(["materialize-incremental", "2001-03-03T00:00:00Z"]);
      const { url } = await serve(["--port", "0", "--now", "2001-03-03T00:00:00Z"], { cwd: folder, env: both });
      await first.kill();
      const body = {
        features: ["last_payment:amount"],
        entities: { user_id: 1 },
      };
      const headers = { "content-type": "application/json" };
      const text = JSON.stringify(body).replace('"user_id":1', '"user_id":9007199254740993');
      const answer = await fetch(`${url}/v1/features`, { method: "POST", headers, body: text });
      expect(await answer.json()).toMatchObject({ rows: [[1]], absent: [] });
      expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "degraded", failing: ["primary"] });
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  test("a token that is not the database's is store_unavailable", async () => {
    const wrong = await edgefeat(["plan", "--json"], { cwd, env: { ...env, REDIS_TOKEN: "wrong" } });
    expect([wrong.code, wrong.json().error.code]).toEqual([1, "store_unavailable"]);
    expect(wrong.stdout + wrong.stderr).not.toContain("Bearer");
  });
});
