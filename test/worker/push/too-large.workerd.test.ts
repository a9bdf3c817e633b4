// Events that no row can hold: refused by themselves, and before the log is told, so that both sides are without them.
import { beforeEach, describe, expect, it } from "vitest";
import { featureView, last } from "../../../sdk/index.ts";
import { planApply } from "../../../sdk/registry/index.ts";
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
} from "../support/push.ts";

const at = (clock: string) => `2001-03-31T${clock}Z`;
const long = (chars: number) => "c".repeat(chars);
const TOO_LARGE = { code: "value_out_of_range", message: expect.stringContaining("is too large: ") };

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

  it("together with what the row holds is rejected, and what was late all the same goes to the log", async () => {
    const carrier = long(1_100_000);
    expect((await push([flightAt("a", at("10:30:00"), { carrier })])).json).toMatchObject({ accepted: 1 });
    const answer = await push([
      flightAt("b", at("11:30:00"), { carrier }),
      flightAt("late", at("09:00:00")),
      flightAt("c", at("11:30:00"), { origin: "PDX", carrier }),
    ]);
    expect(answer.json).toMatchObject({ accepted: 1, deferred: 1, rejected: [{ index: 0, ...TOO_LARGE }] });
    expect(logged()).toEqual(["a", "late deferred", "c"]);
    expect(await read("pushed:events_ever")).toEqual([1]);
    // Another that fits is taken.
    expect((await push([flightAt("d", at("11:30:00"))])).json).toMatchObject({ accepted: 1, rejected: [] });
  });

  it("once it is logged counts when it is materialized: others were faster", async () => {
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

  it("7.2 in a version that does not answer yet is told of; the one that answers takes it", async () => {
    const { snapshot, registry } = (await h.send("GET", "/v1/registry")).json;
    const next = featureView("pushed", {
      entities: [airport],
      source: departures,
      push: true,
      aggregations: { one: last("carrier", "1d", { hop: "1h" }), two: last("carrier", "1d", { hop: "30m" }) },
    });
    const plan = planApply(snapshot, pushDefinitions({ pushed: next }));
    const put = await h.send("PUT", "/v1/registry", plan.snapshot, { "if-match": `"${registry}"` });
    expect(put.status).toBeLessThan(300);
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
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("is too large: ")]);
    }
    expect(h.store.writes.flat().filter(({ key }) => key.startsWith("feature:"))).toEqual([]);
    expect(logged()).toEqual([]);
  });
});
