// Writing rows and tiles: whole, commutative, idempotent, atomic by batch where they are refused (SEMANTICS 3.3 to 3.7, 4.7).
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { durableObjectStore, stores } from "../support/workerd-stores.ts";
import type { StoredViewSpec } from "../../sdk/registry/index.ts";
import { compiled } from "./support/definitions.ts";
import { flightRow, type Harness, harness, NOW } from "./support/harness.ts";
import { type Flight, packedTiles } from "./support/tiles.ts";

const NOTHING = { written: 0, unchanged: 0, superseded: 0, expired: 0, conflicts: 0, version: 1 };
const flight = (time: string, delay: bigint): Flight => ({ time, delay, distance: 1 });

describe.each(stores)("writing over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(makeStore());
    await h.apply();
  });

  const stored = async (origin = "SEA") =>
    (await h.features({ features: ["last_flight:delay"], entities: { origin } }, { "cache-control": "no-cache" })).json
      .rows[0][0];
  const writeTiles = (flights: Flight[], boundary: string, origin = "SEA") =>
    h.send("POST", "/v1/rows/delays", { tiles: [{ entities: { origin }, packed: packedTiles(flights, boundary) }] });

  it("3.3 the same rows again change nothing", async () => {
    const rows = [flightRow("SEA", NOW), flightRow("PDX", NOW)];
    expect((await h.writeRows("last_flight", rows)).json).toEqual({ ...NOTHING, written: 2 });
    h.store.writes.length = 0;
    expect((await h.writeRows("last_flight", rows)).json).toEqual({ ...NOTHING, unchanged: 2 });
    expect(h.store.writes).toEqual([]);
  });

  it.each([
    ["a later event wins", flightRow("SEA", "2001-03-31T11:00:00Z"), flightRow("SEA", NOW, { delay: 9 })],
    [
      "of one event time the later created wins",
      flightRow("SEA", NOW, {}, "2001-03-31T13:00:00Z"),
      flightRow("SEA", NOW, { delay: 9 }, "2001-03-31T14:00:00Z"),
    ],
    [
      "a null created time is lowest",
      flightRow("SEA", NOW, { delay: 50 }),
      flightRow("SEA", NOW, { delay: 9 }, "2000-01-01T00:00:00Z"),
    ],
    ["then the greater values win", flightRow("SEA", NOW, { distance: null }), flightRow("SEA", NOW, { delay: 9 })],
  ])("2.3, 3.3 %s, in whatever order and however batched", async (_rule, loser, winner) => {
    await h.writeRows("last_flight", [loser]);
    expect((await h.writeRows("last_flight", [winner])).json).toEqual({ ...NOTHING, written: 1 });
    expect(await stored()).toBe(9);
    expect((await h.writeRows("last_flight", [loser])).json).toEqual({ ...NOTHING, superseded: 1 });
    expect(await stored()).toBe(9);
    const rename = (row: typeof loser) => ({ ...row, entities: { origin: "PDX" } });
    const both = await h.writeRows("last_flight", [rename(winner), rename(loser), rename(winner)]);
    expect(both.json).toEqual({ ...NOTHING, written: 1, superseded: 1, unchanged: 1 });
    expect(await stored("PDX")).toBe(9);
  });

  it("3.3 a writer that is overtaken merges anew and loses nothing", async () => {
    const other = h.isolate();
    await h.writeRows("last_flight", [flightRow("SEA", "2001-03-31T09:00:00Z")]);
    h.store.beforeWrite = async () => {
      h.store.beforeWrite = undefined;
      await other.writeRows("last_flight", [
        flightRow("SEA", NOW, { delay: 9 }),
        flightRow("PDX", "2001-03-31T08:00:00Z"),
      ]);
    };
    const rows = [flightRow("SEA", "2001-03-31T11:00:00Z"), flightRow("PDX", NOW, { delay: 3 })];
    expect((await h.writeRows("last_flight", rows)).json).toEqual({
      ...NOTHING,
      superseded: 1,
      written: 1,
      conflicts: 2,
    });
    expect([await stored("SEA"), await stored("PDX")]).toEqual([9, 3]);
  });

  it("gives up on a key that others change all the time", async () => {
    const other = h.isolate();
    let n = 0;
    h.store.beforeWrite = async () => {
      await other.writeRows("last_flight", [flightRow("SEA", `2001-03-31T10:00:${String(n++).padStart(2, "0")}Z`)]);
    };
    const answer = await h.writeRows("last_flight", [flightRow("SEA", NOW)]);
    expect([answer.status, answer.json.code, answer.headers.get("retry-after")]).toEqual([503, "store_conflict", "1"]);
  });

  it("3.7 expiry counts from now by event time, TTL and a day of grace; what is past that is not written", async () => {
    h.store.writes.length = 0;
    const answer = await h.writeRows("last_flight", [
      flightRow("SEA", "2001-03-31T11:00:00Z"),
      flightRow("PDX", "2001-03-30T06:00:00.000001Z"),
      flightRow("LAX", "2001-03-30T06:00:00Z"),
    ]);
    expect(answer.json).toEqual({ ...NOTHING, written: 2, expired: 1 });
    const hour = 3_600_000;
    expect(h.store.writes.flat().map(({ expireInMs }) => expireInMs)).toEqual([29 * hour, 0.001]);
    await h.writeRows("rating", [
      { entities: { user_id: 1, item: "a" }, eventTime: "1990-01-01T00:00:00Z", values: { stars: 1 } },
    ]);
    expect(h.store.writes.at(-1)?.map(({ expireInMs }) => expireInMs)).toEqual([null]);
  });

  it("3.7 under a frozen clock nothing expires", async () => {
    h.clock.frozen = true;
    h.store.writes.length = 0;
    const answer = await h.writeRows("last_flight", [flightRow("SEA", "1999-01-01T00:00:00Z")]);
    expect(answer.json).toEqual({ ...NOTHING, written: 1 });
    await writeTiles([flight("1999-01-01T00:00:00Z", 1n)], NOW);
    expect(h.store.writes.flat().map(({ expireInMs }) => expireInMs)).toEqual([null, null]);
  });

  it("4.7 tiles complete up to a later boundary replace the row whole; those of an earlier one do not", async () => {
    const sum = async () =>
      (
        await h.features(
          { features: ["delays:delay_sum_1d"], entities: { origin: "SEA" } },
          { "cache-control": "no-cache" },
        )
      ).json.rows[0][0];
    const early = [flight("2001-03-31T08:00:00Z", 1n), flight("2001-03-31T09:00:00Z", 2n)];
    const late = [flight("2001-03-31T09:00:00Z", 2n), flight("2001-03-31T10:30:00Z", 4n)];
    expect((await writeTiles(early, "2001-03-31T10:00:00Z")).json).toEqual({ ...NOTHING, written: 1 });
    expect(await sum()).toBe(3);
    expect((await writeTiles(late, "2001-03-31T11:00:00Z")).json).toEqual({ ...NOTHING, written: 1 });
    expect(await sum()).toBe(6);
    expect((await writeTiles(early, "2001-03-31T10:00:00Z")).json).toEqual({ ...NOTHING, superseded: 1 });
    expect((await writeTiles(late, "2001-03-31T11:00:00Z")).json).toEqual({ ...NOTHING, unchanged: 1 });
    expect(await sum()).toBe(6);
    expect((await writeTiles(early, "2001-03-31T11:00:00Z")).json).toEqual({ ...NOTHING, written: 1 });
    expect(await sum()).toBe(3);
  });

  it("4.9 tiles expire when the longest window, its hop and a day have passed", async () => {
    h.store.writes.length = 0;
    await writeTiles([flight("2001-03-31T11:00:00Z", 1n)], NOW);
    const hour = 3_600_000;
    expect(h.store.writes.flat().map(({ expireInMs }) => expireInMs)).toEqual([(24 + 1 + 24 - 1) * hour]);
    expect((await writeTiles([flight("2001-03-01T11:00:00Z", 1n)], NOW, "PDX")).json).toEqual({
      ...NOTHING,
      expired: 1,
    });
    h.clock.nowText = "2001-04-03T00:00:00Z";
    const cleared = await writeTiles([flight("2001-03-31T10:00:00Z", 1n)], "2001-04-02T00:00:00Z");
    expect(cleared.json).toEqual({ ...NOTHING, written: 1 });
  });

  it("writes 2,500 rows of one batch, and reads them", async () => {
    const rows = Array.from({ length: 2_500 }, (_row, i) => flightRow(`A${i}`, NOW, { delay: i }));
    expect((await h.writeRows("last_flight", rows)).json).toEqual({ ...NOTHING, written: 2_500 });
    expect([await stored("A0"), await stored("A2499")]).toEqual([0, 2_499]);
  });

  it("replaces a row in the store that can't be read", async () => {
    const key = `feature:${h.project}:test:airport:SEA:last_flight@1`;
    await h.store.compareAndSet([{ key, expected: null, value: "[1]", expireInMs: null }]);
    const broken = await h.features({ features: ["last_flight:delay"], entities: { origin: "SEA" } });
    expect([broken.status, broken.json.code]).toEqual([500, "row_corrupt"]);
    expect((await h.writeRows("last_flight", [flightRow("SEA", NOW)])).json).toEqual({ ...NOTHING, written: 1 });
    expect(await stored()).toBe(5);
  });
});

