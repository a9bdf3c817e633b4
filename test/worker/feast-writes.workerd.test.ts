// POST /write-to-online-store, as Feast's remote online store sends it, and those who write by HTTP.
import { beforeEach, describe, expect, it } from "vitest";
import { entity, featureView, int64, parquet, string, timestamp } from "../../sdk/index.ts";
import { planApply } from "../../sdk/registry/index.ts";
import { MAX_FRAME_ROWS } from "../../worker/write/feast-frame.ts";
import { stores } from "../support/workerd-stores.ts";
import { compiled } from "./support/definitions.ts";
import { type Columns, flights, NONE, raised, writer } from "./support/feast.ts";
import { type Answered, type Harness, harness, NOW, snapshotFor } from "./support/harness.ts";

function without(column: string): Columns {
  const { [column]: _, ...rest } = flights(["SEA"]);
  return rest;
}

describe.each(stores)("POST /write-to-online-store over %s", (_kind, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(makeStore());
    await h.apply();
  });
  const write = (view: string, df: unknown) => writer(h)(view, df);
  const delays = async (origin: string[]) =>
    (await h.features({ features: ["last_flight:delay"], entities: { origin }, include: ["eventTimes"] })).json;

  it("writes the rows of a frame, and says what became of them", async () => {
    const df = flights(["SEA", "PDX"], { delay: [1, null] });
    const answer = await write("last_flight", df);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toEqual({
      rows: 2,
      views: [{ view: "last_flight", version: 1, written: 2, ...NONE }],
      ignoredColumns: [],
    });
    const { rows, eventTimes } = await delays(["SEA", "PDX"]);
    expect(rows).toEqual([[1], [null]]);
    expect(eventTimes).toEqual([["2001-03-31T11:30:00Z"], ["2001-03-31T11:30:00Z"]]);
  });

  it("3.3 may be sent again, in any order: the latest event time wins, then the latest created", async () => {
    const at = (event_timestamp: string, created: string | null, delay: number) =>
      flights(["SEA"], { event_timestamp: [event_timestamp], created: [created], delay: [delay] });
    const frames = [
      at("2001-03-31T11:00:00", "2001-03-31T11:00:02", 2),
      at("2001-03-31T11:00:00", "2001-03-31T11:00:01", 1),
      at("2001-03-31T10:00:00", "2001-03-31T11:59:00", 3),
      at("2001-03-31T11:00:00", null, 4),
    ];
    const outcomes: unknown[] = [];
    for (const frame of [...frames, ...frames.toReversed()])
      outcomes.push((await write("last_flight", frame)).json.views[0]);
    const [superseded, unchanged] = [{ superseded: 1 }, { unchanged: 1 }];
    expect(outcomes).toMatchObject([{ written: 1 }, ...Array.from({ length: 6 }, () => superseded), unchanged]);
    expect((await delays(["SEA"])).rows).toEqual([[2]]);
  });

  it.each([
    ["2001-03-31T11:30:00.123456", "2001-03-31T11:30:00.123456Z"],
    ["2001-03-31 11:30:00", "2001-03-31T11:30:00Z"],
    ["2001-03-31", "2001-03-31T00:00:00Z"],
    ["2001-03-31T13:30:00+02:00", "2001-03-31T11:30:00Z"],
    ["2001-03-31T11:30:00.0000001", "2001-03-31T11:30:00.000001Z"],
  ])("1.1, 1.2 takes the event time %s", async (text, time) => {
    await write("rating", { user_id: [1], item: ["a"], stars: [5], event_timestamp: [text], created: [null] });
    const request = { features: ["rating:stars"], entities: { user_id: [1], item: ["a"] }, include: ["eventTimes"] };
    expect((await h.features(request)).json.eventTimes).toEqual([[time]]);
  });

  it("takes times under the source's own names, and a single value for every row, as pandas does", async () => {
    const { event_timestamp: _, created: __, ...columns } = flights(["SEA", "PDX"]);
    const named = {
      ...columns,
      date: "2001-03-31T11:00:00",
      created: "2001-03-31T11:30:00",
      carrier: "DL",
      delay: null,
    };
    expect((await write("last_flight", named)).json.views).toMatchObject([{ written: 2 }]);
    const request = { features: ["last_flight:carrier", "last_flight:delay"], entities: { origin: ["PDX"] } };
    expect((await h.features(request)).json.rows).toEqual([["DL", null]]);
  });

  it("takes every type as Feast's client and its users send it", async () => {
    const df = {
      user_id: ["ID"],
      event_timestamp: [NOW],
      created: [null],
      a_bool: [true],
      an_int32: [-1],
      an_int64: ["LARGE"],
      a_float32: [0.10000000149011612],
      a_float64: ["NaN"],
      a_decimal: ["1.5"],
      a_string: ["é"],
      some_bytes: ["AP8="],
      a_time: [985_996_800],
      names: [["a", ""]],
      numbers: [["LARGE", 1]],
      embedding: [[1, 2.5, -3]],
    };
    const exact = (value: unknown) =>
      JSON.stringify(value).replaceAll('"LARGE"', "9223372036854775807").replaceAll('"ID"', "-9007199254740993");
    const answer = await h.send("POST", "/write-to-online-store", exact({ feature_view_name: "everything", df }));
    expect(answer.status, answer.text).toBe(200);
    const features = Object.keys(df).slice(3);
    const read = await h.send(
      "POST",
      "/v1/features",
      exact({ features: features.map((name) => `everything:${name}`), entities: { user_id: ["ID"] } }),
    );
    expect(/"rows":\[(.*?)\],"absent"/.exec(read.text)?.[1]).toBe(
      '[true,-1,9223372036854775807,0.10000000149011612,"NaN","1.5000","é","AP8=","2001-03-31T00:00:00Z",["a",""],[9223372036854775807,1],[1,2.5,-3]]',
    );
  });

  it.each([
    [985_996_800, "2001-03-31T00:00:00Z"],
    [-1, "1969-12-31T23:59:59Z"],
    ["2001-03-31T00:00:00.5", "2001-03-31T00:00:00.500Z"],
    ["2001-03-31T02:00:00+02:00", "2001-03-31T00:00:00Z"],
    [null, null],
    ["NaT", null],
    ["NO_TIME", null],
  ])("takes %s for a feature that is a time", async (given, expected) => {
    const nulls = ["a_bool", "an_int32", "an_int64", "a_float32", "a_float64", "a_decimal", "a_string", "some_bytes"];
    const df = {
      user_id: [1],
      event_timestamp: [NOW],
      ...Object.fromEntries([...nulls, "names", "numbers", "embedding"].map((name) => [name, null])),
      a_time: [given],
    };
    // How pandas's NaT goes through Feast's protobuf.
    const body = JSON.stringify({ feature_view_name: "everything", df }).replace('"NO_TIME"', "-9223372036854775808");
    const answer = await h.send("POST", "/write-to-online-store", body);
    expect(answer.status, answer.text).toBe(200);
    const read = await h.features({ features: ["everything:a_time"], entities: { user_id: [1] } });
    expect(read.json.rows).toEqual([[expected]]);
  });

  it("lists columns that the view does not have, which Feast ignores", async () => {
    const body = JSON.stringify({
      feature_view_name: "last_flight",
      df: flights(["SEA"], { gate: ["N7"], proto: [1] }),
    });
    const answer = await h.send("POST", "/write-to-online-store", body.replace('"proto"', '"__proto__"'));
    expect([answer.status, answer.json.ignoredColumns]).toEqual([200, ["gate", "__proto__"]]);
    expect(h.logged.findLast(({ event }) => event === "audit")).toMatchObject({
      route: "POST /write-to-online-store",
      view: "last_flight",
      count_rows: 1,
      count_written: 1,
      count_ignoredColumns: 2,
      status: 200,
    });
  });

  it.each([
    ["no columns", {}],
    ["no rows", flights([])],
  ])("a frame of %s is no fault, as in Feast, and writes nothing", async (_name, df) => {
    const answer = await write("last_flight", df);
    expect([answer.status, answer.json]).toEqual([200, { rows: 0, views: [], ignoredColumns: [] }]);
  });

  it("7.2 writes to the latest version, and to the one that answers until that one is materialized", async () => {
    const wider = featureView("last_flight", {
      entities: [entity("airport", { joinKey: "origin", type: string() })],
      source: parquet("flights", {
        path: "flights.parquet",
        eventTime: "date",
        createdTime: "created",
        schema: { origin: string(), date: timestamp(), created: timestamp(), delay: int64(), gate: string() },
      }),
      ttl: "6h",
      features: { delay: int64(), gate: string() },
    });
    const { snapshot } = planApply(snapshotFor(h.project), compiled({ wider }));
    const before = (await h.send("GET", "/v1/registry")).json.registry;
    const put = await h.send("PUT", "/v1/registry", snapshot, { "if-match": `"${before}"` });
    expect(put.status, put.text).toBe(200);
    const versions = async (df: Columns) => {
      const { status, json } = await write("last_flight", df);
      return status === 200
        ? json.views.map(({ version }: { version: number }) => version)
        : raised({ json } as Answered);
    };
    const both = flights(["SEA"], { gate: ["N7"] });
    const { distance: _, ...newer } = both;
    const { gate: __, ...older } = both;
    const { delay: ___, ...neither } = both;
    expect(await versions(both)).toEqual([2, 1]);
    expect(await versions(newer)).toEqual([2]);
    expect(await versions(older)).toEqual([1]);
    expect(await versions(neither)).toEqual({ class: "FeastError", message: expect.stringContaining("df.delay") });
    const read = await h.features({ features: ["last_flight:delay"], entities: { origin: "SEA" } });
    expect([read.json.rows, read.json.versions ?? null]).toEqual([[[5]], null]);
  });

  it.each<[string, string, unknown, number, string, RegExp]>([
    ["an unknown view", "nope", flights(["SEA"]), 404, "FeatureViewNotFoundException", /no view called "nope"/],
    ["an on-demand view", "risk", flights(["SEA"]), 400, "FeastError", /"risk" is an on-demand view/],
    ["an aggregated view", "delays", flights(["SEA"]), 501, "FeastError", /"delays".*edgefeat materialize/],
    ["no frame", "last_flight", [flights(["SEA"])], 400, "FeastError", /request: df: expected an object/],
    [
      "columns of different lengths",
      "last_flight",
      flights(["SEA", "PDX"], { carrier: ["AS"] }),
      400,
      "FeastError",
      /^df\.carrier: it has 1 values, but df\.origin has 2/,
    ],
    [
      "a column as pandas's dict",
      "last_flight",
      flights(["SEA"], { delay: { 0: 5 } }),
      400,
      "FeastError",
      /^df\.delay: /,
    ],
    ["single values only", "last_flight", { origin: "SEA" }, 400, "FeastError", /^df\.origin: expected a list/],
    ["no column of a feature", "last_flight", without("delay"), 400, "FeastError", /^df\.delay: the column is missing/],
    ["no join key", "last_flight", without("origin"), 400, "FeastError", /^df\.origin: the column is missing/],
    ["no event time", "last_flight", without("event_timestamp"), 400, "FeastError", /^df\.date: the column is missing/],
    [
      "a null event time",
      "last_flight",
      flights(["SEA", "PDX"], { event_timestamp: [NOW, null] }),
      400,
      "FeastError",
      /^df\.event_timestamp\[1\]: the event time is null/,
    ],
    [
      "an event time as a number",
      "last_flight",
      flights(["SEA"], { event_timestamp: [1] }),
      400,
      "FeastError",
      /as text/,
    ],
    [
      "an event time that is none",
      "last_flight",
      flights(["SEA"], { event_timestamp: ["x"] }),
      400,
      "FeastError",
      /"x"/,
    ],
    [
      "3.6 an event time of the future",
      "last_flight",
      flights(["SEA", "PDX"], { event_timestamp: [NOW, "2001-03-31T12:00:06"] }),
      400,
      "FeastError",
      /^df\.event_timestamp\[1\]: its event time is later/,
    ],
    [
      "a null id",
      "last_flight",
      flights(["SEA"], { origin: [null] }),
      400,
      "FeastError",
      /^df\.origin\[0\]: the join key is null/,
    ],
    [
      "a value of another type",
      "last_flight",
      flights(["SEA", "PDX"], { delay: [5, "5"] }),
      400,
      "FeastError",
      /^df\.delay\[1\]: expected int64, got "5"/,
    ],
    [
      "a single value of another type",
      "last_flight",
      flights(["SEA"], { delay: 2.5 }),
      400,
      "FeastError",
      /^df\.delay: expected/,
    ],
    [
      "a created time where the source has none",
      "rating",
      { user_id: [1], item: ["a"], stars: [5], event_timestamp: [NOW], created: [NOW] },
      400,
      "FeastError",
      /^df\.created: the source of "rating" declares no such time/,
    ],
    [
      "an event time for a reference table",
      "airport_info",
      { origin: ["SEA"], city: ["Seattle"], event_timestamp: [NOW] },
      400,
      "FeastError",
      /^df\.event_timestamp: the source of "airport_info" declares no such time/,
    ],
    [
      "too many rows",
      "last_flight",
      {
        ...flights([]),
        origin: Array.from({ length: MAX_FRAME_ROWS + 1 }, () => "A"),
        delay: 1,
        distance: 1,
        carrier: "",
        event_timestamp: NOW,
        created: null,
      },
      413,
      "FeastError",
      /^df has 50001 rows.*online_write_batch_size/,
    ],
  ])("refuses %s, and writes nothing", async (_name, view, df, status, className, message) => {
    h.store.writes = [];
    const answer = await write(view, df);
    expect([answer.status, raised(answer)], answer.text).toEqual([
      status,
      { class: className, message: expect.stringMatching(message) },
    ]);
    expect(h.store.writes).toEqual([]);
    expect(h.internal).toEqual([]);
  });

  it("a reference table takes rows without times", async () => {
    const df = { origin: ["SEA"], city: ["Seattle"], event_timestamp: [null], created: [null] };
    expect((await write("airport_info", df)).json).toMatchObject({ views: [{ written: 1 }], ignoredColumns: [] });
  });
});
