// The runner and the jobs from the command line, against a real server: schedules, queued jobs, failures, Ctrl-C, a kill.
import { createServer } from "node:http";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createAdminClient, type Job } from "edgefeat/client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { edgefeat, folderWith, serve, type Serving, start } from "./cli-harness.ts";
import { loadConfig } from "../../sdk/cli/load/config.ts";
import { LeaseKeeper } from "../../sdk/cli/runner/lease-keeper.ts";
import { CONFIG, FEATURES, PAYMENTS, REPO } from "./cli-repo.ts";

const NOW = "2001-03-03T00:30:00Z";
const HOURLY = FEATURES.replace('ttl: "7d",', 'ttl: "7d", schedule: "0 * * * *",');
const children: ReturnType<typeof start>[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** A repo whose definitions were applied to a server with a frozen clock. */
async function repoServed(files: Record<string, string> = {}, now = NOW) {
  const cwd = folderWith({ ...REPO, "features.ts": HOURLY, ...files });
  const serving = await serve(["--port", "0", "--now", now], { cwd });
  const applied = await edgefeat(["apply"], { cwd });
  if (applied.code !== 0) throw new Error(applied.stderr);
  return { cwd, serving };
}

const run = (cwd: string, ...args: string[]) => edgefeat([...args, "--json"], { cwd });
const jobsOf = async (cwd: string, ...args: string[]) => (await run(cwd, "jobs", ...args)).json().jobs as Job[];

/** Starts a runner that goes on; resolves once it asks for jobs. */
async function startRunner(cwd: string, ...args: string[]) {
  const child = start(["runner", "--poll", "1s", ...args], { cwd });
  children.push(child);
  const text = { all: "" };
  child.stdout.on("data", (data) => (text.all += data));
  child.stderr.on("data", (data) => (text.all += data));
  const ended = new Promise<number | null>((done) => child.once("close", done));
  return {
    text,
    ended,
    kill: (signal: NodeJS.Signals) => void child.kill(signal),
    async says(pattern: RegExp) {
      for (const until = Date.now() + 60_000; Date.now() < until; await sleep(50)) if (pattern.test(text.all)) return;
      throw new Error(`the runner never said ${pattern}: ${text.all}`);
    },
  };
}

function adminOf(cwd: string) {
  const local = JSON.parse(readFileSync(join(cwd, ".edgefeat/serve.json"), "utf8"));
  return createAdminClient({ url: local.url, token: local.token });
}

describe("schedules", () => {
  test("a view that is due is materialized, answers, and is shown as a job; again there is nothing to do", async () => {
    const { cwd } = await repoServed();
    expect(await jobsOf(cwd)).toEqual([]);
    const first = await edgefeat(["runner", "--once"], { cwd });
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain("job 1: last_payment, up to 2001-03-03T00:30:00Z, due 2001-03-03T00:00:00Z\n");
    expect(first.stdout).toContain("1 job done");
    const read = await run(cwd, "online", "--features", "last_payment:amount", "--entity", "user_id=1");
    expect(read.json().rows).toEqual([{ amount: 2.5 }]);
    expect(await jobsOf(cwd)).toMatchObject([
      {
        id: "1",
        view: "last_payment",
        state: "succeeded",
        origin: "schedule",
        due: "2001-03-03T00:00:00Z",
        end: NOW,
        rows: { keys: 3, written: 3 },
        error: null,
      },
    ]);
    const table = await edgefeat(["jobs"], { cwd });
    expect(table.stdout).toMatch(
      /^ID +STATE +VIEW +QUEUED +FOR\n1 +succeeded +last_payment .* 3 keys, 3 written in \d/,
    );
    const second = await run(cwd, "runner", "--once");
    expect([second.code, second.json().jobs]).toEqual([0, []]);
  });

  test("one missed for days runs once; one materialized by hand beyond its moment not at all", async () => {
    const { cwd, serving } = await repoServed();
    const data = ["--data", join(cwd, ".edgefeat/data")];
    await run(cwd, "runner", "--once");
    await serving.stop();
    const later = await serve(["--port", "0", "--now", "2001-03-06T05:59:59Z", ...data], { cwd });
    expect((await run(cwd, "runner", "--once")).json().jobs).toMatchObject([
      { id: "2", due: "2001-03-06T05:00:00Z", end: "2001-03-06T05:59:59Z", state: "succeeded" },
    ]);
    expect((await run(cwd, "runner", "--once")).json().jobs).toEqual([]);
    await later.stop();
    await serve(["--port", "0", "--now", "2001-03-06T06:30:00Z", ...data], { cwd });
    await run(cwd, "materialize-incremental", "2001-03-06T06:10:00Z", "--views", "last_payment");
    expect((await run(cwd, "runner", "--once")).json().jobs).toEqual([]);
    expect((await jobsOf(cwd)).length).toBe(2);
  });
});

describe("queued jobs", () => {
  let cwd: string;
  beforeAll(async () => {
    ({ cwd } = await repoServed());
  });

  test("are queued, watched, and done by a runner that goes on; Ctrl-C stops it and it is gone", async () => {
    await adminOf(cwd).submitJobs({ views: ["last_payment"], due: "2001-03-03T00:00:00Z" });
    const queued = await edgefeat(["jobs", "--submit", "payment_stats"], { cwd });
    expect(queued.stdout).toBe("job 2: payment_stats queued\n");
    expect(queued.stderr).toContain(
      'no runner is there for payment_stats: start one where the sources are, with "edgefeat runner"',
    );
    const runner = await startRunner(cwd, "--name", "vm-1");
    await runner.says(/job 2: succeeded/);
    const times = ["--start", "2001-03-01T00:00:00Z", "--end", "2001-03-02T10:00:00Z"];
    const watched = await run(cwd, "jobs", "--submit", "all", ...times, "--watch");
    expect(watched.code, watched.stderr).toBe(0);
    expect(watched.json().jobs).toMatchObject([
      { id: "3", view: "last_payment", state: "succeeded", incremental: false, start: times[1], end: times[3] },
      { id: "4", view: "payment_stats", state: "succeeded", runner: "vm-1", rows: { keys: 1, superseded: 1 } },
    ]);
    expect(watched.stderr).toMatch(
      /^job 3: last_payment queued\njob 4: payment_stats queued\n(job \d: \w+ running.*\n)*job 3: last_payment succeeded/,
    );
    expect((await run(cwd, "jobs")).json().runners).toEqual(["vm-1"]);
    runner.kill("SIGINT");
    expect(await runner.ended).toBe(0);
    expect((await run(cwd, "jobs", "--state", "queued")).json()).toEqual({ jobs: [], next: null, runners: [] });
  });

  test("one that fails keeps its error with its code and hint; the runner and who waits exit 1", async () => {
    renameSync(join(cwd, "data/payments.csv"), join(cwd, "data/gone.csv"));
    await run(cwd, "jobs", "--submit", "last_payment");
    const failed = await run(cwd, "runner", "--once");
    expect([failed.code, failed.json().jobs]).toMatchObject([1, [{ id: "5", state: "failed" }]]);
    expect(failed.stderr).toContain("error[file_not_found]");
    const one = await edgefeat(["jobs", "5"], { cwd });
    expect(one.stdout).toMatch(/^job 5: last_payment failed, file_not_found: .*payments\.csv/);
    expect(one.stdout).toMatch(/\n {2}hint: ./);
    const watched = await run(cwd, "jobs", "5", "--watch");
    expect([watched.code, watched.json().jobs[0].error.code]).toEqual([1, "file_not_found"]);
    const [job] = await jobsOf(cwd, "--state", "failed", "--view", "last_payment");
    expect(job).toMatchObject({ error: { code: "file_not_found", message: expect.stringContaining("payments.csv") } });
  });

  test("one that waits is cancelled at once, and never runs", async () => {
    await adminOf(cwd).submitJobs({ views: ["payment_stats"] });
    expect((await run(cwd, "jobs", "6", "--cancel")).json()).toMatchObject({ state: "cancelled" });
    expect((await run(cwd, "runner", "--once")).json().jobs).toEqual([]);
  });
});

describe("a job that is interrupted", () => {
  const KEYS = 12_000;

  /** A repo with many keys, behind a proxy that holds each batch of rows up. */
  async function slowRepo() {
    const lines = Array.from({ length: KEYS }, (_, i) => `${i},2001-03-01T00:00:00Z,${i / 4},${i},s${i}`);
    const csv = `${PAYMENTS.split("\n")[0]}\n${lines.join("\n")}\n`;
    const { cwd: home, serving } = await repoServed({ "features.ts": FEATURES, "data/payments.csv": csv });
    const proxy = await holdingProxy(serving);
    const { token } = JSON.parse(readFileSync(join(home, ".edgefeat/serve.json"), "utf8"));
    const online = `online: { type: "durable-object", url: "${proxy.url}", token: "${token}" }, definitions:`;
    // A folder of its own: in the server's the address that serve has left would count.
    const cwd = folderWith({
      ...REPO,
      "features.ts": FEATURES,
      "data/payments.csv": csv,
      "edgefeat.config.ts": CONFIG.replace("definitions:", online),
    });
    return { home, cwd, proxy, admin: adminOf(home) };
  }

  let home: string;
  let cwd: string;
  let proxy: Awaited<ReturnType<typeof holdingProxy>>;
  let admin: ReturnType<typeof adminOf>;
  beforeAll(async () => {
    ({ home, cwd, proxy, admin } = await slowRepo());
  });
  beforeEach(() => {
    Object.assign(proxy.hold, { eachMs: 0, afterBatches: Number.POSITIVE_INFINITY, failing: 0 });
  });
  afterAll(() => proxy.close());
  const submit = async () =>
    (await admin.submitJobs({ views: ["last_payment"], incremental: false })).jobs[0]?.id as string;

  test("by a kill is taken up by another runner when the lease has run out, where it stopped", async () => {
    const id = await submit();
    proxy.hold.afterBatches = 4;
    const killed = await startRunner(cwd, "--lease", "5s", "--name", "killed");
    await proxy.held();
    killed.kill("SIGKILL");
    await killed.ended;
    expect((await admin.beatRunner("early", { lease: "0123456789abcdef" })).job).toBeNull();
    expect(await admin.getJob(id)).toMatchObject({ state: "running", runner: "killed", attempts: 1 });
    proxy.hold.afterBatches = Number.POSITIVE_INFINITY;
    const heir = await startRunner(cwd, "--name", "heir");
    await heir.says(/, attempt 2\n[^]*4,000 written before[^]*: succeeded/);
    const rows = { keys: KEYS, resumed: 4_000, written: 8_000 };
    expect(await admin.getJob(id)).toMatchObject({ state: "succeeded", runner: "heir", attempts: 2, rows });
  });

  test("by long work that leaves its thread no time is not taken away", async () => {
    const id = await submit();
    const keeper = new LeaseKeeper(await loadConfig(home));
    try {
      const [lease, leaseMs] = ["0123456789abcdef-busy", 4_000];
      expect((await admin.beatRunner("busy", { lease, leaseMs })).job).toMatchObject({ id });
      keeper.hold({ id, lease, leaseMs, onStop: (why) => expect.unreachable(why) });
      keeper.progress({ stage: "compute", done: 0, total: 1 });
      await expect.poll(async () => (await admin.getJob(id))?.progress, { timeout: 60_000 }).not.toBeNull();
      // Nothing of this process runs but the keeper's thread.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * leaseMs);
      expect((await admin.beatRunner("other", { lease: "0123456789abcdef-other" })).job).toBeNull();
      const progress = { stage: "compute", done: 0, total: 1 };
      expect(await admin.getJob(id)).toMatchObject({ state: "running", runner: "busy", attempts: 1, progress });
      const cancelled = new Promise((resolve) => {
        keeper.hold({ id, lease, leaseMs, onStop: resolve });
      });
      await admin.cancelJob(id);
      expect(await cancelled).toBe("cancelled");
      keeper.release();
      await admin.reportJob(id, { lease, state: "cancelled" });
      const lost = new Promise((resolve) => {
        keeper.hold({ id, lease: `${lease}-not`, leaseMs, onStop: resolve });
      });
      expect(await lost).toBe("lost");
    } finally {
      await keeper.close();
    }
  });

  test("by Ctrl-C is given back, and goes on where it stopped; its progress is told meanwhile", async () => {
    const id = await submit();
    proxy.hold.eachMs = 400;
    const runner = await startRunner(cwd, "--lease", "3s");
    const progress = async () => (await admin.getJob(id))?.progress;
    await expect.poll(progress, { timeout: 60_000 }).toMatchObject({ stage: "write last_payment", total: KEYS });
    runner.kill("SIGINT");
    expect(await runner.ended).toBe(0);
    expect(runner.text.all).toContain(`job ${id}: given back after`);
    expect(await admin.getJob(id)).toMatchObject({ state: "queued", attempts: 0, runner: null, progress: null });
    proxy.hold.eachMs = 0;
    const { json } = await run(cwd, "runner", "--once");
    const [job] = json().jobs as Job[];
    expect(job).toMatchObject({ state: "succeeded", attempts: 1, rows: { keys: KEYS } });
    expect(job?.rows?.["resumed"]).toBeGreaterThan(0);
  });

  test("by a store that is away for a while is tried again by its runner, and says so", async () => {
    const id = await submit();
    // Each call has three attempts of its own.
    proxy.hold.failing = 3;
    const done = await run(cwd, "runner", "--once");
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr).toMatch(/warning: job \d+: .*away for now.*; trying again in 2 s, 1 of 3\n/);
    expect(done.json().jobs).toMatchObject([{ id, state: "succeeded", attempts: 1, retries: 1, rows: { keys: KEYS } }]);
    expect((await edgefeat(["jobs", id], { cwd })).stdout).toMatch(/\n {2}tried again +1 time\n/);
  });

  test("by a cancel stops, and stays cancelled", async () => {
    const id = await submit();
    proxy.hold.eachMs = 2_000;
    const runner = await startRunner(cwd, "--lease", "3s");
    await expect.poll(async () => (await admin.getJob(id))?.progress, { timeout: 60_000 }).not.toBeNull();
    expect((await edgefeat(["jobs", id, "--cancel"], { cwd })).stdout).toContain(`job ${id}: last_payment cancelling`);
    await runner.says(/: cancelled after/);
    expect(await admin.getJob(id)).toMatchObject({ state: "cancelled", cancelling: false });
    runner.kill("SIGINT");
    expect(await runner.ended).toBe(0);
  });

  test("two runners share what waits, and none does a view that the other has", async () => {
    proxy.hold.eachMs = 300;
    const ends = ["2001-03-02T00:00:00Z", "2001-03-02T06:00:00Z"];
    for (const end of ends) await admin.submitJobs({ end });
    const [one, two] = await Promise.all([
      run(cwd, "runner", "--once", "--name", "one"),
      startRunner(cwd, "--name", "two"),
    ]);
    expect(one.code, one.stderr).toBe(0);
    const all = async () => (await admin.listJobs({ limit: 4 })).jobs;
    await expect
      .poll(async () => (await all()).map(({ state }) => state), { timeout: 60_000 })
      .toEqual(Array(4).fill("succeeded"));
    expect((await all()).map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1]);
    expect(new Set((await all()).map(({ runner }) => runner))).toEqual(new Set(["one", "two"]));
    two.kill("SIGINT");
    await two.ended;
  });
});

