// Pushers side by side over a store and a log that fail between calls: what is sent until it is acknowledged counts once.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storeUnavailable } from "../../../worker/store/faults.ts";
import type { OnlineStore, StoreWrite } from "../../../worker/store/port.ts";
import { createDurableObjectStore } from "../../../worker/store/durable-object.ts";
import { env } from "cloudflare:workers";
import { storeNamed } from "../../support/workerd-named-stores.ts";
import { stores } from "../../support/workerd-stores.ts";
import { harness, type Harness, NOW } from "../support/harness.ts";
import {
  eventOf,
  expectedAt,
  FEATURES,
  type FlightEvent,
  flightAt,
  MemoryLog,
  pushDefinitions,
} from "../support/push.ts";

type Fault = "none" | "read" | "before" | "after" | "half" | "log before" | "log after";
const faultArbitrary: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fault>("none") },
  { weight: 4, arbitrary: fc.constantFrom<Fault>("read", "before", "after", "half", "log before", "log after") },
);

const down = () => storeUnavailable("unreachable", "torn", { hint: "" });

/** A store that fails as it is told, call by call, while `faults` last. */
class TornStore implements OnlineStore {
  faults: Fault[] = [];
  readonly #store: OnlineStore;
  constructor(store: OnlineStore) {
    this.#store = store;
  }
  next(...of: Fault[]): Fault {
    const [fault = "none"] = this.faults;
    if (fault !== "none" && !of.includes(fault)) return "none";
    this.faults.shift();
    return fault;
  }
  async read(keys: readonly string[], options?: Parameters<OnlineStore["read"]>[1]) {
    if (options?.purpose === "write" && this.next("read") === "read") throw down();
    return this.#store.read(keys, options);
  }
  async compareAndSet(writes: readonly StoreWrite[]) {
    const fault = this.next("before", "after", "half");
    if (fault === "before") throw down();
    const written = await this.#store.compareAndSet(fault === "half" ? writes.slice(0, writes.length >> 1) : writes);
    if (fault === "after" || fault === "half") throw down();
    return written;
  }
  scan(prefix: string, cursor: string | null) {
    return this.#store.scan(prefix, cursor);
  }
  status() {
    return this.#store.status();
  }
}

const ORIGINS = ["SEA", "PDX", "SFO"];
/** Within an hour, so that none is late whatever comes first; a few share an id with the same content. */
const flightArbitrary = fc
  .record({
    n: fc.integer({ min: 0, max: 60 }),
    minutes: fc.integer({ min: 1, max: 59 }),
    origin: fc.constantFrom(...ORIGINS),
  })
  .map(({ n, minutes, origin }) =>
    flightAt(`f${n}-${minutes}`, `2001-03-31T11:${String(minutes).padStart(2, "0")}:00Z`, {
      origin,
      delay: (n % 7) - 3,
      distance: n % 5 === 0 ? null : n / 8,
      carrier: n % 3 === 0 ? null : `C${n % 4}`,
    }),
  );
const batchArbitrary = fc.record({
  flights: fc.array(flightArbitrary, { minLength: 1, maxLength: 12 }),
  pusher: fc.integer({ min: 0, max: 2 }),
});

async function pushUntilTaken(h: Harness, flights: readonly FlightEvent[]): Promise<number> {
  for (;;) {
    const { status, json } = await h.send("POST", "/v1/push/pushed", { events: flights.map(eventOf) });
    if (status === 503) continue;
    expect([status, json.rejected, json.deferred]).toEqual([200, [], 0]);
    return json.accepted as number;
  }
}

const sharded = () => createDurableObjectStore(storeNamed(env.STORES, `torn-${crypto.randomUUID()}`), { shards: 3 });

describe.each([...stores, ["durable-object of three shards", sharded] as const])(
  "torn pushes over %s",
  (_, makeStore) => {
    it("count each event once, and lose none", { timeout: 120_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(batchArbitrary, { minLength: 1, maxLength: 10 }),
          fc.array(faultArbitrary, { maxLength: 25 }),
          async (batches, faults) => {
            const store = new TornStore(makeStore());
            const log = new MemoryLog();
            const first = harness(store, { eventLog: log });
            await first.apply(pushDefinitions());
            const pushers = [first, first.isolate(), first.isolate()];
            store.faults = [...faults];
            log.before = async () => {
              if (store.next("log before") === "log before") throw down();
            };
            await Promise.all(
              pushers.map(async (h, p) => {
                for (const { flights } of batches.filter(({ pusher }) => pusher === p))
                  await pushUntilTaken(h, flights);
              }),
            );
            store.faults = [];
            // Replayed whole, in another order.
            const all = batches.toReversed().flatMap(({ flights }) => flights.toReversed());
            expect(await pushUntilTaken(first, all)).toBe(0);
            const once = (origin: string) => [
              ...new Map(
                all.filter((flight) => flight.origin === origin).map((flight) => [flight.id, flight]),
              ).values(),
            ];
            for (const origin of ORIGINS) {
              const { json } = await first.features(
                { features: FEATURES, entities: { origin } },
                { "cache-control": "no-cache" },
              );
              expect(json.rows[0]).toEqual(expectedAt(NOW, once(origin)));
            }
            // What was acknowledged is in the log.
            const logged = new Set(log.records.map(({ id, valuesJson }) => `${JSON.parse(valuesJson).origin} ${id}`));
            for (const { origin, id } of all) expect(logged).toContain(`${origin} ${id}`);
          },
        ),
        { numRuns: 15 },
      );
    });

    it("of many pushers at one row all come through", { timeout: 60_000 }, async () => {
      const first = harness(makeStore());
      await first.apply(pushDefinitions());
      const pushers = [first, ...Array.from({ length: 7 }, () => first.isolate())];
      const flights = (p: number) =>
        Array.from({ length: 5 }, (_, i) => flightAt(`p${p}-${i}`, `2001-03-31T11:3${i}:00Z`, { delay: p }));
      const accepted = await Promise.all(
        pushers.map(async (h, p) => {
          let sum = 0;
          for (const flight of flights(p)) sum += await pushUntilTaken(h, [flight]);
          return sum;
        }),
      );
      // A push whose answer was lost to a conflict may find its own event there: never more than once each.
      expect(accepted.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(40);
      const { json } = await first.features(
        { features: FEATURES, entities: { origin: "SEA" } },
        { "cache-control": "no-cache" },
      );
      expect(json.rows[0]).toEqual(
        expectedAt(
          NOW,
          pushers.flatMap((_, p) => flights(p)),
        ),
      );
    });
  },
);
