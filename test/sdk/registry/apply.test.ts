// What applying definitions changes: SEMANTICS 7.1, 7.2.
import { describe, expect, it } from "vitest";
import {
  avg,
  count,
  entity,
  type FeatureView,
  featureView,
  float64,
  int64,
  parquet,
  type Source,
  stream,
  string,
  sum,
  timestamp,
} from "../../../sdk/index.ts";
import {
  canonicalJson,
  checkSnapshot,
  collectDefinitions,
  compileDefinitions,
  emptySnapshot,
  markMaterialized,
  planApply,
  type Snapshot,
  snapshotHash,
  snapshotOf,
} from "../../../sdk/registry/index.ts";
import { faultOf } from "../../support/faults.ts";
import { type Changes, compile, define, moreAggregations } from "./define.ts";

const empty = emptySnapshot("shop", "dev");
const apply = (current: Snapshot, changes: Changes = {}) => planApply(current, compile(define(changes)));
const applied = (...all: Changes[]): Snapshot =>
  all.reduce((current, changes) => apply(current, changes).snapshot, empty);
const mark = (snapshot: Snapshot, ...versions: [view: string, version: number][]): Snapshot =>
  versions.reduce((s, [view, version]) => markMaterialized(s, view, version), snapshot);
const live = mark(applied({}), ["profile", 1], ["spend", 1]);
const active = (snapshot: Snapshot) =>
  Object.fromEntries(Object.entries(snapshot.views).map(([name, { active: a, latest }]) => [name, [a, latest]]));
const shown = ({ changes }: ReturnType<typeof apply>) =>
  changes.map(({ what, name, kind }) => `${kind} ${what} ${name}`);

describe("7.1 the first apply", () => {
  const plan = apply(empty);
  it("adds all there is, with what must be materialized and who reads it", () => {
    expect(plan.changes).toEqual([
      {
        what: "view",
        name: "profile",
        kind: "add",
        version: 1,
        needsMaterialization: true,
        services: ["model", "shop"],
      },
      { what: "view", name: "spend", kind: "add", version: 1, needsMaterialization: true, services: ["model"] },
      { what: "view", name: "risk", kind: "add", version: 1, needsMaterialization: false, services: ["model"] },
      { what: "entity", name: "user", kind: "add" },
      { what: "service", name: "model", kind: "add" },
      { what: "service", name: "shop", kind: "add" },
    ]);
  });
  it("activates nothing that was not materialized", () => {
    expect(active(plan.snapshot)).toEqual({ profile: [null, 1], spend: [null, 1], risk: [null, 1] });
  });
  it("leaves the snapshot that it was given alone", () => {
    expect(empty).toEqual(emptySnapshot("shop", "dev"));
    expect(plan.snapshot).toMatchObject({ format: 1, project: "shop", environment: "dev" });
  });
});

describe("7.1 applying again", () => {
  it.each<[what: string, snapshot: Snapshot]>([
    ["right away", applied({})],
    ["after materializing", live],
    ["after the snapshot went through JSON", checkSnapshot(JSON.parse(JSON.stringify(live)))],
    ["after its members were sorted", checkSnapshot(JSON.parse(canonicalJson(live)))],
    ["with every option set", applied(everyOption())],
    ["every option, members sorted", JSON.parse(canonicalJson(applied(everyOption()))) as Snapshot],
  ])("changes nothing: %s", (what, snapshot) => {
    const plan = apply(snapshot, what.includes("every option") ? everyOption() : {});
    expect(plan.changes).toEqual([]);
    expect(snapshotHash(plan.snapshot)).toBe(snapshotHash(snapshot));
  });
});

function everyOption(): Changes {
  const meta = { owner: "o", description: "d", tags: { b: "1", a: "2" }, freshness: "1h" };
  const scheduled = { ...meta, schedule: "0 * * * *" };
  return {
    profileMeta: scheduled,
    spendMeta: scheduled,
    riskMeta: meta,
    serviceMeta: { description: "d", tags: { z: "1", y: "2" } },
    entityDescription: "d",
    inputs: (spend) => [spend.withName("other").withJoinKeyMap({ user_id: "friend" })],
  };
}

