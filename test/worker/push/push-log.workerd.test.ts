// POST /v1/push/:view where a log is bound: what it is told, when, and how often (SEMANTICS 4.6).
import { beforeEach, describe, expect, it } from "vitest";
import { entity, featureView, parquet, string } from "../../../sdk/index.ts";
import { storeUnavailable } from "../../../worker/store/faults.ts";
import { stores } from "../../support/workerd-stores.ts";
import { type Harness, harness, NOW } from "../support/harness.ts";
import {
  counts,
  eventOf,
  expectedAt,
  FEATURES,
  type FlightEvent,
  flightAt,
  MemoryLog,
  pushDefinitions,
  pushedNext,
} from "../support/push.ts";

const NONE = { accepted: 0, duplicate: 0, deferred: 0, rejected: [], logged: false, version: 1 };
const at = (clock: string) => `2001-03-31T${clock}Z`;

describe.each(stores)("pushing over %s with a log", (_, makeStore) => {
  let log: MemoryLog;
  let h: Harness;
  beforeEach(async () => {
    log = new MemoryLog();
    h = harness(makeStore(), { eventLog: log });
    await h.apply(pushDefinitions());
  });

  const push = (events: unknown, view = "pushed") => h.send("POST", `/v1/push/${view}`, events);
  const send = async (flights: readonly FlightEvent[]) => (await push({ events: flights.map(eventOf) })).json;
  const read = async () =>
    (await h.features({ features: FEATURES, entities: { origin: "SEA" } }, { "cache-control": "no-cache" })).json
      .rows[0];

  it("keeps what was accepted and deferred, once, and nothing else", async () => {
    const [first, late, soon] = [
      flightAt("a", NOW),
      flightAt("late", at("10:00:00")),
      flightAt("soon", at("12:00:03"), { delay: null }),
    ];
    expect(await send([first])).toEqual({ ...NONE, accepted: 1, logged: true });
    expect(await send([first, late, soon, { ...first, delay: 1 }, flightAt("x", at("13:00:00"))])).toMatchObject({
      accepted: 1,
      duplicate: 1,
      deferred: 1,
      rejected: [{ index: 3 }, { index: 4 }],
      logged: true,
    });
    expect(log.records.map(({ id, deferred }) => [id, deferred])).toEqual([
      ["a", false],
      ["late", true],
      ["soon", false],
    ]);
    expect(log.records[2]).toEqual({
      source: "departures",
      view: "pushed",
      id: "soon",
      eventTimeUs: h.clock.nowUs() + 3_000_000,
      createdTimeUs: null,
      writtenAtUs: h.clock.nowUs(),
      deferred: false,
      repeat: false,
      valuesJson: '{"origin":"SEA","delay":null,"distance":100,"carrier":"AS"}',
    });
  });

  it("comes before the rows: what it does not take is not counted", async () => {
    log.before = async () => {
      throw storeUnavailable("failed", "no log", { hint: "" });
    };
    const answer = await push({ events: [eventOf(flightAt("a", NOW))] });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await read())[0]).toBe(0);
    log.before = undefined;
    expect(await send([flightAt("a", NOW)])).toEqual({ ...NONE, accepted: 1, logged: true });
  });

  it("what the store did not take is in the log, counts once it is sent again, and is then logged twice at most", async () => {
    h.store.beforeWrite = async () => {
      throw storeUnavailable("failed", "no store", { hint: "" });
    };
    expect((await push({ events: [eventOf(flightAt("a", NOW))] })).status).toBe(503);
    h.store.beforeWrite = undefined;
    expect(await send([flightAt("a", NOW)])).toEqual({ ...NONE, accepted: 1, logged: true });
    expect(await send([flightAt("a", NOW)])).toEqual({ ...NONE, duplicate: 1, logged: true });
    expect(log.records.map(({ id }) => id)).toEqual(["a", "a"]);
  });

  it("is stamped anew where it takes longer than five seconds", async () => {
    let slow = 5_001;
    log.before = async () => {
      h.clock.advance(slow);
      slow = 0;
    };
    expect(await send([flightAt("a", NOW)])).toEqual({ ...NONE, accepted: 1, logged: true });
    expect(log.records.map(({ writtenAtUs }) => writtenAtUs)).toEqual([h.clock.nowUs() - 5_001_000, h.clock.nowUs()]);
    log.before = async () => h.clock.advance(5_001);
    expect((await push({ events: [eventOf(flightAt("b", NOW))] })).json.code).toBe("log_unavailable");
    expect((await read())[0]).toBe(1);
  });

  it("7.2 is stamped before it is seen that there is no version but those that are pushed to", async () => {
    let stampedUs = 0;
    h.store.beforeRead = async () => {
      stampedUs = h.clock.nowUs();
      h.clock.advance(1_500);
    };
    expect(await send([flightAt("a", NOW)])).toEqual({ ...NONE, accepted: 1, logged: true });
    expect(log.records.map(({ writtenAtUs }) => writtenAtUs)).toEqual([stampedUs]);
    h.store.beforeRead = undefined;
    // What took too long is looked at again, rows and definitions.
    log.before = async () => {
      log.before = undefined;
      h.clock.advance(5_001);
      await h.isolate().apply(pushDefinitions({ pushed: pushedNext }));
    };
    expect(await send([flightAt("b", NOW)])).toEqual({ ...NONE, accepted: 1, logged: true });
    const request = { features: ["pushed:events_2h"], entities: { origin: "SEA" } };
    expect((await h.features(request, { "cache-control": "no-cache" })).json.rows).toEqual([[1]]);
  });

  it("4.6 learns which of two events of one id the rows hold, where both came into it", async () => {
    const [mine, theirs] = [1, 2].map((delay) => flightAt("a", NOW, { delay }));
    h.store.beforeWrite = async () => {
      h.store.beforeWrite = undefined;
      await h.isolate().send("POST", "/v1/push/pushed", { events: [theirs].map((one) => eventOf(one as FlightEvent)) });
    };
    expect(await send([mine as FlightEvent])).toMatchObject({ accepted: 0, rejected: [{ code: "event_conflict" }] });
    const told = log.records.map(({ valuesJson, refused = false, deferred }) => [
      JSON.parse(valuesJson).delay,
      refused,
      deferred,
    ]);
    expect(told).toEqual([
      [1, false, false],
      [2, false, false],
      [1, true, true],
    ]);
    expect((await read())[1]).toBe(2);
  });

  it.each([false, true])(
    "4.6 learns so of one that came too late into it, too; other definitions meanwhile: %s",
    async (others) => {
      log.before = async () => {
        log.before = undefined;
        h.clock.advance(1_000);
        const theirs = { events: [eventOf(flightAt("a", NOW, { delay: 2 }))] };
        expect((await h.isolate().send("POST", "/v1/push/pushed", theirs)).json).toMatchObject({ accepted: 1 });
        if (others) await h.isolate().apply(pushDefinitions({ counts }));
        h.clock.advance(4_500);
      };
      expect(await send([flightAt("a", NOW, { delay: 1 })])).toMatchObject({ rejected: [{ code: "event_conflict" }] });
      const told = log.records.map(({ valuesJson, refused = false }) => [JSON.parse(valuesJson).delay, refused]);
      expect(told).toEqual([
        [2, false],
        [1, false],
        [1, true],
      ]);
      expect((await read())[1]).toBe(2);
    },
  );

  it("is not said to be refused what it has, where other definitions refuse it by now", async () => {
    const bare = { id: "a", time: NOW, values: { origin: "SEA" } };
    await h.apply(pushDefinitions({ pushed: pushedNext }));
    log.before = async () => {
      log.before = undefined;
      h.clock.advance(5_001);
      await h.isolate().apply(pushDefinitions());
    };
    expect((await push({ events: [bare] })).json.code).toBe("store_conflict");
    expect((await push({ events: [bare] })).json).toMatchObject({ rejected: [{ code: "missing_value" }] });
  });

  it("is told of what went online without it, once it is pushed again, and then no more", async () => {
    const flights = [flightAt("a", at("11:59:00")), flightAt("b", at("11:58:00"))];
    await push({ events: flights.map(eventOf), to: "online" });
    const all = [...flights, flightAt("c", NOW)];
    expect(await send([...all, ...all])).toEqual({ ...NONE, accepted: 1, duplicate: 5, logged: true });
    expect(new Set(log.records.map(({ id, deferred }) => `${id} ${deferred}`))).toEqual(
      new Set(["a false", "b false", "c false"]),
    );
    const records = log.records.length;
    const writes = h.store.writes.length;
    expect(await send(all)).toEqual({ ...NONE, duplicate: 3, logged: true });
    expect([log.records.length, h.store.writes.length]).toEqual([records, writes]);
    expect(await read()).toEqual(expectedAt(NOW, all));
  });

  it("takes a stored row that went online without it, though it changes nothing there", async () => {
    const { id, time, origin, delay, carrier } = flightAt("a", NOW);
    const events = [{ id, time, values: { origin, delay, carrier } }];
    await push({ events, to: "online" }, "latest");
    expect((await push({ events }, "latest")).json).toEqual({ ...NONE, duplicate: 1, logged: true });
    expect(log.records.map((one) => [one.id, one.deferred])).toEqual([["a", false]]);
  });

  it("2.2 is told what a stored view does not take anew: it may have been served before", async () => {
    const rows = (...flights: FlightEvent[]) =>
      push(
        flights.map(({ id, time, origin, delay, carrier }) => ({ id, time, values: { origin, delay, carrier } })),
        "latest",
      );
    const [older, newer] = [flightAt("a", at("11:00:00")), flightAt("b", at("11:30:00"))];
    await rows(older);
    await rows(newer);
    await rows(older, newer);
    expect(log.records.map(({ id, repeat }) => [id, repeat])).toEqual([
      ["a", false],
      ["b", false],
      ["a", true],
      ["b", true],
    ]);
  });

  it("takes no rows of a source without event times, for which none is read", async () => {
    const source = parquet("codes", { path: "codes.parquet", schema: { origin: string(), city: string() } });
    const cities = featureView("cities", {
      entities: [entity("place", { joinKey: "origin", type: string() })],
      source,
      features: { city: string() },
    });
    await h.apply(pushDefinitions({ cities }));
    const events = [{ values: { origin: "SEA", city: "Seattle" } }];
    const refused = await push({ events }, "cities");
    expect([refused.status, refused.json.code, refused.json.hint]).toEqual([400, "bad_request", 'push "to": "online"']);
    expect((await push({ events, to: "offline" }, "cities")).status).toBe(400);
    expect((await push({ events, to: "online" }, "cities")).json).toEqual({ ...NONE, accepted: 1 });
    const feast = { push_source_name: "cities", df: { origin: ["PDX"], city: ["Portland"] } };
    expect((await h.send("POST", "/push", { ...feast, to: "online_and_offline" })).status).toBe(400);
    const pushed = await h.send("POST", "/push", { ...feast, to: "online" });
    expect([pushed.status, pushed.json.rows]).toEqual([200, 1]);
    expect(log.records).toEqual([]);
  });

  it('to "online" leaves it out, to "offline" is it alone', async () => {
    expect((await push({ events: [eventOf(flightAt("a", NOW))], to: "online" })).json).toEqual({
      ...NONE,
      accepted: 1,
    });
    expect((await push({ events: [eventOf(flightAt("b", NOW))] }, "pushed?to=offline")).json).toEqual({
      ...NONE,
      deferred: 1,
      logged: true,
    });
    expect(log.records.map(({ id, deferred }) => [id, deferred])).toEqual([["b", true]]);
    expect((await read())[0]).toBe(1);
  });
});
