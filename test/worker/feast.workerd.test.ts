// The Feast-shaped read, as Feast's clients send and take it.
import { beforeEach, describe, expect, it } from "vitest";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness, NOW } from "./support/harness.ts";
import { packedTiles } from "./support/tiles.ts";

const EPOCH = "1970-01-01T00:00:00Z";

describe("POST /get-online-features", () => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(durableObjectStore());
    await h.apply();
    await h.writeRows("last_flight", [
      flightRow("SEA", "2001-03-31T11:30:00.25Z"),
      flightRow("OLD", "2001-03-31T01:00:00Z"),
      flightRow("NUL", NOW, { delay: null }),
    ]);
  });
  const ask = (body: Record<string, unknown>, headers?: Record<string, string>) =>
    h.send("POST", "/get-online-features", body, headers);

  it("answers by column: values, statuses and event timestamps, join keys first", async () => {
    const answer = await ask({
      features: ["last_flight:delay"],
      entities: { origin: ["SEA", "OLD", "NUL", "ZZZ", null] },
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toEqual({
      metadata: { feature_names: ["origin", "delay"] },
      results: [
        {
          values: ["SEA", "OLD", "NUL", "ZZZ", null],
          statuses: Array.from({ length: 5 }, () => "PRESENT"),
          event_timestamps: Array.from({ length: 5 }, () => EPOCH),
        },
        {
          values: [5, null, null, null, null],
          statuses: ["PRESENT", "OUTSIDE_MAX_AGE", "NULL_VALUE", "NOT_FOUND", "NOT_FOUND"],
          event_timestamps: ["2001-03-31T11:30:00.250Z", "2001-03-31T01:00:00Z", NOW, EPOCH, EPOCH],
        },
      ],
    });
  });

  it("puts on-demand features last, takes request data among the entities, and full names", async () => {
    const packed = packedTiles([{ time: "2001-03-31T11:45:00Z", delay: 11n, distance: 1 }], NOW);
    await h.send("POST", "/v1/rows/delays", { tiles: [{ entities: { origin: "SEA" }, packed }] });
    const entities = { scheduled: [55], origin: ["SEA"], seats: [0] };
    const answer = await ask({
      features: ["risk:ratio", "delays:events_1h", "risk:per_seat"],
      entities,
      full_feature_names: true,
    });
    expect(answer.json.metadata.feature_names).toEqual([
      "origin",
      "delays__events_1h",
      "risk__ratio",
      "risk__per_seat",
    ]);
    expect(
      answer.json.results.map((column: any) => [column.values[0], column.statuses[0], column.event_timestamps[0]]),
    ).toEqual([
      ["SEA", "PRESENT", EPOCH],
      [1, "PRESENT", "2001-03-31T11:45:00Z"],
      [0.2, "PRESENT", EPOCH],
      [null, "INVALID", EPOCH],
    ]);
  });

  it("serves a feature service; null members count as absent, unknown ones are ignored", async () => {
    const entities = { origin: ["SEA"], scheduled: [1], seats: [1] };
    const answer = await ask({ feature_service: "model", features: null, entities, include_more: true });
    expect(answer.json.metadata.feature_names.slice(0, 2)).toEqual(["origin", "events_1h"]);
  });

  it("takes an entity's name for its join key, and gives back join keys it did not need", async () => {
    const answer = await ask({ features: ["last_flight:delay"], entities: { airport: ["SEA"], user_id: [9] } });
    expect(answer.json.metadata.feature_names).toEqual(["origin", "user_id", "delay"]);
    expect(answer.json.results.map((column: any) => column.values)).toEqual([["SEA"], [9], [5]]);
  });

  it.each([
    ["a list with a number too long for a double", "[12345678901234567890]", "an array"],
    ["an object with one", '{"a":12345678901234567890}', "object"],
    ["lists in lists, deeper than JSON can be written", `${"[".repeat(20_000)}${"]".repeat(20_000)}`, "an array"],
  ])("refuses %s as the id of a join key that it did not need", async (_name, id, shown) => {
    const body = `{"features":["last_flight:delay"],"entities":{"origin":["SEA","SEA"],"user_id":[9,${id}]}}`;
    const answer = await h.send("POST", "/get-online-features", body);
    expect([answer.status, h.internal]).toEqual([400, []]);
    expect(JSON.parse(answer.json).message).toContain(`user_id[1]: expected an id, got ${shown}`);
  });

  it("gives back any other id of a join key that it did not need", async () => {
    const ids = '["é",9,12345678901234567890,true,null]';
    const origins = '["SEA","SEA","SEA","SEA","SEA"]';
    const body = `{"features":["last_flight:delay"],"entities":{"origin":${origins},"user_id":${ids}}}`;
    const answer = await h.send("POST", "/get-online-features", body);
    expect(answer.text).toContain(`{"values":${ids}`);
  });

  it("needs no content type, as Feast's client sends none", async () => {
    const body = new TextEncoder().encode('{"features":["last_flight:delay"],"entities":{"origin":["SEA"]}}');
    const response = await h.app.fetch(
      new Request("http://edgefeat.test/get-online-features", { method: "POST", body }),
    );
    expect(response.status).toBe(200);
  });

  it("writes types as Feast's JSON does: bare int64, base64, whole seconds", async () => {
    const values = {
      a_bool: true,
      an_int32: -1,
      an_int64: "LARGE",
      a_float32: 0.1,
      a_float64: "NaN",
      a_decimal: "1.5",
      a_string: "é",
      some_bytes: "AP8=",
      a_time: "1969-12-31T23:59:59.5Z",
      names: ["a"],
      numbers: [1],
      embedding: [1, 2.5, -3],
    };
    const row = { entities: { user_id: "ID" }, eventTime: NOW, values };
    const text = (body: unknown) =>
      JSON.stringify(body).replace('"LARGE"', "9223372036854775807").replaceAll('"ID"', "-9007199254740993");
    const written = await h.send("POST", "/v1/rows/everything", text({ rows: [row] }));
    expect(written.status, written.text).toBe(200);
    const answer = await h.send(
      "POST",
      "/get-online-features",
      text({ features: Object.keys(values).map((name) => `everything:${name}`), entities: { user_id: ["ID"] } }),
    );
    const columns = [...answer.text.matchAll(/"values":\[(.*?)\],"statuses"/g)].map(([, values]) => values);
    expect(columns).toEqual([
      "-9007199254740993",
      "true",
      "-1",
      "9223372036854775807",
      "0.10000000149011612",
      '"NaN"',
      '"1.5000"',
      '"é"',
      '"AP8="',
      "-1",
      '["a"]',
      "[1]",
      // Feast's client takes a number's type from its text.
      "[1.0,2.5,-3.0]",
    ]);
  });

  it.each([
    [0, "0.0"],
    ["-0", "-0.0"],
    [-5, "-5.0"],
    [2.5, "2.5"],
    [1e21, "1e+21"],
    [123456789012345680000, "123456789012345680000.0"],
    [5e-324, "5e-324"],
    ["Infinity", '"Infinity"'],
  ])("writes the float %s as %s, which no reader takes for an integer", async (value, text) => {
    const body = JSON.stringify({ rows: [flightRow("FLT", NOW, { distance: value })] }).replace('"-0"', "-0");
    await h.send("POST", "/v1/rows/last_flight", body);
    const answer = await ask({ features: ["last_flight:distance"], entities: { origin: ["FLT"] } });
    expect(answer.text).toContain(`"values":[${text}]`);
  });

  it("tells the versions of the views that it read, where that is asked for", async () => {
    const entities = { origin: ["SEA"], destination: ["PDX"], scheduled: [1], seats: [1] };
    const body = { features: ["risk:ratio", "last_flight:delay"], entities };
    const versions = { include_feature_view_version_metadata: true };
    expect((await ask(body)).json.metadata).toEqual({ feature_names: ["origin", "destination", "delay", "ratio"] });
    expect((await ask({ ...body, ...versions })).json.metadata.feature_view_metadata).toEqual([
      { name: "last_flight", version: 1 },
      { name: "delays", version: 1 },
    ]);
    const service = { feature_service: "route", features: [], full_feature_names: true };
    expect((await ask({ ...service, entities, ...versions })).json.metadata.feature_view_metadata).toEqual([
      { name: "airport_info", version: 1 },
      { name: "destination_info", version: 1 },
    ]);
  });

  it("takes versions as Feast writes them, and names the columns so", async () => {
    const features = ["last_flight@v1:delay", "last_flight@V1:carrier", "last_flight@latest:distance"];
    const answer = await ask({ features, entities: { origin: ["SEA"] }, full_feature_names: true });
    expect(answer.json.metadata.feature_names).toEqual([
      "origin",
      "last_flight@v1__delay",
      "last_flight@v1__carrier",
      "last_flight__distance",
    ]);
    const unknown = await ask({ features: ["last_flight@v2:delay"], entities: { origin: ["SEA"] } });
    expect([unknown.status, JSON.parse(unknown.json).class]).toEqual([404, "FeastObjectNotFoundException"]);
  });

  it("takes zoneless UTC times", async () => {
    const answer = await ask({
      features: ["risk:asked_at"],
      entities: { origin: ["SEA"], scheduled: [1], seats: [1] },
    });
    expect(answer.json.results[1].values).toEqual([985_996_800 + 12 * 3_600]);
  });

  it("3.1 a stale row is PRESENT here: Feast has no such status", async () => {
    const body = { features: ["last_flight:delay"], entities: { origin: ["SEA", "NUL", "ZZZ"] } };
    h.clock.advance(1);
    await ask(body);
    h.clock.advance(60_000);
    h.store.failing = true;
    expect((await ask(body)).json.results[1]).toMatchObject({
      values: [5, null, null],
      statuses: ["PRESENT", "NULL_VALUE", "NOT_FOUND"],
    });
  });

  it.each<[string, Record<string, unknown>, number, string]>([
    ["an unknown service", { feature_service: "nope", entities: {} }, 404, "FeatureServiceNotFoundException"],
    ["an unknown view", { features: ["nope:delay"], entities: {} }, 404, "FeatureViewNotFoundException"],
    ["an unknown feature", { features: ["last_flight:nope"], entities: {} }, 404, "FeastObjectNotFoundException"],
    ["an unknown entity", { features: ["last_flight:delay"], entities: { nope: [1] } }, 400, "EntityNotFoundException"],
    ["a missing entity", { features: ["last_flight:delay"], entities: {} }, 400, "FeastError"],
    [
      "missing request data",
      { features: ["risk:per_seat"], entities: { origin: ["SEA"] } },
      400,
      "RequestDataNotFoundInEntityRowsException",
    ],
    [
      "two columns of one name",
      { feature_service: "route", entities: { origin: ["SEA"], destination: ["PDX"] } },
      400,
      "FeatureNameCollisionError",
    ],
    ["a value that is no list", { features: ["last_flight:delay"], entities: { origin: "SEA" } }, 400, "FeastError"],
    ["neither features nor service", { entities: {} }, 400, "FeastError"],
  ])("tells %s as a JSON string of module, class and message", async (_name, body, status, className) => {
    const answer = await ask(body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(typeof answer.json).toBe("string");
    expect(JSON.parse(answer.json)).toEqual({ module: "feast.errors", class: className, message: expect.any(String) });
  });

  it("a caller without the token, and a store that fails", async () => {
    const closed = h.isolate({ publicReads: false });
    const body = { features: ["last_flight:delay"], entities: { origin: ["SEA"] } };
    const denied = await closed.send("POST", "/get-online-features", body, { authorization: "" });
    expect([denied.status, JSON.parse(denied.json).class]).toEqual([401, "FeastPermissionError"]);
    h.store.failing = true;
    const failed = await ask(body);
    expect([failed.status, failed.headers.get("retry-after")]).toEqual([503, "1"]);
  });

  it("full names tell two views apart", async () => {
    const entities = { origin: ["SEA"], destination: ["PDX"] };
    const answer = await ask({ feature_service: "route", entities, full_feature_names: true });
    expect(answer.json.metadata.feature_names).toEqual([
      "origin",
      "destination",
      "airport_info__city",
      "destination_info__city",
    ]);
  });
});
