// The event log as a user meets it: pushed over HTTP, materialized and joined with the source, compacted, served and told.
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { datasets } from "../../offline/datasets/files.ts";
import { folderLog, type LogFault, type LogFiles, s3Log } from "../../offline/log/index.ts";
import { readLog } from "../../offline/log/read-log.ts";
import { startServer } from "../../sdk/cli/serve/index.ts";
import { parseTime } from "../../sdk/time.ts";
import { createEventLog } from "../../worker/log/segments.ts";
import { startS3Server } from "../offline/datasets/s3-server.ts";
import { edgefeat, folderWith, type Run, serve, type Serving, writeFiles } from "./cli-harness.ts";

const FEATURES = `import { count, csv, entity, featureService, featureView, float64, last, string, sum } from "edgefeat";
const shop = entity("shop", { joinKey: "shop", type: string() });
const sales = csv("sales", {
  path: "sales.csv", eventTime: "at", eventId: "id", schema: { id: string(), shop: string(), at: timestamp(), amount: float64(), note: string() },
});
import { timestamp } from "edgefeat";
export const stats = featureView("stats", {
  entities: [shop], source: sales, push: true, lateness: "30m",
  aggregations: { n_1h: count("1h", { hop: "5m" }), sum_1d: sum("amount", "1d", { hop: "1h" }), last_1d: last("amount", "1d", { hop: "1h" }) },
});
export const batch = featureView("batch", { entities: [shop], source: sales, aggregations: { n_1d: count("1d") } });
export const latest = featureView("latest", { entities: [shop], source: sales, push: true, features: { amount: float64(), note: string() } });
export const all = featureService("all", { features: [stats, batch, latest] });
`;
const SALES = `id,shop,at,amount,note
b1,a,2024-03-01T08:00:00Z,1,x
b2,a,2024-03-01T10:30:00Z,2,x
b3,b,2024-03-01T11:00:00Z,4,y
`;
const REPO = {
  "edgefeat.config.ts": `import { defineConfig } from "edgefeat";
export default defineConfig({ project: "shop", definitions: "./features.ts" });
`,
  "features.ts": FEATURES,
  "sales.csv": SALES,
};
const NOW = "2024-03-01T12:34:56Z";

interface PushedEvent {
  id: string;
  time: string;
  values: Record<string, unknown>;
}

const sale = (id: string, shop: string, time: string, amount: number, note = "p"): PushedEvent => ({
  id,
  time,
  values: { shop, amount, note },
});

