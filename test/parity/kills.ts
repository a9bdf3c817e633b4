// The Worker, its store and the command line killed at random while events are pushed and materialized: a suite for any store.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, startServer } from "../../sdk/cli/serve/index.ts";
import { createClient } from "../../sdk/client/index.ts";
import { formatTime, parseTime } from "../../sdk/time.ts";
import { edgefeat, start } from "../sdk/cli-harness.ts";
import { type OracleAggregate, windowTruth } from "../support/window-oracle.ts";

/** 100 in all are what the project asks of itself; fewer in every run of the tests. */
const ROUNDS = Number(process.env["EDGEFEAT_KILL_ROUNDS"] ?? 6);
const SEED = Number(process.env["EDGEFEAT_SEED"] ?? Date.now() % 1_000_000);
const BATCHES = 12;
const KEYS = ["a", "b", "c", "d e", "f:g"];

const FEATURES = `import { avg, count, csv, entity, featureView, float64, last, lifetime, max, string, sum, timestamp } from "edgefeat";
const user = entity("user", { joinKey: "user", type: string() });
const payments = csv("payments", {
  path: "payments.csv", eventTime: "at", eventId: "id",
  schema: { id: string(), at: timestamp(), user: string(), amount: float64() },
});
const hop = "5s";
export const spent = featureView("spent", {
  entities: [user], source: payments, push: true,
  aggregations: {
    n: count(lifetime(), { hop }), total: sum("amount", lifetime(), { hop }), greatest: max("amount", lifetime(), { hop }),
    latest: last("amount", lifetime(), { hop }), n_2m: count("2m", { hop }), avg_1h: avg("amount", "1h", { hop: "1m" }),
  },
});
`;

const HOP_US = 5_000_000;
const ALWAYS = { windowUs: 0, hopUs: HOP_US };
const TRUTHS: Readonly<Record<string, OracleAggregate>> = {
  n: { fn: "count", column: null, ...ALWAYS },
  total: { fn: "sum", column: "amount", ...ALWAYS },
  greatest: { fn: "max", column: "amount", ...ALWAYS },
  latest: { fn: "last", column: "amount", ...ALWAYS },
  n_2m: { fn: "count", column: null, windowUs: 120_000_000, hopUs: HOP_US },
  avg_1h: { fn: "avg", column: "amount", windowUs: 3_600_000_000, hopUs: 12 * HOP_US },
};

interface Event {
  readonly id: string;
  readonly timeUs: number;
  readonly user: string;
  readonly amount: number;
}

/** What a store's suite starts and kills; the Worker and the command line are killed by this one. */
export interface KilledStore {
  /** The config's `online`; undefined for the embedded store. */
  readonly online?: object;
  kill?(): Promise<void>;
  restart?(): Promise<void>;
}

