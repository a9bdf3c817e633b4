// Deliverable "faults": a store that dies or hangs under load. No wrong value, bounded waits, recovery without a restart.
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { parseTime } from "../../sdk/time.ts";
import { createApp } from "../../worker/app.ts";
import { frozenClock } from "../../worker/clock.ts";
import { readSettings, type Variables } from "../../worker/settings.ts";
import { runtimeDeps } from "../../worker/store/clock.ts";
import { openStore } from "../../worker/store/open.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { startUpstash, type Upstash } from "../support/upstash.ts";
import { startWorkerProcess } from "../support/worker-process.ts";
import { compiled, lastFlight } from "./support/definitions.ts";
import { NOW, snapshotFor, TOKEN } from "./support/harness.ts";
import { type Answer, KnownLoad, type Send } from "./support/known-load.ts";

const READ_MS = 2_000;
const WRITE_MS = 10_000;
/** What a busy machine may add to a limit; far less than a wait without one. */
const SLACK_MS = 3_000;
const DOWN_MS = 1_500;
const READERS = 4;
const TEST_MS = 60_000;

interface Fault {
  fail(redis: Upstash): unknown;
  mend(redis: Upstash): unknown;
  /** Whether calls under way fail at once; else a write waits for its own long limit, which no test does. */
  readonly ends: boolean;
}

const killed: Fault = { fail: (redis) => redis.kill(), mend: (redis) => redis.restart(), ends: true };
const hanging: Fault = { fail: (redis) => redis.pause(), mend: (redis) => redis.resume(), ends: false };

interface Subject {
  send: Send;
  close(): Promise<void>;
}

const SUBJECTS: [where: string, start: (variables: Variables) => Promise<Subject>][] = [
  ["in Node", inNode],
  ["in workerd", inWorkerd],
];

