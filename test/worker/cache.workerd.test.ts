// The local cache and the one command a request: SEMANTICS 3.9, staleness bounds, and a store that fails.
import { beforeEach, describe, expect, it } from "vitest";
import { entity, featureView, int64, parquet, string } from "../../sdk/index.ts";
import { stores } from "../support/workerd-stores.ts";
import { compiled } from "./support/definitions.ts";
import { flightRow, type Harness, harness, NOW } from "./support/harness.ts";

describe.each(stores)("the cache over %s", (_, makeStore) => {
  let h: Harness;
  /** Another isolate, so that this one's writes do not touch the cache under test. */
  let writer: Harness;
  beforeEach(async () => {
    h = harness(makeStore());
    writer = h.isolate();
    await writer.apply();
    await writer.writeRows("last_flight", [flightRow("SEA", NOW)]);
    await ask();
    h.store.reads.length = 0;
  });

  const ask = (more: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
    h.features(
      { features: ["last_flight:delay"], entities: { origin: "SEA" }, include: ["statuses"], ...more },
      headers,
    );
  const change = (delay: number) => writer.writeRows("last_flight", [flightRow("SEA", h.clock.nowText, { delay })]);

  it("3.9 answers from memory within its bound, saying how old, and reads again after it", async () => {
    h.clock.advance(44_999);
    await change(6);
    const cached = await ask();
    expect(cached.json).toMatchObject({ rows: [[5]], now: "2001-03-31T12:00:44.999Z", knownAsOf: NOW });
    expect(h.store.reads).toEqual([]);
    h.clock.advance(15_001);
    const fresh = await ask();
    expect(fresh.json).toMatchObject({ rows: [[6]], knownAsOf: fresh.json.now });
    expect(h.store.reads).toHaveLength(1);
  });

  it("3.9 reads a row anew after the answer when its bound is near, once for many requests", async () => {
    h.clock.advance(45_000);
    await change(6);
    const [answer] = await Promise.all([ask(), ask(), ask()]);
    expect(answer.json).toMatchObject({ rows: [[5]], now: "2001-03-31T12:00:45Z", knownAsOf: NOW });
    await Promise.all(h.background);
    expect(h.store.reads).toHaveLength(1);
    h.clock.advance(20_000);
    expect((await ask()).json).toMatchObject({ rows: [[6]], knownAsOf: "2001-03-31T12:00:45Z" });
    expect(h.store.reads).toHaveLength(1);
  });

  it("3.9 reads rows that age along with those that are missing, by the same command", async () => {
    h.clock.advance(50_000);
    await change(6);
    const both = await ask({ entities: { origin: ["SEA", "PDX"] } });
    expect(both.json).toMatchObject({ rows: [[5], [null]], knownAsOf: NOW });
    expect(h.store.reads).toHaveLength(1);
    expect(h.background).toEqual([]);
    expect((await ask()).json).toMatchObject({ rows: [[6]], knownAsOf: "2001-03-31T12:00:50Z" });
    expect(h.store.reads).toHaveLength(1);
  });

  it("3.9 a failing store leaves the row as it was, and is asked again after a pause", async () => {
    h.clock.advance(45_000);
    h.store.failing = true;
    for (const [ms, reads] of [
      [0, 1],
      [4_999, 1],
      [1, 2],
      [9_999, 3],
    ] as const) {
      h.clock.advance(ms);
      expect((await ask()).json).toMatchObject({ rows: [[5]], statuses: [["PRESENT"]], knownAsOf: NOW });
      await Promise.all(h.background);
      expect(h.store.reads).toHaveLength(reads);
    }
  });

  it("3.9 a replica's lag counts into the age of what it answers, and into knownAsOf", async () => {
    const near = h.isolate({ storeLagMs: { serve: 10_000, newest: 0 } });
    near.clock.advance(60_000);
    const asked = { features: ["last_flight:delay"], entities: { origin: "SEA" } };
    await near.features(asked);
    near.store.purposes.length = 0;
    near.clock.advance(30_000);
    expect((await near.features(asked)).json.knownAsOf).toBe("2001-03-31T12:00:50Z");
    expect(near.store.purposes).toEqual([]);
    near.clock.advance(20_000);
    const again = await near.features(asked);
    expect(again.json).toMatchObject({ now: "2001-03-31T12:01:50Z", knownAsOf: "2001-03-31T12:01:40Z" });
    const newest = await near.features({ ...asked, maxStalenessMs: 10_000 });
    expect(newest.json).toMatchObject({ now: "2001-03-31T12:01:50Z", knownAsOf: "2001-03-31T12:01:50Z" });
    await near.features(asked, { "cache-control": "no-cache" });
    expect(near.store.purposes).toEqual(["serve", "newest", "newest"]);
    const far = h.isolate({ storeLagMs: { serve: 60_000, newest: 0 } });
    expect((await far.features(asked)).json.knownAsOf).toBe("2001-03-31T12:01:50Z");
    expect(far.store.purposes.at(-1)).toBe("newest");
  });

  it("3.9 a view's own cacheTtl bounds its rows, others keep the server's", async () => {
    const origin = entity("airport", { joinKey: "origin", type: string() });
    const source = parquet("flights", { path: "f.parquet", eventTime: "at" });
    const features = { delay: int64() };
    const quick = featureView("quick", { entities: [origin], source, features, cacheTtl: "2s" });
    const slow = featureView("slow", { entities: [origin], source, features, cacheTtl: "2min" });
    const usual = featureView("usual", { entities: [origin], source, features });
    const own = harness(makeStore());
    await own.apply(compiled({ quick, slow, usual }));
    const request = { features: ["quick:delay", "slow:delay", "usual:delay"], entities: { origin: "SEA" } };
    const readViews = async (afterMs: number) => {
      own.clock.advance(afterMs);
      own.store.reads.length = 0;
      await own.features(request);
      return own.store.reads.flat().flatMap((key) => /:(\w+)@1$/.exec(key)?.[1] ?? []);
    };
    expect(await readViews(0)).toEqual(["quick", "slow", "usual"]);
    expect(await readViews(1_400)).toEqual([]);
    expect(await readViews(600)).toEqual(["quick"]);
    expect(await readViews(58_000)).toEqual(["quick", "usual"]);
    expect(await readViews(60_000)).toEqual(["quick", "slow", "usual"]);
  });

  it("3.9 holds rows, not values: TTL and request_time() follow now", async () => {
    h.clock.nowText = "2001-03-31T18:00:00.000001Z";
    expect((await ask()).json).toMatchObject({ rows: [[null]], statuses: [["OUTSIDE_MAX_AGE"]] });
    expect(h.store.reads).toEqual([]);
  });

  it.each([
    ["Cache-Control: no-cache", {}, { "cache-control": "no-cache" }],
    ["Cache-Control with more", {}, { "cache-control": "max-age=0, No-Cache" }],
    ["maxStalenessMs 0", { maxStalenessMs: 0 }, {}],
    ["maxStalenessMs of the row's age", { maxStalenessMs: 10 }, {}],
  ])("3.9 %s reads past the cache", async (_name, more, headers) => {
    h.clock.advance(10);
    await change(6);
    expect((await ask(more, headers)).json.rows).toEqual([[6]]);
    expect(h.store.reads).toHaveLength(1);
  });

  it("3.9 maxStalenessMs narrows the bound, and does not widen it", async () => {
    h.clock.advance(10);
    await change(6);
    expect((await ask({ maxStalenessMs: 11 })).json.rows).toEqual([[5]]);
    h.clock.advance(60_000);
    expect((await ask({ maxStalenessMs: 3_600_000 })).json.rows).toEqual([[6]]);
  });

  it("GET takes both too", async () => {
    h.clock.advance(10);
    await change(6);
    const path = "/v1/features?features=last_flight:delay&origin=SEA";
    expect((await h.send("GET", path)).json.rows).toEqual([[5]]);
    expect((await h.send("GET", `${path}&maxStalenessMs=11`)).json.rows).toEqual([[5]]);
    expect((await h.send("GET", `${path}&maxStalenessMs=10`)).json.rows).toEqual([[6]]);
    await change(7);
    expect((await h.send("GET", path, undefined, { "cache-control": "no-cache" })).json.rows).toEqual([[7]]);
  });

  it("remembers that there is no row", async () => {
    const missing = () => ask({ entities: { origin: "ZZZ" } });
    await missing();
    expect((await missing()).json.absent).toEqual([[0, "last_flight", "NOT_FOUND"]]);
    expect(h.store.reads).toHaveLength(1);
  });

  it("forgets what is written through the same isolate", async () => {
    await h.writeRows("last_flight", [flightRow("SEA", NOW, { delay: 8, distance: 200 })]);
    h.store.reads.length = 0;
    expect((await ask()).json.rows).toEqual([[8]]);
  });

  it("asks the store by one command for all rows of all views and the control record", async () => {
    const entities = { origin: ["SEA", "PDX", "SEA", null], user_id: 1, item: ["a", "b", "c", "d"] };
    const cold = h.isolate();
    const features = ["last_flight:delay", "delays:events_1h", "airport_info:city", "rating:stars"];
    await cold.features({ features, entities });
    expect(cold.store.reads).toHaveLength(3);
    expect(cold.store.reads[2]).toHaveLength(2 + 2 + 2 + 4 + 1);
    const warm = await h.features({ features, entities });
    expect(h.store.reads).toHaveLength(1);
    expect(h.store.reads[0]).toHaveLength(1 + 2 + 2 + 4 + 1);
    expect(warm.json.rows).toHaveLength(4);
  });

  it("a part from memory does not make the rest stale: knownAsOf is the oldest row's", async () => {
    h.clock.advance(1_000);
    const answer = await ask({ entities: { origin: ["SEA", "PDX"] } });
    expect(answer.json.knownAsOf).toBe(NOW);
    expect(h.store.reads[0]).toHaveLength(2);
  });

  it("a TTL of 0 reads every row anew", async () => {
    const uncached = h.isolate({ cacheTtlMs: 0 });
    for (let i = 0; i < 3; i++)
      await uncached.features({ features: ["last_flight:delay"], entities: { origin: "SEA" } });
    expect(uncached.store.reads).toHaveLength(2 + 3);
  });

  it("is bounded: the least recently used row goes", async () => {
    const small = h.isolate({ cacheRows: 2 });
    const one = (origin: string) => small.features({ features: ["last_flight:delay"], entities: { origin } });
    for (const origin of ["SEA", "PDX", "SEA", "LAX"]) await one(origin);
    small.store.reads.length = 0;
    await one("SEA");
    expect(small.store.reads).toHaveLength(0);
    await one("PDX");
    expect(small.store.reads).toHaveLength(1);
  });

  it("is bounded in bytes", async () => {
    const small = h.isolate({ cacheBytes: 2_000 });
    for (let i = 0; i < 100; i++)
      await small.features({ features: ["last_flight:delay"], entities: { origin: `X${i}` } });
    small.store.reads.length = 0;
    await small.features({ features: ["last_flight:delay"], entities: { origin: "X0" } });
    expect(small.store.reads).toHaveLength(1);
  });

  describe("when the store fails", () => {
    it("3.1 serves a row past its bound as STALE, and says so", async () => {
      h.clock.advance(60_000);
      h.store.failing = true;
      const answer = await ask();
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({
        rows: [[5]],
        statuses: [["STALE"]],
        absent: [[0, "last_flight", "STALE"]],
        now: "2001-03-31T12:01:00Z",
        knownAsOf: NOW,
      });
    });

    it("serves rows within their bound as ever", async () => {
      h.store.failing = true;
      expect((await ask()).json).toMatchObject({ rows: [[5]], statuses: [["PRESENT"]], absent: [] });
    });

    it("an older row than the bound for errors is not served", async () => {
      h.clock.advance(60_000 + 300_000 - 1);
      h.store.failing = true;
      expect((await ask()).status).toBe(200);
      h.clock.advance(1);
      const answer = await ask();
      expect([answer.status, answer.json.code, answer.headers.get("retry-after")]).toEqual([
        503,
        "store_unavailable",
        "1",
      ]);
    });

    it("a part of the rows never passes for the whole", async () => {
      h.store.failing = true;
      const answer = await ask({ entities: { origin: ["SEA", "PDX"] } });
      expect([answer.status, answer.json.code]).toEqual([503, "store_unavailable"]);
    });

    it("fresh and stale rows are told apart", async () => {
      h.clock.advance(30_000);
      await ask({ entities: { origin: "PDX" } });
      h.clock.advance(30_000);
      h.store.failing = true;
      const answer = await ask({ entities: { origin: ["SEA", "PDX"] } });
      expect(answer.json.statuses).toEqual([["STALE"], ["NOT_FOUND"]]);
      expect(answer.json.absent).toEqual([
        [0, "last_flight", "STALE"],
        [1, "last_flight", "NOT_FOUND"],
      ]);
      expect(answer.json.knownAsOf).toBe(NOW);
    });

    it("no-cache takes no stale row; maxStalenessMs does, flagged", async () => {
      h.clock.advance(10);
      h.store.failing = true;
      expect((await ask({}, { "cache-control": "no-cache" })).status).toBe(503);
      expect((await ask({ maxStalenessMs: 5 })).json).toMatchObject({ rows: [[5]], statuses: [["STALE"]] });
    });

    it("reads fresh again once the store is back", async () => {
      h.clock.advance(60_000);
      h.store.failing = true;
      await ask();
      h.store.failing = false;
      expect((await ask()).json).toMatchObject({ statuses: [["PRESENT"]], absent: [] });
    });

    it("a cold isolate has nothing to serve", async () => {
      const cold = h.isolate();
      cold.store.failing = true;
      const answer = await cold.features({ features: ["last_flight:delay"], entities: { origin: "SEA" } });
      expect([answer.status, answer.json.code]).toEqual([503, "store_unavailable"]);
    });
  });
});
