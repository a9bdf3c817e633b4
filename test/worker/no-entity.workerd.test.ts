// Views without an entity: one row for all, read and written without ids, alone and beside views that have some.
import { beforeEach, describe, expect, it } from "vitest";
import {
  count,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  requestSource,
  string,
  sum,
  timestamp,
} from "../../sdk/index.ts";
import { type AggregatedViewSpec, collectDefinitions, compileDefinitions } from "../../sdk/registry/index.ts";
import { packTileRow } from "../../sdk/rows/index.ts";
import { parseTime } from "../../sdk/time.ts";
import { tileLayout } from "../../sdk/windows/index.ts";
import { askedOf } from "../../worker/binding/query.ts";
import { stores } from "../support/workerd-stores.ts";
import { type Harness, harness, NOW } from "./support/harness.ts";

const log = parquet("log", {
  path: "log.parquet",
  eventTime: "at",
  schema: { at: timestamp(), rate: float64(), user_id: int64(), shop: string() },
});
const rates = featureView("rates", {
  entities: [],
  source: log,
  ttl: "1h",
  features: { rate: float64(), shop: string() },
});
const traffic = featureView("traffic", {
  entities: [],
  source: log,
  aggregations: { events_1h: count("1h"), rate_1h: sum("rate", "1h") },
});
const user = entity("user", { joinKey: "user_id", type: int64() });
const visit = featureView("visit", { entities: [user], source: log, features: { rate: float64() } });
const asked = requestSource("asked", { cents: float64() });
const price = onDemandView("price", {
  inputs: [rates, asked],
  features: { euros: float64() },
  expressions: { euros: "cents * rate" },
});
const all = featureService("all", { features: [rates, traffic, visit, price] });
const compiled = compileDefinitions(collectDefinitions({ all }), { columnsOf: () => undefined });
const KEY = /^feature:[^:]+:test:::(rates|traffic)@1$/;

const rate = (at: string, value: number) => ({ eventTime: at, values: { rate: value, shop: "x" } });
function tiles(at: string, sums: number): string {
  const layout = tileLayout(compiled.views["traffic"]?.spec as AggregatedViewSpec);
  const { hopUs, slots } = layout.groups[0] as (typeof layout.groups)[number];
  const us = parseTime(at);
  const states = slots.map(({ kind }) => (kind === "count" ? sums : null));
  return packTileRow(layout, {
    newestEventUs: us,
    writtenAtUs: 0,
    boundaryUs: parseTime(NOW),
    groups: [[{ startUs: Math.ceil(us / hopUs) * hopUs - hopUs, states }]],
  });
}

