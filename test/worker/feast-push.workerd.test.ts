// Feast's /push and /materialize, and who may write in Feast's shapes.
import { beforeEach, describe, expect, it } from "vitest";
import { entity, featureView, int64, parquet, string, timestamp } from "../../sdk/index.ts";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { compiled } from "./support/definitions.ts";
import { type Columns, flights, NONE, pusher, raised } from "./support/feast.ts";
import { type Harness, harness, NOW } from "./support/harness.ts";

describe("POST /push", () => {
  const airport = entity("airport", { joinKey: "origin", type: string() });
  const source = parquet("departures", {
    path: "departures.parquet",
    eventTime: "date",
    schema: { origin: string(), date: timestamp(), delay: int64(), carrier: string(), gate: string() },
  });
  const other = parquet("late", {
    path: "late.parquet",
    eventTime: "at",
    schema: { origin: string(), at: timestamp(), x: int64() },
  });
  const pushed = compiled({
    lastDelay: featureView("last_delay", { entities: [airport], source, features: { delay: int64() } }),
    lastCarrier: featureView("last_carrier", { entities: [airport], source, features: { carrier: string() } }),
    // Named as another view's source is.
    late: featureView("departures_late", { entities: [airport], source: other, features: { x: int64() } }),
    departures: featureView("late", { entities: [airport], source, features: { gate: string() } }),
  });
  const frame = (more: Columns = {}) => ({
    origin: ["SEA"],
    event_timestamp: ["2001-03-31T11:00:00"],
    delay: [7],
    carrier: ["AS"],
    gate: ["N7"],
    ...more,
  });
  let h: Harness;
  beforeEach(async () => {
    h = harness(durableObjectStore());
    await h.apply(pushed);
  });

  it("writes to every view over a source, online where nothing else is said", async () => {
    const answer = await pusher(h)("departures", frame({ pilot: ["x"] }));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toEqual({
      rows: 1,
      views: ["last_delay", "last_carrier", "late"].map((view) => ({ view, version: 1, written: 1, ...NONE })),
      ignoredColumns: ["pilot"],
    });
    expect(h.logged.findLast(({ event }) => event === "audit")).toMatchObject({ name: "departures", count_written: 3 });
    const features = ["last_delay:delay", "last_carrier:carrier", "late:gate"];
    expect((await h.features({ features, entities: { origin: "SEA" } })).json.rows).toEqual([[7, "AS", "N7"]]);
  });

  it("writes to none where one can't take the frame", async () => {
    h.store.writes = [];
    const { gate: _, ...columns } = frame();
    const answer = await pusher(h)("departures", columns);
    expect([answer.status, raised(answer).message]).toEqual([
      400,
      expect.stringContaining("df.gate: the column is missing"),
    ]);
    expect(h.store.writes).toEqual([]);
  });

  it("writes to none where one can't hold the frame's rows", async () => {
    h.store.writes = [];
    const answer = await pusher(h)("departures", frame({ gate: ["g".repeat(2_000_001)] }));
    expect([answer.status, raised(answer).message]).toEqual([
      400,
      expect.stringContaining("df[0]: it makes a row of 2000"),
    ]);
    expect(h.store.writes).toEqual([]);
  });

  it("takes a view's name too", async () => {
    const answer = await pusher(h)("last_delay", frame(), { to: "online" });
    expect(answer.json).toMatchObject({
      views: [{ view: "last_delay", written: 1 }],
      ignoredColumns: ["carrier", "gate"],
    });
  });

  it.each<[string, string, Columns, number, string, RegExp]>([
    ["an unknown name", "departure", {}, 404, "PushSourceNotFoundException", /did you mean "departures"/],
    [
      "a name of a source and of a view over another",
      "late",
      {},
      400,
      "FeastError",
      /"late" is a source, and also a view/,
    ],
    ["a push offline", "departures", { to: "offline" }, 501, "FeastError", /"to" is "offline"/],
    ["a push to both sides", "departures", { to: "online_and_offline" }, 501, "FeastError", /nothing was written/],
    ["a push to nowhere", "departures", { to: "elsewhere" }, 400, "FeastError", /request: to: /],
  ])("refuses %s, and writes nothing", async (_name, source_name, more, status, className, message) => {
    h.store.writes = [];
    const answer = await pusher(h)(source_name, frame(), more);
    expect([answer.status, raised(answer)]).toEqual([
      status,
      { class: className, message: expect.stringMatching(message) },
    ]);
    expect(h.store.writes).toEqual([]);
  });

  it("refuses a source that feeds an aggregated view, stored ones beside it or not", async () => {
    await h.apply();
    h.store.writes = [];
    const answer = await pusher(h)("flights", flights(["SEA"]));
    expect([answer.status, raised(answer).message]).toEqual([
      501,
      expect.stringContaining('the aggregated view "delays"'),
    ]);
    expect(h.store.writes).toEqual([]);
  });
});