describe("7.1 a new fingerprint makes a new version: adding a feature is compatible, anything else breaking", () => {
  const profile = { shop: string(), cents: int64({ default: 0 }) };
  const windows = { events_1d: count("1d"), spent_1d: sum("amount", "1d") };
  it.each<[what: string, changes: Changes, expected: Record<string, boolean>, before?: Changes]>([
    ["a stored feature more", { profileFeatures: { ...profile, amount: float64() } }, { profile: false }],
    ["one more, before the others", { profileFeatures: { amount: float64(), ...profile } }, { profile: false }],
    ["a stored feature less", { profileFeatures: { shop: string() } }, { profile: true }],
    ["another name", { profileFeatures: { shop: string(), amount: float64() } }, { profile: true }],
    [
      "a default",
      { profileFeatures: { shop: string({ default: "" }), cents: int64({ default: 0 }) } },
      { profile: true },
    ],
    [
      "a description with one more",
      { profileFeatures: { ...profile, shop: string({ description: "d" }), amount: float64() } },
      { profile: false },
    ],
    [
      "an owner with one more",
      { profileFeatures: { ...profile, amount: float64() }, profileMeta: { owner: "o" } },
      { profile: false },
    ],
    ["a ttl", { ttl: "1d" }, { profile: true }],
    ["a ttl, and one more", { ttl: "1d", profileFeatures: { ...profile, amount: float64() } }, { profile: true }],
    ["a select", { profileMeta: { select: "FROM events" } }, { profile: true }],
    [
      "another select",
      { profileMeta: { select: "FROM events WHERE cents > 0" } },
      { profile: true },
      { profileMeta: { select: "FROM events" } },
    ],
    [
      "one more of the same select",
      { profileMeta: { select: "FROM events" }, profileFeatures: { ...profile, amount: float64() } },
      { profile: false },
      { profileMeta: { select: "FROM events" } },
    ],
    ["no entity any more", { profileMeta: { entities: [] } }, { profile: true }],
    ["a path", { path: "other.parquet" }, { profile: true, spend: true, risk: true }],
    ["a join key", { key: "customer_id" }, { profile: true, spend: true, risk: true }],
    // The whole view is an input of risk: what is compatible for the one is so for the other.
    ["an aggregate more", { aggregations: moreAggregations }, { spend: false, risk: false }],
    [
      "an aggregate over a new column more",
      { aggregations: { ...windows, shops_1d: count("shop", "1d") } },
      { spend: false, risk: false },
    ],
    ["a window", { aggregations: { ...windows, spent_1d: sum("amount", "2d") } }, { spend: true, risk: true }],
    ["a function", { aggregations: { ...windows, spent_1d: avg("amount", "1d") } }, { spend: true, risk: true }],
    [
      "a filter",
      { aggregations: { ...windows, spent_1d: sum("amount", "1d", { where: "cents > 0" }) } },
      { spend: true, risk: true },
    ],
    [
      "a hop",
      { aggregations: { ...windows, spent_1d: sum("amount", "1d", { hop: "30m" }) } },
      { spend: true, risk: true },
    ],
    [
      "an on-demand feature more",
      { riskFeatures: { share: float64(), n: int64() }, expressions: { share: "spent_1d / limit", n: "events_1d" } },
      { risk: false },
    ],
    ["an expression", { expressions: { share: "limit / spent_1d" } }, { risk: true }],
    ["an input more", { inputs: (spend, profile) => [spend, profile] }, { risk: false }],
    ["an input less", {}, { risk: true }, { inputs: (spend, profile) => [spend, profile] }],
    ["an input's feature more", {}, { risk: false }, { inputs: (spend) => [spend.pick("spent_1d" as never)] }],
    ["an input's feature less", { inputs: (spend) => [spend.pick("spent_1d" as never)] }, { risk: true }],
    ["an input's keys", { inputs: (spend) => [spend.withJoinKeyMap({ user_id: "friend" })] }, { risk: true }],
    ["an input's name", { inputs: (spend) => [spend.withName("other")] }, { risk: true }],
    // A request that lacks it was answered before, and is a 400 now.
    ["a request field more", { request: { limit: float64(), other: float64() } }, { risk: true }],
    ["a request field's type", { request: { limit: int64() } }, { risk: true }],
    ["code for expressions", { transform: () => ({ share: 1 }) }, { risk: true }],
    ["other code", { transform: () => ({ share: 1 }) }, { risk: true }, { transform: () => ({ share: 2 }) }],
  ])("%s", (_, changes, expected, before = {}) => {
    const { changes: found, snapshot } = apply(mark(applied(before), ["profile", 1], ["spend", 1]), changes);
    const versions = found.filter(({ what }) => what === "view");
    expect(Object.fromEntries(versions.map(({ name, breaking }) => [name, breaking]))).toEqual(expected);
    for (const change of versions) {
      expect(change).toMatchObject({ kind: "new-version", version: 2, needsMaterialization: change.name !== "risk" });
      expect(Object.keys(snapshot.views[change.name]?.versions ?? {})).toEqual(["1", "2"]);
    }
  });

  it("says which services it touches, through on-demand views too", () => {
    const { changes } = apply(live, { aggregations: moreAggregations });
    expect(changes.map(({ name, services }) => [name, services])).toEqual([
      ["spend", ["model"]],
      ["risk", ["model"]],
    ]);
    expect(apply(live, { ttl: "1d" }).changes[0]?.services).toEqual(["model", "shop"]);
  });
});

