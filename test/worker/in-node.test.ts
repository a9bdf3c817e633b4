// The app in Node, as the command line runs it over Upstash; and what a request costs there, by Redis's own count.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createUpstashStore } from "../../worker/store/upstash.ts";
import { commandCounts } from "../support/command-counts.ts";
import { hasRedisServer } from "../support/redis-server.ts";
import { startUpstash, type Upstash } from "../support/upstash.ts";
import { flightRow, type Harness, harness, NOW } from "./support/harness.ts";

describe.skipIf(!hasRedisServer())("the app in Node over Upstash", () => {
  let upstash: Upstash;
  let h: Harness;
  beforeAll(async () => {
    upstash = await startUpstash();
    h = harness(createUpstashStore(upstash));
    await h.apply();
    await h.writeRows("last_flight", [flightRow("SEA", NOW), flightRow("PDX", NOW)]);
    // What is read in the tick of its write is not kept.
    h.clock.advance(1);
  });
  afterAll(() => upstash.close());

  /** Returns the commands that Redis ran for `work`, but for the counting itself. */
  async function commandsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
    const before = await commandCounts(upstash);
    await work();
    const after = await commandCounts(upstash);
    const more = Object.entries(after).map(([name, n]) => [name, n - (before[name] ?? 0)] as const);
    return Object.fromEntries(more.filter(([name, n]) => n > 0 && name !== "info"));
  }

  const ask = (headers: Record<string, string> = {}) =>
    h.features(
      {
        service: "model",
        entities: { origin: Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? "SEA" : `A${i}`)) },
        request: { scheduled: 1, seats: 1 },
      },
      headers,
    );

  it("reads 100 rows of every view of a service by one MGET", async () => {
    const counts = await commandsOf(async () => expect((await ask()).status).toBe(200));
    expect(counts).toEqual({ mget: 1 });
  });

  it("and from memory by none", async () => {
    expect(await commandsOf(() => ask())).toEqual({});
    expect(await commandsOf(() => ask({ "cache-control": "no-cache" }))).toEqual({ mget: 1 });
  });

  it("a cold isolate that carries the snapshot needs one too", async () => {
    const { snapshot } = (await h.send("GET", "/v1/registry")).json;
    const cold = h.isolate({ snapshot });
    const counts = await commandsOf(() =>
      cold.features({ features: ["last_flight:delay"], entities: { origin: "SEA" } }),
    );
    expect(counts).toEqual({ mget: 1 });
  });

  it("writes a batch of 700 rows by one read and one script", async () => {
    const rows = Array.from({ length: 700 }, (_, i) => flightRow(`B${i}`, NOW));
    const counts = await commandsOf(() => h.writeRows("last_flight", rows));
    const { get: _get, set: _set, mget, ...scripts } = counts;
    expect([mget, scripts["evalsha"] ?? scripts["eval"]]).toEqual([2, 1]);
  });
});