async function inNode(variables: Variables): Promise<Subject> {
  const { config, store } = readSettings(variables);
  const noObjects = () => {
    throw new Error("there is no Durable Object in Node");
  };
  const app = createApp({
    store: openStore(store, { ...runtimeDeps, durableObject: noObjects }),
    clock: frozenClock(parseTime(NOW)),
    config,
    transforms: new Map(),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
  const send: Send = (...call) => app.fetch(requestOf("http://edgefeat.test", ...call));
  return { send, close: async () => {} };
}

async function inWorkerd(variables: Variables): Promise<Subject> {
  const worker = await startWorkerProcess({ ...variables });
  return { send: (...call) => fetch(requestOf(worker.url, ...call)), close: () => worker.close() };
}

function requestOf(origin: string, ...[method, path, body, headers = {}]: Parameters<Send>): Request {
  const text = body === undefined ? null : JSON.stringify(body);
  const own = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const length = text === null ? {} : { "content-length": String(Buffer.byteLength(text)) };
  return new Request(origin + path, { method, headers: { ...own, ...length, ...headers }, body: text });
}

const common: Variables = {
  EDGEFEAT_PROJECT: "faults",
  EDGEFEAT_ENVIRONMENT: "test",
  EDGEFEAT_TOKEN: TOKEN,
  EDGEFEAT_NOW: NOW,
  EDGEFEAT_STORE: "upstash",
  EDGEFEAT_STORE_TIMEOUT: `${READ_MS}ms`,
  EDGEFEAT_CACHE_TTL: "100ms",
  EDGEFEAT_STALE_IF_ERROR: "10m",
  PUBLIC_READS: "true",
};

async function health(send: Send): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await send("GET", "/health");
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const isRight = (kind: Answer["kind"]) => (answer: Answer) =>
  answer.kind === kind && answer.status === 200 && !answer.stale;

function checkWaits(answers: readonly Answer[]): void {
  for (const { kind, tookMs } of answers) {
    expect(tookMs, `a ${kind}`).toBeLessThan((kind === "write" ? WRITE_MS + READ_MS : READ_MS) + SLACK_MS);
  }
  for (const { status, retryAfter } of answers) {
    expect(retryAfter).toEqual(status === 503 ? expect.stringMatching(/^[1-9]\d*$/) : null);
  }
}

describe.skipIf(!hasRedisServer()).each(SUBJECTS)("%s", (_, start) => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  async function database(): Promise<Upstash> {
    const redis = await startUpstash({ durable: true });
    closing.push(redis.close);
    return redis;
  }

  /** Load on a server of these variables, whose rows are written. */
  async function loaded(variables: Variables): Promise<{ send: Send; load: KnownLoad }> {
    const { send, close } = await start(variables);
    closing.push(close);
    const put = await send("PUT", "/v1/registry", snapshotFor("faults", compiled({ lastFlight })));
    expect(put.status).toBeLessThan(300);
    const load = new KnownLoad(send);
    await load.prepare();
    load.start(READERS);
    closing.push(() => load.stop().catch(() => {}));
    for (const kind of ["read", "write"] as const) await load.until(isRight(kind));
    return { send, load };
  }

  it.each<[what: string, fault: Fault]>([
    ["is killed and started again", killed],
    ["hangs and goes on", hanging],
  ])("a store that %s", { timeout: TEST_MS }, async (_what, { ends, fail, mend }) => {
    const redis = await database();
    const { send, load } = await loaded({
      ...common,
      UPSTASH_REDIS_REST_URL: redis.url,
      UPSTASH_REDIS_REST_TOKEN: redis.token,
    });
    await fail(redis);
    const failedAtMs = performance.now();
    // Rows in memory are served, and said to be stale; what must come from the store is a 503.
    await load.until(({ kind, stale }) => kind === "read" && stale);
    await load.until(({ kind, status }) => kind === "fresh read" && status === 503);
    if (ends) await load.until(({ kind, status }) => kind === "write" && status === 503);
    expect(await health(send)).toMatchObject({ status: 503, json: { status: "degraded" } });
    await pause(DOWN_MS);
    const mendedAtMs = performance.now();
    await mend(redis);
    for (const kind of ["fresh read", "read", "write"] as const) await load.until(isRight(kind));
    await pause(200);
    await load.stop();
    checkWaits(load.answers);
    const during = load.answers.filter(({ atMs, tookMs }) => atMs > failedAtMs && atMs + tookMs < mendedAtMs);
    expect(during.filter(({ kind }) => kind === "fresh read").every(({ status }) => status === 503)).toBe(true);
    expect(await health(send)).toMatchObject({ status: 200, json: { status: "ok" } });
  });

  it.each<[what: string, role: "primary" | "secondary", fault: Fault]>([
    ["the primary is killed", "primary", killed],
    ["the primary hangs", "primary", hanging],
    ["the secondary is killed", "secondary", killed],
  ])(
    "of two stores %s: reads go on as before, writes wait",
    { timeout: TEST_MS },
    async (_what, role, { ends, fail, mend }) => {
      const [primary, secondary] = await Promise.all([database(), database()]);
      const variables = {
        ...common,
        UPSTASH_REDIS_REST_URL: primary.url,
        UPSTASH_REDIS_REST_TOKEN: primary.token,
        UPSTASH_SECONDARY_REST_URL: secondary.url,
        UPSTASH_SECONDARY_REST_TOKEN: secondary.token,
      };
      const { send, load } = await loaded(variables);
      await fail({ primary, secondary }[role]);
      if (ends) await load.until(({ kind, status }) => kind === "write" && status === 503);
      for (const kind of ["fresh read", "read"] as const) await load.until(isRight(kind));
      expect(await health(send)).toMatchObject({ status: 200, json: { status: "degraded", failing: [role] } });
      // An isolate that knows nothing yet finds all it needs in the store that is left.
      const cold = await start(variables);
      closing.push(cold.close);
      expect((await cold.send("GET", "/v1/features?features=last_flight:delay&origin=SEA")).status).toBe(200);
      await pause(DOWN_MS);
      await mend({ primary, secondary }[role]);
      await load.until(isRight("write"));
      await pause(200);
      await load.stop();
      checkWaits(load.answers);
      const reads = load.answers.filter(({ kind }) => kind !== "write");
      expect(reads.every(({ status, stale }) => status === 200 && !stale)).toBe(true);
      expect(await health(send)).toMatchObject({ status: 200, json: { status: "ok" } });
    },
  );
});

afterAll(() => {
  if (!hasRedisServer()) process.stdout.write("  redis-server was not found: store faults were not tested\n");
});
