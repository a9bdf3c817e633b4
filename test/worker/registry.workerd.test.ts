// The registry over HTTP: replaced by who knows the old one, noticed by every isolate, switched whole (SEMANTICS 7).
import { beforeEach, describe, expect, it } from "vitest";
import { featureView, float64, int64 } from "../../sdk/index.ts";
import { emptySnapshot, planApply, type Snapshot } from "../../sdk/registry/index.ts";
import { durableObjectStore, stores } from "../support/workerd-stores.ts";
import { compiled, lastFlight } from "./support/definitions.ts";
import { flightRow, type Harness, harness, NOW, snapshotFor } from "./support/harness.ts";
import { packedTiles } from "./support/tiles.ts";

/** last_flight with the distance in other units: a new version of the view. */
const changed = featureView("last_flight", {
  entities: lastFlight.entities,
  source: lastFlight.source,
  ttl: "12h",
  features: { delay: int64(), distance: float64({ default: -2 }) },
});

describe.each(stores)("the registry over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(() => {
    h = harness(makeStore());
  });

  const put = (snapshot: unknown, headers: Record<string, string> = {}) =>
    h.send("PUT", "/v1/registry", snapshot, headers);

  it("is put, got and replaced by who names the one that is there", async () => {
    const first = snapshotFor(h.project);
    const created = await put(first);
    expect(created.status, created.text).toBe(201);
    const got = await h.send("GET", "/v1/registry");
    expect(got.json).toEqual({ registry: created.json.registry, snapshot: first });
    expect(got.headers.get("etag")).toBe(`"${created.json.registry}"`);
    const second = snapshotFor(h.project, compiled({ changed }));
    const replaced = await put(second, { "if-match": `"${created.json.registry}"` });
    expect(replaced.status).toBe(200);
    expect(replaced.json.registry).not.toBe(created.json.registry);
    expect((await h.send("GET", "/v1/registry")).json.snapshot).toEqual(second);
  });

  it("is had again by its hash after it was replaced, as long as the project had it", async () => {
    const first = snapshotFor(h.project);
    const { registry } = (await put(first)).json;
    const second = snapshotFor(h.project, compiled({ changed }));
    await put(second, { "if-match": `"${registry}"` });
    const earlier = await h.send("GET", `/v1/registry?version=${registry}`);
    expect(earlier.json).toEqual({ registry, snapshot: first });
    expect(earlier.headers.get("etag")).toBe(`"${registry}"`);
    expect((await h.send("GET", "/v1/registry")).json.snapshot).toEqual(second);
    const never = await h.send("GET", `/v1/registry?version=sha256:${"0".repeat(64)}`);
    expect([never.status, never.json.code]).toEqual([404, "registry_not_found"]);
    for (const version of ["1", "", `${registry}&version=${registry}`, registry.toUpperCase()]) {
      const answer = await h.send("GET", `/v1/registry?version=${version}`);
      expect([answer.status, answer.json.code], version).toEqual([400, "bad_request"]);
    }
  });

  it.each([
    ["no If-Match where there is one", {}],
    ['If-Match "*" where there is one', { "if-match": "*" }],
    ["another hash", { "if-match": '"sha256:0000"' }],
  ])("%s is a conflict that names what is there", async (_name, headers: Record<string, string>) => {
    const { json } = await put(snapshotFor(h.project));
    const answer = await put(emptySnapshot(h.project, "test"), headers);
    expect([answer.status, answer.json.code, answer.json.details]).toEqual([
      412,
      "registry_conflict",
      { registry: json.registry },
    ]);
    expect((await h.send("GET", "/v1/registry")).json.registry).toBe(json.registry);
  });

  it("an expected registry that is not there is a conflict", async () => {
    const answer = await put(snapshotFor(h.project), { "if-match": '"sha256:0000"' });
    expect([answer.status, answer.json.code]).toEqual([412, "registry_conflict"]);
  });

  it("putting the same again, as after a lost answer, changes nothing", async () => {
    const snapshot = snapshotFor(h.project);
    const first = await put(snapshot);
    expect((await put(snapshot)).json).toEqual(first.json);
    expect((await put(snapshot, { "if-match": '"sha256:old"' })).json).toEqual(first.json);
  });

  it("of two who put at once, one wins and the other is told", async () => {
    const { json } = await put(emptySnapshot(h.project, "test"));
    const match = { "if-match": `"${json.registry}"` };
    const other = h.isolate();
    h.store.beforeWrite = async () => {
      h.store.beforeWrite = undefined;
      await other.send("PUT", "/v1/registry", snapshotFor(h.project), match);
    };
    const late = await put(snapshotFor(h.project, compiled({ changed })), match);
    expect([late.status, late.json.code]).toEqual([412, "registry_conflict"]);
  });

  it("304 for who has it", async () => {
    const { json } = await put(snapshotFor(h.project));
    const answer = await h.send("GET", "/v1/registry", undefined, { "if-none-match": `W/"${json.registry}"` });
    expect([answer.status, answer.text]).toEqual([304, ""]);
  });

  it("keeps members of the control record that it does not know", async () => {
    const { json } = await put(emptySnapshot(h.project, "test"));
    const key = `control:${h.project}:test`;
    const [text] = await h.store.read([key]);
    const more = JSON.stringify({ ...JSON.parse(text as string), aMember: 7 });
    await h.store.compareAndSet([{ key, expected: text as string, value: more, expireInMs: null }]);
    const next = await put(snapshotFor(h.project), { "if-match": `"${json.registry}"` });
    expect(JSON.parse((await h.store.read([key]))[0] as string)).toEqual({ registry: next.json.registry, aMember: 7 });
  });

  it.each([
    ["another project", (s: Snapshot) => ({ ...s, project: "other" }), 409, "project_mismatch"],
    ["another environment", (s: Snapshot) => ({ ...s, environment: "prod" }), 409, "project_mismatch"],
    ["a member it does not know", (s: Snapshot) => ({ ...s, more: 1 }), 400, "registry_invalid"],
    ["another format", (s: Snapshot) => ({ ...s, format: 2 }), 400, "registry_invalid"],
    [
      "a view called constructor",
      (s: Snapshot) => ({ ...s, views: { constructor: s.views["delays"] } }),
      400,
      "registry_invalid",
    ],
    ["a list", () => [], 400, "registry_invalid"],
  ])("refuses a snapshot of %s", async (_name, change, status, code) => {
    const answer = await put(change(snapshotFor(h.project)));
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect((await h.send("GET", "/v1/registry")).json.code).toBe("registry_not_found");
  });
});