describe("rows that are refused", () => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(durableObjectStore());
    await h.apply();
  });
  const good = flightRow("SEA", NOW);
  const bad = (change: Record<string, unknown>) => ({
    rows: [good, { ...good, entities: { origin: "PDX" }, ...change }],
  });
  const noEvent = { entities: { origin: "SEA" }, eventTime: null, values: { city: "Seattle" } };

  it.each<[string, string, unknown, number, string, string | null]>([
    [
      "3.3 a missing column",
      "last_flight",
      bad({ values: { delay: 1, distance: 1 } }),
      400,
      "missing_value",
      "/rows/1/values",
    ],
    [
      "an unknown column",
      "last_flight",
      bad({ values: { ...good.values, dlay: 1 } }),
      404,
      "unknown_feature",
      "/rows/1/values/dlay",
    ],
    [
      "a value of another type",
      "last_flight",
      bad({ values: { ...good.values, delay: "5" } }),
      400,
      "type_mismatch",
      "/rows/1/values/delay",
    ],
    [
      "a row that no store holds",
      "last_flight",
      bad({ values: { ...good.values, carrier: "c".repeat(2_000_001) } }),
      400,
      "value_out_of_range",
      "/rows/1",
    ],
    [
      "such a row after more than one read takes",
      "last_flight",
      {
        rows: [
          ...Array.from({ length: 1_001 }, (_, i) => flightRow(`A${i}`, NOW)),
          flightRow("PDX", NOW, { carrier: "\u00e9".repeat(1_000_001) }),
        ],
      },
      400,
      "value_out_of_range",
      "/rows/1001",
    ],
    [
      "a value too large for its type",
      "last_flight",
      bad({ values: { ...good.values, delay: 2 ** 63 } }),
      400,
      "value_out_of_range",
      "/rows/1/values/delay",
    ],
    [
      "half a surrogate pair",
      "last_flight",
      bad({ values: { ...good.values, carrier: "\ud800" } }),
      400,
      "value_out_of_range",
      "/rows/1/values/carrier",
    ],
    ["no entity", "last_flight", bad({ entities: {} }), 400, "missing_entity_key", "/rows/1/entities"],
    [
      "a null entity",
      "last_flight",
      bad({ entities: { origin: null } }),
      400,
      "missing_entity_key",
      "/rows/1/entities",
    ],
    [
      "2.5 an entity of another type",
      "last_flight",
      bad({ entities: { origin: 7 } }),
      400,
      "type_mismatch",
      "/rows/1/entities/origin",
    ],
    [
      "an unknown entity",
      "last_flight",
      bad({ entities: { origin: "A", orgin: "B" } }),
      400,
      "unknown_entity_key",
      "/rows/1/entities/orgin",
    ],
    [
      "an id too long for a key",
      "last_flight",
      bad({ entities: { origin: "x".repeat(1_025) } }),
      400,
      "value_out_of_range",
      "/rows/1/entities/origin",
    ],
    ["1.3 a null event time", "last_flight", bad({ eventTime: null }), 400, "null_time", "/rows/1/eventTime"],
    [
      "1.1 an event time without zone",
      "last_flight",
      bad({ eventTime: "2001-03-31T12:00:00" }),
      400,
      "bad_time",
      "/rows/1/eventTime",
    ],
    [
      "an event time that is a number",
      "last_flight",
      bad({ eventTime: 985996800 }),
      400,
      "bad_time",
      "/rows/1/eventTime",
    ],
    [
      "3.6 an event beyond the skew",
      "last_flight",
      bad({ eventTime: "2001-03-31T12:00:05.0000001Z" }),
      400,
      "event_time_in_future",
      "/rows/1/eventTime",
    ],
    [
      "a member that rows don't have",
      "last_flight",
      bad({ event_time: NOW }),
      400,
      "bad_request",
      "/rows/1/event_time",
    ],
    ["a row that is none", "last_flight", { rows: [good, 5] }, 400, "bad_request", "/rows/1"],
    [
      "an event time of a reference table",
      "airport_info",
      { rows: [{ ...noEvent, eventTime: NOW }] },
      400,
      "bad_request",
      "/rows/0/eventTime",
    ],
    [
      "a created time of a source without one",
      "airport_info",
      { rows: [{ ...noEvent, createdTime: NOW }] },
      400,
      "bad_request",
      "/rows/0/createdTime",
    ],
    ["tiles for a stored view", "last_flight", { tiles: [] }, 400, "bad_request", null],
    ["rows for an aggregated view", "delays", { rows: [good] }, 400, "bad_request", null],
    ["both", "delays", { rows: [], tiles: [] }, 400, "bad_request", null],
    ["rows of an on-demand view", "risk", { rows: [good] }, 400, "bad_request", null],
    ["an unknown view", "last_fligt", { rows: [good] }, 404, "unknown_view", null],
    ["an unknown version", "last_flight", { version: 9, rows: [good] }, 404, "unknown_version", null],
    [
      "tiles that are not text",
      "delays",
      { tiles: [{ entities: { origin: "SEA" }, packed: [] }] },
      400,
      "bad_request",
      "/tiles/0/packed",
    ],
    [
      "tiles that are not JSON",
      "delays",
      { tiles: [{ entities: { origin: "SEA" }, packed: "[" }] },
      400,
      "bad_request",
      "/tiles/0/packed",
    ],
    [
      "tiles of another view",
      "delays",
      { tiles: [{ entities: { origin: "SEA" }, packed: "[1,2,3]" }] },
      400,
      "bad_request",
      "/tiles/0/packed",
    ],
    [
      "3.6 tiles with an event to come",
      "delays",
      {
        tiles: [{ entities: { origin: "SEA" }, packed: packedTiles([flight("2001-03-31T12:00:00.000001Z", 1n)], NOW) }],
      },
      400,
      "event_time_in_future",
      "/tiles/0/packed",
    ],
    [
      "3.6 tiles up to a boundary to come",
      "delays",
      { tiles: [{ entities: { origin: "SEA" }, packed: packedTiles([flight(NOW, 1n)], "2001-03-31T12:00:06Z") }] },
      400,
      "event_time_in_future",
      "/tiles/0/packed",
    ],
  ])("%s: nothing is written", async (_name, view, body, status, code, pointer) => {
    h.store.writes.length = 0;
    const answer = await h.send("POST", `/v1/rows/${view}`, body);
    expect([answer.status, answer.json.code, answer.json.pointer ?? null], answer.text).toEqual([
      status,
      code,
      pointer,
    ]);
    expect(h.store.writes).toEqual([]);
  });

  it("a list of empty texts that no store holds: none of its batch is written", async () => {
    h.store.writes.length = 0;
    const { features } = compiled().views["everything"]!.spec as StoredViewSpec;
    const row = (user: number, names: readonly string[]) => ({
      entities: { user_id: user },
      eventTime: NOW,
      values: { ...Object.fromEntries(features.map(({ name }) => [name, null])), names },
    });
    const rows = [
      ...Array.from({ length: 1_001 }, (_, i) => row(i, [""])),
      row(2_000, Array<string>(700_000).fill("")),
    ];
    const answer = await h.writeRows("everything", rows);
    expect(answer.json).toMatchObject({ code: "value_out_of_range", pointer: "/rows/1001" });
    expect(answer.json.detail).toMatch(
      /^rows\[1001\]: it makes a row of 2100\d{3} bytes: a row holds at most 2000000$/,
    );
    expect(h.store.writes).toEqual([]);
  });

  it("names the row and the column", async () => {
    const answer = await h.send("POST", "/v1/rows/last_flight", bad({ values: { delay: 1, distance: 1 } }));
    expect(answer.json.detail).toBe('rows[1].values: the column "carrier" is missing');
  });

  it.each([
    "[0,0,0,[[0,{}]],[[1,2,3,4]]]",
    '[0,0,0,[["a",1,1,1]],[]]',
    "[0.5,0,0,[],[]]",
    '["x",0,0,[],[]]',
    '[0,0,0,[[0,1,"x",1]],[]]',
  ])("a state that is none: %s", async (packed) => {
    const answer = await h.send("POST", "/v1/rows/delays", { tiles: [{ entities: { origin: "SEA" }, packed }] });
    expect([answer.status, answer.json.code], answer.text).toEqual([400, "bad_request"]);
  });

  it("1.2 rounds an event time up to the microsecond", async () => {
    await h.writeRows("last_flight", [flightRow("SEA", "2001-03-31T11:00:00.0000001Z")]);
    const answer = await h.features({
      features: ["last_flight:delay"],
      entities: { origin: "SEA" },
      include: ["eventTimes"],
    });
    expect(answer.json.eventTimes).toEqual([["2001-03-31T11:00:00.000001Z"]]);
  });

  it("writes to the version that is named", async () => {
    expect((await h.writeRows("last_flight", [good], { version: 1 })).json).toMatchObject({ written: 1, version: 1 });
    expect(h.store.writes.at(-1)?.map(({ key }) => key)).toEqual([
      `feature:${h.project}:test:airport:SEA:last_flight@1`,
    ]);
  });
});

describe("3.3 as a property", () => {
  const time = fc.constantFrom(NOW, "2001-03-31T11:00:00Z", "2001-03-31T12:00:02Z");
  const created = fc.constantFrom(null, "2001-03-31T10:00:00Z");
  const row = fc
    .record({ time, created, delay: fc.constantFrom(null, 0, 1), distance: fc.constantFrom("NaN", -1, 0) })
    .map(({ time: at, created: by, ...values }) => flightRow("SEA", at, values, by));

  it("any order, any batching, any repetition leaves the same row", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), fc.nat(), async (rows, cut) => {
        const one = harness(durableObjectStore());
        const two = harness(durableObjectStore());
        const packed = async (h: Harness) => {
          const [text] = await h.store.read([`feature:${h.project}:test:airport:SEA:last_flight@1`]);
          return text;
        };
        await Promise.all([one.apply(), two.apply()]);
        await one.writeRows("last_flight", rows);
        const at = cut % (rows.length + 1);
        await two.writeRows("last_flight", rows.slice(at).toReversed());
        await two.writeRows("last_flight", rows);
        expect(await packed(two)).toBe(await packed(one));
      }),
      { numRuns: 25 },
    );
  });
});
