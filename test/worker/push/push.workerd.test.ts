// POST /v1/push/:view: what counts, what doesn't, and what is answered (SEMANTICS 3.6, 4.6, 7.2).
import { beforeEach, describe, expect, it } from "vitest";
import { seenKey } from "../../../sdk/rows/index.ts";
import { stores } from "../../support/workerd-stores.ts";
import { type Harness, harness, NOW } from "../support/harness.ts";
import {
  eventOf,
  expectedAt,
  FEATURES,
  type FlightEvent,
  flightAt,
  LINES,
  MemoryLog,
  pushDefinitions,
  pushedNext,
  unpushedNext,
} from "../support/push.ts";

const NONE = { accepted: 0, duplicate: 0, deferred: 0, rejected: [], logged: false, version: 1 };
const at = (clock: string) => `2001-03-31T${clock}Z`;

describe.each(stores)("pushing over %s", (_, makeStore) => {
  let h: Harness;
  beforeEach(async () => {
    h = harness(makeStore());
    await h.apply(pushDefinitions());
  });

  const push = (events: unknown, view = "pushed", headers = {}) => h.send("POST", `/v1/push/${view}`, events, headers);
  const send = async (flights: readonly FlightEvent[], view = "pushed") =>
    (await push({ events: flights.map(eventOf) }, view)).json;
  const read = async (origin = "SEA", by = h) =>
    (await by.features({ features: FEATURES, entities: { origin } }, { "cache-control": "no-cache" })).json.rows[0];

  const applyNext = (next: unknown) => h.applyNext(pushDefinitions({ pushed: next }));

  it("counts events into every window, filters and all", async () => {
    const flights = [
      flightAt("a", at("11:59:00")),
      flightAt("b", at("11:30:00"), { delay: -5, carrier: "DL" }),
      flightAt("c", at("11:10:00"), { delay: null, distance: null, carrier: null }),
      flightAt("d", at("12:00:00"), { delay: 40, distance: 250.5 }),
      flightAt("e", at("11:45:00"), { origin: "PDX" }),
    ];
    expect(await send(flights)).toEqual({ ...NONE, accepted: 5 });
    expect(await read()).toEqual(
      expectedAt(
        NOW,
        flights.filter(({ origin }) => origin === "SEA"),
      ),
    );
    expect(await read("PDX")).toEqual(expectedAt(NOW, flights.slice(4)));
    expect(await read("ORD")).toEqual(expectedAt(NOW, []));
  });

  it.each([
    ["a list under events", (events: unknown[]) => ({ events })],
    ["a list", (events: unknown[]) => events],
  ])("takes %s", async (_what, form) => {
    const flights = [flightAt("a", at("11:59:00")), flightAt("b", at("11:58:00"))];
    expect((await push(form(flights.map(eventOf)))).json).toEqual({ ...NONE, accepted: 2 });
    expect(await read()).toEqual(expectedAt(NOW, flights));
  });

  it("takes one event by itself, and JSON lines", async () => {
    const [one, two, three] = ["a", "b", "c"].map((id) => flightAt(id, at("11:59:00")));
    expect((await push(eventOf(one as FlightEvent))).json).toEqual({ ...NONE, accepted: 1 });
    const lines = `${JSON.stringify(eventOf(two as FlightEvent))}\r\n\n{broken\n${JSON.stringify(eventOf(three as FlightEvent))}`;
    const answer = await push(lines, "pushed", LINES);
    expect(answer.json).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: "malformed_json" }] });
    expect((await read())[0]).toBe(3);
  });

  it("tells by the status that some were rejected, where it is asked to", async () => {
    const events = [eventOf(flightAt("a", at("11:59:00"))), { id: "b" }];
    const strict = await push({ events }, "pushed?rejected=fail");
    expect([strict.status, strict.json]).toMatchObject([422, { accepted: 1, rejected: [{ index: 1 }] }]);
    expect((await push({ events: events.slice(0, 1) }, "pushed?rejected=fail")).status).toBe(200);
    expect((await push({ events }, "pushed?rejected=maybe")).status).toBe(400);
  });

  it("counts in the metrics what became of events", async () => {
    const events = [eventOf(flightAt("a", at("11:59:00"))), { id: "b" }, eventOf(flightAt("c", at("10:00:00")))];
    await push({ events: events.slice(0, 2) });
    await push({ events });
    const text = await (await h.app.fetch(new Request("http://edgefeat.test/metrics"))).text();
    const counts = [...text.matchAll(/^edgefeat_push_events_total\{(.*)\} (\d+)$/gm)].map(
      ([, labels, n]) => `${labels} ${n}`,
    );
    expect(counts).toEqual([
      'view="pushed",outcome="accepted" 1',
      'view="pushed",outcome="duplicate" 1',
      'view="pushed",outcome="deferred" 1',
      'view="pushed",outcome="rejected" 2',
    ]);
  });

  it("4.6 a replay counts once, whatever it is batched with, and so does one within a push", async () => {
    const flights = [flightAt("a", at("11:59:00")), flightAt("b", at("11:58:00")), flightAt("c", at("11:57:00"))];
    expect(await send([...flights, ...flights])).toEqual({ ...NONE, accepted: 3, duplicate: 3 });
    expect(await send([flightAt("d", at("11:56:00")), ...flights.toReversed()])).toEqual({
      ...NONE,
      accepted: 1,
      duplicate: 3,
    });
    expect(await read()).toEqual(expectedAt(NOW, [...flights, flightAt("d", at("11:56:00"))]));
  });

  it("4.6 what a version does not read makes no other content, when it was created does", async () => {
    const [event] = [eventOf(flightAt("a", NOW))];
    const more = (remarks: string | null, rest: object = {}) => ({
      events: [{ ...event, ...rest, values: { ...event?.values, remarks } }],
    });
    expect((await push(more("late"))).json).toEqual({ ...NONE, accepted: 1 });
    expect((await push(more("later"))).json).toEqual({ ...NONE, duplicate: 1 });
    expect((await push({ events: [event] })).json).toEqual({ ...NONE, duplicate: 1 });
    expect((await push(more("late", { created: NOW }))).json.rejected).toMatchObject([{ code: "event_conflict" }]);
  });

  it("4.6 the same id with other content is refused, by its place, and changes nothing", async () => {
    const first = flightAt("a", at("11:59:00"));
    await send([first]);
    for (const other of [{ delay: 11 }, { delay: null }, { time: at("11:58:00") }, { carrier: "DL" }]) {
      expect((await send([flightAt("b", at("11:40:00")), { ...first, ...other }])).rejected).toMatchObject([
        { index: 1, code: "event_conflict" },
      ]);
    }
    expect(
      (await send([{ ...flightAt("x", at("11:50:00")) }, flightAt("x", at("11:50:00"), { delay: 1 })])).rejected,
    ).toMatchObject([{ index: 1, code: "event_conflict" }]);
    // Another key's event of that id is another event.
    expect(await send([{ ...first, origin: "PDX", delay: 3 }])).toEqual({ ...NONE, accepted: 1 });
    expect(await read()).toEqual(
      expectedAt(NOW, [first, flightAt("b", at("11:40:00")), flightAt("x", at("11:50:00"))]),
    );
  });

  it.each([
    ["at the allowed lateness exactly", at("11:00:00"), "accepted"],
    ["a microsecond later than that", at("10:59:59.999999"), "deferred"],
    ["a day late", "2001-03-30T12:00:00Z", "deferred"],
  ])("4.6 an event behind the newest of its key, %s, is %s", async (_what, time, verdict) => {
    await send([flightAt("newest", NOW)]);
    expect(await send([flightAt("late", time)])).toEqual({ ...NONE, [verdict]: 1 });
    expect(await send([flightAt("late", time)])).toEqual({
      ...NONE,
      [verdict === "deferred" ? verdict : "duplicate"]: 1,
    });
    const kept = verdict === "accepted" ? [flightAt("late", time)] : [];
    expect(await read()).toEqual(expectedAt(NOW, [flightAt("newest", NOW), ...kept]));
    expect(await send([flightAt("late", time, { origin: "PDX" })])).toEqual({ ...NONE, accepted: 1 });
  });

  it("4.6 no event of a push is late because of another of it", async () => {
    const flights = [flightAt("a", NOW), flightAt("b", at("11:05:00")), flightAt("c", at("02:00:00"))];
    expect(await send(flights)).toEqual({ ...NONE, accepted: 3 });
    expect(await read()).toEqual(expectedAt(NOW, flights));
  });

  it("4.6 a view may say how late", async () => {
    const overall = (flights: FlightEvent[]) => send(flights, "overall");
    await overall([flightAt("a", NOW)]);
    expect(await overall([flightAt("b", at("11:50:00"))])).toEqual({ ...NONE, accepted: 1 });
    expect(await overall([flightAt("c", at("11:49:59"))])).toEqual({ ...NONE, deferred: 1 });
    const { rows } = (await h.features({ features: ["overall:events_1h", "overall:delay_sum_1h"], entities: {} })).json;
    expect(rows).toEqual([[2, 20]]);
  });

  it("3.6 an event beyond the skew is refused; within it, it counts once its time has come, in every isolate", async () => {
    const now = flightAt("now", NOW);
    const soon = flightAt("soon", at("12:00:03"), { delay: 99 });
    const later = flightAt("later", at("12:00:05"), { delay: 7 });
    const answer = await send([now, soon, later, flightAt("never", at("12:00:05.000001"))]);
    expect(answer).toMatchObject({ accepted: 3, rejected: [{ index: 3, code: "event_time_in_future" }] });
    const other = h.isolate();
    expect(await read()).toEqual(expectedAt(NOW, [now]));
    // What is cached is evaluated at each request's now.
    const cached = () =>
      other.features({ features: FEATURES, entities: { origin: "SEA" } }).then(({ json }) => json.rows[0]);
    expect(await cached()).toEqual(expectedAt(NOW, [now]));
    for (const clock of ["12:00:02.999999", "12:00:03", "12:00:04", "12:00:05", "12:00:40"]) {
      h.clock.nowText = at(clock);
      expect([clock, await read()]).toEqual([clock, expectedAt(at(clock), [now, soon, later])]);
      expect([clock, await cached()]).toEqual([clock, expectedAt(at(clock), [now, soon, later])]);
    }
    expect(await send([soon, later])).toEqual({ ...NONE, duplicate: 2 });
    // A further push folds them into the tiles.
    expect(await send([flightAt("next", at("12:00:30"))])).toEqual({ ...NONE, accepted: 1 });
    expect(await read()).toEqual(expectedAt(at("12:00:40"), [now, soon, later, flightAt("next", at("12:00:30"))]));
  });

  it("a key of which all is still to come is not there yet", async () => {
    await send([flightAt("soon", at("12:00:03"))]);
    const statuses = async () =>
      (
        await h.features(
          { features: FEATURES.slice(0, 1), entities: { origin: "SEA" }, include: ["statuses"] },
          { "cache-control": "no-cache" },
        )
      ).json;
    expect(await statuses()).toMatchObject({ rows: [[0]], statuses: [["NOT_FOUND"]] });
    h.clock.nowText = at("12:00:03");
    expect(await statuses()).toMatchObject({ rows: [[1]], statuses: [["PRESENT"]] });
  });

  it("a reader whose clock is behind the pusher's sees the row as of its newest event", async () => {
    await send([flightAt("a", NOW)]);
    h.clock.nowText = at("11:59:59.990");
    expect((await read())[0]).toBe(1);
    h.clock.nowText = at("11:59:54");
    expect(await read()).toEqual(expectedAt(at("11:59:54"), []));
  });

  it.each<[what: string, event: unknown, code: string]>([
    ["no object", 7, "bad_request"],
    ["an unknown member", { ...eventOf(flightAt("a", NOW)), extra: 1 }, "bad_request"],
    ["no id", { time: NOW, values: { origin: "SEA" } }, "bad_request"],
    ["an empty id", eventOf(flightAt("", NOW)), "bad_request"],
    ["an id that is no text", { ...eventOf(flightAt("a", NOW)), id: { a: 1 } }, "bad_request"],
    ["no time", { id: "a", values: { origin: "SEA" } }, "null_time"],
    ["a time without a zone", { ...eventOf(flightAt("a", "2001-03-31T12:00:00")) }, "bad_time"],
    ["a time that is no text", { ...eventOf(flightAt("a", NOW)), time: 12 }, "bad_time"],
    ["no values", { id: "a", time: NOW }, "bad_request"],
    ["no key", { id: "a", time: NOW, values: { delay: 1, distance: 1, carrier: "A" } }, "missing_entity_key"],
    [
      "a null key",
      { id: "a", time: NOW, values: { origin: null, delay: 1, distance: 1, carrier: "A" } },
      "missing_entity_key",
    ],
    ["a missing column", { id: "a", time: NOW, values: { origin: "SEA", delay: 1, distance: 1 } }, "missing_value"],
    ["a column of another type", { ...eventOf(flightAt("a", NOW, { delay: "7" as never })) }, "type_mismatch"],
    [
      "an unknown column",
      { id: "a", time: NOW, values: { ...eventOf(flightAt("a", NOW)).values, dealy: 1 } },
      "bad_request",
    ],
    [
      "the time among the values",
      { id: "a", time: NOW, values: { ...eventOf(flightAt("a", NOW)).values, date: NOW } },
      "bad_request",
    ],
  ])("refuses %s, by its place, and takes the others", async (_what, event, code) => {
    const answer = await push({ events: [eventOf(flightAt("x", NOW)), event, eventOf(flightAt("y", NOW))] });
    expect([answer.status, answer.json]).toMatchObject([200, { accepted: 2, rejected: [{ index: 1, code }] }]);
    expect(answer.json.rejected[0].message).not.toBe("");
    expect((await read())[0]).toBe(2);
  });

  it("takes a column that the windows don't read, and checks its type", async () => {
    const [event] = [eventOf(flightAt("a", NOW))];
    const carrying = (remarks: unknown) => ({ ...event, values: { ...event?.values, remarks } });
    expect((await push(carrying(7))).json.rejected).toMatchObject([{ index: 0, code: "type_mismatch" }]);
    expect((await push(carrying("late crew"))).json).toMatchObject({ accepted: 1 });
  });

  it("takes 1,000 events in one push, and no more", async () => {
    const flights = Array.from({ length: 1_000 }, (_, i) => flightAt(`f${i}`, at("11:59:00"), { origin: `A${i % 7}` }));
    expect(await send(flights)).toEqual({ ...NONE, accepted: 1_000 });
    expect((await read("A0"))[0]).toBe(143);
    const more = await push({ events: [...flights, flightAt("one more", NOW)].map(eventOf) });
    expect([more.status, more.json.code]).toEqual([413, "request_too_large"]);
    const large = await push({ events: [{ ...eventOf(flightAt("a", NOW)), id: "x".repeat(4_000_001) }] });
    expect([large.status, large.json.code]).toEqual([413, "body_too_large"]);
  });

  it.each([
    ["nowhere", { events: [] }, 404, "unknown_view"],
    ["pushed?to=both", { events: [] }, 501, "needs_log"],
    ["pushed", { events: [], to: "offline" }, 501, "needs_log"],
    ["pushed", { events: [], to: "there" }, 400, "bad_request"],
    ["pushed?to=there", { events: [] }, 400, "bad_request"],
    ["pushed", { events: [], more: 1 }, 400, "bad_request"],
    ["pushed", "[1", 400, "malformed_json"],
  ])("POST /v1/push/%s of %j is %i %s", async (path, body, status, code) => {
    const answer = await h.send("POST", `/v1/push/${path}`, body);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it("an empty push does nothing", async () => {
    expect((await push({ events: [] })).json).toEqual(NONE);
  });

  it("wants a token that may write", async () => {
    const answer = await push({ events: [] }, "pushed", { authorization: "Bearer none" });
    expect(answer.status).toBe(401);
  });

  describe("into a stored view", () => {
    const latest = (flights: FlightEvent[]) =>
      push(
        {
          events: flights.map(({ id, time, origin, delay, carrier }) => ({
            id,
            time,
            values: { origin, delay, carrier },
          })),
        },
        "latest",
      );
    const stored = async () =>
      (
        await h.features(
          { features: ["latest:delay", "latest:carrier"], entities: { origin: "SEA" } },
          { "cache-control": "no-cache" },
        )
      ).json.rows[0];

    it("3.3 the winner stands, whatever came when, and the same again is a duplicate", async () => {
      const [older, newer] = [flightAt("a", at("11:00:00")), flightAt("b", at("11:30:00"), { delay: 3 })];
      expect((await latest([newer])).json).toEqual({ ...NONE, accepted: 1 });
      expect((await latest([older, newer])).json).toEqual({ ...NONE, accepted: 1, duplicate: 1 });
      expect(await stored()).toEqual([3, "AS"]);
    });

    it("3.6 a row that is still to come waits beside the winner", async () => {
      await latest([flightAt("a", at("11:00:00")), flightAt("b", at("12:00:03"), { delay: 3 })]);
      expect(await stored()).toEqual([10, "AS"]);
      h.clock.nowText = at("12:00:03");
      expect(await stored()).toEqual([3, "AS"]);
    });

    it("writes nothing beside its rows", async () => {
      await latest([flightAt("a", at("11:00:00"))]);
      expect(h.store.writes.flat().some(({ key }) => key.includes(":latest@") && key.startsWith("seen:"))).toBe(false);
    });
  });

  it("a pusher that is overtaken judges anew and loses nothing", async () => {
    const other = h.isolate();
    const flights = [flightAt("a", at("11:59:00")), flightAt("b", at("11:58:00"))];
    h.store.beforeWrite = async () => {
      h.store.beforeWrite = undefined;
      await other.send("POST", "/v1/push/pushed", { events: [...flights, flightAt("c", NOW)].map(eventOf) });
    };
    expect(await send([...flights, flightAt("d", at("11:57:00"))])).toEqual({ ...NONE, accepted: 1, duplicate: 2 });
    expect(await read()).toEqual(expectedAt(NOW, [...flights, flightAt("c", NOW), flightAt("d", at("11:57:00"))]));
  });

  it("gives up, to be sent again, when others are faster all the time", async () => {
    const other = h.isolate();
    let n = 0;
    h.store.beforeWrite = async () => {
      await other.send("POST", "/v1/push/pushed", { events: [eventOf(flightAt(`o${n++}`, NOW))] });
    };
    const answer = await push({ events: [eventOf(flightAt("a", NOW))] });
    expect([answer.status, answer.json.code, answer.headers.get("retry-after")]).toEqual([503, "store_conflict", "1"]);
    h.store.beforeWrite = undefined;
    expect(await send([flightAt("a", NOW)])).toEqual({ ...NONE, accepted: 1 });
    expect((await read())[0]).toBe(n + 1);
  });

  it("a row whose companion is lost takes later events only", async () => {
    await send([flightAt("a", at("11:58:00"))]);
    const { key, value } = h.store.writes.flat().find((write) => write.key.includes(":pushed@")) as {
      key: string;
      value: string;
    };
    await h.store.compareAndSet([
      { key, expected: value, value, expireInMs: null, beside: { key: seenKey(key), value: "gone" } },
    ]);
    expect(
      await send([flightAt("a", at("11:58:00")), flightAt("b", at("11:57:00")), flightAt("c", at("11:59:00"))]),
    ).toEqual({
      ...NONE,
      accepted: 1,
      deferred: 2,
    });
    expect(await send([flightAt("c", at("11:59:00")), flightAt("d", at("11:58:30"))])).toEqual({
      ...NONE,
      accepted: 1,
      duplicate: 1,
    });
    expect((await read())[0]).toBe(3);
  });

  it("7.2 goes to the version that answered before, too", async () => {
    await send([flightAt("a", at("11:50:00"))]);
    const both = pushDefinitions({ pushed: pushedNext });
    const { snapshot } = (await h.send("GET", "/v1/registry")).json;
    const first = snapshot.views.pushed.versions["1"];
    const { spec, fingerprint } = both.views["pushed"] as (typeof both.views)[string];
    const views = {
      ...snapshot.views,
      pushed: { latest: 2, active: 1, versions: { "1": first, "2": { fingerprint, materialized: false, spec } } },
    };
    const current = (await h.send("GET", "/v1/registry")).json.registry;
    const put = await h.send("PUT", "/v1/registry", { ...snapshot, views }, { "if-match": `"${current}"` });
    expect(put.status).toBeLessThan(300);
    expect(await send([flightAt("b", at("11:55:00"))])).toEqual({ ...NONE, accepted: 1, version: 2 });
    const rows = await h.features(
      { features: ["pushed@1:events_1h"], entities: { origin: "SEA" } },
      { "cache-control": "no-cache" },
    );
    expect(rows.json.rows).toEqual([[2]]);
  });

  it("7.2 tells of events that the version which answered before can't take", async () => {
    await applyNext(pushedNext);
    const bare = (id: string) => ({ id, time: NOW, values: { origin: "SEA" } });
    const answer = await push({ events: [bare("a"), eventOf(flightAt("b", NOW)), bare("c"), { id: "d" }] });
    expect(answer.json).toMatchObject({
      accepted: 3,
      rejected: [{ index: 3 }],
      version: 2,
      missed: [{ version: 1, events: 2, code: "missing_value", message: expect.stringContaining("events[0]") }],
    });
  });

  it("7.2 goes to the version that answers where the latest takes no pushes", async () => {
    await applyNext(unpushedNext);
    expect(await send([flightAt("a", at("11:59:00"))])).toEqual({ ...NONE, accepted: 1 });
    expect((await read())[0]).toBe(1);
  });

  describe("7.2 a version that does not serve yet", () => {
    const log = new MemoryLog();
    let mark: () => Promise<void>;
    beforeEach(async () => {
      h = harness(makeStore(), { eventLog: log });
      log.records.length = 0;
      await h.apply(pushDefinitions());
      const { snapshot, registry } = (await h.send("GET", "/v1/registry")).json;
      const { pushed } = snapshot.views;
      const { spec, fingerprint } = pushDefinitions({ pushed: pushedNext }).views["pushed"] as never as Version;
      const put = async (materialized: boolean, expected: string) => {
        const versions = { ...pushed.versions, "2": { fingerprint, materialized, spec } };
        const views = { ...snapshot.views, pushed: { latest: 2, active: materialized ? 2 : 1, versions } };
        const answer = await h.send("PUT", "/v1/registry", { ...snapshot, views }, { "if-match": `"${expected}"` });
        expect(answer.status).toBeLessThan(300);
        return answer.json.registry as string;
      };
      const next = await put(false, registry);
      mark = async () => void (await put(true, next));
    });
    type Version = { spec: unknown; fingerprint: string };
    const into = async (query: string, ...events: FlightEvent[]) =>
      (await h.send("POST", `/v1/push/pushed?${query}`, events.map(eventOf))).json;

    const counted = async (version: number) => {
      const [name] = version === 1 ? ["events_1h"] : ["events_2h"];
      const request = { features: [`pushed@${version}:${name}`], entities: { origin: "SEA" } };
      return (await h.features(request, { "cache-control": "no-cache" })).json.rows[0][0];
    };
    const logged = () => log.records.map(({ id, deferred, repeat }) => [id, deferred, repeat]);

    it("takes events however late and forgets none, until it serves", async () => {
      const late = [flightAt("b", at("10:20:00")), flightAt("c", at("10:30:00"))];
      expect(await send([flightAt("a", at("11:50:00"))])).toMatchObject({ accepted: 1, version: 2 });
      expect(await into("version=2", ...late)).toMatchObject({ accepted: 2, deferred: 0 });
      expect(await into("version=2", ...late)).toMatchObject({ accepted: 0, duplicate: 2 });
      await mark();
      expect(await counted(2)).toBe(3);
      expect(await send([flightAt("d", at("08:30:00")), flightAt("e", at("11:55:00"))])).toMatchObject({
        accepted: 1,
        deferred: 1,
      });
      expect(await send(late)).toMatchObject({ accepted: 0, deferred: 2 });
    });

    it("3.2 leaves the verdict to the one that answers, and may take what that one defers", async () => {
      await send([flightAt("a", at("11:50:00"))]);
      expect(await send([flightAt("b", at("10:30:00"))])).toMatchObject({ accepted: 0, deferred: 1, version: 2 });
      expect(await counted(1)).toBe(1);
      expect(logged()).toEqual([
        ["a", false, false],
        ["b", true, false],
      ]);
      await mark();
      expect(await counted(2)).toBe(2);
    });

    it("4.6 takes none that the one that answers refuses: its own may be still to come", async () => {
      const [first, other] = [flightAt("a", at("11:50:00")), flightAt("a", at("11:51:00"))];
      await into("version=1", first);
      const rejected = [{ index: 0, code: "event_conflict" }];
      expect(await send([other, flightAt("b", NOW)])).toMatchObject({ accepted: 1, rejected });
      expect(logged()).toEqual([["b", false, false]]);
      expect(await into("version=2", first)).toMatchObject({ accepted: 1, rejected: [] });
    });

    it("2.2 knows of what it was pushed that the log has it", async () => {
      const [a, b] = [flightAt("a", at("11:50:00")), flightAt("b", at("11:51:00"))];
      await into("version=2", a);
      await send([b]);
      await mark();
      expect(await send([a, b])).toMatchObject({ accepted: 0, duplicate: 2 });
      expect(logged()).toEqual([["b", false, false]]);
    });

    it("is pushed into alone with ?version=, which the log is not told", async () => {
      const event = flightAt("a", at("11:50:00"));
      const only = { ...NONE, accepted: 1, logged: false };
      expect(await into("version=2", event)).toEqual({ ...only, version: 2 });
      expect(await into("version=1&to=online", event)).toEqual({ ...only, version: 1 });
      expect(await into("version=2", event)).toMatchObject({ accepted: 0, duplicate: 1 });
      expect(log.records).toEqual([]);
      expect(await into("version=2&to=both", event)).toMatchObject({ code: "bad_request" });
      expect(await into("version=3", event)).toMatchObject({ code: "unknown_version" });
      expect(await into("version=x", event)).toMatchObject({ code: "bad_request" });
    });
  });

  it("3.9 what another isolate pushed is seen within a second, by cached reads too", async () => {
    const other = h.isolate();
    const cached = async () =>
      (await other.features({ features: ["pushed:events_1h"], entities: { origin: "SEA" } })).json.rows[0][0];
    await send([flightAt("a", at("11:59:00"))]);
    expect(await cached()).toBe(1);
    await send([flightAt("b", at("11:58:00"))]);
    expect(await cached()).toBe(1);
    h.clock.advance(1_000);
    expect(await cached()).toBe(2);
    expect((await other.features({ features: ["latest:delay"], entities: { origin: "SEA" } })).status).toBe(200);
  });
});
