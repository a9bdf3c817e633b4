// The app over several stores: what was acknowledged is served by whichever of them answers, and writes build on the newest.
import { describe, expect, it } from "vitest";
import { createFailoverStore } from "../../worker/store/failover.ts";
import { storeUnavailable } from "../../worker/store/faults.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { controlKey } from "../../sdk/rows/index.ts";
import { flightRow, harness } from "./support/harness.ts";

/** A store that can be taken down. */
function part() {
  const state = { down: false };
  const holds = new Map<string, { reached: () => void; until: Promise<void> }>();
  const store = new MemoryStore({
    async step(call) {
      if (state.down) throw storeUnavailable("unreachable", "it was taken down", { hint: "" });
      const hold = holds.get(call);
      holds.delete(call);
      hold?.reached();
      await hold?.until;
    },
  });
  /** Holds the next call of a kind: resolves once it is there, `release` lets it go on. */
  const hold = (call: string) => {
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    holds.set(call, { reached: reached.resolve, until: released.promise });
    return { reached: reached.promise, release: released.resolve };
  };
  return { store, state, hold };
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

describe("an app over a primary and a secondary, of what comes back", () => {
  it("a row that was taken away is not brought back by the copy of one that was slow to write it", async () => {
    const [primary, secondary] = [part(), part()];
    const h = harness(createFailoverStore({ primary: primary.store, secondary: secondary.store }), UNCACHED);
    await h.apply();
    const slowly = secondary.hold("write");
    const slow = h.writeRows("last_flight", [row(1, "2001-03-31T10:00:00Z")]);
    await slowly.reached;
    const other = h.isolate();
    const { revision } = (await other.send("GET", "/v1/rows/last_flight?id=SEA")).json.rows[0];
    const away = { entities: { origin: "SEA" }, revision, eventTime: null, createdTime: null, values: null };
    const put = await other.send("PUT", "/v1/rows/last_flight", { until: "2001-03-31T11:00:00Z", rows: [away] });
    expect(put.json).toMatchObject({ written: 1 });
    slowly.release();
    expect((await slow).status).toBe(200);
    primary.state.down = true;
    expect((await other.features(SEA)).json).toMatchObject({ rows: [[null]], statuses: [["NOT_FOUND"]] });
  });

  it("a runner that has left is not brought back either", async () => {
    const [primary, secondary] = [part(), part()];
    const h = harness(createFailoverStore({ primary: primary.store, secondary: secondary.store }), UNCACHED);
    await h.apply();
    expect((await h.send("POST", "/v1/jobs", { views: ["last_flight"] })).status).toBe(201);
    const slowly = secondary.hold("write");
    const slow = h.send("POST", "/v1/runners/slow", {});
    await slowly.reached;
    expect((await h.isolate().send("DELETE", "/v1/runners/slow")).status).toBe(200);
    slowly.release();
    await slow;
    primary.state.down = true;
    expect((await h.send("GET", "/v1/jobs")).json).toMatchObject({ runners: [] });
  });

  it("a secondary that was not filled answers nothing, features or not", async () => {
    const [primary, secondary] = [part(), part()];
    const alone = harness(primary.store, { ...UNCACHED, publicReads: false });
    await alone.apply();
    await alone.send("POST", "/v1/tokens", { name: "t", access: "read" });
    const space = { project: alone.project, environment: "test" };
    const both = createFailoverStore({ primary: primary.store, secondary: secondary.store }, controlKey(space));
    const h = harness(both, { ...UNCACHED, project: alone.project, publicReads: false });
    primary.state.down = true;
    for (const path of ["/v1/tokens", "/v1/jobs", "/v1/audit", "/v1/registry"])
      expect([path, (await h.send("GET", path)).status]).toEqual([path, 503]);
  });

  it("a write that failed and is sent again is seen at once where it was sent", async () => {
    const [primary, secondary] = [part(), part()];
    const h = harness(createFailoverStore({ primary: primary.store, secondary: secondary.store }));
    await h.apply();
    await h.writeRows("last_flight", [row(1, "2001-03-31T10:00:00Z")]);
    h.clock.advance(5);
    expect((await h.features(SEA)).json.rows).toEqual([[1]]);
    h.clock.advance(5);
    const write = secondary.store.compareAndSet.bind(secondary.store);
    secondary.store.compareAndSet = () => Promise.reject(storeUnavailable("unreachable", "lost", { hint: "" }));
    expect((await h.writeRows("last_flight", [row(2, "2001-03-31T11:00:00Z")])).status).toBe(503);
    secondary.store.compareAndSet = write;
    expect((await h.writeRows("last_flight", [row(2, "2001-03-31T11:00:00Z")])).json).toMatchObject({ unchanged: 1 });
    h.clock.advance(30_000);
    expect((await h.features(SEA)).json.rows).toEqual([[2]]);
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
  it("a row that is written while it is read is answered as it was or as it is", async () => {
    const h = harness(new MemoryStore(), UNCACHED);
    await h.apply();
    await h.writeRows("last_flight", [row(1, "2001-03-31T10:00:00Z")]);
    const other = h.isolate();
    h.store.beforeRead = async () => {
      h.store.beforeRead = undefined;
      h.clock.advance(30);
      await other.writeRows("last_flight", [row(2, "2001-03-31T12:00:00.020Z")]);
    };
    expect((await h.features(SEA)).json).toMatchObject({ rows: [[2]], statuses: [["PRESENT"]] });
  });

  it.each([
    ["settled, by a clock that goes before", "2001-03-31T12:00:04Z", 4_000, [[2]]],
    ["of which no clock has said that its time has come", "2001-03-31T12:00:04Z", 0, [[1]]],
    ["too far ahead for a clock", "2001-03-31T12:00:06Z", 6_000, [[null]]],
  ])("3.6 a row that is %s", async (_, time, aheadMs, rows) => {
    const h = harness(new MemoryStore(), UNCACHED);
    await h.apply();
    await h.writeRows("last_flight", [row(1, "2001-03-31T10:00:00Z")]);
    const { nowText } = h.clock;
    h.clock.advance(aheadMs);
    expect((await h.isolate().writeRows("last_flight", [row(2, time)])).json).toMatchObject({ written: 1 });
    h.clock.nowText = nowText;
    expect((await h.features(SEA)).json.rows).toEqual(rows);
  });

  it("takes no row of before into its cache where that was read in the tick of its write", async () => {
    const { store, hold } = part();
    const h = harness(store);
    await h.apply();
    await h.writeRows("last_flight", [row(1, "2001-03-31T10:00:00Z")]);
    h.clock.advance(1_000);
    const slowly = hold("read answered");
    const slow = h.features(SEA);
    await slowly.reached;
    await h.writeRows("last_flight", [row(2, "2001-03-31T11:00:00Z")]);
    slowly.release();
    await slow;
    h.clock.advance(30_000);
    expect((await h.features(SEA)).json.rows).toEqual([[2]]);
  });

  it.each(["at once", "by a second try", "while the set is being read"])(
    "notices the end of a token that it has ended itself: %s",
    async (how) => {
      const { store, hold } = part();
      const h = harness(store, { publicReads: false });
      await h.apply();
      await h.writeRows("last_flight", [row(1, "2001-03-31T10:00:00Z")]);
      const { token, id } = (await h.send("POST", "/v1/tokens", { name: "t", access: "read" })).json;
      const as = { authorization: `Bearer ${token}` };
      expect((await h.features(SEA, as)).status).toBe(200);
      h.clock.advance(5);
      const slowly = hold(how === "while the set is being read" ? "read answered" : "never");
      const slow = h.send("GET", "/v1/registry", undefined, as);
      if (how === "while the set is being read") await slowly.reached;
      else await slow;
      h.clock.advance(5);
      let writes = 0;
      h.store.beforeWrite = async () => {
        if (how === "by a second try" && ++writes === 2) throw storeUnavailable("unreachable", "lost", { hint: "" });
      };
      const end = () => h.send("DELETE", `/v1/tokens/${id}`);
      if (how === "by a second try") expect((await end()).status).toBe(503);
      expect((await end()).status).toBe(200);
      h.clock.advance(5);
      slowly.release();
      await slow;
      h.clock.advance(50_000);
      expect((await h.features(SEA, as)).status).toBe(401);
    },
  );

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