test("a runner outlives its server, and goes on when that is back", async () => {
  const { cwd, serving } = await repoServed({ "features.ts": FEATURES });
  const port = new URL(serving.url).port;
  const runner = await startRunner(cwd);
  await runner.says(/takes jobs from/);
  await serving.stop();
  await runner.says(/warning: .*; asking again every 1 s/);
  await serve(["--port", port, "--now", NOW], { cwd });
  await runner.says(/the server answers again/);
  expect((await run(cwd, "jobs", "--submit", "all", "--watch")).code).toBe(0);
  runner.kill("SIGTERM");
  expect(await runner.ended).toBe(0);
});

test.concurrent.each<[args: string[], message: string]>([
  [["runner", "--poll", "0s"], '--poll: "0s" is not from 1s to 1h'],
  [["runner", "--lease", "soon"], '--lease: "soon" is not a duration'],
  [["runner", "--name", "a b"], "--name: expected 1 to 100 letters, digits, dots, _ and -"],
  [["jobs", "last_payment"], '"last_payment" is not the id of a job'],
  [["jobs", "--cancel"], "--cancel needs the id of a job"],
  [["jobs", "--state", "done"], "option '--state <state>' argument 'done' is invalid"],
  [["jobs", "--limit", "0"], '--limit: "0" is not from 1 to 500'],
  [["jobs", "--end", NOW], "--start and --end belong to --submit"],
  [["jobs", "1", "--submit", "a"], "--submit queues new jobs, and takes no id"],
  [["jobs", "1", "--view", "a"], "--view and --state choose from the list of jobs"],
  [["jobs", "--submit", "a", "--end", "now"], '--end: "now" is not an RFC 3339 time'],
])("%j is bad usage", async (args, message) => {
  const { code, stderr } = await edgefeat(args, { cwd: folderWith() });
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

/** Returns a proxy that holds batches of rows up: each for `eachMs`, those after the first `afterBatches` for ever; `failing` are refused. */
async function holdingProxy(target: Serving) {
  const hold = { eachMs: 0, afterBatches: Number.POSITIVE_INFINITY, failing: 0 };
  let batches = 0;
  let onHeld = () => {};
  const held = new Promise<void>((resolve) => (onHeld = resolve));
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === "POST" && request.url?.startsWith("/v1/rows/") === true) {
      if (batches++ >= hold.afterBatches) return onHeld();
      if (hold.failing > 0) {
        hold.failing--;
        const problem = { code: "store_unavailable", detail: "the store is away for now", status: 503 };
        response.writeHead(503, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
        return;
      }
      await sleep(hold.eachMs);
    }
    const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    const answer = await fetch(`${target.url}${request.url}`, { method: request.method ?? "GET", headers, ...body });
    response
      .writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" })
      .end(await answer.text());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, hold, held: () => held, close };
}
