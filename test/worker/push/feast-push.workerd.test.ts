// Feast's push into views of windows, and offline too: a frame's rows are events of the source.
import { beforeEach, describe, expect, it } from "vitest";
import { count, featureView } from "../../../sdk/index.ts";
import { durableObjectStore } from "../../support/workerd-stores.ts";
import { compiled } from "../support/definitions.ts";
import { type Harness, harness } from "../support/harness.ts";
import {
  latest,
  MemoryLog,
  nightly,
  overall,
  pushDefinitions,
  pushed,
  pushedNext,
  unpushedNext,
} from "../support/push.ts";

const FRAME = {
  flight: ["a", "b", "c"],
  event_timestamp: ["2001-03-31T11:59:00", "2001-03-31T11:58:00.000001", "2001-03-31T11:57:00"],
  created: [null, "2001-03-31T12:00:00", "NaT"],
  origin: ["SEA", "SEA", "PDX"],
  delay: [5, null, -3],
  distance: 100.5,
  carrier: ["AS", "DL", null],
  gate: ["N1", "N2", "N3"],
};

describe("POST /push of events", () => {
  let h: Harness;
  let log: MemoryLog;
  beforeEach(async () => {
    log = new MemoryLog();
    h = harness(durableObjectStore(), { eventLog: log });
    await h.apply(pushDefinitions());
  });
  const push = (more: Record<string, unknown> = {}, df: Record<string, unknown> = FRAME) =>
    h.send("POST", "/push", { push_source_name: "departures", df, ...more });
  const rows = async (...features: string[]) =>
    (await h.features({ features, entities: { origin: ["SEA", "PDX"] } }, { "cache-control": "no-cache" })).json.rows;

  it("takes a frame into every view over the source, its zoneless times as UTC, and once only", async () => {
    const answer = await push();
    expect([answer.status, answer.json]).toMatchObject([
      200,
      {
        rows: 3,
        views: [
          { view: "pushed", version: 1, accepted: 3, logged: false },
          { view: "latest", version: 1, accepted: 3, logged: false },
          { view: "overall", version: 1, accepted: 3, logged: false },
        ],
        ignoredColumns: ["gate"],
      },
    ]);
    expect(await rows("pushed:events_1h", "pushed:delay_sum_1d", "latest:delay", "overall:events_1h")).toEqual([
      [2, 5, 5, 3],
      [1, -3, -3, 3],
    ]);
    // Of a stored view's rows, one that has lost to a later one is not kept: it is accepted once more, and loses again.
    expect((await push()).json.views).toMatchObject([
      { duplicate: 3 },
      { duplicate: 2, accepted: 1 },
      { duplicate: 3 },
    ]);
    expect(log.records).toEqual([]);
  });

  it("leaves out windows of the source that only batches fill, unless it is they that are named", async () => {
    await h.apply(pushDefinitions({ nightly }));
    const answer = await push();
    expect(answer.json.views.map(({ view }: { view: string }) => view)).toEqual(["pushed", "latest", "overall"]);
    expect((await push({ push_source_name: "nightly" })).status).toBe(501);
  });

  it.each<[what: string, beside: Record<string, unknown>, views: string[]]>([
    ["alone", {}, ["pushed"]],
    ["and to the others", { latest, overall }, ["pushed", "latest", "overall"]],
  ])("7.2 goes to the version that answers where the latest takes no pushes, %s", async (_what, beside, views) => {
    h = harness(durableObjectStore());
    await h.apply(compiled({ pushed, ...beside }));
    await h.applyNext(compiled({ pushed: unpushedNext, ...beside }));
    expect((await push()).json.views).toMatchObject(views.map((view) => ({ view, version: 1, accepted: 3 })));
    expect(await rows("pushed:events_1h")).toEqual([[2], [1]]);
  });

  it("7.2 writes rows into the version that answers until the windows of its view's next one do", async () => {
    const windows = featureView("latest", {
      entities: latest.entities,
      source: latest.source,
      aggregations: { n: count("1d") },
    });
    h = harness(durableObjectStore());
    await h.apply(compiled({ latest }));
    await h.applyNext(compiled({ latest: windows }));
    expect((await push()).json.views).toMatchObject([{ view: "latest", version: 1, written: 2, superseded: 1 }]);
    expect(await rows("latest:delay")).toEqual([[5], [-3]]);
  });

  it("to both sides tells the log of each view that took an event", async () => {
    const answer = await push({ to: "online_and_offline" });
    expect(answer.json.views.map(({ logged }: { logged: boolean }) => logged)).toEqual([true, true, true]);
    expect(log.records.map(({ view, id }) => `${view} ${id}`)).toEqual(
      ["pushed", "latest", "overall"].flatMap((view) => ["a", "b", "c"].map((id) => `${view} ${id}`)),
    );
    const first = log.records.slice(0, 3);
    expect(first.map(({ source, id, valuesJson }) => [source, id, JSON.parse(valuesJson)])).toEqual([
      ["departures", "a", { origin: "SEA", delay: 5, distance: 100.5, carrier: "AS" }],
      ["departures", "b", { origin: "SEA", delay: null, distance: 100.5, carrier: "DL" }],
      ["departures", "c", { origin: "PDX", delay: -3, distance: 100.5, carrier: null }],
    ]);
    expect(await rows("pushed:events_1h")).toEqual([[2], [1]]);
  });

  it("to the offline side alone writes no row", async () => {
    const answer = await push({ to: "offline" });
    const deferred = { accepted: 0, deferred: 3, logged: true };
    expect(answer.json.views).toMatchObject([deferred, deferred, deferred]);
    expect(log.records.length).toBe(9);
    expect(await rows("pushed:events_1h", "latest:delay")).toEqual([
      [0, null],
      [0, null],
    ]);
  });

  it.each<[what: string, frame: Record<string, unknown>]>([
    ["no id", { flight: [null, "b", "c"] }],
    ["an empty id", { flight: ["a", "", "c"] }],
    ["no time", { event_timestamp: ["NaT", ...FRAME.event_timestamp.slice(1)] }],
    ["a key that is null", { origin: [null, "SEA", "PDX"] }],
    ["a type that is wrong", { delay: ["late", 1, 2] }],
    ["a time in the future", { event_timestamp: ["2001-04-01T00:00:00", ...FRAME.event_timestamp.slice(1)] }],
    ["a column that is missing", { carrier: undefined }],
  ])("with %s is refused whole, before anything is written", async (_what, more) => {
    const answer = await push({ to: "online_and_offline" }, { ...FRAME, ...more });
    expect([answer.status, typeof answer.json]).toEqual([400, "string"]);
    expect(log.records).toEqual([]);
    expect(await rows("pushed:events_1h", "latest:delay")).toEqual([
      [0, null],
      [0, null],
    ]);
  });

  it("made by definitions that are others by now fails, to be sent again", async () => {
    await h.apply(pushDefinitions({ pushed: pushedNext }));
    const definitions = [pushDefinitions({ pushed: pushedNext }), pushDefinitions()];
    h.store.beforeRead = async () => {
      if (h.store.purposes.at(-1) === "write" && definitions.length > 0) await h.isolate().apply(definitions.pop());
    };
    expect((await push()).status).toBe(503);
    expect((await push()).status).toBe(503);
    expect((await push()).json.views[0]).toMatchObject({ view: "pushed", accepted: 3 });
  });

  it("of the same id with other content is a conflict", async () => {
    await push();
    expect((await push({}, { ...FRAME, delay: [6, null, -3] })).status).toBe(409);
  });
});
