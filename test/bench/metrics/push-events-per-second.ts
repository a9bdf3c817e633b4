// push.events_per_second: the flights as a stream of events, into the embedded store and into Redis.
import { keyId, keyPrefix, keySuffix, seenKey } from "../../../sdk/rows/index.ts";
import { parseTime } from "../../../sdk/time.ts";
import type { StoreWrite } from "../../../worker/store/port.ts";
import { createUpstashStore } from "../../../worker/store/upstash.ts";
import { startGatewayProcess } from "../gateway-process.ts";
import type { Measurement, Metric } from "../metric.ts";
import { PROJECT, type PushServer, startPushServer } from "../push-server.ts";
import { BATCH, batchBodies, flightStream, type StreamEvent } from "../push-stream.ts";

const EVENTS = 100_000;
const ROUNDS = 5;
const GOAL = 5_000;

export const pushEventsPerSecond: Metric = {
  name: "push.events_per_second",
  description:
    "events/s of flights in the order of time, pushed 1,000 at a time through `edgefeat serve`, over 5,000; and into Redis, over bare compare-and-sets",
  async run(say) {
    const events = await flightStream(EVENTS);
    const nowUs = parseTime((events.at(-1) as StreamEvent).time);
    const measurements: Measurement[] = [];
    const notes = [
      `${EVENTS.toLocaleString("en-US")} real flights, by airport into windows of 1 h, 1 d and 7 d, one push after another; the log of events on disk as well;`,
      "  baseline of Redis: the compare-and-sets of the same rows and companions, by one call a push, from this process",
    ];
    say("embedded");
    const embedded = await startPushServer({ nowUs });
    try {
      const values = await streamRounds(embedded, events, say);
      notes.push(`reconcile --all afterwards, embedded: ${(await embedded.reconcile()).keys} airports, none differs`);
      measurements.push({
        variant: "",
        unit: "events/s",
        values,
        baselines: values.map(() => GOAL),
        against: "the goal",
        better: "higher",
      });
    } finally {
      await embedded.close();
    }
    say("Redis");
    const gateway = await startGatewayProcess();
    try {
      const server = await startPushServer({ nowUs, upstash: gateway });
      try {
        const values = await streamRounds(server, events, say);
        notes.push(`  and Redis: ${(await server.reconcile()).keys} airports, none differs`);
        const baselines = await bareRounds(gateway, events);
        measurements.push({
          variant: "redis",
          unit: "events/s",
          values,
          baselines,
          against: "bare compare-and-sets",
          better: "higher",
        });
      } finally {
        await server.close();
      }
    } finally {
      await gateway.close();
    }
    return { measurements, notes };
  },
};

/** Pushes the stream, a part a round; returns events a second of each. */
async function streamRounds(
  server: PushServer,
  events: readonly StreamEvent[],
  say: (line: string) => void,
): Promise<number[]> {
  const bodies = batchBodies(events);
  const size = bodies.length / ROUNDS;
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    for (const body of bodies.slice(round * size, (round + 1) * size)) {
      const { accepted } = await server.push(body);
      if (accepted !== BATCH) throw new Error(`of ${BATCH} events ${accepted} were accepted`);
    }
    rates.push((size * BATCH) / ((performance.now() - started) / 1_000));
    say(`${Math.round(rates.at(-1) as number)} events/s`);
  }
  return rates;
}

/** Writes the rows that each push would, as they are in the end, without anything around it. */
async function bareRounds(gateway: { url: string; token: string }, events: readonly StreamEvent[]): Promise<number[]> {
  const store = createUpstashStore(gateway);
  const [prefix, suffix] = [keyPrefix(PROJECT, ["airport"]), keySuffix("airport_delays", 1)];
  const writes = new Map<string, StoreWrite>();
  for (const origin of new Set(events.map(({ values }) => values.origin))) {
    const key = prefix + keyId([origin]) + suffix;
    const [value, seen] = await store.read([key, seenKey(key)]);
    if (value === null || value === undefined || seen === null || seen === undefined)
      throw new Error(`${key} is missing`);
    const write = {
      key: `bare:${key}`,
      expected: null,
      value,
      expireInMs: null,
      beside: { key: seenKey(`bare:${key}`), value: seen },
    };
    await store.compareAndSet([write]);
    writes.set(origin, { ...write, expected: value });
  }
  const size = events.length / ROUNDS;
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    for (let from = round * size; from < (round + 1) * size; from += BATCH) {
      const origins = new Set(events.slice(from, from + BATCH).map(({ values }) => values.origin));
      const written = await store.compareAndSet([...origins].map((origin) => writes.get(origin) as StoreWrite));
      if (written.includes(false)) throw new Error("a bare write was lost");
    }
    rates.push(size / ((performance.now() - started) / 1_000));
  }
  return rates;
}
