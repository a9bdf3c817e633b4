// Batch meets stream, over HTTP (SEMANTICS 4.7): tiles up to B′ come in where events were pushed before and after it.
import { beforeEach, describe, expect, it } from "vitest";
import { packTileRow, type TileRow } from "../../../sdk/rows/index.ts";
import { parseTime } from "../../../sdk/time.ts";
import { eventAdder, mergeTiles, NO_BOUNDARY, tileLayout } from "../../../sdk/windows/index.ts";
import { stores } from "../../support/workerd-stores.ts";
import { type Harness, harness, NOW } from "../support/harness.ts";
import {
  eventOf,
  expectedAt,
  FEATURES,
  type FlightEvent,
  flightAt,
  MemoryLog,
  pushDefinitions,
  pushedSpec,
} from "../support/push.ts";

const at = (clock: string) => `2001-03-31T${clock}Z`;
const layout = tileLayout(pushedSpec);
const add = eventAdder(pushedSpec, layout);

/** What materialization would send of these events at a boundary. */
function packed(flights: readonly FlightEvent[], boundary: string, more: Partial<TileRow> = {}): string {
  const boundaryUs = parseTime(boundary);
  const events = flights
    .map(({ id, time, delay, distance, carrier }) => {
      const values = pushedSpec.columns.map(({ name }) =>
        name === "delay" ? (delay === null ? null : BigInt(delay)) : name === "distance" ? distance : carrier,
      );
      return { id, eventTimeUs: parseTime(time), createdTimeUs: null, values };
    })
    .filter(({ eventTimeUs }) => eventTimeUs <= boundaryUs);
  const groups = add([], events).map((tiles, g) => {
    if (layout.groups[g]?.unbounded !== true) return tiles;
    const merged = tiles.reduce<TileRow["groups"]>(
      (sum, tile) =>
        mergeTiles(
          layout,
          sum,
          layout.groups.map((_, i) => (i === g ? [{ ...tile, startUs: NO_BOUNDARY }] : [])),
        ),
      [],
    );
    return merged[g] ?? [];
  });
  const newestEventUs = Math.max(...events.map(({ eventTimeUs }) => eventTimeUs));
  return packTileRow(layout, { newestEventUs, writtenAtUs: 0, boundaryUs, groups, ...more });
}

describe.each(stores)("materializing what is pushed into, over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(makeStore(), { eventLog: new MemoryLog() });
    await h.apply(pushDefinitions());
  });
  const push = async (...flights: FlightEvent[]) =>
    (await h.send("POST", "/v1/push/pushed", { events: flights.map(eventOf) })).json;
  const tiles = (text: string, sealed?: string) =>
    h.send("POST", "/v1/rows/pushed", {
      tiles: [{ entities: { origin: "SEA" }, packed: text }],
      ...(sealed === undefined ? {} : { sealed }),
    });
  const read = async () =>
    (await h.features({ features: FEATURES, entities: { origin: "SEA" } }, { "cache-control": "no-cache" })).json
      .rows[0];

  const history = [flightAt("h1", "2001-03-30T15:00:00Z", { delay: 7 }), flightAt("h2", at("09:30:00"))];
  const early = flightAt("e", at("10:15:00"), { delay: 3 });
  const late = flightAt("l", at("11:45:00"), { delay: 5 });

  it("keeps the events after its boundary, takes its own before it, and changes nothing the second time", async () => {
    await push(early, late);
    expect((await tiles(packed([...history, early], at("11:00:00")), NOW)).json).toMatchObject({ written: 1 });
    expect(await read()).toEqual(expectedAt(NOW, [...history, early, late]));
    expect((await tiles(packed([...history, early], at("11:00:00")), NOW)).json).toMatchObject({
      written: 0,
      unchanged: 1,
    });
    // Pushes go on, by the ids that they know, and beyond the boundary only.
    expect(await push(late, early, flightAt("n", NOW))).toMatchObject({ duplicate: 1, deferred: 1, accepted: 1 });
    expect(await push(flightAt("b", at("10:59:59")))).toMatchObject({ accepted: 0, deferred: 1 });
    expect(await read()).toEqual(expectedAt(NOW, [...history, early, late, flightAt("n", NOW)]));
  });

  it("is contended where an event before its boundary was accepted after the log was sealed, and not the next time", async () => {
    await push(early, late);
    const before = await read();
    const sealed = at("11:59:59.999999");
    const answer = await tiles(packed([...history], at("11:00:00")), sealed);
    expect([answer.status, answer.json]).toMatchObject([200, { written: 0, contended: 1 }]);
    expect(await read()).toEqual(before);
    expect((await tiles(packed([...history, early], at("11:00:00")), NOW)).json).toMatchObject({ written: 1 });
    expect(await read()).toEqual(expectedAt(NOW, [...history, early, late]));
  });

  it("without a log takes what it knows", async () => {
    await push(early, late);
    expect((await tiles(packed(history, at("11:00:00")))).json).toMatchObject({ written: 1 });
    expect(await read()).toEqual(expectedAt(NOW, [...history, late]));
  });

  it("a run of an older log changes nothing after one of a newer, of one boundary or a later one", async () => {
    expect((await tiles(packed([...history, early], at("11:00:00")), at("11:30:00"))).json).toMatchObject({
      written: 1,
    });
    expect((await tiles(packed(history, at("11:00:00")), at("11:29:00"))).json).toMatchObject({ superseded: 1 });
    expect((await tiles(packed(history, at("12:00:00")), at("11:29:00"))).json).toMatchObject({ superseded: 1 });
    expect(await read()).toEqual(expectedAt(NOW, [...history, early]));
  });

  it.each([
    ["tiles that don't end on a coarsest hop", packed(history, at("10:30:00"))],
    [
      "tiles with what was pushed",
      packed(history, at("10:00:00"), { push: { counter: 1, sealedUs: null, stamps: [], pending: [] } }),
    ],
  ])("refuses %s", async (_what, text) => {
    expect((await tiles(text, NOW)).json).toMatchObject({
      status: 400,
      code: "bad_request",
      pointer: "/tiles/0/packed",
    });
  });

  it("refuses a seal in the future, and takes one within the allowed skew for now", async () => {
    const first = packed([...history, early], at("10:00:00"));
    expect((await tiles(first, "2254-01-01T00:00:00Z")).json).toMatchObject({
      status: 400,
      code: "event_time_in_future",
      pointer: "/sealed",
    });
    expect((await tiles(first, at("12:00:05"))).json).toMatchObject({ written: 1 });
    expect((await tiles(packed([...history, early], at("11:00:00")), NOW)).json).toMatchObject({ written: 1 });
  });

  it("refuses a seal that is no time", async () => {
    expect((await tiles(packed(history, at("10:00:00")), "soon")).json).toMatchObject({
      code: "bad_time",
      pointer: "/sealed",
    });
  });
});
