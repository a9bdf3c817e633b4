// /metrics after real requests, counted to the one: what a scrape tells, and what it costs.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { entity, featureView, int64, parquet, string } from "../../sdk/index.ts";
import { emptySnapshot, planApply } from "../../sdk/registry/index.ts";
import { createWorker } from "../../worker/index.ts";
import { counted } from "../../worker/store/counted.ts";
import { stores } from "../support/workerd-stores.ts";
import { compiled, delays, lastFlight, risk } from "./support/definitions.ts";
import { flightRow, type Harness, harness, NO_HEADER, NOW } from "./support/harness.ts";
import { busyPage } from "./support/metrics-page.ts";
import { type Page, parsePage } from "./support/prometheus-text.ts";

const OPEN_METRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

async function scrape({ app }: Harness, accept?: string): Promise<Page> {
  const headers = accept === undefined ? {} : { accept };
  const response = await app.fetch(new Request("http://edgefeat.test/metrics", { headers }));
  expect(response.status).toBe(200);
  return parsePage(
    new TextDecoder().decode(await response.arrayBuffer()),
    accept === undefined ? "text" : "openmetrics",
  );
}

const FEATURES = { method: "POST", route: "/v1/features" };
const LAST_FLIGHT = { view: "last_flight", version: "1" };

