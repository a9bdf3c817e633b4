// The ranking example as its user runs it: trained anew, served over both stores, 500 flights ranked in one store command.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../sdk/client/index.ts";
import { formatTime, parseTime } from "../../sdk/time.ts";
import { commandCounts } from "../support/command-counts.ts";
import { upstash } from "../support/provided.ts";
import { startUpstash, type Upstash } from "../support/upstash.ts";
import { nextFlights, questionOf } from "./ranking/candidates.ts";
import type { Serving } from "./commands.ts";
import { edgefeat, repo, serve } from "./ranking/commands.ts";
import { first, NOW, now } from "./ranking/days.ts";
import { lateness } from "./ranking/features.ts";
import { type Flight, LATE_MINUTES } from "./ranking/flights.ts";
import { type FeatureRow, logOdds, type Model } from "./ranking/model.ts";
import type { Question } from "./ranking/rank.ts";
import { writeAsked } from "./ranking/sources.ts";
import { modelText, train, type Trained } from "./ranking/train.ts";
import { readTrainingSet } from "./ranking/training-set.ts";

const ORIGIN = "DFW";
const CANDIDATES = 500;
const WORKERS = ["rank.ts", "rank-in-process.ts"] as const;
const committedText = readFileSync(`${repo}model.json`, "utf8");
const committed = JSON.parse(committedText) as Model;

type Ranked = Question["flights"][number] & { lateLogOdds: number };

let trained: Trained;
let question: Question;
let joined: FeatureRow[];
const data = mkdtempSync(join(tmpdir(), "edgefeat-ranking-"));

// Commands of their own processes, on a machine that may be busy.
beforeAll(async () => {
  trained = await train();
  const flights = nextFlights(trained.flights, ORIGIN, CANDIDATES);
  question = questionOf(ORIGIN, flights);
  joined = await joinNow(flights);
}, 300_000);
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** Returns the candidates' features as a training set would hold them, were it asked for now. */
async function joinNow(flights: readonly Flight[]): Promise<FeatureRow[]> {
  const [spine, out] = [join(data, "now.parquet"), join(data, "now-joined.parquet")];
  const asked = flights.map((flight) => ({ ...flight, askedUs: now }));
  await writeAsked(spine, asked);
  await edgefeat(["historical", "--entities", spine, "--service", "lateness", "--out", out]);
  const { features, rows } = await readTrainingSet(out);
  return rows.map(({ values }) => Object.fromEntries(features.map(({ name }) => [name, values[name]])));
}

describe("the model", () => {
  it("is what the data makes: training gives model.json again, to the bit", () => {
    expect(modelText(trained.model)).toBe(committedText);
  });

  it("ranks later days better than the route's own record does, with the embeddings' help", () => {
    expect(trained.auc.model).toBeGreaterThan(0.65);
    expect(trained.auc.model).toBeGreaterThan(trained.auc.routeAlone + 0.05);
    const used = new Set(JSON.stringify(committed.trees).match(/(?<="input":)\d+/g));
    const features = [...used].map((input) => committed.inputs[Number(input)]?.feature);
    expect(features).toEqual(expect.arrayContaining(["leaving_at_hour", "bound_at_hour", "bound", "route_late_rate"]));
  });
});

/** Returns how many of the ranked flights came to be late. */
function lateAmong(ranked: readonly Ranked[]): number {
  const flights = nextFlights(trained.flights, ORIGIN, CANDIDATES);
  const late = new Set(flights.filter((f) => f.delay > LATE_MINUTES).map((f) => `${f.destination} ${f.departureUs}`));
  return ranked.filter(({ destination, departure }) => late.has(`${destination} ${parseTime(departure)}`)).length;
}

describe("wrangler", () => {
  it.each(["wrangler.toml", "wrangler.in-process.toml"])("takes %s as it is", { timeout: 120_000 }, async (config) => {
    const wrangler = join(import.meta.dirname, "../../node_modules/.bin/wrangler");
    const args = ["deploy", "--dry-run", "--outdir", join(data, config), "--config", `${repo}${config}`];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };
    const { stdout } = await promisify(execFile)(wrangler, args, { env });
    expect(stdout).toContain(
      config === "wrangler.toml" ? "env.FEATURES (edgefeat#Features)" : "env.STORE (EdgefeatStore)",
    );
  });
});