describe.each(stores)("views without an entity over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(makeStore());
    await h.apply(compiled);
    await h.writeRows("rates", [rate("2001-03-31T11:30:00Z", 0.5)]);
    const packed = tiles("2001-03-31T11:45:00Z", 3);
    await h.send("POST", "/v1/rows/traffic", { tiles: [{ entities: {}, packed }] });
  });

  it("have one row that every write goes to, with entities or without", async () => {
    const rows = [rate("2001-03-31T11:00:00Z", 9), { ...rate("2001-03-31T11:31:00Z", 2), entities: {} }];
    expect((await h.writeRows("rates", rows)).json).toMatchObject({ written: 1, superseded: 1 });
    const packed = tiles("2001-03-31T11:45:00Z", 3);
    const again = await h.send("POST", "/v1/rows/traffic", { tiles: [{ packed }] });
    expect([again.status, again.json]).toEqual([200, expect.objectContaining({ unchanged: 1 })]);
  });

  it("answer one row to a request that gives no ids, by one command", async () => {
    const reader = h.isolate();
    await reader.features({ features: ["rates:rate"] });
    reader.store.reads.length = 0;
    const answer = await reader.features(
      { features: ["rates:rate", "traffic:events_1h", "rates:shop"], include: ["statuses", "eventTimes"] },
      { "cache-control": "no-cache" },
    );
    expect(answer.json).toMatchObject({
      rows: [[0.5, 3, "x"]],
      absent: [],
      statuses: [["PRESENT", "PRESENT", "PRESENT"]],
      eventTimes: [["2001-03-31T11:30:00Z", "2001-03-31T11:45:00Z", "2001-03-31T11:30:00Z"]],
    });
    expect(reader.store.reads.length).toBe(1);
    expect(reader.store.reads[0]?.filter((key) => KEY.test(key)).length).toBe(2);
  });

  it.each([
    ["empty entities", { entities: {} }, 1],
    ["a key of another view, once", { entities: { user_id: 1 } }, 1],
    ["keys of another view", { entities: { user_id: [1, 2, null] } }, 3],
    ["request data of another view", { request: { cents: [1, 2] } }, 2],
  ])("take %s", async (_what, given, rows) => {
    const answer = await h.features({ features: ["rates:rate"], ...given });
    expect(answer.json.rows).toEqual(Array.from({ length: rows }, () => [0.5]));
  });

  it("stand beside views that have an entity, and feed on-demand views", async () => {
    await h.writeRows("visit", [{ entities: { user_id: 7 }, eventTime: NOW, values: { rate: 2 } }]);
    const answer = await h.features({ service: "all", entities: { user_id: [7, 8] }, request: { cents: 10 } });
    expect(answer.json.rows).toEqual([
      [0.5, "x", 3, null, 2, 5],
      [0.5, "x", 3, null, null, 5],
    ]);
    expect(answer.json.absent).toEqual([[1, "visit", "NOT_FOUND"]]);
  });

  it("are not found before anything is written, and outside their age after their TTL", async () => {
    const empty = harness(makeStore());
    await empty.apply(compiled);
    const none = await empty.features({ features: ["rates:rate", "traffic:events_1h"] });
    expect([none.json.rows, none.json.absent]).toEqual([
      [[null, 0]],
      [
        [0, "rates", "NOT_FOUND"],
        [0, "traffic", "NOT_FOUND"],
      ],
    ]);
    h.clock.advance(31 * 60_000);
    const late = await h.features({ features: ["rates:rate"] });
    expect(late.json.absent).toEqual([[0, "rates", "OUTSIDE_MAX_AGE"]]);
  });

  it("answer a GET, and Feast's route with its dummy id or without", async () => {
    const got = await h.send("GET", "/v1/features?features=rates:rate,price:euros&cents=4");
    expect(got.json.rows).toEqual([[0.5, 2]]);
    const feast = (entities: object | undefined) =>
      h.send("POST", "/get-online-features", { features: ["rates:rate"], entities });
    const value = { values: [0.5], statuses: ["PRESENT"], event_timestamps: ["2001-03-31T11:30:00Z"] };
    for (const entities of [undefined, {}]) {
      expect((await feast(entities)).json).toEqual({ metadata: { feature_names: ["rate"] }, results: [value] });
    }
    const dummy = await feast({ __dummy_id: ["", ""] });
    expect(dummy.json.metadata.feature_names).toEqual(["__dummy_id", "rate"]);
    expect(dummy.json.results.map((column: any) => column.values)).toEqual([
      ["", ""],
      [0.5, 0.5],
    ]);
  });

  it("take Feast's writes, with its dummy id or without", async () => {
    const write = (df: object) =>
      h.send("POST", "/write-to-online-store", { feature_view_name: "rates", df, allow_registry_cache: false });
    const written = await write({
      __dummy_id: [""],
      rate: [0.75],
      shop: ["y"],
      event_timestamp: ["2001-03-31T11:40:00"],
    });
    expect(written.status, written.text).toBe(200);
    const again = await write({ rate: [0.8], shop: ["z"], event_timestamp: ["2001-03-31T11:41:00"] });
    expect(again.status, again.text).toBe(200);
    expect((await h.features({ features: ["rates:rate"] })).json.rows).toEqual([[0.8]]);
  });

  it("answer as Arrow and as a matrix", async () => {
    const asOctets = (accept: string) =>
      h.app.fetch(
        new Request("http://edgefeat.test/v1/features?features=rates:rate,traffic:events_1h", { headers: { accept } }),
        undefined,
        { waitUntil: () => {} },
      );
    const matrix = await asOctets("application/octet-stream");
    expect([...new Float32Array(await matrix.arrayBuffer())]).toEqual([0.5, 3]);
    const arrow = await asOctets("application/vnd.apache.arrow.stream");
    expect(arrow.status).toBe(200);
  });

  it.each([
    ["an id", { entities: { user_id: 1 } }, "unknown_entity_key", /leave entities out/],
    ["entities that are none", { entities: null }, "bad_request", undefined],
  ])("refuse a row with %s", async (_what, more, code, hint) => {
    const answer = await h.writeRows("rates", [{ ...rate(NOW, 1), ...more }]);
    expect([answer.status, answer.json.code]).toEqual([400, code]);
    if (hint !== undefined) expect(answer.json.hint).toMatch(hint);
  });

  it("want an id from a view that has an entity", async () => {
    const row = await h.writeRows("visit", [{ eventTime: NOW, values: { rate: 2 } }]);
    expect([row.status, row.json.code]).toEqual([400, "bad_request"]);
    const read = await h.features({ features: ["visit:rate", "rates:rate"] });
    expect([read.status, read.json.code]).toEqual([400, "missing_entity_key"]);
  });
});

describe("over a binding", () => {
  it("a query of views without an entity needs none", () => {
    const { asked: query } = askedOf({ features: ["rates:rate"] });
    expect(query.given({} as never, {} as never).entities).toEqual({});
  });
});
