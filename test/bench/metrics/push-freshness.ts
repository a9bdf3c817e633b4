// push.freshness: from a push that was accepted to a read, by another isolate, that shows it; with a cold and a warm cache.
import { startGatewayProcess } from "../gateway-process.ts";
import type { Measurement, Metric } from "../metric.ts";
import { type PushServer, startPushServer } from "../push-server.ts";

const AIRPORTS = 6;
const ROUNDS = 20;
/** The bound of cached rows of views that take pushes. */
const BOUND_MS = 1_000;
const POLL_MS = 20;

export const pushFreshness: Metric = {
  name: "push.freshness",
  description:
    "ms from an accepted push to a read of another workerd process over the same Redis that shows it: warm cache (p50, p99) over its bound of 1 s; cold over a bare read",
  async run(say) {
    const gateway = await startGatewayProcess();
    const writer = await startPushServer({ upstash: gateway });
    const reader = await startPushServer({ upstash: gateway });
    try {
      await Promise.all(airports.map((origin) => writer.push(eventOf(origin))));
      say("cold");
      const cold: number[] = [];
      const bare: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        for (const origin of airports) {
          cold.push(await coldFreshness(writer, reader, origin));
          const started = performance.now();
          await reader.read("departures_1d", origin, NO_CACHE);
          bare.push(performance.now() - started);
        }
      }
      say("warm");
      const warm: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        warm.push(...(await Promise.all(airports.map((origin) => warmFreshness(writer, reader, origin)))));
      }
      const part = (variant: string, ours: number, baseline: number, against: string): Measurement => ({
        variant,
        unit: "ms",
        values: [ours],
        baselines: [baseline],
        against,
        better: "lower",
      });
      return {
        measurements: [
          part("", percentile(warm, 0.5), BOUND_MS, "the bound"),
          part("warm_p99", percentile(warm, 0.99), BOUND_MS, "the bound"),
          part("cold_p50", percentile(cold, 0.5), percentile(bare, 0.5), "a bare read"),
          part("cold_p99", percentile(cold, 0.99), percentile(bare, 0.99), "a bare read"),
        ],
        notes: [
          `${AIRPORTS} airports × ${ROUNDS} pushes of one event; warm: the reader has the row in memory and asks every ${POLL_MS} ms, cold: past its cache`,
        ],
      };
    } finally {
      await reader.close();
      await writer.close();
      await gateway.close();
    }
  },
};

const airports = Array.from({ length: AIRPORTS }, (_, i) => `A${i}`);
let events = 0;

function eventOf(origin: string): string {
  const time = new Date().toISOString();
  return JSON.stringify({ id: ++events, time, values: { origin, delay: 1, distance: 1 } });
}

const NO_CACHE = { "cache-control": "no-cache" };

/** Returns ms from the answer of a push to the answer of the first read past the cache that counts it. */
async function coldFreshness(writer: PushServer, reader: PushServer, origin: string): Promise<number> {
  const before = (await reader.read("departures_1d", origin, NO_CACHE)) as number;
  await writer.push(eventOf(origin));
  const accepted = performance.now();
  while (((await reader.read("departures_1d", origin, NO_CACHE)) as number) === before);
  return performance.now() - accepted;
}

/** The same by reads that may be answered from memory, which go on all the time. */
async function warmFreshness(writer: PushServer, reader: PushServer, origin: string): Promise<number> {
  const before = (await reader.read("departures_1d", origin)) as number;
  let accepted = Infinity;
  // Not in step with the cache's bound.
  const pushing = pause(Math.random() * BOUND_MS)
    .then(() => writer.push(eventOf(origin)))
    .then(() => (accepted = performance.now()));
  while (((await reader.read("departures_1d", origin)) as number) === before) await pause(POLL_MS);
  const seen = performance.now();
  await pushing;
  return Math.max(0, seen - accepted);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] as number;
}
