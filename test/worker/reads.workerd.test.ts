// What a read answers: values, statuses, times, order; the rules of SEMANTICS 2 to 5 that the Worker keeps.
import { beforeEach, describe, expect, it } from "vitest";
import { stores } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness, NOW } from "./support/harness.ts";
import { packedTiles } from "./support/tiles.ts";

const ALL = { include: ["statuses", "eventTimes", "versions"] };

describe.each(stores)("reads over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(makeStore());
    await h.apply();
  });

  /** Returns one feature's value and status for one airport. */
  async function read(feature: string, origin: string | null = "SEA", request: Record<string, unknown> = {}) {
    const answer = await h.features({ features: [feature], entities: { origin }, request, ...ALL });
    expect(answer.status, answer.text).toBe(200);
    const { rows, statuses, eventTimes } = answer.json;
    return { value: rows[0][0], status: statuses[0][0], eventTime: eventTimes[0][0], json: answer.json };
  }

  describe("of a stored view", () => {
    it.each([
      ["3.1 a row of now", "2001-03-31T12:00:00Z", "PRESENT", 5],
      ["3.1 a row as old as the TTL", "2001-03-31T06:00:00Z", "PRESENT", 5],
      ["3.1 a row a microsecond older than the TTL", "2001-03-31T05:59:59.999999Z", "OUTSIDE_MAX_AGE", null],
    ])("%s", async (_rule, time, status, value) => {
      await h.writeRows("last_flight", [flightRow("SEA", time)]);
      const found = await read("last_flight:delay");
      expect(found).toMatchObject({ value, status, eventTime: time });
      expect(found.json.absent).toEqual(status === "PRESENT" ? [] : [[0, "last_flight", status]]);
    });

    it("3.1 a stored null, and a stored 0", async () => {
      await h.writeRows("last_flight", [
        flightRow("SEA", NOW, { delay: null }),
        flightRow("PDX", NOW, { delay: 0, carrier: "" }),
      ]);
      expect(await read("last_flight:delay")).toMatchObject({ value: null, status: "NULL_VALUE" });
      expect(await read("last_flight:delay", "PDX")).toMatchObject({ value: 0, status: "PRESENT" });
      expect(await read("last_flight:carrier", "PDX")).toMatchObject({ value: "", status: "PRESENT" });
    });

    it.each([
      ["3.4 an id never seen", "ZZZ"],
      ["3.4 a null id", null],
      ["3.4 an id with every kind of character", "a:b+c/é😀\u0000%\"'{}"],
    ])("%s is NOT_FOUND", async (_rule, origin) => {
      const found = await read("last_flight:delay", origin);
      expect(found).toMatchObject({ value: null, status: "NOT_FOUND", eventTime: null });
      expect(found.json.absent).toEqual([[0, "last_flight", "NOT_FOUND"]]);
    });

    it.each([
      ["NULL_VALUE", "SEA", NOW],
      ["OUTSIDE_MAX_AGE", "SEA", "2001-03-31T00:00:00Z"],
      ["NOT_FOUND", "ZZZ", NOW],
      ["NOT_FOUND", null, NOW],
    ])("2.4 a default replaces the null of %s and keeps the status", async (status, origin, time) => {
      await h.writeRows("last_flight", [flightRow("SEA", time, { distance: null })]);
      expect(await read("last_flight:distance", origin)).toMatchObject({ value: -1, status });
    });

    it("3.1 a reference table is PRESENT whatever the time, and has no event time", async () => {
      await h.writeRows("airport_info", [
        { entities: { origin: "SEA" }, eventTime: null, values: { city: "Seattle" } },
      ]);
      h.clock.nowText = "2099-01-01T00:00:00Z";
      const found = await read("airport_info:city");
      expect(found).toMatchObject({ value: "Seattle", status: "PRESENT", eventTime: null });
      expect(found.json.absent).toEqual([]);
    });

    it("3.6 a pending row counts from its event time on, and the winner before it until then", async () => {
      const soon = "2001-03-31T12:00:04Z";
      const written = await h.writeRows("last_flight", [flightRow("SEA", NOW), flightRow("SEA", soon, { delay: 9 })]);
      expect(written.json).toMatchObject({ written: 2 });
      expect(await read("last_flight:delay")).toMatchObject({ value: 5, eventTime: NOW });
      h.clock.nowText = "2001-03-31T12:00:03.999999Z";
      expect(await read("last_flight:delay")).toMatchObject({ value: 5 });
      h.clock.nowText = soon;
      expect(await read("last_flight:delay")).toMatchObject({ value: 9, eventTime: soon });
    });

    it("3.6 an entity that only has pending rows is NOT_FOUND", async () => {
      await h.writeRows("last_flight", [flightRow("SEA", "2001-03-31T12:00:01Z")]);
      expect(await read("last_flight:delay")).toMatchObject({ value: null, status: "NOT_FOUND" });
    });
  });

  describe("of an aggregated view", () => {
    const write = (tiles: { origin: string; packed: string }[]) =>
      h.send("POST", "/v1/rows/delays", {
        tiles: tiles.map(({ origin, packed }) => ({ entities: { origin }, packed })),
      });
    const SEA = [
      { time: "2001-03-31T11:30:00Z", delay: 10n, distance: 500 },
      { time: "2001-03-31T11:45:00Z", delay: null, distance: 100 },
      { time: "2001-03-31T02:00:00Z", delay: 32n, distance: 2000 },
    ];

    it("4.1 gives each window's value at now, with the newest event's time", async () => {
      const written = await write([{ origin: "SEA", packed: packedTiles(SEA, NOW) }]);
      expect(written.json).toMatchObject({ written: 1 });
      const answer = await h.features({
        features: ["delays:events_1h", "delays:delay_mean_1h", "delays:delay_sum_1d", "delays:distance_max_1d"],
        entities: { origin: "SEA" },
        ...ALL,
      });
      expect(answer.json.rows).toEqual([[2, 10, 42, 2000]]);
      expect(answer.json.statuses).toEqual([["PRESENT", "PRESENT", "PRESENT", "PRESENT"]]);
      expect(new Set(answer.json.eventTimes[0])).toEqual(new Set(["2001-03-31T11:45:00Z"]));
    });

    it("4.4 a window without events: counts 0, the rest null, with their statuses", async () => {
      await write([{ origin: "SEA", packed: packedTiles(SEA, NOW) }]);
      h.clock.nowText = "2001-04-02T12:00:00Z";
      const answer = await h.features({
        features: ["delays:events_1h", "delays:delay_mean_1h", "delays:distance_max_1d"],
        entities: { origin: "SEA" },
        ...ALL,
      });
      expect(answer.json.rows).toEqual([[0, null, 0]]);
      expect(answer.json.statuses).toEqual([["PRESENT", "NULL_VALUE", "NULL_VALUE"]]);
      expect(answer.json.absent).toEqual([]);
    });

    it("4.4 no row for a key: counts 0, the rest null, NOT_FOUND; 2.5 a null id: nothing but defaults", async () => {
      const answer = await h.features({
        features: ["delays:events_1h", "delays:delay_sum_1d", "delays:distance_max_1d"],
        entities: { origin: ["ZZZ", null] },
        ...ALL,
      });
      expect(answer.json.rows).toEqual([
        [0, null, 0],
        [null, null, 0],
      ]);
      expect(answer.json.statuses.flat()).toEqual(Array.from({ length: 6 }, () => "NOT_FOUND"));
      expect(answer.json.absent).toEqual([
        [0, "delays", "NOT_FOUND"],
        [1, "delays", "NOT_FOUND"],
      ]);
    });

    it("4.5 an integer sum that overflows is null, TRANSFORM_ERROR, and listed", async () => {
      const huge = [1, 2].map((n) => ({ time: `2001-03-31T11:0${n}:00Z`, delay: 2n ** 63n - 1n, distance: 1 }));
      await write([{ origin: "SEA", packed: packedTiles(huge, NOW) }]);
      const found = await read("delays:delay_sum_1d");
      expect(found).toMatchObject({ value: null, status: "TRANSFORM_ERROR" });
      expect(found.json.errors).toEqual([[0, "delays:delay_sum_1d", "integer_overflow"]]);
      expect(await read("delays:delay_mean_1h")).toMatchObject({ value: 2 ** 63, status: "PRESENT" });
    });

    it("4.2 a row with events later than now says nothing about now", async () => {
      await write([{ origin: "SEA", packed: packedTiles(SEA, NOW) }]);
      h.clock.nowText = "2001-03-31T11:40:00Z";
      expect(await read("delays:delay_mean_1h")).toMatchObject({ value: null, status: "NOT_FOUND" });
    });
  });

  describe("of on-demand features", () => {
    const request = { scheduled: 55, seats: 2 };

    it("5.1 computes from stored, aggregated and request values, at now", async () => {
      await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
      const packed = packedTiles([{ time: "2001-03-31T11:45:00Z", delay: 11n, distance: 1 }], NOW);
      await h.send("POST", "/v1/rows/delays", { tiles: [{ entities: { origin: "SEA" }, packed }] });
      const features = ["risk:ratio", "risk:per_seat", "risk:asked_at", "risk:far"];
      const answer = await h.features({ features, entities: { origin: "SEA" }, request, ...ALL });
      expect(answer.json.rows).toEqual([[0.2, 2, NOW, false]]);
      expect(answer.json.statuses).toEqual([["PRESENT", "PRESENT", "PRESENT", "PRESENT"]]);
      expect(answer.json.eventTimes).toEqual([[null, null, null, null]]);
      expect(answer.json.versions).toEqual({ risk: 1, last_flight: 1, delays: 1 });
    });

    it("5.2 null propagates: NULL_VALUE; a fault is TRANSFORM_ERROR and listed with its code", async () => {
      await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
      const answer = await h.features({
        features: ["risk:ratio", "risk:per_seat"],
        entities: { origin: "SEA" },
        request: { scheduled: 55, seats: [2, 0] },
        ...ALL,
      });
      expect(answer.json.rows).toEqual([
        [null, 2],
        [null, null],
      ]);
      expect(answer.json.statuses).toEqual([
        ["NULL_VALUE", "PRESENT"],
        ["NULL_VALUE", "TRANSFORM_ERROR"],
      ]);
      expect(answer.json.errors).toEqual([[1, "risk:per_seat", "division_by_zero"]]);
    });

    it("2.4 a default replaces a null before on-demand features read it", async () => {
      expect(await read("risk:far", "ZZZ", request)).toMatchObject({ value: false, status: "PRESENT" });
    });

    it("5.2 infinities and NaN travel as text, −0 as itself", async () => {
      const rows = [
        flightRow("INF", NOW, { distance: "-Infinity" }),
        flightRow("NAN", NOW, { distance: "NaN" }),
        flightRow("ZERO", NOW, { distance: "minus zero" }),
      ];
      await h.send("POST", "/v1/rows/last_flight", JSON.stringify({ rows }).replace('"minus zero"', "-0.0"));
      const answer = await h.features({
        features: ["last_flight:distance"],
        entities: { origin: ["INF", "NAN", "ZERO"] },
      });
      expect(answer.text).toContain('"rows":[["-Infinity"],["NaN"],[-0]]');
    });

    it("runs a bundled TypeScript transform; one that throws is a fault without its words", async () => {
      await h.writeRows("last_flight", [flightRow("SEA", NOW), flightRow("PDX", NOW, { carrier: "boom" })]);
      const answer = await h.features({
        features: ["shout:loud"],
        entities: { origin: ["SEA", "PDX", "ZZZ"] },
        ...ALL,
      });
      expect(answer.json.rows).toEqual([["AS!"], [null], [null]]);
      expect(answer.json.statuses).toEqual([["PRESENT"], ["TRANSFORM_ERROR"], ["NULL_VALUE"]]);
      expect(answer.json.errors).toEqual([[1, "shout:loud", "transform_failed"]]);
      expect(answer.text).not.toContain("secret");
    });

    it("refuses a transform whose code is not that of the registry", async () => {
      const other = h.isolate({
        transforms: new Map([["shout", { codeHash: "sha256:other", transform: () => ({}) }]]),
      });
      const answer = await other.features({ features: ["shout:loud"], entities: { origin: "SEA" } });
      expect([answer.status, answer.json.code]).toEqual([409, "transform_not_bundled"]);
    });
  });

  describe("of many rows", () => {
    it("3.5 keeps the order asked for, duplicates included, and broadcasts scalars", async () => {
      await h.writeRows("rating", [
        { entities: { user_id: 1, item: "a" }, eventTime: NOW, values: { stars: 1 } },
        { entities: { user_id: 1, item: "b" }, eventTime: NOW, values: { stars: 2 } },
      ]);
      const answer = await h.features({
        features: ["rating:stars"],
        entities: { user_id: 1, item: ["b", "a", "x", "b"] },
      });
      expect(answer.json.rows).toEqual([[2], [1], [null], [2]]);
      expect(answer.json.absent).toEqual([[2, "rating", "NOT_FOUND"]]);
      const [keys] = h.store.reads.slice(-1);
      expect(keys).toHaveLength(4);
    });

    it("reads a scalar entity once for all rows", async () => {
      h.store.reads.length = 0;
      const answer = await h.features({
        features: ["last_flight:delay", "rating:stars"],
        entities: { origin: "SEA", user_id: 1, item: Array.from({ length: 100 }, (_row, i) => `item ${i}`) },
      });
      expect(answer.json.rows).toHaveLength(100);
      expect(h.store.reads.map((keys) => keys.length)).toEqual([102]);
    });

    it("3.5 an answer without any list has one row", async () => {
      const answer = await h.features({ features: ["last_flight:delay"], entities: { origin: "SEA" } });
      expect(answer.json.rows).toEqual([[null]]);
    });

    it("2.7 a view under two names is read by two keys", async () => {
      await h.writeRows("airport_info", [
        { entities: { origin: "SEA" }, eventTime: null, values: { city: "Seattle" } },
        { entities: { origin: "PDX" }, eventTime: null, values: { city: "Portland" } },
      ]);
      const answer = await h.features({ service: "route", entities: { origin: "SEA", destination: ["PDX", null] } });
      expect(answer.json.features).toEqual(["airport_info:city", "destination_info:city"]);
      expect(answer.json.rows).toEqual([
        ["Seattle", "Portland"],
        ["Seattle", null],
      ]);
      expect(answer.json.absent).toEqual([[1, "destination_info", "NOT_FOUND"]]);
    });
  });

  it("answers now, knownAsOf, registry, features, rows, absent and errors, and no more unless asked", async () => {
    const registry = await h.apply();
    const answer = await h.features({
      service: "model",
      entities: { origin: "SEA" },
      request: { scheduled: 1, seats: 1 },
    });
    expect(Object.keys(answer.json)).toEqual(["now", "knownAsOf", "registry", "features", "rows", "absent", "errors"]);
    expect(answer.json).toMatchObject({ now: NOW, knownAsOf: NOW, registry });
    expect(answer.json.features).toEqual([
      "delays:events_1h",
      "delays:delay_mean_1h",
      "delays:delay_sum_1d",
      "delays:distance_max_1d",
      "last_flight:delay",
      "risk:ratio",
      "risk:per_seat",
    ]);
    expect(answer.headers.get("content-type")).toBe("application/json");
  });

  it("GET answers the same for one row, each parameter read by its type", async () => {
    await h.writeRows("last_flight", [flightRow("a b&c=é", NOW)]);
    const query = new URLSearchParams({
      service: "model",
      origin: "a b&c=é",
      scheduled: "55.5",
      seats: "2",
      include: "statuses,versions",
    });
    const got = await h.send("GET", `/v1/features?${query.toString()}`);
    const posted = await h.features({
      service: "model",
      entities: { origin: "a b&c=é" },
      request: { scheduled: 55.5, seats: 2 },
      include: ["statuses", "versions"],
    });
    expect(got.status, got.text).toBe(200);
    expect(got.text).toBe(posted.text);
    const listed = await h.send(
      "GET",
      "/v1/features?features=rating:stars,last_flight:delay&features=airport_info:city&user_id=-9007199254740993&item=x&origin=SEA",
    );
    expect(listed.json.features).toEqual(["rating:stars", "last_flight:delay", "airport_info:city"]);
    expect(h.store.reads.at(-1)?.join(" ")).toContain(":-9007199254740993+x:");
  });
});