async function push(
  { url }: Pick<Serving, "url">,
  repo: string,
  view: string,
  events: readonly PushedEvent[],
): Promise<any> {
  const { token } = JSON.parse(readFileSync(join(repo, ".edgefeat/serve.json"), "utf8"));
  const response = await fetch(`${url}/v1/push/${view}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ events }),
  });
  const answer = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
}

async function online({ url }: Serving, shops: readonly string[]): Promise<unknown[][]> {
  const response = await fetch(`${url}/v1/features`, {
    method: "POST",
    headers: { "content-type": "application/json", "cache-control": "no-cache" },
    body: JSON.stringify({ service: "all", entities: { shop: shops } }),
  });
  return (await response.json()).rows;
}

async function historical(
  repo: string,
  rows: readonly (readonly [string, string])[],
  more: string[] = [],
): Promise<unknown[][]> {
  writeFileSync(join(repo, "entities.csv"), `shop,event_timestamp\n${rows.map((row) => row.join()).join("\n")}\n`);
  const out = join(repo, "out.jsonl");
  const entities = ["--entities", join(repo, "entities.csv"), "--service", "all", "--out", out];
  ok(await edgefeat(["historical", "--repo", repo, ...entities, ...more, "--json"]));
  const found = readFileSync(out, "utf8").trim().split("\n");
  return found.map((line) => {
    const { shop: _, event_timestamp: __, ...features } = JSON.parse(line);
    return Object.values(features);
  });
}

function ok(run: Run): any {
  expect(run.code, run.stderr).toBe(0);
  return run.json();
}

const logFiles = (repo: string, folder: string) =>
  readdirSync(join(repo, "log/shop/dev/sales", folder)).filter((n) => !n.startsWith("."));

describe("the event log", () => {
  it("holds what was pushed: materialized and joined with the source, online equals historical (SEMANTICS 3.2, 4.7)", async () => {
    const repo = folderWith(REPO);
    const server = await serve(["--repo", repo, "--port", "0", "--now", NOW]);
    ok(await edgefeat(["apply", "--repo", repo, "--json"]));
    const first = ok(await edgefeat(["materialize", "2024-02-01T00:00:00Z", NOW, "--repo", repo, "--json"]));
    expect(
      first.views.map(({ view, boundary, leftToStream }: any) => [view, boundary, leftToStream?.events ?? null]),
    ).toEqual([
      ["stats", "2024-03-01T12:00:00Z", 0],
      ["batch", "2024-03-01T12:34:56Z", null],
      ["latest", "2024-03-01T12:34:56Z", null],
    ]);
    const events = [
      sale("p1", "a", "2024-03-01T12:10:00Z", 8),
      sale("p2", "a", "2024-03-01T12:20:00Z", 16),
      sale("p3", "a", "2024-03-01T09:00:00Z", 32), // before B: deferred, to the log alone
      sale("p4", "b", "2024-03-01T12:30:00Z", 64),
      sale("b2", "a", "2024-03-01T10:30:00Z", 2, "x"), // the source has it too
    ];
    expect(await push(server, repo, "stats", events)).toMatchObject({ accepted: 3, deferred: 2, logged: true });
    expect(await push(server, repo, "latest", events.slice(0, 2))).toMatchObject({ accepted: 2, logged: true });
    expect(logFiles(repo, "segments")).toHaveLength(2);

    const again = ok(await edgefeat(["materialize-incremental", NOW, "--repo", repo, "--json"]));
    expect(again.views.map(({ log }: any) => log)).toMatchObject([
      { events: 5, faults: [] },
      { events: 5 },
      { events: 5 },
    ]);
    expect(logFiles(repo, "segments")).toEqual([]);
    expect(logFiles(repo, "hours").map((name) => name.slice(0, 13))).toEqual([
      "2024-03-01T09",
      "2024-03-01T10",
      "2024-03-01T12",
    ]);

    const shops = ["a", "b", "zz"];
    const served = await online(server, shops);
    expect(served[0]?.slice(0, 3)).toEqual([2, 59, 16]);
    expect(
      await historical(
        repo,
        shops.map((shop) => [shop, NOW] as const),
      ),
    ).toEqual(served);
    await server.stop();
  });

  it("is left out of views that were not told a column, and its damage is told of", async () => {
    const repo = folderWith(REPO);
    const server = await serve(["--repo", repo, "--port", "0", "--now", NOW]);
    ok(await edgefeat(["apply", "--repo", repo, "--json"]));
    const { note: _, ...values } = sale("p1", "a", "2024-03-01T12:10:00Z", 8).values;
    await push(server, repo, "stats", [{ ...sale("p1", "a", "2024-03-01T12:10:00Z", 8), values }]);
    const folder = join(repo, "log/shop/dev/sales/segments");
    writeFileSync(join(folder, "notes.txt"), "not ours");
    const whole = readFileSync(join(folder, logFiles(repo, "segments")[0] as string), "utf8");
    const torn = `${whole.replaceAll("p1", "p2")}${whole.slice(0, 40)}`;
    writeFileSync(join(folder, `0001709296496000-2-${"0".repeat(16)}.jsonl`), torn);
    const run = await edgefeat(["materialize", "2024-02-01T00:00:00Z", NOW, "--repo", repo, "--json"]);
    const { views } = ok(run);
    expect(views[0].log).toMatchObject({ events: 2, segments: 2 });
    expect(views[0].log.faults).toHaveLength(2);
    expect(run.stderr).toContain("notes.txt: it is no segment, by its name");
    expect(run.stderr).toContain("line 2: the line is cut off");
    // latest's note is unknown: the pushed rows are none of its.
    expect((await historical(repo, [["a", NOW]]))[0]).toEqual([2, 19, 8, 4, 2, "x"]);
    expect(logFiles(repo, "segments")).toHaveLength(2);
    await server.stop();
  });

  it("tells when rows were served (SEMANTICS 2.2)", async () => {
    const repo = folderWith(REPO);
    let server = await serve(["--repo", repo, "--port", "0", "--now", "2024-03-01T12:00:00Z"]);
    ok(await edgefeat(["apply", "--repo", repo, "--json"]));
    ok(await edgefeat(["materialize", "2024-02-01T00:00:00Z", "2024-03-01T10:00:00Z", "--repo", repo, "--json"]));
    await server.stop();
    server = await serve(["--repo", repo, "--port", "0", "--now", "2024-03-01T12:15:00Z"]);
    await push(server, repo, "stats", [
      sale("p1", "a", "2024-03-01T12:10:00Z", 8),
      sale("p2", "a", "2024-03-01T09:00:00Z", 32),
    ]);
    await server.stop();
    server = await serve(["--repo", repo, "--port", "0", "--now", "2024-03-01T13:30:00Z"]);
    ok(await edgefeat(["materialize", "2024-02-01T00:00:00Z", "2024-03-01T13:00:00Z", "--repo", repo, "--json"]));
    const times = ["11:59:59", "12:00:00", "12:14:59", "12:15:00", "13:29:59", "13:30:00"];
    const rows = await historical(
      repo,
      times.map((time) => ["a", `2024-03-01T${time}Z`] as const),
      ["--as-served"],
    );
    // b1 was materialized at 12:00, b2 and p2 at 13:30; p1 was pushed at 12:15.
    expect(rows.map(([, sum]) => sum)).toEqual([null, 1, 1, 9, 9, 43]);
    // The other views had no pushes: what stats was pushed they have from its being materialized.
    expect(rows.map(([, , , n]) => n)).toEqual([0, 1, 1, 1, 1, 4]);
    expect(rows.map(([, , , , amount]) => amount)).toEqual([null, 1, 1, 1, 1, 8]);
    const set = join(repo, "served.parquet");
    const asServed = ["--entities", join(repo, "entities.csv"), "--service", "all", "--as-served"];
    ok(await edgefeat(["historical", "--repo", repo, ...asServed, "--out", set, "--json"]));
    const audited = ok(await edgefeat(["audit", set, "--repo", repo, "--json"]));
    expect(audited.features.map(({ compared, mismatches }: any) => [compared, mismatches])).toEqual(
      audited.features.map(() => [times.length, 0]),
    );
    const told = await edgefeat([
      "historical",
      "--repo",
      repo,
      "--entities",
      join(repo, "entities.csv"),
      "--service",
      "all",
      "--as-served",
      "--as-known-at",
      "--out",
      "x.csv",
    ]);
    expect(told.code).toBe(2);
    await server.stop();
  });

  it("backfills a new window and a new view while pushes go on (SEMANTICS 4.7, 7.2)", async () => {
    const before = `import { count, csv, entity, featureService, featureView, float64, lifetime, string, sum, timestamp } from "edgefeat";
const shop = entity("shop", { joinKey: "shop", type: string() });
const sales = csv("sales", {
  path: "sales.csv", eventTime: "at", eventId: "id", schema: { id: string(), shop: string(), at: timestamp(), amount: float64(), note: string() },
});
const hop = "1s";
export const stats = featureView("stats", { entities: [shop], source: sales, push: true, aggregations: { n_1h: count("1h", { hop }) } });
export const all = featureService("all", { features: [stats] });
`;
    const after = before
      .replace('n_1h: count("1h", { hop })', 'n_1h: count("1h", { hop }), n: count(lifetime(), { hop })')
      .replace(
        "export const all",
        'export const sums = featureView("sums", { entities: [shop], source: sales, push: true, aggregations: { s: sum("amount", lifetime(), { hop }) } });\nexport const all',
      )
      .replace("features: [stats]", "features: [stats, sums]");
    const repo = folderWith({ ...REPO, "features.ts": before });
    const server = await serve(["--repo", repo, "--port", "0"]);
    const now = () => new Date().toISOString();
    const upTo = async () => ok(await edgefeat(["materialize-incremental", now(), "--repo", repo, "--json"]));
    ok(await edgefeat(["apply", "--repo", repo, "--json"]));
    await upTo();
    let pushed = 0;
    const going = { on: true };
    const pushing = (async () => {
      while (going.on) {
        const id = `p${pushed++}`;
        // Adding doubles of these in another order gives another sum, unless it is exact.
        await push(server, repo, "stats", [
          sale(id, pushed % 2 === 0 ? "a" : "b", now(), pushed % 3 === 0 ? 1e16 : 0.1),
        ]);
        await new Promise((wake) => setTimeout(wake, 40));
      }
    })();
    writeFiles(repo, { "features.ts": after });
    ok(await edgefeat(["apply", "--repo", repo, "--json"]));
    const appliedMs = Date.now();
    const first = await upTo();
    expect(first.views.map(({ view, version }: any) => `${view}@${version}`)).toEqual(["stats@2", "sums@1", "stats@1"]);
    // What came before the new version took pushes is materialized once it lies before the sealed time.
    await new Promise((wake) => setTimeout(wake, Math.max(0, appliedMs + 12_000 - Date.now())));
    const isContended = ({ contended }: any) => contended > 0;
    let second = await upTo();
    // An event of just before the seal may be stamped just after it: its row is for the next run.
    for (let run = 0; run < 3 && second.views.some(isContended); run++) second = await upTo();
    expect(second.views.filter(isContended)).toEqual([]);
    going.on = false;
    await pushing;
    expect(second.views.map(({ view, keys, written }: any) => [view, keys, written])).toContainEqual(["sums", 2, 2]);
    const response = await fetch(`${server.url}/v1/features?features=stats:n_1h,stats:n&shop=a`, {
      headers: { "cache-control": "no-cache" },
    });
    const { rows, now: at } = await response.json();
    writeFiles(repo, { "entities.csv": `shop,event_timestamp\na,${at}\n` });
    const out = join(repo, "out.jsonl");
    ok(
      await edgefeat([
        "historical",
        "--repo",
        repo,
        "--entities",
        join(repo, "entities.csv"),
        "--features",
        "stats:n_1h,stats:n",
        "--out",
        out,
        "--json",
      ]),
    );
    const { n_1h, n } = JSON.parse(readFileSync(out, "utf8"));
    expect(n).toBe(Math.floor(pushed / 2) + 2);
    expect([n_1h, n]).toEqual(rows[0]);
    await server.stop();
  });

  it("tells of events in conflict, of which one stands, and is not stopped by them (SEMANTICS 4.6)", async () => {
    const repo = folderWith(REPO);
    const server = await serve(["--repo", repo, "--port", "0", "--now", NOW]);
    ok(await edgefeat(["apply", "--repo", repo, "--json"]));
    const at = "2024-03-01T12:10:00Z";
    await push(server, repo, "stats", [sale("p1", "a", at, 8)]);
    expect(await push(server, repo, "stats?to=offline", [sale("p1", "a", at, 9)])).toMatchObject({ deferred: 1 });
    const run = await edgefeat(["materialize", "2024-02-01T00:00:00Z", NOW, "--repo", repo, "--json"]);
    expect(ok(run).views.map(({ view, conflicts }: any) => [view, conflicts])).toEqual([
      ["stats", 1],
      ["batch", 0],
      ["latest", 0],
    ]);
    const warning = (of: string) =>
      `warning: ${of}: 1 pushed event left out in conflict: another event of the key has the id`;
    expect(run.stderr).toContain(warning("stats"));
    const [[n, sum]] = (await historical(repo, [["a", NOW]])) as [[unknown, unknown]];
    expect([n, sum]).toEqual([1, 11]);
    const entities = ["--entities", join(repo, "entities.csv"), "--service", "all", "--out", join(repo, "o.csv")];
    expect((await edgefeat(["historical", "--repo", repo, ...entities])).stderr).toContain(warning("stats"));
    expect(ok(await edgefeat(["log", "status", "--repo", repo, "--json"])).sources).toMatchObject([
      { source: "sales", events: 2, conflicts: 1 },
    ]);
    expect((await edgefeat(["log", "status", "--repo", repo])).stderr).toContain(warning("sales"));
    expect(await push(server, repo, "stats?to=offline", [sale("p1", "a", at, 7)])).toMatchObject({ deferred: 1 });
    const compacted = await edgefeat(["log", "compact", "--repo", repo, "--json"]);
    expect(ok(compacted).sources).toMatchObject([{ records: 1, conflicts: 2 }]);
    await server.stop();
  });

  it("is told of and compacted by its own commands", async () => {
    const repo = folderWith(REPO);
    const none = await edgefeat(["log", "status", "--repo", repo]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("there is no log of pushed events")]);
    await keepEvents(folderLog(join(repo, "log")), ["p1", "p2", "p3"]);
    const before = ok(await edgefeat(["log", "status", "--repo", repo, "--json"]));
    expect(before.sources).toMatchObject([
      { source: "sales", segments: 3, records: 3, hours: 0, events: 0, sealed: null },
    ]);
    const done = await edgefeat(["log", "compact", "--repo", repo]);
    expect(done.stdout).toMatch(/^sales: 3 records of 3 segments into 1 file; sealed up to /);
    expect(ok(await edgefeat(["log", "compact", "--repo", repo, "--json"])).sources).toMatchObject([
      { segments: 0, files: 0 },
    ]);
    const after = await edgefeat(["log", "status", "--repo", repo, "--sources", "sales"]);
    expect(after.stdout).toMatch(/the log is at \.\/log\nSOURCE .*\nsales +3 +1 +\S+Z +0 +0\n/);
    const typo = await edgefeat(["log", "compact", "--repo", repo, "--sources", "sale"]);
    expect([typo.code, typo.stderr]).toEqual([1, expect.stringContaining('did you mean "sales"?')]);
  });

  it("whose files of hours are gone or cut off is told of by status without reading it, and by who reads it", async () => {
    const repo = folderWith({ ...REPO, "entities.csv": `shop,event_timestamp\na,${NOW}\n` });
    const day = ["2024-03-01T10:10:00Z", "2024-03-01T11:10:00Z", "2024-03-01T12:10:00Z"];
    for (const [i, time] of day.entries()) await keepEvents(folderLog(join(repo, "log")), [`p${i}`], time);
    ok(await edgefeat(["log", "compact", "--repo", repo, "--json"]));
    ok(await edgefeat(["log", "status", "--repo", repo, "--json"]));
    const [gone, cut] = logFiles(repo, "hours").toSorted() as [string, string];
    const hours = join(repo, "log/shop/dev/sales/hours");
    rmSync(join(hours, gone));
    truncateSync(join(hours, cut), 100);
    const run = await edgefeat(["log", "status", "--repo", repo, "--json"]);
    expect([run.code, run.json().sources]).toMatchObject([
      1,
      [
        {
          events: 3,
          faults: [],
          unreadable: [
            { file: `hours/${gone}`, hour: "2024-03-01T10:00:00Z", events: 1, reason: "it is missing" },
            { file: `hours/${cut}`, hour: "2024-03-01T11:00:00Z", events: 1 },
          ],
        },
      ],
    ]);
    const { code, stdout, stderr } = await edgefeat(["log", "status", "--repo", repo]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/\nsales +3 +3 /)]);
    const told = `sales/hours/${gone}, with 1 event of the hour from 2024-03-01T10:00:00Z on, can't be read: it is missing`;
    const mend = 'take "2024-03-01T10:00:00Z" out of "hours" in shop/dev/sales/manifests/manifest-0000000001.json';
    const entities = ["--entities", join(repo, "entities.csv"), "--features", "stats:sum_1d", "--out", "o.csv"];
    const join_ = await edgefeat(["historical", "--repo", repo, ...entities], { cwd: repo });
    expect(join_.code).toBe(1);
    for (const text of [stderr, join_.stderr]) for (const part of [told, mend]) expect(text).toContain(part);
    expect(stderr).toContain(`${cut}, with 1 event`);
  });

  it("is read from an object store, and compacted there", async () => {
    const keys = { accessKeyId: "id", secretAccessKey: "secret", region: "auto" };
    const store = await startS3Server(keys);
    try {
      store.objects.set("bucket/marker", new Uint8Array(1));
      const http = { fetch: (url: string, init: RequestInit) => fetch(url, init) };
      const files = s3Log({ ...keys, endpoint: store.url, now: () => new Date(), http }, "bucket", "events/");
      await keepEvents(files, ["p1", "p2"]);
      const config = REPO["edgefeat.config.ts"].replace(
        'features.ts"',
        'features.ts", offline: { log: "s3://bucket/events" }',
      );
      const repo = folderWith({
        ...REPO,
        "edgefeat.config.ts": config,
        "entities.csv": `shop,event_timestamp\na,${NOW}\n`,
      });
      const env = {
        AWS_ACCESS_KEY_ID: "id",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_REGION: "auto",
        AWS_ENDPOINT_URL_S3: store.url,
      };
      const historical_ = [
        "historical",
        "--repo",
        repo,
        "--entities",
        join(repo, "entities.csv"),
        "--features",
        "stats:sum_1d",
        "--out",
        join(repo, "out.csv"),
        "--json",
      ];
      expect(ok(await edgefeat(historical_, { env })).log).toMatchObject({
        place: "s3://bucket/events",
        sources: { sales: { events: 2 } },
      });
      expect(readFileSync(join(repo, "out.csv"), "utf8")).toContain(",19\n");
      expect(ok(await edgefeat(["log", "compact", "--repo", repo, "--json"], { env })).sources).toMatchObject([
        { records: 2, files: 1 },
      ]);
      ok(await edgefeat(historical_, { env }));
      expect(readFileSync(join(repo, "out.csv"), "utf8")).toContain(",19\n");
      const without = await edgefeat(historical_, { env: { ...env, AWS_ACCESS_KEY_ID: "" } });
      expect(without.stderr).toContain("offline.log: s3.accessKeyId");
    } finally {
      await store.close();
    }
  });

  it("has every event that was acknowledged, where the server is killed while it takes them", async () => {
    const repo = folderWith(REPO);
    const told = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const server = await startServer({ repo });
      if (round === 0) ok(await edgefeat(["apply", "--repo", repo, "--json"]));
      const lanes = Array.from({ length: 4 }, async (_, lane) => {
        for (let i = 0; ; i++) {
          const id = `r${round}-${lane}-${i}`;
          await push(server, repo, "stats", [sale(id, "a", new Date().toISOString(), 1)]);
          told.add(id);
        }
      });
      await new Promise((wake) => setTimeout(wake, 400 + 100 * round));
      process.kill(server.pid, "SIGKILL");
      await Promise.allSettled(lanes);
      await server.ended;
    }
    const { events, segments, faults } = await logged(repo);
    expect(faults).toEqual([]);
    expect(told.size).toBeGreaterThan(20);
    expect([...told].filter((id) => !events.has(id))).toEqual([]);
    expect(segments).toBeGreaterThanOrEqual(told.size);
  });
});

async function logged(repo: string): Promise<{ events: Set<string>; segments: number; faults: readonly LogFault[] }> {
  const log = { files: folderLog(join(repo, "log")), folder: "shop/dev/sales", source: "sales", datasets };
  const events = new Set<string>();
  const { segments, faults } = await readLog(
    log,
    {},
    { restart: () => events.clear(), add: ({ id }) => void events.add(id as string) },
  );
  return { events, segments, faults };
}

/** Appends sales of shop "a", of 8 each, as a Worker does. */
async function keepEvents(files: LogFiles, ids: readonly string[], time = "2024-03-01T12:10:00Z"): Promise<void> {
  const put = async (path: string, text: string) => void (await files.putNew(path, new TextEncoder().encode(text)));
  const log = createEventLog(
    put,
    { project: "shop", environment: "dev" },
    (bytes) => new Uint8Array(randomBytes(bytes)),
  );
  for (const id of ids) {
    const eventTimeUs = parseTime(time);
    const known = { createdTimeUs: null, writtenAtUs: eventTimeUs, deferred: false };
    await log.append([
      { source: "sales", view: "stats", id, eventTimeUs, ...known, valuesJson: '{"shop":"a","amount":8}' },
    ]);
  }
}
