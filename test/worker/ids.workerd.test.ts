// Entity ids where they enter, for reads and for writes: what can be one, what is refused, and that none reaches another's row.
import { beforeAll, describe, expect, it } from "vitest";
import { MAX_ID_BYTES } from "../../sdk/rows/index.ts";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness, NOW } from "./support/harness.ts";
import { packedTiles } from "./support/tiles.ts";

const AT = "2001-03-31T11:00:00Z";

const TAKEN: readonly (readonly [what: string, id: string])[] = [
  ["empty", ""],
  ["a space", " "],
  ["control characters", "\u0000\u0001\n\r\t\u001f\u007f\u0085\u2028"],
  ["separators of keys", "SEA:last_flight@1"],
  ["separators of composite ids", "a+b"],
  ["escapes", "%2B%3A%25%00"],
  ["a path", "../../control"],
  ["a pattern", "*?[a-z]\\"],
  ["a prototype's name", "__proto__"],
  ["another one", "constructor"],
  ["quotes", `"'\\"`],
  ["the control record's key", "control:p:test"],
  ["composed", "\u00e9"],
  ["decomposed, which is another", "e\u0301"],
  ["emoji", "👩‍👩‍👧"],
  ["the last code points", "\ud7ff\ue000\ufffd\uffff\u{10ffff}"],
  ["a replacement character", "\ufffd"],
  ["1,024 bytes", "x".repeat(MAX_ID_BYTES)],
  ["1,024 bytes that take three times as many once escaped", "\u0000".repeat(MAX_ID_BYTES)],
  ["1,023 bytes of three each", "温".repeat(341)],
];

const REFUSED: readonly (readonly [what: string, id: string])[] = [
  ["1,025 bytes", "x".repeat(MAX_ID_BYTES + 1)],
  ["1,026 bytes of three each", "温".repeat(342)],
  ["10 MB", "x".repeat(10_000_000)],
  ["10 MB of controls", "\u0001".repeat(2_000_000)],
  ["the first half of a surrogate pair", "a\ud800"],
  ["the second half", "\udfffb"],
  ["a pair the wrong way round", "\ude00\ud83d"],
];

let h: Harness;
beforeAll(async () => {
  h = harness(durableObjectStore(), { maxBodyBytes: 20_000_000, cacheTtlMs: 0 });
  await h.apply();
});

describe("an id that can be one", () => {
  it("names its own row among all the others, however it looks", async () => {
    const rows = TAKEN.map(([, id], i) => flightRow(id, AT, { delay: i }));
    expect((await h.writeRows("last_flight", rows)).json).toMatchObject({ written: rows.length });
    const origin = TAKEN.map(([, id]) => id);
    const { json } = await h.features({ features: ["last_flight:delay"], entities: { origin } });
    expect(json.rows).toEqual(TAKEN.map((_, i) => [i]));
  });

  it.each(TAKEN)("%s: is read by GET as by POST", async (_, id) => {
    const query = new URLSearchParams({ features: "last_flight:delay", origin: id });
    const got = await h.send("GET", `/v1/features?${query.toString()}`);
    const posted = await h.features({ features: ["last_flight:delay"], entities: { origin: id } });
    expect([got.status, got.json.rows]).toEqual([200, posted.json.rows]);
  });

  it("may be each part of a composite id", async () => {
    const item = "\u0000".repeat(MAX_ID_BYTES);
    const row = { entities: { user_id: 1, item }, eventTime: AT, createdTime: null, values: { stars: 5 } };
    expect((await h.writeRows("rating", [row])).status).toBe(200);
    const { json } = await h.features({ features: ["rating:stars"], entities: { user_id: [1, 2], item } });
    expect(json.rows).toEqual([[5], [null]]);
  });
});

describe("an id that can't", () => {
  const short = (pointer: string) => ({ code: "value_out_of_range", pointer });

  it.each(REFUSED)("%s: is refused by a read, with its place", async (_, id) => {
    const many = await h.features({ features: ["last_flight:delay"], entities: { origin: ["SEA", id] } });
    const one = await h.features({ features: ["last_flight:delay"], entities: { origin: id } });
    expect([many.status, many.json]).toEqual([400, expect.objectContaining(short("/entities/origin/1"))]);
    expect([one.status, one.json]).toEqual([400, expect.objectContaining(short("/entities/origin"))]);
    expect(many.text.length).toBeLessThan(1_000);
  });

  it.each(REFUSED)("%s: is refused by a write, with its place, and then nothing is written", async (_, id) => {
    const rows = await h.writeRows("last_flight", [flightRow("NEW", AT), flightRow(id, AT)]);
    expect([rows.status, rows.json]).toEqual([400, expect.objectContaining(short("/rows/1/entities/origin"))]);
    expect(rows.text.length).toBeLessThan(1_000);
    const packed = packedTiles([{ time: AT, delay: 1n, distance: 2 }], NOW);
    const tiles = await h.send("POST", "/v1/rows/delays", { tiles: [{ entities: { origin: id }, packed }] });
    expect([tiles.status, tiles.json]).toEqual([400, expect.objectContaining(short("/tiles/0/entities/origin"))]);
    const { json } = await h.features({ features: ["last_flight:delay"], entities: { origin: "NEW" } });
    expect(json.rows).toEqual([[null]]);
  });

  it.each(REFUSED)("%s: is refused by Feast's read", async (_, id) => {
    const answer = await h.send("POST", "/get-online-features", {
      features: ["last_flight:delay"],
      entities: { origin: [id] },
    });
    expect([answer.status, answer.text.length < 2_000]).toEqual([400, true]);
  });

  it("is refused by the body's own limit before it is looked at, where that is as it comes", async () => {
    const usual = h.isolate({ maxBodyBytes: 4_000_000 });
    const body = { features: ["last_flight:delay"], entities: { origin: "x".repeat(10_000_000) } };
    expect(await usual.features(body)).toMatchObject({ status: 413, json: { code: "body_too_large" } });
  });
});