describe("POST /materialize and /materialize-incremental", () => {
  const START = "2001-03-30T00:00:00";
  let h: Harness;
  beforeEach(async () => {
    h = harness(durableObjectStore());
    await h.apply();
  });

  it.each<[string, string, Columns, number, string, RegExp]>([
    ["", "", { start_ts: START, end_ts: NOW }, 501, "FeastError", /edgefeat materialize START END/],
    [
      "",
      " of a view",
      { start_ts: START, end_ts: NOW, feature_views: ["delays"] },
      501,
      "FeastError",
      /nothing was written/,
    ],
    ["", " of all", { disable_event_timestamp: true }, 501, "FeastError", /DuckDB/],
    [
      "-incremental",
      "",
      { end_ts: NOW, feature_views: null },
      501,
      "FeastError",
      /edgefeat materialize-incremental END/,
    ],
    ["", " without its start", { end_ts: NOW }, 400, "FeastError", /start_ts is missing/],
    ["", " that ends before it starts", { start_ts: NOW, end_ts: START }, 400, "FeastError", /not before/],
    ["", " up to no time", { start_ts: START, end_ts: "x" }, 400, "FeastError", /"x" is not/],
    ["-incremental", " without its end", {}, 400, "FeastError", /end_ts/],
    ["-incremental", " up to no time", { end_ts: "x" }, 400, "FeastError", /"x" is not/],
    [
      "",
      " of no view",
      { start_ts: START, end_ts: NOW, feature_views: ["nope"] },
      404,
      "FeatureViewNotFoundException",
      /"nope"/,
    ],
  ])("/materialize%s%s is refused", async (path, _what, body, status, className, message) => {
    const answer = await h.send("POST", `/materialize${path}`, body);
    expect([answer.status, raised(answer)]).toEqual([
      status,
      { class: className, message: expect.stringMatching(message) },
    ]);
    expect(h.internal).toEqual([]);
    expect((await h.send("GET", "/v1/jobs")).json.jobs).toEqual([]);
  });

  describe("where a runner is there", () => {
    const LEASE = { lease: "0123456789abcdef" };
    beforeEach(async () => {
      await h.send("POST", "/v1/runners/one", {});
    });

    it.each<[string, Columns, number, Columns]>([
      ["", { start_ts: START, end_ts: NOW }, 200, { incremental: false, start: `${START}Z`, end: NOW }],
      ["?async=true", { disable_event_timestamp: true }, 202, { incremental: false, start: null, end: null }],
      ["-incremental", { end_ts: "2001-03-31T12:00:03" }, 200, { incremental: true, start: null, end: NOW }],
      ["-incremental?async=true", { end_ts: "2001-03-31T11:00:00" }, 202, { end: "2001-03-31T11:00:00Z" }],
    ])("/materialize%s of %j answers %i, and leaves it to the runner", async (path, body, status, job) => {
      const views = ["last_flight", "delays"];
      const answer = await h.send("POST", `/materialize${path}`, { ...body, feature_views: views });
      expect([answer.status, answer.json]).toEqual([
        status,
        { status: "accepted", feature_views: views, jobs: ["1", "2"] },
      ]);
      const { jobs } = (await h.send("GET", "/v1/jobs")).json;
      expect(jobs.map(({ view }: Columns) => view)).toEqual(views.toReversed());
      for (const queued of jobs) expect(queued).toMatchObject({ state: "queued", origin: "feast", ...job });
    });

    it("takes every view but on-demand ones where none is named, and one that waits already once", async () => {
      const first = await h.send("POST", "/materialize-incremental", { end_ts: NOW });
      const { feature_views, jobs } = first.json;
      expect(feature_views).not.toContain("risk");
      expect(feature_views).toEqual(expect.arrayContaining(["last_flight", "delays", "rating"]));
      expect((await h.send("POST", "/materialize-incremental", { end_ts: NOW })).json.jobs).toEqual(jobs);
    });

    it("refuses an end that lies in the future, and an on-demand view", async () => {
      const late = await h.send("POST", "/materialize-incremental", { end_ts: "2001-03-31T12:00:06" });
      expect([late.status, raised(late).message]).toEqual([400, expect.stringMatching(/lies in the future/)]);
      const risk = await h.send("POST", "/materialize-incremental", { end_ts: NOW, feature_views: ["risk"] });
      expect([risk.status, raised(risk).message]).toEqual([400, expect.stringMatching(/on-demand/)]);
    });

    it("is refused again once the runner has gone, or is not heard of any more", async () => {
      const asked = () => h.send("POST", "/materialize-incremental", { end_ts: NOW, feature_views: ["delays"] });
      await h.send("DELETE", "/v1/runners/one");
      expect((await asked()).status).toBe(501);
      await h.send("POST", "/v1/runners/two", LEASE);
      expect((await asked()).status).toBe(200);
      h.clock.advance(60_000);
      expect((await asked()).status).toBe(501);
    });
  });
});