describe("7.1 a known fingerprint restores its version's number", () => {
  it("not materialized: it waits, and the active one answers", () => {
    const second = apply(live, { ttl: "1d" }).snapshot;
    const third = apply(second, { ttl: "2d" });
    expect(third.changes[0]).toMatchObject({ kind: "new-version", version: 3 });
    const back = apply(third.snapshot, { ttl: "1d" });
    expect(back.changes).toEqual([
      {
        what: "view",
        name: "profile",
        kind: "restore",
        version: 2,
        needsMaterialization: true,
        services: ["model", "shop"],
      },
    ]);
    expect(active(back.snapshot)["profile"]).toEqual([1, 2]);
  });

  it("materialized: it answers at once", () => {
    const second = mark(apply(live, { ttl: "1d" }).snapshot, ["profile", 2]);
    expect(active(second)["profile"]).toEqual([2, 2]);
    const back = apply(second, {});
    expect(back.changes[0]).toMatchObject({ kind: "restore", version: 1, needsMaterialization: false });
    expect(active(back.snapshot)["profile"]).toEqual([1, 1]);
  });

  it("the next new version still counts on", () => {
    const back = apply(applied({}, { ttl: "1d" }), {}).snapshot;
    expect(apply(back, { ttl: "2d" }).changes[0]).toMatchObject({ kind: "new-version", version: 3 });
  });

  it("takes its description from the definitions", () => {
    const back = apply(applied({}, { ttl: "1d" }), { profileMeta: { description: "again" } });
    expect(back.changes[0]).toMatchObject({ kind: "restore", version: 1 });
    expect(back.snapshot.views["profile"]?.versions["1"]?.spec.description).toBe("again");
  });
});

describe("7.1 what changes no value changes no version", () => {
  it.each<[what: string, changes: Changes, view: string]>([
    ["an owner", { profileMeta: { owner: "me" } }, "profile"],
    ["tags", { spendMeta: { tags: { a: "b" } } }, "spend"],
    ["a freshness and a schedule", { spendMeta: { freshness: "1h", schedule: "0 * * * *" } }, "spend"],
    ["a description", { riskMeta: { description: "d" } }, "risk"],
    ["a feature's description", { riskFeatures: { share: float64({ description: "d" }) } }, "risk"],
  ])("%s", (_, changes, view) => {
    const plan = apply(live, changes);
    expect(plan.changes).toMatchObject([{ what: "view", name: view, kind: "metadata", version: 1 }]);
    expect(active(plan.snapshot)).toEqual(active(live));
    expect(plan.snapshot.views[view]?.versions["1"]?.materialized).toBe(view !== "risk");
    expect(snapshotHash(plan.snapshot)).not.toBe(snapshotHash(live));
    expect(apply(plan.snapshot, changes).changes).toEqual([]);
    expect(snapshotHash(apply(plan.snapshot, {}).snapshot)).toBe(snapshotHash(live));
  });
});