export function killsTest(name: string, open: () => Promise<KilledStore>): void {
  describe(`nothing is lost and nothing counted twice on ${name} (SEMANTICS 3.3, 4.6, 4.7)`, () => {
    const repo = mkdtempSync(join(tmpdir(), "edgefeat-kills-"));
    const random = randomFrom(SEED);
    const below = (n: number) => Math.floor(random() * n);
    let store: KilledStore;
    let server: RunningServer;
    const sent = new Map<string, Event>();
    let deferred = 0;

    beforeAll(async () => {
      store = await open();
      const config = {
        project: "kills",
        definitions: "./features.ts",
        ...(store.online === undefined ? {} : { online: store.online }),
      };
      writeFileSync(join(repo, "edgefeat.config.ts"), `export default ${JSON.stringify(config)};`);
      writeFileSync(join(repo, "features.ts"), FEATURES);
      // History that the events of the stream go on from; some of it will be pushed again.
      const before = Date.now() * 1_000 - 3 * 3_600_000_000;
      const rows = KEYS.flatMap((user, k) =>
        Array.from({ length: 5 }, (_, i) => event(`h${k}-${i}`, user, before + i)),
      );
      for (const row of rows) sent.set(row.id, row);
      const lines = rows.map(({ id, timeUs, user, amount }) => `${id},${user},${formatTime(timeUs)},${amount}`);
      writeFileSync(join(repo, "payments.csv"), ["id,user,at,amount", ...lines, ""].join("\n"));
      server = await startServer({ repo });
      await succeed(["apply"]);
      await succeed(["materialize-incremental", now()]);
    }, 120_000);
    afterAll(async () => {
      await server?.close();
      rmSync(repo, { recursive: true, force: true });
    });

    async function succeed(args: readonly string[]): Promise<void> {
      const { code, stdout, stderr } = await edgefeat([...args, "--repo", repo]);
      expect(code, `${args.join(" ")}: ${stdout}${stderr}`).toBe(0);
    }

    const now = () => formatTime(Date.now() * 1_000);

    function event(id: string, user: string, timeUs: number): Event {
      // Sums of these depend on their order unless they are exact.
      const amount = [0.1, 1e16, 1, -1e16, 5e-324, 1 / 3][below(6)] as number;
      return { id, timeUs, user, amount };
    }

    function batch(round: number, b: number): Event[] {
      const events = Array.from({ length: 1 + below(30) }, (_, i) =>
        event(`${round}-${b}-${i}`, KEYS[below(KEYS.length)] as string, Date.now() * 1_000 - below(3_000_000)),
      );
      for (const one of events) sent.set(one.id, one);
      // A replay of what was sent before, of history too.
      const earlier = [...sent.values()];
      const again = Array.from({ length: below(4) }, () => earlier[below(earlier.length)] as Event);
      return [...events, ...again];
    }

    /** Sends a batch until it is acknowledged, as a producer does that must not lose any. */
    async function push(events: readonly Event[]): Promise<void> {
      for (let attempt = 0; ; attempt++) {
        try {
          const response = await fetch(`${server.url}/v1/push/spent`, {
            method: "POST",
            headers: { "content-type": "application/json", authorization: `Bearer ${server.token}` },
            body: JSON.stringify(
              events.map(({ id, timeUs, user, amount }) => ({
                id,
                time: formatTime(timeUs),
                values: { user, amount },
              })),
            ),
            signal: AbortSignal.timeout(5_000),
          });
          if (response.status === 200) {
            const counts = (await response.json()) as { deferred: number; rejected: unknown[]; logged: boolean };
            expect(counts).toMatchObject({ rejected: [], logged: true });
            deferred += counts.deferred;
            return;
          }
          expect([429, 500, 503]).toContain(response.status);
        } catch (fault) {
          // The Worker is dead, or died of this.
          if (!(fault instanceof TypeError || (fault as Error).name === "TimeoutError")) throw fault;
        }
        if (attempt > 200) throw new Error("the batch was never acknowledged");
        await pause(50);
      }
    }

    /** Returns what is served now, by user: the values, and the moment they are of. */
    async function online(): Promise<{ now: number; rows: Record<string, unknown>[] }> {
      const { rows, now: at } = await createClient({ url: server.url }).getFeatures({
        features: Object.keys(TRUTHS).map((feature) => `spent:${feature}`),
        entities: { user: KEYS },
        noCache: true,
      });
      const bare = rows.map((row) => Object.entries(row).map(([name, value]) => [name.replace(/^.*:/, ""), value]));
      return { now: parseTime(at), rows: bare.map((entries) => Object.fromEntries(entries) as object) as never };
    }

    it(`in ${ROUNDS} rounds of seed ${SEED}`, { timeout: 120_000 + ROUNDS * 20_000 }, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const materializing = below(2) === 0 ? start(["materialize-incremental", now(), "--repo", repo], {}) : null;
        const materialized = new Promise<void>((done) => {
          if (materializing === null) done();
          else materializing.once("close", () => done());
        });
        const pushing = Array.from({ length: BATCHES }, (_, b) => later(below(1_500), () => push(batch(round, b))));
        const killings = [];
        if (below(3) > 0) {
          killings.push(
            later(below(1_500), async () => {
              process.kill(server.pid, "SIGKILL");
              await server.ended;
              server = await startServer({ repo });
            }),
          );
        }
        if (store.kill !== undefined && below(3) > 0) {
          killings.push(
            later(below(1_500), async () => {
              await store.kill?.();
              await pause(below(300));
              await store.restart?.();
            }),
          );
        }
        if (materializing !== null && below(2) === 0) {
          killings.push(later(below(3_000), async () => void materializing.kill("SIGKILL")));
        }
        await Promise.all([...pushing, ...killings, materialized]);
        const counted = (await online()).rows.reduce((total, { n }) => total + Number(n), 0);
        expect(counted, `round ${round}: more than was sent`).toBeLessThanOrEqual(sent.size);
        expect(counted, `round ${round}: less than was taken`).toBeGreaterThanOrEqual(sent.size - deferred);
      }
      await settle();
    });

    /** Materializes until the log is read whole, and compares with what was sent, event by event. */
    async function settle(): Promise<void> {
      // Past the seal delay and a hop.
      await pause(16_000);
      await succeed(["materialize-incremental", now()]);
      const { now: at, rows } = await online();
      const events = [...sent.values()].map(({ id, timeUs, user, amount }) => ({
        key: user,
        e: timeUs,
        c: null,
        id,
        values: { amount },
      }));
      for (const [k, user] of KEYS.entries()) {
        for (const [name, feature] of Object.entries(TRUTHS)) {
          // A client without definitions tells integers by their size alone.
          const served = rows[k]?.[name] as number | bigint | null;
          const truth = windowTruth(events, user, at, feature) as number | bigint | null;
          expect([user, name, served === null ? null : Number(served)]).toEqual([
            user,
            name,
            truth === null ? null : Number(truth),
          ]);
        }
      }
      await succeed(["reconcile", "--all", "--json"]);
    }
  });
}

async function later(ms: number, work: () => Promise<void>): Promise<void> {
  await pause(ms);
  await work();
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** mulberry32: small, seeded, and good enough to choose by. */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
