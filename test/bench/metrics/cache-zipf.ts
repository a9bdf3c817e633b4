// cache.zipf_reads: the share of store reads that the local cache leaves, by how skewed the keys are and over how many isolates.
import { createApp } from "../../../worker/app.ts";
import { snapshotHash } from "../../../sdk/registry/index.ts";
import { type Clock, parseTime } from "../../../sdk/time.ts";
import type { OnlineStore } from "../../../worker/store/index.ts";
import type { Measurement, Metric } from "../metric.ts";
import { NOW, servingSnapshot } from "../serving.ts";

const ENTITIES = 10_000;
const REQUESTS = 60_000;
const REQUESTS_PER_SECOND = 100;
const SKEWS = [1, 0.8, 1.2];
const ISOLATES = [1, 10, 100];
/** $0.20 for 100,000 commands, Upstash's price on demand. */
const DOLLARS_PER_COMMAND = 0.2 / 100_000;

export const cacheZipf: Metric = {
  name: "cache.zipf_reads",
  description:
    "store commands with the local cache (60 s, Zipf s = 1.0, one isolate; and 0.8, 1.2; 10, 100 isolates) over none",
  async run(say) {
    const measurements: Measurement[] = [];
    const notes = [
      `${REQUESTS} reads of one of ${ENTITIES} entities each, ${REQUESTS_PER_SECOND} a second in all, spread evenly over the isolates;`,
      "  real apps on simulated time; what is read anew ahead of its bound counts as a command too",
    ];
    for (const skew of SKEWS) {
      for (const isolates of ISOLATES) {
        say(`s = ${skew}, ${isolates} isolates`);
        const { commands, hits } = await simulate(skew, isolates);
        const variant = skew === 1 && isolates === 1 ? "" : `s${skew}_${isolates}_isolates`;
        const rounds = { values: [commands], baselines: [REQUESTS] };
        measurements.push({ variant, unit: "commands", ...rounds, against: "a read each", better: "lower" });
        const dollars = ((commands / REQUESTS) * 1e6 * DOLLARS_PER_COMMAND).toFixed(2);
        const share = ((hits / REQUESTS) * 100).toFixed(1);
        notes.push(
          `s = ${skew}, ${isolates} isolates: ${share} % answered from memory; $${dollars} a million vectors for commands, against $${(1e6 * DOLLARS_PER_COMMAND).toFixed(2)}`,
        );
      }
    }
    return { measurements, notes };
  },
};

class SimulatedClock implements Clock {
  readonly frozen = false;
  ms = 0;
  readonly #startUs = parseTime(NOW);
  nowUs = () => this.#startUs + Math.floor(this.ms * 1_000);
  elapsedMs = () => this.ms;
}

async function simulate(skew: number, isolates: number): Promise<{ commands: number; hits: number }> {
  const { snapshot, store, count } = countingStore();
  const clock = new SimulatedClock();
  const { project, environment } = snapshot;
  const config = { project, environment, writeToken: null, publicReads: true, cacheTtlMs: 60_000, staleIfErrorMs: 0 };
  const apps = Array.from({ length: isolates }, () =>
    createApp({ store, clock, config, transforms: new Map(), snapshot, random: (bytes) => new Uint8Array(bytes) }),
  );
  const random = generator(12_345);
  const entityOf = zipf(skew, random);
  let hits = 0;
  for (let i = 0; i < REQUESTS; i++) {
    // Arrivals of a Poisson process.
    clock.ms -= (Math.log(1 - random()) / REQUESTS_PER_SECOND) * 1_000;
    const app = apps[Math.floor(random() * isolates)] as (typeof apps)[number];
    const background: Promise<unknown>[] = [];
    const before = count.reads;
    await app.getFeatures(
      { service: "bench", entities: { user_id: entityOf() } },
      { waitUntil: (w) => background.push(w) },
    );
    if (count.reads === before || background.length > 0) hits++;
    await Promise.all(background);
  }
  return { commands: count.reads, hits };
}

/** A store in memory whose every row is missing, which is cached as well as any other. */
function countingStore(): {
  snapshot: ReturnType<typeof servingSnapshot>;
  store: OnlineStore;
  count: { reads: number };
} {
  const snapshot = servingSnapshot();
  const count = { reads: 0 };
  const control = JSON.stringify({ registry: snapshotHash(snapshot) });
  const store: OnlineStore = {
    async read(keys) {
      count.reads++;
      return keys.map((key) => (key.startsWith("control:") ? control : null));
    },
    compareAndSet: async (writes) => writes.map(() => false),
    scan: async () => ({ keys: [], cursor: null }),
    status: async () => ({ kind: "memory", keepsRows: true, warnings: [] }) as never,
  };
  return { snapshot, store, count };
}

/** mulberry32: the same numbers in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Draws entity k, from 0, with a probability that falls as (k + 1) to the power of −skew. */
function zipf(skew: number, random: () => number): () => number {
  const cumulated = new Float64Array(ENTITIES);
  let sum = 0;
  for (let k = 0; k < ENTITIES; k++) cumulated[k] = sum += (k + 1) ** -skew;
  return () => {
    const at = random() * sum;
    let [low, high] = [0, ENTITIES - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
