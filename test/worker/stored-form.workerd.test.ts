// Rows as they lie in the store: compressed or plain, of this form or an older one, each with the time it was written.
import { beforeEach, describe, expect, it } from "vitest";
import { parseTime } from "../../sdk/time.ts";
import { compressText, plainText } from "../../worker/store/compressed-text.ts";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness, NOW } from "./support/harness.ts";
import { type Flight, packedTiles } from "./support/tiles.ts";

const NOTHING = { written: 0, unchanged: 0, superseded: 0, expired: 0, conflicts: 0 };
/** Text that deflates to less than half: a word and a number over and over. */
const LONG = Array.from({ length: 600 }, (_, i) => `late ${i % 97}`).join(", ");

let h: Harness;
beforeEach(async () => {
  h = harness(durableObjectStore(), { cacheTtlMs: 0 });
  await h.apply();
});

const keyOf = (view: string, origin = "SEA") => `feature:${h.project}:test:airport:${origin}:${view}@1`;
const textOf = async (view: string, origin?: string) => (await h.store.read([keyOf(view, origin)]))[0] as string;
const packedOf = async (view: string, origin?: string) =>
  JSON.parse(plainText(await textOf(view, origin))) as unknown[];
/** Puts a text in the place of what the store holds. */
const replace = async (view: string, value: string) => {
  const key = keyOf(view);
  await h.store.compareAndSet([{ key, expected: (await h.store.read([key]))[0] ?? null, value, expireInMs: null }]);
};
const carrier = async (origin = "SEA") =>
  (await h.features({ features: ["last_flight:carrier"], entities: { origin } })).json.rows?.[0]?.[0] as unknown;
const writeFlight = (eventTime: string, text: string) =>
  h.writeRows("last_flight", [flightRow("SEA", eventTime, { carrier: text })]);

const flights = (count: number): Flight[] =>
  Array.from({ length: count }, (_, i) => ({
    time: new Date(Date.parse(NOW) - i * 20_000).toISOString(),
    delay: BigInt(i % 50),
    distance: 100 + (i % 700),
  }));
const writeTiles = (packed: string) =>
  h.send("POST", "/v1/rows/delays", { tiles: [{ entities: { origin: "SEA" }, packed }] });
const ASKED = ["delays:events_1h", "delays:delay_mean_1h", "delays:delay_sum_1d", "delays:distance_max_1d"];
const windows = async () =>
  (await h.features({ features: ASKED, entities: { origin: "SEA" } })).json.rows?.[0] as unknown[];

describe("a long row", () => {
  it("of a stored view is compressed, a short one is not, and both are served", async () => {
    await writeFlight("2001-03-31T10:00:00Z", LONG);
    await h.writeRows("last_flight", [flightRow("PDX", "2001-03-31T10:00:00Z")]);
    expect((await textOf("last_flight")).startsWith("z")).toBe(true);
    expect((await textOf("last_flight")).length).toBeLessThan(LONG.length / 2);
    expect((await textOf("last_flight", "PDX")).startsWith("[")).toBe(true);
    expect([await carrier(), await carrier("PDX")]).toEqual([LONG, "AS"]);
  });

  it("of an aggregated view is compressed, and gives the same values as its plain form", async () => {
    const packed = packedTiles(flights(4_000), NOW);
    expect((await writeTiles(packed)).json).toMatchObject({ ...NOTHING, written: 1 });
    const stored = await textOf("delays");
    expect([stored.startsWith("z"), stored.length < packed.length]).toEqual([true, true]);
    const compressed = await windows();
    expect(compressed[0]).toBe(180);
    await replace("delays", plainText(stored));
    expect(await windows()).toEqual(compressed);
  });

  it("that waits beside the winner is compressed with it", async () => {
    await writeFlight("2001-03-31T12:00:04Z", LONG);
    await writeFlight("2001-03-31T11:00:00Z", LONG.toUpperCase());
    expect((await textOf("last_flight")).startsWith("z")).toBe(true);
    expect(await carrier()).toBe(LONG.toUpperCase());
    h.clock.advance(4_000);
    expect(await carrier()).toBe(LONG);
  });
});