describe("7.2 removing and adding again", () => {
  const without = compile({ profile: define()["d0"] });
  const removed = planApply(live, without);
  it("keeps a removed view's versions, out of service", () => {
    expect(removed.changes).toEqual([
      { what: "view", name: "spend", kind: "remove", services: [] },
      { what: "view", name: "risk", kind: "remove", services: [] },
      { what: "service", name: "model", kind: "remove" },
      { what: "service", name: "shop", kind: "remove" },
    ]);
    expect(active(removed.snapshot)).toEqual({ profile: [1, 1], spend: [null, null], risk: [null, null] });
    expect(removed.snapshot.views["spend"]?.versions["1"]).toEqual(live.views["spend"]?.versions["1"]);
    expect(removed.snapshot.services).toEqual({});
  });
  it("says so once", () => {
    expect(planApply(removed.snapshot, without).changes).toEqual([]);
  });
  it("restores it when it comes back as it was", () => {
    const back = apply(removed.snapshot, {});
    expect(shown(back)).toEqual(["restore view spend", "restore view risk", "add service model", "add service shop"]);
    expect(snapshotHash(back.snapshot)).toBe(snapshotHash(live));
  });
  it("makes a new version when it comes back changed, which breaks nobody", () => {
    const back = apply(removed.snapshot, { aggregations: { events_1d: count("2d"), spent_1d: sum("amount", "2d") } });
    expect(back.changes[0]).toMatchObject({ kind: "new-version", name: "spend", version: 2, breaking: false });
    expect(active(back.snapshot)["spend"]).toEqual([null, 2]);
    expect(active(back.snapshot)["risk"]).toEqual([null, 2]);
  });
  it("an entity that nobody uses goes too", () => {
    const none = planApply(live, compile({}));
    expect(none.changes.filter(({ what }) => what === "entity")).toEqual([
      { what: "entity", name: "user", kind: "remove" },
    ]);
    expect(none.snapshot.entities).toEqual({});
  });
});

describe("7.2 a new view over a stream has all there is from the start, unless there was another before", () => {
  const schema = { id: string(), at: timestamp(), user: string() };
  const stream1 = stream("clicks", { eventTime: "at", eventId: "id", schema });
  const person = entity("person", { joinKey: "user", type: string() });
  const view = (name: string, source: Source = stream1, n = count("1d")) =>
    featureView(name, { entities: [person], source, push: true, aggregations: { n } });
  const after = (...all: FeatureView[][]) =>
    all.reduce(
      (current, views) => {
        const definitions = Object.fromEntries(views.map((one) => [one.name, one]));
        const compiled = compileDefinitions(collectDefinitions({ person, ...definitions }), {
          columnsOf: () => undefined,
        });
        return planApply(current.snapshot, compiled);
      },
      { snapshot: empty, changes: [] } as Pick<ReturnType<typeof planApply>, "snapshot" | "changes">,
    );
  const [one, two] = [view("one"), view("two")];
  const other = view("one", stream("taps", { eventTime: "at", eventId: "id", schema }));
  const file = view("one", parquet("clicks", { path: "c.parquet", eventTime: "at", eventId: "id", schema }));
  it.each<[what: string, applied: FeatureView[][], complete: boolean]>([
    ["the first", [[two]], true],
    ["with another of the same apply", [[one, two]], true],
    ["after one of another stream", [[other], [other, two]], true],
    ["after one of the same", [[one], [one, two]], false],
    ["after one that was removed", [[one], [other], [two]], false],
    ["after an older version of one", [[one], [other], [other, two]], false],
    ["after a file of the name", [[file], [two]], false],
  ])("%s", (_, applies, complete) => {
    const { changes, snapshot } = after(...applies);
    expect(changes.find(({ name }) => name === "two")?.needsMaterialization).toBe(!complete);
    expect(snapshot.views["two"]).toMatchObject({ active: complete ? 1 : null, latest: 1 });
  });
});

describe("7.1 entities and services", () => {
  it.each<[what: string, changes: Changes, expected: string[]]>([
    ["an entity's description", { entityDescription: "who" }, ["change entity user"]],
    [
      "a service's features",
      { services: ({ profile }) => ({ model: [profile], shop: [profile.pick("shop" as never)] }) },
      ["change service model"],
    ],
    [
      "their order",
      { services: ({ profile, risk }) => ({ model: [risk, profile], shop: [profile.pick("shop" as never)] }) },
      ["change service model"],
    ],
    [
      "a service less, another more",
      { services: ({ profile, risk }) => ({ model: [profile, risk], more: [risk] }) },
      ["add service more", "remove service shop"],
    ],
    ["a service's description", { serviceMeta: { description: "d" } }, ["change service model", "change service shop"]],
  ])("%s", (_, changes, expected) => {
    const plan = apply(live, changes);
    expect(shown(plan)).toEqual(expected);
    expect(apply(plan.snapshot, changes).changes).toEqual([]);
  });
});

