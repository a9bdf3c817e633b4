// Events that no row can hold: refused by themselves, and before the log is told, so that both sides are without them.
import { beforeEach, describe, expect, it } from "vitest";
import { count, featureView, last } from "../../../sdk/index.ts";
import { packTileRow, seenKey } from "../../../sdk/rows/index.ts";
import { parseTime } from "../../../sdk/time.ts";
import { eventAdder, tileLayout } from "../../../sdk/windows/index.ts";
import { stores } from "../../support/workerd-stores.ts";
import { type Harness, harness, NOW } from "../support/harness.ts";
import {
  airport,
  departures,
  eventOf,
  type FlightEvent,
  flightAt,
  MemoryLog,
  pushDefinitions,
  pushedSpec,
} from "../support/push.ts";

const at = (clock: string) => `2001-03-31T${clock}Z`;
const long = (chars: number) => "c".repeat(chars);
const TOO_LARGE = {
  code: "value_out_of_range",
  message: expect.stringContaining("bytes: a row holds at most 2000000"),
};

describe.each(stores)("what no row can hold, over %s", (_, makeStore) => {
  let log: MemoryLog;
  let h: Harness;
  beforeEach(async () => {
    log = new MemoryLog();
    h = harness(makeStore(), { eventLog: log });
    await h.apply(pushDefinitions());
  });

  const push = (flights: readonly FlightEvent[], more: Record<string, unknown> = {}, view = "pushed") =>
    h.send("POST", `/v1/push/${view}`, {
      events: flights.map((flight) => {
        const { distance, ...values } = flight;
        return eventOf(view === "latest" ? (values as FlightEvent) : flight);
      }),
      ...more,
    });
  const logged = () => log.records.map(({ id, deferred }) => (deferred ? `${id} deferred` : id));
  const read = async (...features: string[]) =>
    (await h.features({ features, entities: { origin: "SEA" } }, { "cache-control": "no-cache" })).json.rows[0];

  const applyNext = (aggregations: Record<string, ReturnType<typeof last> | ReturnType<typeof count>>) =>
    h.applyNext(
      pushDefinitions({
        pushed: featureView("pushed", { entities: [airport], source: departures, push: true, aggregations }),
      }),
    );
  const loseCompanion = async (key: string) => {
    const [seen] = await h.store.read([seenKey(key)]);
    const gone = [{ key: seenKey(key), expected: seen ?? null, value: "[]", expireInMs: 0 }];
    expect(await h.store.compareAndSet(gone)).toEqual([true]);
  };

  it.each(["pushed", "latest"])("is rejected by itself, and not logged: %s", async (view) => {
    const huge = flightAt("huge", at("11:59:30"), { carrier: long(2_100_000) });
    const events = [flightAt("a", at("11:58:00")), huge, flightAt("b", at("11:59:00"), { origin: "PDX" })];
    const answer = await push(events, {}, view);
    expect([answer.status, answer.json]).toMatchObject([
      200,
      { accepted: 2, duplicate: 0, deferred: 0, rejected: [{ index: 1, ...TOO_LARGE }], logged: true },
    ]);
    expect(logged()).toEqual(["a", "b"]);
    expect(await read(view === "latest" ? "latest:carrier" : "pushed:events_1h")).toEqual([
      view === "latest" ? "AS" : 1,
    ]);
  });

  it("is rejected too where it would go to the log alone", async () => {
    const huge = flightAt("huge", NOW, { carrier: long(2_100_000) });
    const late = { ...huge, id: "late", time: at("01:00:00") };
    expect((await push([flightAt("a", NOW)])).json).toMatchObject({ accepted: 1 });
    expect((await push([late])).json).toMatchObject({ deferred: 0, rejected: [TOO_LARGE] });
    expect((await push([huge], { to: "offline" })).json).toMatchObject({ deferred: 0, rejected: [TOO_LARGE] });
    expect(logged()).toEqual(["a"]);
  });

  it("together with what the row holds is rejected, and nothing else is", async () => {
    const carrier = long(1_100_000);
    expect((await push([flightAt("a", at("10:30:00"), { carrier })])).json).toMatchObject({ accepted: 1 });
    const answer = await push([
      flightAt("small", at("11:20:00")),
      flightAt("b", at("11:30:00"), { carrier }),
      flightAt("late", at("09:00:00")),
      flightAt("c", at("11:30:00"), { origin: "PDX", carrier }),
      flightAt("b", at("11:30:00"), { carrier }),
      flightAt("small", at("11:20:00")),
    ]);
    expect(answer.json).toMatchObject({
      accepted: 2,
      duplicate: 1,
      deferred: 1,
      rejected: [
        { index: 1, ...TOO_LARGE },
        { index: 4, ...TOO_LARGE },
      ],
    });
    expect(logged()).toEqual(["a", "small", "late deferred", "c"]);
    expect(await read("pushed:events_ever")).toEqual([2]);
    // Sent again, its content is another, and fits.
    expect((await push([flightAt("b", at("11:30:00"))])).json).toMatchObject({ accepted: 1, rejected: [] });
  });

  it("is told of the largest, of events that are too large together", async () => {
    // Rows that are still to come wait beside each other.
    const pending = Array.from({ length: 60 }, (_, i) =>
      flightAt(`e${i}`, at(`12:00:0${i % 5}`), { delay: i, carrier: long(i % 6 === 0 ? 350_000 : 100) }),
    );
    const { json } = await push(pending, {}, "latest");
    const refused = json.rejected.map(({ index }: { index: number }) => index);
    expect([refused.every((index: number) => index % 6 === 0), json.accepted + refused.length]).toEqual([true, 60]);
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeLessThanOrEqual(7);
    expect(log.records).toHaveLength(json.accepted);
  });

  it("leaves what a row has no need of as it was judged: accepted, and logged once", async () => {
    const carrier = long(1_100_000);
    await push([flightAt("d", at("11:30:00"))], {}, "latest");
    const events = [
      flightAt("old", at("11:00:00")),
      flightAt("x", at("12:00:01"), { carrier }),
      flightAt("y", at("12:00:02"), { carrier }),
    ];
    expect((await push(events, {}, "latest")).json).toMatchObject({
      accepted: 2,
      rejected: [{ index: 1, ...TOO_LARGE }],
    });
    expect(logged()).toEqual(["d", "old", "y"]);
  });

  it("is judged by what a view makes of it, however often that holds it", async () => {
    const features = Array.from({ length: 40 }, (_, i) => [`c${i}`, last("carrier", "1d", { where: `delay > ${i}` })]);
    const wide = featureView("wide", {
      entities: [airport],
      source: departures,
      push: true,
      aggregations: Object.fromEntries(features) as Record<string, ReturnType<typeof last>>,
    });
    await h.apply(pushDefinitions({ wide }));
    const flight = flightAt("w", at("01:00:00"), { carrier: "\u822a".repeat(19_000), delay: 100 });
    expect((await push([flight], { to: "offline" }, "wide")).json).toMatchObject({ rejected: [TOO_LARGE] });
    expect((await push([{ ...flight, delay: 1 }], { to: "offline" }, "wide")).json).toMatchObject({ rejected: [] });
  });

  it("once it is logged is left to a run: others were faster", async () => {
    const carrier = long(1_100_000);
    h.store.beforeWrite = async () => {
      h.store.beforeWrite = undefined;
      await h.isolate().send("POST", "/v1/push/pushed", {
        events: [eventOf(flightAt("theirs", at("10:30:00"), { carrier }))],
      });
    };
    const answer = await push([flightAt("mine", at("11:30:00"), { carrier })]);
    expect(answer.json).toMatchObject({ accepted: 0, deferred: 1, rejected: [] });
    expect(logged()).toEqual(["mine", "theirs"]);
    expect((await push([flightAt("mine", at("11:30:00"), { carrier })], { to: "online" })).json).toMatchObject({
      accepted: 0,
      rejected: [TOO_LARGE],
    });
  });

  it("is refused as tiles, too", async () => {
    const layout = tileLayout(pushedSpec);
    const flight = { id: "t", eventTimeUs: parseTime(at("10:30:00")), createdTimeUs: null };
    const tiles = (carrier: string) => {
      const values = pushedSpec.columns.map(({ name }) => (name === "carrier" ? carrier : null));
      const groups = eventAdder(pushedSpec, layout)([], [{ ...flight, values }]);
      const times = { newestEventUs: flight.eventTimeUs, writtenAtUs: 0, boundaryUs: parseTime(at("11:00:00")) };
      return { entities: { origin: "SEA" }, packed: packTileRow(layout, { ...times, groups }) };
    };
    const send = (carrier: string) => h.send("POST", "/v1/rows/pushed", { tiles: [tiles("AS"), tiles(carrier)] });
    expect((await send(long(1_000_000))).json).toMatchObject({ written: 1 });
    h.store.writes.length = 0;
    expect((await send(long(2_000_000))).json).toMatchObject({ code: "value_out_of_range", pointer: "/tiles/1" });
    expect(h.store.writes).toEqual([]);
  });

  it("7.2 in a version that does not answer yet is told of; the one that answers takes it", async () => {
    await applyNext({ one: last("carrier", "1d", { hop: "1h" }), two: last("carrier", "1d", { hop: "30m" }) });
    const carrier = long(600_000);
    expect((await push([flightAt("a", at("10:30:00"), { carrier })])).json).not.toHaveProperty("missed");
    const more = [flightAt("b", at("11:30:00"), { carrier }), flightAt("c", at("11:31:00"), { carrier })];
    expect((await push([...more, flightAt("d", NOW, { origin: "PDX" })])).json).toMatchObject({
      accepted: 3,
      rejected: [],
      version: 2,
      missed: [{ version: 2, events: 2, ...TOO_LARGE }],
    });
    expect(logged()).toEqual(["a", "b", "c", "d"]);
    expect(await read("pushed@1:events_1h")).toEqual([2]);
  });

  it("7.2 by the version with the verdict goes into no other, whose row was torn meanwhile", async () => {
    const carrier = long(1_100_000);
    await push([flightAt("a", at("10:30:00"), { carrier })]);
    await applyNext({ two: count("1h") });
    const [key] = h.store.writes.flat().map((one) => one.key);
    await loseCompanion(key as string);
    h.store.writes.length = 0;
    expect((await push([flightAt("b", at("11:30:00"), { carrier })])).json).toMatchObject({ rejected: [TOO_LARGE] });
    expect(h.store.writes).toEqual([]);
  });

  it("7.2 fails a run that tells a version what the log has", async () => {
    await applyNext({ one: last("carrier", "1d", { hop: "1h" }) });
    const carrier = long(900_000);
    const tell = (flights: FlightEvent[]) =>
      h.send("POST", "/v1/push/pushed?version=2", { events: flights.map(eventOf), to: "online" });
    expect((await tell([flightAt("a", at("08:30:00"), { carrier })])).json).toMatchObject({ accepted: 1 });
    expect((await tell([flightAt("b", at("09:30:00"), { carrier })])).json).toMatchObject({ accepted: 1 });
    const answer = await tell([flightAt("s", at("10:30:00")), flightAt("c", at("11:30:00"), { carrier })]);
    expect([answer.status, answer.json]).toMatchObject([400, { code: "value_out_of_range" }]);
  });

  it("is refused in a frame of Feast's before any of it is pushed", async () => {
    const df = {
      flight: ["a", "b"],
      event_timestamp: [at("11:58:00"), at("11:59:00")],
      created: [null, null],
      origin: ["SEA", "PDX"],
      delay: [1, 2],
      distance: [1, 2],
      carrier: ["AS", long(2_100_000)],
    };
    for (const to of ["online", "online_and_offline"]) {
      const answer = await h.send("POST", "/push", { push_source_name: "departures", df, to });
      expect([answer.status, answer.text]).toEqual([
        400,
        expect.stringContaining("bytes: a row holds at most 2000000"),
      ]);
    }
    expect(h.store.writes.flat().filter(({ key }) => key.startsWith("feature:"))).toEqual([]);
    expect(logged()).toEqual([]);
  });
});