describe("isolates and the registry", () => {
  let h: Harness;
  let other: Harness;
  const QUERY = { features: ["last_flight:delay"], entities: { origin: "SEA" }, include: ["versions"] };
  beforeEach(async () => {
    h = harness(durableObjectStore());
    other = h.isolate();
    await other.apply();
    await other.writeRows("last_flight", [flightRow("SEA", NOW)]);
  });

  /** Registers a second version of last_flight, with a row of its own. */
  async function secondVersion() {
    const current = (await other.send("GET", "/v1/registry")).json;
    const { snapshot } = planApply(current.snapshot, compiled({ changed }));
    const put = await other.send("PUT", "/v1/registry", snapshot, { "if-match": `"${current.registry}"` });
    expect(put.status, put.text).toBe(200);
    const values = { delay: 7, distance: 1 };
    const rows = [{ entities: { origin: "SEA" }, eventTime: NOW, values }];
    const written = await other.writeRows("last_flight", rows);
    expect(written.json).toMatchObject({ written: 1, version: 2 });
    const done = await other.send("POST", "/v1/materializations/last_flight", { start: null, end: NOW, rows: 1 });
    expect(done.json).toMatchObject({ version: 2, active: 2 });
    return done.json.registry as string;
  }

  it("registry_not_found before anything was applied, whatever is bundled", async () => {
    const empty = harness(durableObjectStore());
    for (const isolate of [empty, empty.isolate({ snapshot: snapshotFor(empty.project) })]) {
      const answer = await isolate.features(QUERY);
      expect([answer.status, answer.json.code]).toEqual([404, "registry_not_found"]);
    }
  });

  it("a cold isolate reads control record, snapshot, rows; with the snapshot bundled only rows and control record", async () => {
    const cold = h.isolate();
    expect((await cold.features(QUERY)).json.rows).toEqual([[5]]);
    expect(cold.store.reads.map((keys) => keys.length)).toEqual([1, 2, 2]);
    const bundled = h.isolate({ snapshot: snapshotFor(h.project) });
    expect((await bundled.features(QUERY)).json.rows).toEqual([[5]]);
    expect(bundled.store.reads.map((keys) => keys.length)).toEqual([2]);
  });

  it("7.3 answers whole from the old snapshot while the new one is fetched, then from the new one", async () => {
    const old = (await h.features(QUERY)).json.registry;
    const registry = await secondVersion();
    h.clock.advance(59_999);
    // A row that is not in memory: the read of it brings the news of the other registry.
    const before = await h.features({ ...QUERY, entities: { origin: ["SEA", "PDX"] } });
    expect(before.json).toMatchObject({ rows: [[5], [null]], registry: old, versions: { last_flight: 1 } });
    await Promise.all(h.background);
    const after = await h.features(QUERY);
    expect(after.json).toMatchObject({ rows: [[7]], registry, versions: { last_flight: 2 } });
  });

  it.each([
    ["the cache's bound", 60_000, {}],
    ["the request's own", 1_000, { maxStalenessMs: 1_000 }],
  ])("7.3 past %s the new snapshot answers, for one more read", async (_name, elapsedMs, more) => {
    await h.features(QUERY);
    const registry = await secondVersion();
    h.clock.advance(elapsedMs);
    h.store.reads.length = 0;
    const answer = await h.features({ ...QUERY, ...more });
    expect(answer.json).toMatchObject({ rows: [[7]], registry, versions: { last_flight: 2 } });
    expect(h.store.reads.slice(0, 2).map((keys) => keys.length)).toEqual([2, 2]);
    expect(h.background).toEqual([]);
  });

  it("7.3 the old snapshot stands in while the new one can't be read, but not for no-cache", async () => {
    const old = (await h.features(QUERY)).json.registry;
    const registry = await secondVersion();
    h.clock.advance(60_000);
    const read = h.store.read.bind(h.store);
    h.store.read = async (keys) => {
      if (keys.some((key) => key.startsWith("registry:"))) h.store.failing = true;
      return read(keys).finally(() => (h.store.failing = false));
    };
    expect((await h.features(QUERY)).json).toMatchObject({ rows: [[5]], registry: old });
    expect((await h.features(QUERY, { "cache-control": "no-cache" })).json.code).toBe("store_unavailable");
    await Promise.all(h.background);
    h.store.read = read;
    h.clock.advance(60_000);
    expect((await h.features(QUERY)).json).toMatchObject({ rows: [[7]], registry });
  });

  it("7.3 a snapshot that was replaced since the Worker was deployed with it does not answer", async () => {
    const registry = await secondVersion();
    const deployed = h.isolate({ snapshot: snapshotFor(h.project) });
    const answer = await deployed.features(QUERY);
    expect(answer.json).toMatchObject({ rows: [[7]], registry, versions: { last_flight: 2 } });
  });

  it("7.3 no-cache answers from the new snapshot at once", async () => {
    await h.features(QUERY);
    const registry = await secondVersion();
    const answer = await h.features(QUERY, { "cache-control": "no-cache" });
    expect(answer.json).toMatchObject({ rows: [[7]], registry, versions: { last_flight: 2 } });
  });

  it("7.2 a pinned version goes on answering beside the active one", async () => {
    await secondVersion();
    const answer = await h.features({
      ...QUERY,
      features: ["last_flight@1:delay", "last_flight:delay", "last_flight@1:carrier"],
    });
    expect(answer.json).toMatchObject({
      features: ["last_flight@1:delay", "last_flight:delay", "last_flight@1:carrier"],
      rows: [[5, 7, "AS"]],
      versions: { last_flight: 1, "last_flight@2": 2 },
    });
  });

  it("re-reads the control record within its bound, though every row is in memory", async () => {
    await h.features(QUERY);
    h.clock.advance(30_000);
    await h.features({ ...QUERY, entities: { origin: "PDX" } });
    h.clock.advance(29_999);
    h.store.reads.length = 0;
    await h.features({ ...QUERY, entities: { origin: "PDX" } });
    expect(h.store.reads).toHaveLength(0);
    h.clock.advance(30_001);
    await h.features({ ...QUERY, entities: { origin: [null] } });
    expect(h.store.reads.map((keys) => keys.length)).toEqual([1]);
  });

  it("a registry that was taken away is noticed", async () => {
    await h.features(QUERY);
    const key = `control:${h.project}:test`;
    const [text] = await h.store.read([key]);
    await h.store.compareAndSet([{ key, expected: text as string, value: "gone", expireInMs: 1 }]);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const answer = await h.features(QUERY, { "cache-control": "no-cache" });
    expect([answer.status, answer.json.code]).toEqual([404, "registry_not_found"]);
  });

  it.each([
    ["unknown_feature", { ...QUERY, features: ["last_flight:speed"] }],
    ["unknown_service", { service: "nope", entities: {} }],
    ["unknown_view", { ...QUERY, features: ["nope:delay"] }],
    ["unknown_entity_key", { ...QUERY, entities: { origin: "SEA", nope: 1 } }],
  ])("asks the store once more before it answers %s", async (code, query) => {
    await h.features(QUERY);
    h.store.reads.length = 0;
    expect((await h.features(query)).json.code).toBe(code);
    expect(h.store.reads.map((keys) => keys.length)).toEqual([1]);
  });

  it("an answer that only a newer registry has works at once, over apply and materialize", async () => {
    const fresh = harness(durableObjectStore());
    const writer = fresh.isolate();
    const ask = () => fresh.features(QUERY);
    expect((await ask()).json.code).toBe("registry_not_found");
    await writer.send("PUT", "/v1/registry", emptySnapshot(fresh.project, "test"));
    expect((await ask()).json.code).toBe("unknown_view");
    const current = (await writer.send("GET", "/v1/registry")).json;
    const { snapshot } = planApply(current.snapshot, compiled());
    await writer.send("PUT", "/v1/registry", snapshot, { "if-match": `"${current.registry}"` });
    const waiting = await ask();
    expect([waiting.status, waiting.json.code]).toEqual([409, "view_not_materialized"]);
    await writer.writeRows("last_flight", [flightRow("SEA", NOW)]);
    await writer.send("POST", "/v1/materializations/last_flight", { version: 1, start: null, end: NOW, rows: 1 });
    expect((await ask()).json).toMatchObject({ rows: [[5]] });
  });

  it("7.2 an on-demand view answers once its inputs are materialized", async () => {
    const fresh = harness(durableObjectStore());
    await fresh.send("PUT", "/v1/registry", planApply(emptySnapshot(fresh.project, "test"), compiled()).snapshot);
    const ask = () =>
      fresh.features({ features: ["risk:per_seat"], entities: { origin: "SEA" }, request: { scheduled: 1, seats: 5 } });
    await fresh.writeRows("last_flight", [flightRow("SEA", NOW)]);
    await fresh.send("POST", "/v1/materializations/last_flight", { start: null, end: NOW, rows: 1 });
    const waiting = await ask();
    expect([waiting.json.code, waiting.json.detail]).toEqual([
      "view_not_materialized",
      expect.stringContaining("delays"),
    ]);
    const packed = packedTiles([{ time: NOW, delay: 1n, distance: 1 }], NOW);
    await fresh.send("POST", "/v1/rows/delays", { tiles: [{ entities: { origin: "SEA" }, packed }] });
    await fresh.send("POST", "/v1/materializations/delays", { start: null, end: NOW, rows: 1 });
    expect((await ask()).json.rows).toEqual([[1]]);
  });
});