describe("the form in the store", () => {
  it.each([
    ["compressed", (text: string) => compressText(text)],
    ["plain", (text: string) => text],
  ])("%s: the same row sent again changes nothing, and a later one wins", async (_, form) => {
    await writeFlight("2001-03-31T10:00:00Z", LONG);
    const text = form(plainText(await textOf("last_flight")));
    await replace("last_flight", text);
    h.clock.advance(1_000);
    expect((await writeFlight("2001-03-31T10:00:00Z", LONG)).json).toMatchObject({ ...NOTHING, unchanged: 1 });
    expect((await writeFlight("2001-03-31T09:00:00Z", LONG)).json).toMatchObject({ ...NOTHING, superseded: 1 });
    expect(await textOf("last_flight")).toBe(text);
    expect((await writeFlight("2001-03-31T10:30:00Z", "later")).json).toMatchObject({ ...NOTHING, written: 1 });
    expect(await carrier()).toBe("later");
  });

  it.each([
    ["compressed", (text: string) => compressText(text)],
    ["plain", (text: string) => text],
  ])("%s: the same tiles sent again change nothing", async (_, form) => {
    const packed = packedTiles(flights(4_000), NOW);
    await writeTiles(packed);
    const text = form(plainText(await textOf("delays")));
    await replace("delays", text);
    h.clock.advance(1_000);
    expect((await writeTiles(packed)).json).toMatchObject({ ...NOTHING, unchanged: 1 });
    expect(await textOf("delays")).toBe(text);
  });

  it("of tiles with a list each, as they were written before, is read and merged", async () => {
    await writeTiles(packedTiles([{ time: "2001-03-31T11:30:30Z", delay: 7n, distance: 3 }], NOW));
    const flat = await packedOf("delays");
    const before = await windows();
    const listed = flat.map((group) => (Array.isArray(group) ? [group] : group));
    await replace("delays", JSON.stringify(listed));
    expect(await windows()).toEqual(before);
    const again = packedTiles([{ time: "2001-03-31T11:30:30Z", delay: 7n, distance: 3 }], NOW);
    expect((await writeTiles(again)).json).toMatchObject({ ...NOTHING, unchanged: 1 });
  });

  it.each([
    ["cut", (text: string) => text.slice(0, -40)],
    ["of another size than it says", (text: string) => text.replace(/^z\d/, "z9")],
    ["of something else", () => compressText(`[${"1,".repeat(3_000)}1]`)],
  ])("damaged, %s: is row_corrupt, and replaced by the next write", async (_, damage) => {
    await writeFlight("2001-03-31T10:00:00Z", LONG);
    await replace("last_flight", damage(await textOf("last_flight")));
    const broken = await h.features({ features: ["last_flight:carrier"], entities: { origin: "SEA" } });
    expect([broken.status, broken.json.code]).toEqual([500, "row_corrupt"]);
    expect((await writeFlight("2001-03-31T10:00:00Z", LONG)).json).toMatchObject({ ...NOTHING, written: 1 });
    expect(await carrier()).toBe(LONG);
  });

  it("is the server's own choice: tiles that come compressed are refused", async () => {
    const sent = await writeTiles(compressText(packedTiles(flights(4_000), NOW)));
    expect([sent.status, sent.json.code, sent.json.pointer]).toEqual([400, "bad_request", "/tiles/0/packed"]);
  });
});

describe("2.2 the time a row was written", () => {
  const at = (text: string) => parseTime(text);
  const clockAt = (text: string) => {
    h.clock.nowText = text;
  };

  it("is in a stored row, and stays when the row is sent again or loses", async () => {
    await writeFlight("2001-03-31T10:00:00Z", "first");
    expect((await packedOf("last_flight"))[1]).toBe(at(NOW));
    clockAt("2001-03-31T13:00:00Z");
    await writeFlight("2001-03-31T10:00:00Z", "first");
    await writeFlight("2001-03-31T09:00:00Z", "older");
    expect((await packedOf("last_flight"))[1]).toBe(at(NOW));
    await writeFlight("2001-03-31T12:30:00Z", "newer");
    expect((await packedOf("last_flight"))[1]).toBe(at("2001-03-31T13:00:00Z"));
  });

  it("is each row's own where one waits beside the winner, through merges with further ones", async () => {
    await writeFlight("2001-03-31T10:00:00Z", "winner");
    clockAt("2001-03-31T12:01:00Z");
    await writeFlight("2001-03-31T12:01:04Z", "pending");
    clockAt("2001-03-31T12:01:02Z");
    await writeFlight("2001-03-31T12:01:06Z", "pending too");
    const writtenAt = (row: unknown[]) => row[1];
    const packed = await packedOf("last_flight");
    expect([packed, ...(packed.slice(6) as unknown[][])].map(writtenAt)).toEqual([
      at("2001-03-31T12:01:02Z"),
      at("2001-03-31T12:01:00Z"),
      at(NOW),
    ]);
    clockAt("2001-03-31T12:01:05Z");
    await writeFlight("2001-03-31T11:00:00Z", "late");
    // The first pending one has come, and won; "late" lost, so nothing had to be written.
    clockAt("2001-03-31T12:02:00Z");
    await writeFlight("2001-03-31T12:01:30Z", "last");
    const last = await packedOf("last_flight");
    expect([last[0], last[1], last.length]).toEqual([at("2001-03-31T12:01:30Z"), at("2001-03-31T12:02:00Z"), 6]);
  });

  it("is the server's, whatever the tiles that were sent say, and stays when they are sent again", async () => {
    const packed = packedTiles(flights(3), NOW);
    const claimed = JSON.stringify((JSON.parse(packed) as unknown[]).with(1, 7));
    await writeTiles(claimed);
    expect((await packedOf("delays"))[1]).toBe(at(NOW));
    clockAt("2001-03-31T13:00:00Z");
    await writeTiles(packed);
    expect((await packedOf("delays"))[1]).toBe(at(NOW));
    await writeTiles(packedTiles(flights(4), NOW));
    expect((await packedOf("delays"))[1]).toBe(at("2001-03-31T13:00:00Z"));
  });

  it("is the first writer's where two write the same row at once", async () => {
    const other = h.isolate();
    h.store.beforeWrite = async () => {
      h.store.beforeWrite = undefined;
      clockAt("2001-03-31T12:00:01Z");
      await other.writeRows("last_flight", [flightRow("SEA", "2001-03-31T10:00:00Z")]);
    };
    const written = await h.writeRows("last_flight", [flightRow("SEA", "2001-03-31T10:00:00Z")]);
    expect(written.json).toMatchObject({ ...NOTHING, unchanged: 1, conflicts: 1 });
    expect((await packedOf("last_flight"))[1]).toBe(at("2001-03-31T12:00:01Z"));
  });
});