describe("who may write in Feast's shapes", () => {
  const RATING = { user_id: [1], item: ["a"], stars: [5], event_timestamp: [NOW] };
  let h: Harness;
  let as: Record<"anybody" | "reader" | "ratings" | "flights", Record<string, string>>;
  beforeEach(async () => {
    h = harness(durableObjectStore());
    await h.apply();
    const token = async (body: Columns) => {
      const made = await h.send("POST", "/v1/tokens", { name: "a token", ...body });
      return { authorization: `Bearer ${made.json.token}` };
    };
    as = {
      anybody: { authorization: "" },
      reader: await token({ access: "read" }),
      ratings: await token({ access: "write", views: ["rating"] }),
      flights: await token({ access: "write", views: ["last_flight"] }),
    };
  });
  const writeRating = { feature_view_name: "rating", df: RATING };
  const push = (push_source_name: string) => ({ push_source_name, df: RATING });

  it.each<[keyof typeof as, string, Columns, number]>([
    ["anybody", "/write-to-online-store", writeRating, 401],
    ["anybody", "/push", push("ratings"), 401],
    ["anybody", "/materialize-incremental", { end_ts: NOW }, 401],
    ["reader", "/write-to-online-store", writeRating, 403],
    ["reader", "/push", push("ratings"), 403],
    ["reader", "/materialize", { disable_event_timestamp: true }, 403],
    ["ratings", "/write-to-online-store", writeRating, 200],
    ["ratings", "/push", push("ratings"), 200],
    ["ratings", "/push", push("rating"), 200],
    ["ratings", "/materialize-incremental", { end_ts: NOW, feature_views: ["rating"] }, 501],
    ["ratings", "/materialize-incremental", { end_ts: NOW }, 403],
    ["flights", "/write-to-online-store", writeRating, 403],
    ["flights", "/push", push("ratings"), 403],
    // The source feeds an aggregated view besides.
    ["flights", "/push", push("flights"), 403],
    ["flights", "/materialize-incremental", { end_ts: NOW, feature_views: ["rating"] }, 403],
  ])("%s by POST %s of %j: %i", async (who, path, body, status) => {
    const answer = await h.send("POST", path, body, as[who]);
    expect(answer.status, answer.text).toBe(status);
    if (status === 401 || status === 403) expect(raised(answer).class).toBe("FeastPermissionError");
  });

  it("a limited token is told the same of what it may not write and of what there isn't", async () => {
    const told = async (path: string, body: (name: string) => Columns, names: readonly string[]) => {
      const answers = await Promise.all(names.map((name) => h.send("POST", path, body(name), as.ratings)));
      return new Set(
        answers.map((answer, i) => [answer.status, answer.text.replaceAll(names[i] as string, "NAME")].join(" ")),
      );
    };
    const written = (feature_view_name: string) => ({ feature_view_name, df: RATING });
    expect((await told("/write-to-online-store", written, ["last_flight", "nope"])).size).toBe(1);
    expect((await told("/push", push, ["flights", "last_flight", "airports", "nope"])).size).toBe(1);
  });
});