describe.each(stores)("metrics over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(makeStore());
    const writer = h.isolate();
    await writer.apply();
    await writer.writeRows("last_flight", [
      flightRow("SEA", "2001-03-31T11:59:59Z"),
      flightRow("PDX", "2001-03-31T11:55:00Z", { carrier: null }),
      flightRow("OLD", "2001-03-31T05:00:00Z"),
    ]);
    await h.send("GET", "/v1/registry");
    h.store.reads.length = 0;
  });

  const ask = (origins: readonly string[], more: Record<string, unknown> = {}) =>
    h.features({ features: ["last_flight:delay"], entities: { origin: origins }, ...more });

  it("counts requests by route and status, never by path, and errors by code", async () => {
    await ask(["SEA"]);
    await ask(["SEA"]);
    await ask(["SEA"], { features: ["last_flight:dellay"] });
    await h.send("GET", "/v1/features?features=last_flight:delay&origin=SEA");
    await h.send("HEAD", "/health");
    await h.send("POST", "/v1/rows/last_flight", { rows: [flightRow("SEA", NOW)] });
    await h.send("POST", "/v1/rows/no_such_view", { rows: [] });
    await h.send("POST", "/v1/rows/last_flight", { rows: [] }, { authorization: NO_HEADER });
    await h.send("GET", "/wp-login.php?user=me");
    await h.send("DELETE", "/v1/features");
    const page = await scrape(h);
    const requests = page
      .all("edgefeat_http_requests_total")
      .map(({ labels, value }) => [labels["method"], labels["route"], labels["status"], value]);
    expect(requests).toEqual([
      ["any", "unmatched", "404", 1],
      ["any", "unmatched", "405", 1],
      ["POST", "/v1/features", "200", 2],
      ["POST", "/v1/features", "404", 1],
      ["GET", "/v1/features", "200", 1],
      ["POST", "/v1/rows/:view", "200", 1],
      ["POST", "/v1/rows/:view", "401", 1],
      ["POST", "/v1/rows/:view", "404", 1],
      ["GET", "/health", "200", 1],
      ["GET", "/v1/registry", "200", 1],
    ]);
    const errors = page.all("edgefeat_http_errors_total").map(({ labels, value }) => [labels["code"], value]);
    expect(Object.fromEntries(errors)).toEqual({
      unknown_feature: 1,
      unknown_view: 1,
      internal_error: 0,
      store_unavailable: 0,
      store_conflict: 0,
      row_corrupt: 0,
      unauthorized: 1,
      not_found: 1,
      method_not_allowed: 1,
    });
    // A page tells of the scrapes before it.
    expect(
      (await scrape(h)).value("edgefeat_http_requests_total", { method: "GET", route: "/metrics", status: "200" }),
    ).toBe(1);
  });

  it("puts each request into one bucket of its route and class", async () => {
    const read = h.store.read.bind(h.store);
    for (const [origin, ms] of [
      ["SEA", 0],
      ["PDX", 3],
      ["OLD", 10_000],
    ] as const) {
      h.store.read = (keys) => {
        h.clock.advance(ms);
        return read(keys);
      };
      await ask([origin]);
    }
    const page = await scrape(h);
    const name = "edgefeat_http_request_duration_seconds";
    const labels = { ...FEATURES, status_class: "2xx" };
    const within = (le: string) => page.value(`${name}_bucket`, { ...labels, le });
    expect([within("0.0001"), within("0.0025"), within("0.005"), within("5"), within("+Inf")]).toEqual([1, 1, 2, 2, 3]);
    expect(page.value(`${name}_sum`, labels)).toBeCloseTo(10.003, 9);
    const stage = (end: string, of: string) => page.value(`edgefeat_stage_duration_seconds_${end}`, { stage: of });
    expect([stage("count", "store"), stage("sum", "store")]).toEqual([3, expect.closeTo(10.003, 9)]);
    expect(["plan", "cache", "transform", "encode"].map((of) => stage("count", of))).toEqual([3, 3, 3, 3]);
  });

  it("counts what the cache held, and what it holds", async () => {
    await ask(["SEA", "PDX", "ZZZ"]);
    await ask(["SEA", "PDX", "AAA"]);
    h.clock.advance(50_000);
    await ask(["SEA"]);
    await Promise.all(h.background);
    h.clock.advance(60_000);
    h.store.failing = true;
    expect((await ask(["SEA", "PDX"])).json.absent).toEqual([
      [0, "last_flight", "STALE"],
      [1, "last_flight", "STALE"],
    ]);
    expect((await ask(["NEW"])).status).toBe(503);
    const page = await scrape(h);
    const figures = ["hits", "misses", "refreshing", "stale"].map((what) => page.value(`edgefeat_cache_${what}_total`));
    expect(figures).toEqual([3, 4 + 2 + 1, 1, 2]);
    expect(page.value("edgefeat_cache_rows")).toBe(4);
    expect(page.value("edgefeat_cache_bytes")).toBeGreaterThan(4 * 200);
    expect(page.value("edgefeat_cache_limit_rows")).toBe(50_000);
    expect(page.value("edgefeat_entity_rows_total")).toBe(3 + 3 + 1 + 2);
    expect(page.value("edgefeat_answer_store_reads_total")).toBe(1 + 1 + 1 + 1);
    expect(page.value("edgefeat_http_errors_total", { code: "store_unavailable" })).toBe(1);
    expect(page.value("edgefeat_store_up")).toBe(0);
  });

  it("counts rows of views by status and by age", async () => {
    await ask(["SEA", "SEA", "PDX", "OLD", "ZZZ"]);
    await ask(["SEA"], { features: ["last_flight:delay", "airport_info:city"] });
    const page = await scrape(h);
    const statuses = (view: string) =>
      page
        .all("edgefeat_view_rows_total")
        .filter(({ labels }) => labels["view"] === view)
        .map(({ labels, value }) => [labels["status"], value]);
    expect(statuses("last_flight")).toEqual([
      ["PRESENT", 4],
      ["NOT_FOUND", 1],
      ["OUTSIDE_MAX_AGE", 1],
      ["STALE", 0],
    ]);
    expect(statuses("airport_info")).toEqual([
      ["PRESENT", 0],
      ["NOT_FOUND", 1],
      ["OUTSIDE_MAX_AGE", 0],
      ["STALE", 0],
    ]);
    const age = (le: string) => page.value("edgefeat_view_row_age_seconds_bucket", { ...LAST_FLIGHT, le });
    expect([age("1"), age("60"), age("300"), age("+Inf")]).toEqual([3, 3, 4, 4]);
    expect(page.value("edgefeat_view_row_age_seconds_sum", LAST_FLIGHT)).toBe(1 + 1 + 300 + 1);
  });

  it("counts values that a fault made null, by feature", async () => {
    const request = { scheduled: 1, seats: [0, 0, 1] };
    await ask(["SEA", "SEA", "SEA"], { features: ["risk:per_seat", "last_flight:delay"], request });
    const page = await scrape(h);
    expect(page.all("edgefeat_transform_errors_total").map(({ labels, value }) => [labels, value])).toEqual([
      [{ feature: "risk:per_seat", code: "division_by_zero" }, 2],
    ]);
  });

  it("tells how fresh each view is, and whether that is what it declares", async () => {
    const origin = entity("airport", { joinKey: "origin", type: string() });
    const source = parquet("flights", { path: "f.parquet", eventTime: "at" });
    const features = { delay: int64() };
    const views = {
      hourly: featureView("hourly", { entities: [origin], source, features, freshness: "1h" }),
      prompt: featureView("prompt", { entities: [origin], source, features, freshness: "10m" }),
      undeclared: featureView("undeclared", { entities: [origin], source, features }),
      never: featureView("never", { entities: [origin], source, features, freshness: "1h" }),
    };
    const own = harness(makeStore());
    await own.apply(compiled(views));
    for (const view of ["hourly", "prompt", "undeclared"]) {
      const end = "2001-03-31T11:45:00Z";
      await own.send("POST", `/v1/materializations/${view}`, { start: null, end, rows: 1 });
    }
    const fresh = async () => {
      const page = await scrape(own);
      return ["hourly", "prompt", "undeclared", "never"].map((view) =>
        ["", "_limit"]
          .map((what) => page.value(`edgefeat_view_freshness${what}_seconds`, { view, version: "1" }))
          .concat(page.value("edgefeat_view_freshness_exceeded", { view, version: "1" })),
      );
    };
    const NEVER = [undefined, undefined, undefined];
    own.store.reads.length = 0;
    expect(await fresh()).toEqual([[900, 3_600, 0], [900, 600, 1], [900, undefined, undefined], NEVER]);
    expect(own.store.reads).toHaveLength(1);
    // For 10 s it asks nothing, and tells the time that has passed all the same.
    own.clock.advance(9_999);
    expect((await fresh())[0]).toEqual([909.999, 3_600, 0]);
    expect(own.store.reads).toHaveLength(1);
    own.clock.advance(1);
    const end = "2001-03-31T12:00:00Z";
    await own.send("POST", "/v1/materializations/prompt", { start: null, end, rows: 1 });
    own.store.reads.length = 0;
    expect((await fresh())[1]).toEqual([10, 600, 0]);
    expect(own.store.reads).toHaveLength(1);
    // A store that fails leaves what was known, and says so.
    own.store.failing = true;
    own.clock.advance(600_000);
    expect((await fresh())[1]).toEqual([610, 600, 1]);
    expect((await scrape(own)).value("edgefeat_store_up")).toBe(0);
    // A store that was emptied is up, and nothing is materialized any more.
    own.store.failing = false;
    own.clock.advance(60_000);
    own.store.read = (keys) => Promise.resolve(keys.map(() => null));
    expect(await fresh()).toEqual([NEVER, NEVER, NEVER, NEVER]);
    expect((await scrape(own)).value("edgefeat_store_up")).toBe(1);
  });

  it("a view may be as far behind as it declares, and only its active version is held to that", async () => {
    const origin = entity("airport", { joinKey: "origin", type: string() });
    const source = parquet("flights", { path: "f.parquet", eventTime: "at" });
    const own = harness(makeStore());
    let snapshot = emptySnapshot(own.project, "test");
    let headers = {};
    for (const [i, features] of [{ delay: int64() }, { delay: int64(), gate: string() }].entries()) {
      const hourly = featureView("hourly", { entities: [origin], source, features, freshness: "1h" });
      snapshot = planApply(snapshot, compiled({ hourly })).snapshot;
      await own.send("PUT", "/v1/registry", snapshot, headers);
      const end = `2001-03-31T1${i}:00:00Z`;
      await own.send("POST", "/v1/materializations/hourly", { version: i + 1, start: null, end, rows: 1 });
      const current = (await own.send("GET", "/v1/registry")).json;
      snapshot = current.snapshot;
      headers = { "if-match": `"${current.registry}"` };
    }
    const told = (page: Page, what: string) =>
      page.all(`edgefeat_view_freshness_${what}`).map(({ labels, value }) => [labels["version"], value]);
    const first = await scrape(own);
    expect(told(first, "seconds")).toEqual([
      ["1", 7_200],
      ["2", 3_600],
    ]);
    expect([told(first, "limit_seconds"), told(first, "exceeded")]).toEqual([[["2", 3_600]], [["2", 0]]]);
    own.clock.advance(1);
    expect(told(await scrape(own), "exceeded")).toEqual([["2", 1]]);
  });

  it("tells the registry's hash, and learns of a new one though nobody but the scraper calls", async () => {
    const first = (await h.send("GET", "/v1/registry")).json.registry as string;
    const labels = (hash: string) => ({ project: h.project, environment: "test", hash });
    expect((await scrape(h)).value("edgefeat_registry_info", labels(first))).toBe(1);
    const second = await h.isolate().apply(compiled({ lastFlight, risk, delays }));
    expect(second).not.toBe(first);
    h.clock.advance(10_000);
    await h.app.fetch(new Request("http://edgefeat.test/metrics"), undefined, {
      waitUntil: (work) => void h.background.push(work),
    });
    await Promise.all(h.background);
    h.clock.advance(4_000);
    const page = await scrape(h);
    expect(page.value("edgefeat_registry_info", labels(second))).toBe(1);
    expect(page.value("edgefeat_registry_snapshot_age_seconds")).toBe(4);
  });

  it("answers before any registry exists, and while the store fails", async () => {
    const empty = harness(makeStore());
    const page = await scrape(empty);
    expect(page.all("edgefeat_registry_info")).toEqual([]);
    expect([page.value("edgefeat_store_up"), page.all("edgefeat_view_freshness_seconds")]).toEqual([1, []]);
    expect(page.value("edgefeat_store_may_evict")).toBe(0);
    const failing = harness(makeStore());
    failing.store.failing = true;
    const told = await scrape(failing);
    expect([told.value("edgefeat_store_up"), told.all("edgefeat_store_warnings")]).toEqual([0, []]);
  });

  it("tells what a store that counts has done", async () => {
    const store = counted(makeStore());
    const own = harness(store);
    await own.apply();
    Object.assign(own.store, { stats: () => store.stats?.() });
    const commands = async (command: string) =>
      (await scrape(own)).value("edgefeat_store_commands_total", { store: "primary", command }) ?? 0;
    await scrape(own);
    const [reads, writes] = [await commands("read"), await commands("write")];
    await own.features({ service: "model", entities: { origin: ["SEA", "PDX"] }, request: { scheduled: 1, seats: 1 } });
    expect([(await commands("read")) - reads, (await commands("write")) - writes]).toEqual([1, 0]);
    await own.writeRows("last_flight", [flightRow("SEA", NOW)]);
    expect((await commands("write")) - writes).toBe(1);
  });

  it("declares every family from the first scrape on, for rules and dashboards to be checked against", async () => {
    const names = (await scrape(harness(makeStore()))).names();
    expect([...names].toSorted()).toEqual([...parsePage(busyPage()).names()].toSorted());
  });

  it("answers OpenMetrics where that is preferred, with the same figures", async () => {
    await ask(["SEA", "PDX"]);
    const text = await scrape(h);
    const open = await scrape(h, OPEN_METRICS);
    const samples = (page: Page) =>
      [...page.families.values()]
        .flatMap((family) => family.samples)
        .filter(({ labels }) => labels["route"] !== "/metrics")
        .map(({ name, labels, value }) => [
          name,
          { ...labels, le: Number(labels["le"]?.replace("+Inf", "Infinity")) },
          value,
        ]);
    expect(samples(open)).toEqual(samples(text));
    expect([...open.names()].toSorted()).toEqual([...text.names()].toSorted());
  });

  it("needs a token to read, where reads are not public", async () => {
    const closed = harness(makeStore(), { publicReads: false });
    expect((await closed.app.fetch(new Request("http://edgefeat.test/metrics"))).status).toBe(401);
  });
});

describe("Analytics Engine", () => {
  it("gets a data point a request, where it is bound", async () => {
    const points: unknown[] = [];
    const worker = createWorker();
    const bindings = {
      STORE: env.STORE,
      PUBLIC_READS: "true",
      EDGEFEAT_PROJECT: "analytics",
      ANALYTICS: { writeDataPoint: (point: unknown) => void points.push(point) },
    };
    for (const path of ["/health", "/v1/features?features=a:b&x=1", "/nothing"]) {
      const context = createExecutionContext();
      await worker.fetch(new Request(`http://edgefeat.test${path}`), bindings, context);
      await waitOnExecutionContext(context);
    }
    expect(points).toMatchObject([
      { indexes: ["GET /health"], blobs: ["analytics", "dev", "GET", "/health", "2xx", "", ""] },
      { blobs: ["analytics", "dev", "GET", "/v1/features", "4xx", "registry_not_found", ""] },
      { indexes: ["any unmatched"], blobs: ["analytics", "dev", "any", "unmatched", "4xx", "not_found", ""] },
    ]);
  });
});