describe("materializations", () => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(durableObjectStore());
    await h.send("PUT", "/v1/registry", planApply(emptySnapshot(h.project, "test"), compiled()).snapshot);
  });
  const complete = (body: unknown, view = "last_flight") => h.send("POST", `/v1/materializations/${view}`, body);
  const records = async () => (await h.send("GET", "/v1/materializations")).json.materializations;

  it("keep their interval and counts by view@version, in one read", async () => {
    expect(await records()).toEqual({});
    const body = { version: 1, start: "2001-03-30T00:00:00+02:00", end: NOW, rows: 10, late: 2 };
    const done = await complete(body);
    const record = {
      view: "last_flight",
      version: 1,
      start: "2001-03-29T22:00:00Z",
      end: NOW,
      rows: 10,
      late: 2,
      completedAt: NOW,
    };
    expect(done.json).toMatchObject({ view: "last_flight", version: 1, active: 1, record });
    await complete({ start: null, end: NOW, rows: 0 }, "airport_info");
    h.store.reads.length = 0;
    expect(await records()).toEqual({
      "last_flight@1": { ...record, covered: [{ start: "2001-03-29T22:00:00Z", end: NOW }] },
      "airport_info@1": expect.objectContaining({ start: null, end: NOW }),
    });
    expect(h.store.reads).toHaveLength(2);
  });

  it("keep the run that reached furthest, whatever the order", async () => {
    await complete({ start: null, end: NOW, rows: 10 });
    const earlier = await complete({ start: null, end: "2001-03-01T00:00:00Z", rows: 99 });
    expect(earlier.json.record).toMatchObject({ end: NOW, rows: 10 });
    expect((await records())["last_flight@1"]).toMatchObject({ end: NOW, rows: 10 });
  });

  it("of two that complete at once, both views are marked", async () => {
    const other = h.isolate();
    h.store.beforeWrite = async () => {
      h.store.beforeWrite = undefined;
      await other.send("POST", "/v1/materializations/rating", { start: null, end: NOW, rows: 1 });
    };
    await complete({ start: null, end: NOW, rows: 1 });
    const { views } = (await h.send("GET", "/v1/registry")).json.snapshot;
    expect([views.last_flight.active, views.rating.active]).toEqual([1, 1]);
  });

  it.each([
    ["an unknown view", "nope", {}, 404, "unknown_view"],
    ["a name of JavaScript's own", "constructor", {}, 404, "unknown_view"],
    ["an unknown version", "last_flight", { version: 7 }, 404, "unknown_version"],
    ["an on-demand view", "risk", {}, 400, "bad_request"],
    ["3.6 an end in the future", "last_flight", { end: "2001-03-31T12:00:05.000001Z" }, 400, "event_time_in_future"],
    ["1.1 an end without zone", "last_flight", { end: "2001-03-31T12:00:00" }, 400, "bad_time"],
    ["an end before the start", "last_flight", { start: NOW, end: "2001-03-31T11:00:00Z" }, 400, "bad_request"],
    ["no end", "last_flight", { end: undefined }, 400, "bad_request"],
    ["a count that is none", "last_flight", { late: "2" }, 400, "bad_request"],
  ])("refuse %s", async (_name, view, change, status, code) => {
    const answer = await complete({ start: null, end: NOW, rows: 1, ...change }, view);
    expect([answer.status, answer.json.code], answer.text).toEqual([status, code]);
    expect(await records()).toEqual({});
  });
});