describe("7.2 what is active", () => {
  it("a stored or aggregated view once it is materialized, an on-demand view once its inputs are", () => {
    const first = applied({});
    expect(active(mark(first, ["profile", 1]))).toEqual({ profile: [1, 1], spend: [null, 1], risk: [null, 1] });
    expect(active(mark(first, ["spend", 1]))).toEqual({ profile: [null, 1], spend: [1, 1], risk: [1, 1] });
  });

  it("an on-demand view waits for all of its inputs", () => {
    const both: Changes = { inputs: (spend, profile) => [spend, profile] };
    expect(active(mark(applied(both), ["spend", 1]))["risk"]).toEqual([null, 1]);
    expect(active(mark(applied(both), ["spend", 1], ["profile", 1]))["risk"]).toEqual([1, 1]);
  });

  it("an on-demand view without any input view is active at once", () => {
    const alone: Changes = { inputs: () => [], expressions: { share: "limit * 2.0" } };
    expect(active(applied(alone))["risk"]).toEqual([1, 1]);
  });

  it("the old version answers until the new one is materialized, and both views switch together", () => {
    const waiting = apply(live, { aggregations: moreAggregations }).snapshot;
    expect(active(waiting)).toEqual({ profile: [1, 1], spend: [1, 2], risk: [1, 2] });
    expect(active(mark(waiting, ["spend", 2]))).toEqual({ profile: [1, 1], spend: [2, 2], risk: [2, 2] });
  });

  it("7.3 a service goes on as it was until its views can answer what it is to be", () => {
    const changes: Changes = { profileFeatures: { shop: string(), cents: int64({ default: 0 }), amount: float64() } };
    const features = (snapshot: Snapshot) => snapshot.services["model"]?.features[0]?.features;
    const waiting = apply(live, changes);
    expect(shown(waiting)).toEqual(["new-version view profile", "change service model"]);
    expect(features(waiting.snapshot)).toEqual(["shop", "cents"]);
    expect(waiting.snapshot.services["shop"]).toEqual(live.services["shop"]);
    expect(apply(waiting.snapshot, changes).changes).toEqual([]);
    expect(snapshotHash(apply(waiting.snapshot, changes).snapshot)).toBe(snapshotHash(waiting.snapshot));
    expect(checkSnapshot(JSON.parse(JSON.stringify(waiting.snapshot)))).toEqual(waiting.snapshot);
    const after = mark(waiting.snapshot, ["profile", 2]);
    expect(features(after)).toEqual(["shop", "cents", "amount"]);
    expect(after.services["model"]).not.toHaveProperty("pending");
    // Back before it was materialized: as if nothing had been.
    expect(apply(waiting.snapshot, {}).snapshot.services).toEqual(live.services);
  });

  it("an on-demand view's new version over materialized inputs is active at apply", () => {
    expect(active(apply(live, { expressions: { share: "limit / spent_1d" } }).snapshot)["risk"]).toEqual([2, 2]);
  });

  it("materializing an older version once more activates nothing", () => {
    const waiting = apply(live, { ttl: "1d" }).snapshot;
    expect(mark(waiting, ["profile", 1])).toEqual(waiting);
    expect(active(mark(applied({}, { ttl: "1d" }), ["profile", 1]))["profile"]).toEqual([null, 2]);
  });

  it("marking leaves the snapshot that it was given alone", () => {
    const before = JSON.stringify(live);
    mark(apply(live, { ttl: "1d" }).snapshot, ["profile", 2]);
    expect(JSON.stringify(live)).toBe(before);
  });

  it.each([
    ["profle", 1, "unknown_view", 'did you mean "profile"?'],
    ["toString", 1, "unknown_view", "known:"],
    ["__proto__", 1, "unknown_view", "known:"],
    ["profile", 2, "unknown_version", "it has 1"],
    ["profile", 0, "unknown_version", "it has 1"],
  ])("%s@%d can't be marked: %s", (view, version, code, hint) => {
    const fault = faultOf(() => markMaterialized(live, view, version));
    expect(fault.code).toBe(code);
    expect(fault.hint).toContain(hint);
  });

  it("a snapshot of definitions alone has every view active", () => {
    const snapshot = snapshotOf("shop", "dev", compile(define()));
    expect(active(snapshot)).toEqual({ profile: [1, 1], spend: [1, 1], risk: [1, 1] });
    expect(checkSnapshot(JSON.parse(JSON.stringify(snapshot)))).toEqual(snapshot);
  });
});
