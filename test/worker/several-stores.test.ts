// The app over several stores: what was acknowledged is served by whichever of them answers, and writes build on the newest.
import { describe, expect, it } from "vitest";
import { createFailoverStore } from "../../worker/store/failover.ts";
import { storeUnavailable } from "../../worker/store/faults.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { flightRow, harness } from "./support/harness.ts";

/** A store that can be taken down. */
function part() {
  const state = { down: false };
  const store = new MemoryStore({
    async step() {
      if (state.down) throw storeUnavailable("unreachable", "it was taken down", { hint: "" });
    },
  });
  return { store, state };
}

const row = (delay: number, time: string) => flightRow("SEA", time, { delay });
const SEA = { features: ["last_flight:delay"], entities: { origin: "SEA" }, include: ["statuses"] };
const NO_CACHE = { "cache-control": "no-cache" };
const UNCACHED = { cacheTtlMs: 0, staleIfErrorMs: 0 };

describe("an app over a primary and a secondary", () => {
  it("a write that failed because of the secondary, and is sent again, is served by the secondary too", async () => {
    const [primary, secondary] = [part(), part()];
    const h = harness(createFailoverStore({ primary: primary.store, secondary: secondary.store }), UNCACHED);
    await h.apply();
    await h.writeRows("last_flight", [row(1, "2001-03-31T10:00:00Z")]);
    secondary.state.down = true;
    expect((await h.writeRows("last_flight", [row(2, "2001-03-31T11:00:00Z")])).status).toBe(503);
    secondary.state.down = false;
    expect((await h.writeRows("last_flight", [row(2, "2001-03-31T11:00:00Z")])).status).toBe(200);
    primary.state.down = true;
    expect((await h.features(SEA, NO_CACHE)).json).toMatchObject({ rows: [[2]], statuses: [["PRESENT"]] });
  });

  it("a registry whose first apply failed half-way is served whole by the secondary", async () => {
    const [primary, secondary] = [part(), part()];
    const h = harness(createFailoverStore({ primary: primary.store, secondary: secondary.store }), UNCACHED);
    secondary.state.down = true;
    await expect(h.apply()).rejects.toThrow("store_unavailable");
    secondary.state.down = false;
    await h.apply();
    primary.state.down = true;
    expect((await h.isolate().features(SEA)).json).toMatchObject({ rows: [[null]] });
  });
});

describe("an app that reads from a replica", () => {
  it("3.3 writes build on what the primary holds, though the replica never catches up", async () => {
    const store = createFailoverStore({ primary: part().store, replica: part().store });
    const h = harness(store, { ...UNCACHED, storeLagMs: { serve: 1_000, newest: 0 } });
    await h.apply();
    for (const [delay, time] of [
      [1, "2001-03-31T10:00:00Z"],
      [2, "2001-03-31T11:00:00Z"],
    ] as const) {
      expect((await h.writeRows("last_flight", [row(delay, time)])).json).toMatchObject({ written: 1 });
      const done = { start: null, end: time, rows: 1 };
      expect((await h.send("POST", "/v1/materializations/last_flight", done)).status).toBe(200);
    }
    expect((await h.features(SEA, NO_CACHE)).json.rows).toEqual([[2]]);
  });
});

describe("one isolate", () => {
  it("7.3 a registry that it has put itself does not take the place of a later one that it has learnt of", async () => {
    const store = new MemoryStore();
    const h = harness(store);
    await h.apply();
    const transform = { inputs: ["last_flight"], features: { x: { type: "int64", expression: "delay + 1" } } };
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const write = store.compareAndSet.bind(store);
    let holds = true;
    store.compareAndSet = async (writes) => {
      const written = await write(writes);
      if (holds && writes[0]?.key.startsWith("control:") === true) {
        holds = false;
        reached.resolve();
        await held.promise;
      }
      return written;
    };
    const putting = h.send("PUT", "/v1/transforms/tx", transform);
    await reached.promise;
    expect((await h.isolate().send("PUT", "/v1/transforms/ty", transform)).status).toBe(201);
    const later = await h.features({ features: ["ty:x"], entities: { origin: "SEA" } });
    expect(later.status).toBe(200);
    held.resolve();
    expect((await putting).status).toBe(201);
    expect((await h.features(SEA)).json.registry).toBe(later.json.registry);
  });

  it("what code in the Worker is given is its own: changing it changes no later answer", async () => {
    const h = harness(new MemoryStore());
    await h.apply();
    const values = {
      a_bool: null,
      an_int32: null,
      an_int64: null,
      a_float32: null,
      a_float64: null,
      a_decimal: null,
      a_string: null,
      a_time: null,
      some_bytes: "AAE=",
      names: ["b", "a"],
      numbers: [1],
      embedding: [1, 2, 3],
    };
    const everything = { entities: { user_id: 1 }, eventTime: "2001-03-31T11:00:00Z", createdTime: null, values };
    expect((await h.writeRows("everything", [everything])).status).toBe(200);
    const features = ["some_bytes", "names", "embedding"].map((name) => `everything:${name}`);
    const ask = async () => (await h.app.getFeatures({ features, entities: { user_id: 1n } })).rows[0];
    const mine = (await ask()) as { some_bytes: Uint8Array; names: string[]; embedding: Float32Array };
    mine.some_bytes.fill(9);
    mine.names.sort();
    mine.embedding.fill(9);
    expect(await ask()).toEqual({
      some_bytes: Uint8Array.of(0, 1),
      names: ["b", "a"],
      embedding: Float32Array.of(1, 2, 3),
    });
  });

  it("says that the store fails, where only the registry is needed and nobody knows how old that is", async () => {
    const h = harness(new MemoryStore(), { cacheTtlMs: 60_000, staleIfErrorMs: 300_000 });
    await h.apply();
    const asking = { inputs: [], request: { n: "int64" }, features: { y: { type: "int64", expression: "n + 1" } } };
    expect((await h.send("PUT", "/v1/transforms/plus", asking)).status).toBe(201);
    const ask = () => h.features({ features: ["plus:y"], request: { n: 1 } });
    expect((await ask()).json.rows).toEqual([[2]]);
    h.store.failing = true;
    h.clock.advance(359_000);
    expect((await ask()).json.rows).toEqual([[2]]);
    h.clock.advance(2_000);
    expect((await ask()).json.code).toBe("store_unavailable");
  });
});