describe.each([
  { store: "the Durable Object", isRedis: false },
  { store: "Redis", isRedis: true },
])("over $store", ({ isRedis }) => {
  const skipped = isRedis && upstash === null;
  let redis: Upstash | null = null;
  let server: Serving;

  beforeAll(async () => {
    if (skipped) return;
    redis = isRedis ? await startUpstash() : null;
    const variables =
      redis === null ? {} : { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token };
    const beside = WORKERS.flatMap((file) => ["--worker", `${repo}${file}`]);
    server = await serve(["--now", NOW, "--data", join(data, isRedis ? "redis" : "object"), ...beside], variables);
    // Without the variables the commands write through the server: its clock is that of the data, this machine's is not.
    await edgefeat(["apply"]);
    await edgefeat(["materialize", formatTime(first), NOW]);
    // Brings the registry to each isolate, and no row that is ranked.
    for (const worker of WORKERS)
      await rank(worker, { origin: "HNL", flights: question.flights.slice(0, 1).map(toHilo) });
  }, 300_000);
  afterAll(async () => {
    await server?.stop();
    await redis?.close();
  });

  const toHilo = ({ departure }: Question["flights"][number]) => ({ destination: "ITO", departure });

  async function rank(worker: (typeof WORKERS)[number], asked: Question): Promise<Ranked[]> {
    const { url } = server.workers.find(({ file }) => file.endsWith(`/${worker}`)) as { url: string };
    const response = await fetch(`${url}/rank`, { method: "POST", body: JSON.stringify(asked) });
    expect(response.status).toBe(200);
    return (await response.json()) as Ranked[];
  }

  /** The commands that the store has had: as Redis counts them, or as the isolates that call the object do. */
  async function commands(): Promise<Record<string, number>> {
    if (redis !== null) {
      const { info: _, ...counts } = await commandCounts(redis);
      return counts;
    }
    const homes = [server.url, server.workers[1]?.url as string];
    const pages = await Promise.all(homes.map(async (url) => (await fetch(`${url}/metrics`)).text()));
    const samples = pages.flatMap((page) => [
      ...page.matchAll(/^edgefeat_store_commands_total\{.*command="(\w+)"\} (\d+)$/gm),
    ]);
    const counts: Record<string, number> = {};
    for (const [, command = "", count] of samples) counts[command] = (counts[command] ?? 0) + Number(count);
    delete counts["status"];
    return counts;
  }

  const client = () => createClient({ url: server.url });
  const asked = () => ({
    entities: { origin: question.origin, destination: question.flights.map(({ destination }) => destination) },
    request: { departure: question.flights.map(({ departure }) => departure) },
  });

  it.skipIf(skipped).each(WORKERS)("%s ranks 500 flights in one store command", async (worker) => {
    const before = await commands();
    const ranked = await rank(worker, question);
    const after = await commands();
    const read = isRedis ? "mget" : "read";
    expect(after).toEqual({ ...before, [read]: (before[read] ?? 0) + 1 });
    expect(ranked.length).toBe(CANDIDATES);
    const { rows } = await client().getFeatures({ service: "lateness", ...asked(), noCache: true });
    const scores = (rows as FeatureRow[]).map((row, i) => ({
      ...question.flights[i],
      lateLogOdds: logOdds(committed, row),
    }));
    expect(ranked).toEqual(scores.sort((a, b) => a.lateLogOdds - b.lateLogOdds));
    expect(ranked).toEqual(ranked.toSorted((a, b) => a.lateLogOdds - b.lateLogOdds));
    // Of the flights ranked first, far fewer came late than of those ranked last.
    expect(lateAmong(ranked.slice(0, 50))).toBeLessThan(lateAmong(ranked.slice(-50)) / 2);
  });

  it.skipIf(skipped)("serves what a training set of that moment holds, to the bit", async () => {
    const { rows } = await client().getFeatures({ service: lateness, ...asked(), noCache: true });
    expect(rows).toStrictEqual(joined);
    expect(joined.length).toBe(CANDIDATES);
  });
});
