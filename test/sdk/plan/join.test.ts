// What a training set needs: by view its keys, times and windows; its columns and their names; which event times matter.
import { describe, expect, it } from "vitest";
import { avg, count, csv, entity, featureView, int64, string, timestamp } from "../../../sdk/index.ts";
import { eventTimesThatMatter, type JoinOptions, planFeatures, planJoin } from "../../../sdk/plan/index.ts";
import { parseDuration } from "../../../sdk/time.ts";
import { airport, BUNDLED, plan, snapshotFrom } from "./flights.ts";

const HOUR = parseDuration("1h");
const DAY = parseDuration("1d");

const schema = { origin: string(), at: timestamp(), made: timestamp(), delay: int64() };
const known = csv("known", { path: "k.csv", eventTime: "at", createdTime: "made", schema });
const stored = featureView("stored", { entities: [airport], source: known, ttl: "6h", features: { delay: int64() } });
const open = featureView("open", { entities: [airport], source: known, features: { delay: int64() } });
const windows = featureView("windows", {
  entities: [airport],
  source: known,
  aggregations: {
    n_1h: count("1h"),
    mean_1h: avg("delay", "1h"),
    n_7d: count("7d"),
    n_1d_by_day: count("1d", { hop: "1d" }),
  },
});
const place = featureView("place", {
  entities: [entity("airport2", { joinKey: "origin", type: string() })],
  source: csv("places", { path: "p.csv", schema: { origin: string(), metres: int64() } }),
  features: { metres: int64() },
});
const snapshot = snapshotFrom({ stored, open, windows, place });
const join = (features: string[], options: Partial<JoinOptions> = {}) =>
  planJoin(planFeatures(snapshot, { features }, BUNDLED), { entityColumns: ["origin", "event_timestamp"], ...options });

describe("a join plan", () => {
  it("says for a stored view its keys, its TTL, and that its rows have times", () => {
    expect(join(["stored:delay", "place:metres"]).views).toMatchObject([
      {
        kind: "stored",
        keys: [{ name: "origin" }],
        ttlUs: 6 * HOUR,
        timed: true,
        windows: [],
        newestIn: [],
        provenance: false,
      },
      { kind: "stored", ttlUs: 0, timed: false },
    ]);
  });

  it("says for an aggregated view the windows asked for, each once; with provenance all that a row online holds", () => {
    const asked = ["windows:n_1h", "windows:mean_1h"];
    const hour = { windowUs: HOUR, hopUs: parseDuration("1m") };
    expect(join(asked).views[0]).toMatchObject({ kind: "aggregated", ttlUs: 0, windows: [hour], newestIn: [] });
    const { windows: own, newestIn } = join(asked, { provenance: true }).views[0] as ReturnType<
      typeof join
    >["views"][number];
    expect(own).toStrictEqual([hour]);
    expect(newestIn.map(({ windowUs }) => windowUs)).toStrictEqual([HOUR, 7 * DAY, DAY]);
  });

  it.each<[JoinOptions["asKnownAt"], unknown]>([
    [undefined, { at: "any" }],
    [true, { at: "entityTime" }],
    ["decided_at", { at: "column", column: "decided_at" }],
  ])("2.2: takes rows known at %s", (asKnownAt, rule) => {
    expect(join(["stored:delay"], asKnownAt === undefined ? {} : { asKnownAt }).known).toStrictEqual(rule);
  });

  it("2.2: refuses rows that must be known where a view has no created time, and names it", () => {
    expect(() => join(["stored:delay", "place:metres"], { asKnownAt: true })).toThrow(
      /view "place" has no created time/,
    );
  });

  it("2.7: names columns in the order asked for, event times after them", () => {
    const { columns } = join(["open:delay", "place:metres"], { fullNames: true, provenance: true });
    expect(columns.map(({ name, eventTimeName, from }) => [name, eventTimeName, from])).toStrictEqual([
      ["open__delay", "open__delay__event_time", [0]],
      ["place__metres", "place__metres__event_time", [1]],
    ]);
  });

  it("2.9: an on-demand feature comes from the views that its expression reads, and from no others", () => {
    const features = ["risk:ratio", "risk:named", "far:gap", "coded:twice"];
    const { columns, views } = planJoin(plan(...features), { entityColumns: [], provenance: true });
    expect(columns.map(({ from }) => from.map((i) => views[i]?.read.label))).toStrictEqual([
      ["recent"],
      [],
      ["last", "there"],
      ["last"],
    ]);
  });

  it.each<[string, string[], Partial<JoinOptions>, RegExp]>([
    [
      "of an entity column",
      ["open:delay"],
      { entityColumns: ["delay"] },
      /"delay": a column of the entity rows, and open:delay/,
    ],
    ["of two features", ["open:delay", "stored:delay"], {}, /"delay": open:delay, and stored:delay/],
    [
      "of an event time",
      ["open:delay"],
      { entityColumns: ["delay__event_time"], provenance: true },
      /"delay__event_time": a column of the entity rows, and the event time of open:delay/,
    ],
  ])("2.7: refuses the name %s", (_, features, options, message) => {
    expect(() => join(features, options)).toThrow(message);
  });
});

describe("the event times that matter", () => {
  const at = { leastUs: 100 * DAY + 1, greatestUs: 200 * DAY };
  it.each<[string, string[], { afterUs: number | null; untilUs: number | null }]>([
    ["within the TTL, both ends inclusive", ["stored:delay"], { afterUs: 100 * DAY - 6 * HOUR, untilUs: 200 * DAY }],
    ["any before, without a TTL", ["open:delay"], { afterUs: null, untilUs: 200 * DAY }],
    ["in the longest window", ["windows:n_1h", "windows:n_7d"], { afterUs: 93 * DAY, untilUs: 200 * DAY }],
    ["in a window whose hops reach further back", ["windows:n_1d_by_day"], { afterUs: 99 * DAY, untilUs: 200 * DAY }],
    ["of the view that reaches furthest", ["stored:delay", "windows:n_7d"], { afterUs: 93 * DAY, untilUs: 200 * DAY }],
    [
      "any, for one view without a TTL among others",
      ["stored:delay", "open:delay"],
      { afterUs: null, untilUs: 200 * DAY },
    ],
    ["all of a reference table", ["place:metres"], { afterUs: null, untilUs: null }],
  ])("are those %s", (_, features, expected) => {
    expect(eventTimesThatMatter(join(features, { fullNames: true }).views, at)).toStrictEqual(expected);
  });
});
