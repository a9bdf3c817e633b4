// Transforms registered at run time, as changes of a snapshot: SEMANTICS 5.3, 7.1, 7.2, 7.3.
import { describe, expect, it } from "vitest";
import {
  type FeatureView,
  featureView,
  float64,
  int64,
  onDemandView,
  requestSource,
  scaler,
  string,
  vector,
} from "../../../sdk/index.ts";
import {
  checkConsistency,
  checkSnapshot,
  checkTransform,
  describeTransform,
  type ExpectedTransform,
  listTransforms,
  planApply,
  removeTransform,
  type Snapshot,
  snapshotHash,
  type TransformDefinition,
} from "../../../sdk/registry/index.ts";
import { parseJson } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import { type Changes, compile, define, moreAggregations } from "./define.ts";
import { apply, DOUBLED, entryOf, live, mark, put, reference, RISK } from "./transform-cases.ts";

const wellFormed = (snapshot: Snapshot) => checkConsistency(checkSnapshot(JSON.parse(JSON.stringify(snapshot))));

describe("registering", () => {
  it("adds an on-demand view that answers at once, pinned to its inputs' versions", () => {
    const { snapshot, version, created } = put(live, "ratio", RISK);
    expect([version, created]).toEqual([1, true]);
    expect(entryOf(snapshot, "ratio")).toEqual({
      latest: 1,
      active: 1,
      versions: ["1"],
      registered: { definitions: null },
    });
    expect(reference(snapshot, "ratio:share").versions).toEqual({ ratio: 1, spend: 1 });
    expect(wellFormed(snapshot)).toEqual(snapshot);
    expect(live.views["ratio"], "the snapshot it was given is left alone").toBeUndefined();
  });

  it("7.1 the same again is the same snapshot; a description is no new version", () => {
    const first = put(live, "ratio", RISK);
    expect(put(first.snapshot, "ratio", RISK)).toEqual({ ...first, created: false });
    const told = put(first.snapshot, "ratio", { ...RISK, description: "what was spent" }, ["1"]);
    expect([told.version, told.created]).toEqual([1, false]);
    expect(snapshotHash(told.snapshot)).not.toBe(snapshotHash(first.snapshot));
  });

  it("7.1 a new fingerprint is a new version, a known one restores its number, and old versions answer by number", () => {
    const one = put(live, "ratio", RISK).snapshot;
    const two = put(one, "ratio", DOUBLED, ["1"]);
    expect([two.version, two.created, entryOf(two.snapshot, "ratio").active]).toEqual([2, true, 2]);
    expect(reference(two.snapshot, "ratio@1:share").versions).toEqual({ ratio: 1, spend: 1 });
    const back = put(two.snapshot, "ratio", RISK, ["2"]);
    expect([back.version, back.created]).toEqual([1, true]);
    expect(entryOf(back.snapshot, "ratio")).toMatchObject({ latest: 1, active: 1, versions: ["1", "2"] });
  });

  it("7.1 has the fingerprint that the same definition in code has", () => {
    const same = put(live, "risk", RISK, ["1"]);
    expect([same.version, same.created]).toEqual([1, false]);
    expect(entryOf(same.snapshot, "risk")).toEqual({
      latest: 1,
      active: 1,
      versions: ["1"],
      registered: { definitions: 1 },
    });
  });

  it("takes all that an on-demand view in code can say", () => {
    const definitions = define();
    const view = onDemandView("full", {
      inputs: [
        (definitions["d1"] as FeatureView).withName("friend").withJoinKeyMap({ user_id: "friend_id" }).pick("spent_1d"),
        requestSource("more", { name: string() }),
      ],
      features: {
        big: int64({ default: 9007199254740993n, description: "large" }),
        near: vector(2, { default: [1, 0.5] }),
        scaled: float64(),
      },
      expressions: { big: "spent_1d > 0.0 ? 1 : 2", near: "null", scaled: 'standardize(spent_1d, "spent")' },
      artifacts: [scaler("spent", { mean: 3, stddev: 2 })],
      owner: "ops",
      tags: { a: "b" },
    });
    const inCode = planApply(live, compile({ ...definitions, view })).snapshot;
    const definition = checkTransform(
      parseJson(
        `{"inputs": [{"view": "spend", "as": "friend", "joinKeyMap": {"user_id": "friend_id"}, "features": ["spent_1d"]}],
          "request": {"name": "string"}, "owner": "ops", "tags": {"a": "b"},
          "features": {
            "big": {"type": "int64", "expression": "spent_1d > 0.0 ? 1 : 2", "default": 9007199254740993, "description": "large"},
            "near": {"type": "vector(2)", "expression": "null", "default": [1, 0.5]},
            "scaled": {"type": "float64", "expression": "standardize(spent_1d, \\"spent\\")"}},
          "artifacts": {"spent": {"kind": "scaler", "mean": 3, "stddev": 2}}}`,
      ),
    );
    const { snapshot } = put(live, "full", definition);
    expect(snapshot.views["full"]?.versions).toEqual(inCode.views["full"]?.versions);
    expect(describeTransform(snapshot, "full").definition).toEqual(definition);
  });

  it("reads the version of an input that answers, or the one it names", () => {
    const grown = apply(live, { aggregations: moreAggregations }).snapshot;
    const readBy = (snapshot: Snapshot) => reference(snapshot, "ratio:share").versions["spend"];
    expect(readBy(put(grown, "ratio", RISK).snapshot)).toBe(1);
    const both = mark(grown, ["spend", 2]);
    expect(readBy(put(both, "ratio", RISK).snapshot)).toBe(2);
    const pinned: TransformDefinition = { ...RISK, inputs: [{ view: "spend", version: 1 }] };
    const first = put(both, "ratio", pinned).snapshot;
    expect(readBy(first)).toBe(1);
    expect(describeTransform(first, "ratio").definition.inputs).toEqual([{ view: "spend", version: 1 }]);
    const next = put(first, "ratio", RISK, ["1"]);
    expect([next.version, readBy(next.snapshot)], "another input version is another fingerprint").toEqual([2, 2]);
    expect(faultOf(() => put(grown, "ratio", { ...RISK, inputs: [{ view: "spend", version: 2 }] }))).toMatchObject({
      code: "view_not_materialized",
      pointer: "/inputs/0",
    });
  });
});

describe("7.3 what must be there for a change", () => {
  const one = put(live, "ratio", RISK).snapshot;
  it.each<[what: string, snapshot: Snapshot, name: string, expected: ExpectedTransform, version: number | null]>([
    ["nothing, but there is one", one, "ratio", "free", 1],
    ["nothing new, but there is one", one, "ratio", "new", 1],
    ["another version", one, "ratio", ["2"], 1],
    ["one of several", one, "ratio", ["0", "2", "x"], 1],
    ["no version at all", one, "ratio", [], 1],
    ["something, but there is nothing", live, "ratio", "any", null],
    ["a version, but there is nothing", live, "ratio", ["1"], null],
    ["nothing, but the definitions hold one", live, "risk", "free", 1],
  ])("%s", (_what, snapshot, name, expected, version) => {
    expect(faultOf(() => put(snapshot, name, DOUBLED, expected))).toMatchObject({
      code: "registry_conflict",
      details: { version },
    });
  });

  it.each<[what: string, expected: ExpectedTransform]>([
    ["this version", ["1"]],
    ["one of several versions", ["7", "1"]],
    ["anything", "any"],
  ])("%s lets it be replaced", (_what, expected) => {
    expect(put(one, "ratio", DOUBLED, expected).version).toBe(2);
  });

  it("the same again needs nothing, but where it must be new", () => {
    for (const expected of ["free", "any", ["9"]] as const)
      expect(put(one, "ratio", RISK, expected).created).toBe(false);
    expect(faultOf(() => put(one, "ratio", RISK, "new"))).toMatchObject({ code: "registry_conflict" });
  });
});

describe("removing", () => {
  const one = put(live, "ratio", RISK).snapshot;
  const over = put(live, "risk", DOUBLED, ["1"]).snapshot;

  it("takes the view away, and keeps its numbers", () => {
    const removed = removeTransform(one, "ratio", "any");
    expect(entryOf(removed, "ratio")).toEqual({ latest: null, active: null, versions: ["1"], registered: undefined });
    expect(faultOf(() => reference(removed, "ratio:share"))).toMatchObject({ code: "unknown_view" });
    expect(faultOf(() => removeTransform(removed, "ratio", "any"))).toMatchObject({ code: "unknown_view" });
    expect(put(removed, "ratio", DOUBLED).version).toBe(2);
    expect(put(removed, "ratio", RISK)).toMatchObject({ version: 1, created: true });
    expect(wellFormed(removed)).toEqual(removed);
  });

  it("brings the definitions' version back", () => {
    expect(entryOf(over, "risk")).toEqual({
      latest: 2,
      active: 2,
      versions: ["1", "2"],
      registered: { definitions: 1 },
    });
    const back = removeTransform(over, "risk", ["2"]);
    expect(entryOf(back, "risk")).toEqual({ latest: 1, active: 1, versions: ["1", "2"], registered: undefined });
    expect(reference(back, "risk@2:share").versions).toEqual({ risk: 2, spend: 1 });
    expect(apply(back).changes).toEqual([]);
  });

  it.each<[what: string, snapshot: Snapshot, name: string, expected: ExpectedTransform, code: string]>([
    ["another version", over, "risk", ["1"], "registry_conflict"],
    ["one of the definitions alone", live, "risk", "any", "transform_conflict"],
    ["a stored view", live, "profile", "any", "unknown_view"],
    ["an unknown name", live, "rsk", "any", "unknown_view"],
    ["__proto__", live, "__proto__", "any", "unknown_view"],
  ])("refuses %s", (_what, snapshot, name, expected, code) => {
    expect(faultOf(() => removeTransform(snapshot, name, expected))).toMatchObject({ code });
  });

  it("names the services that list a view of the API alone", () => {
    const services = {
      ...one.services,
      model: {
        features: [{ view: "ratio", as: "ratio", joinKeyMap: {}, features: ["share"], version: null }],
      },
    };
    expect(faultOf(() => removeTransform({ ...one, services }, "ratio", "any"))).toMatchObject({
      code: "transform_conflict",
      details: { services: ["model"] },
    });
  });

  it("waits until the definitions' version can answer", () => {
    const ahead = apply(over, { aggregations: moreAggregations }).snapshot;
    expect(entryOf(ahead, "risk")).toMatchObject({ latest: 2, active: 2, registered: { definitions: 3 } });
    expect(faultOf(() => removeTransform(ahead, "risk", "any"))).toMatchObject({ code: "view_not_materialized" });
    expect(entryOf(removeTransform(mark(ahead, ["spend", 2]), "risk", "any"), "risk")).toMatchObject({
      latest: 3,
      active: 3,
    });
  });
});

describe("7.3 applying definitions leaves what was registered", () => {
  const over = put(live, "risk", DOUBLED, ["1"]).snapshot;
  const both = put(over, "ratio", RISK).snapshot;
  const RATIO = { name: "ratio", version: 1, definitions: null, behind: [] };

  it("changes nothing when the definitions did not change, and says what stays", () => {
    const plan = apply(both);
    expect(plan.changes).toEqual([]);
    expect(plan.registered).toEqual([{ name: "risk", version: 2, definitions: 1, behind: [] }, RATIO]);
    expect(snapshotHash(plan.snapshot)).toBe(snapshotHash(both));
  });

  it("keeps the definitions' new version waiting behind it", () => {
    const plan = apply(both, { expressions: { share: "spent_1d" } });
    expect(plan.changes).toMatchObject([{ name: "risk", kind: "new-version", version: 3, registered: 2 }]);
    expect(entryOf(plan.snapshot, "risk")).toMatchObject({ latest: 2, active: 2, registered: { definitions: 3 } });
    expect(apply(plan.snapshot, { expressions: { share: "spent_1d" } }).changes).toEqual([]);
    const removed = removeTransform(plan.snapshot, "risk", "any");
    expect(entryOf(removed, "risk")).toMatchObject({ latest: 3, active: 3 });
  });

  it("goes on when the definitions come to hold the same, or drop the view", () => {
    const same = apply(both, { expressions: { share: "2.0 * spent_1d / limit" }, riskMeta: { owner: "ops" } });
    expect(same.changes).toMatchObject([{ name: "risk", kind: "restore", version: 2, registered: 2 }]);
    expect(same.registered[0]).toMatchObject({ version: 2, definitions: 2 });
    const again = apply(same.snapshot, {
      expressions: { share: "2.0 * spent_1d / limit" },
      riskMeta: { owner: "ops" },
    });
    expect(again.changes).toEqual([]);
    const { d0, d1 } = define();
    const dropped = planApply(both, compile({ d0, d1 }));
    expect(dropped.changes).toContainEqual({ what: "view", name: "risk", kind: "remove", services: [], registered: 2 });
    expect(entryOf(dropped.snapshot, "risk")).toMatchObject({
      latest: 2,
      active: 2,
      registered: { definitions: null },
    });
    expect(planApply(dropped.snapshot, compile({ d0, d1 })).changes).toEqual([]);
    expect(apply(dropped.snapshot).changes).toContainEqual(
      expect.objectContaining({ name: "risk", kind: "restore", version: 1, registered: 2 }),
    );
  });

  it("tells which inputs it reads in an older version; it goes on reading them", () => {
    const { snapshot, registered } = apply(both, { aggregations: moreAggregations });
    const behind = [{ view: "spend", version: 1, latest: 2 }];
    expect(registered).toEqual([
      { name: "risk", version: 2, definitions: 3, behind },
      { ...RATIO, behind },
    ]);
    const later = mark(snapshot, ["spend", 2]);
    expect(reference(later, "ratio:share").versions).toEqual({ ratio: 1, spend: 1 });
    expect(reference(later, "spend:spent_1d").versions).toEqual({ spend: 2 });
  });

  it.each<[what: string, definitions: () => Record<string, unknown>, message: RegExp]>([
    ["lists a feature that it lacks", () => lacking(), /service "model" lists "risk:more".*version 2/],
    ["drops a view that it reads", () => ({ d0: define()["d0"] }), /no longer hold "spend".*"risk"/],
  ])("refuses what %s", (_what, definitions, message) => {
    expect(faultOf(() => planApply(both, compile(definitions())))).toMatchObject({
      code: "transform_conflict",
      message: expect.stringMatching(message),
    });
  });

  it("refuses a feature view of its name", () => {
    const named = put(live, "extra", RISK).snapshot;
    const extra = ({ entities, source }: FeatureView) =>
      featureView("extra", { entities, source, features: { cents: int64() } });
    const services: Changes["services"] = ({ profile }) => ({ model: [profile, extra(profile)] });
    expect(faultOf(() => apply(named, { services }))).toMatchObject({
      code: "transform_conflict",
      hint: expect.stringContaining("DELETE /v1/transforms/extra"),
    });
  });

  function lacking(): Record<string, unknown> {
    return define({
      riskFeatures: { share: float64(), more: float64() },
      expressions: { share: "spent_1d / limit", more: "spent_1d" },
    });
  }
});

describe("a snapshot with registered transforms", () => {
  const { snapshot } = put(live, "ratio", RISK);
  const changed = (change: (entry: any) => void) => {
    const json = JSON.parse(JSON.stringify(snapshot));
    change(json.views);
    return () => checkConsistency(checkSnapshot(json));
  };
  it.each<[what: string, change: (views: any) => void]>([
    ["a definitions' version that is not there", (views) => (views.ratio.registered.definitions = 9)],
    ["no version at all", (views) => Object.assign(views.ratio, { latest: null, active: null })],
    ["a stored view", (views) => (views.profile.registered = { definitions: 1 })],
    ["code", (views) => (views.ratio.versions["1"].spec.codeHash = "sha256:1")],
    ["a member it does not know", (views) => (views.ratio.registered.by = "me")],
  ])("is refused with %s", (_what, change) => {
    expect(faultOf(changed(change))).toMatchObject({ code: "registry_invalid" });
  });

  it("lists every on-demand view, by name", () => {
    expect(listTransforms(snapshot)).toEqual([
      { name: "ratio", version: 1, active: 1, registeredBy: "api", definitions: null, definition: RISK },
      { name: "risk", version: 1, active: 1, registeredBy: "definitions", definitions: 1, definition: RISK },
    ]);
    expect(listTransforms(removeTransform(snapshot, "ratio", "any")).map(({ name }) => name)).toEqual(["risk"]);
  });

  it("tells a TypeScript transform without expressions", () => {
    const coded = apply(live, { transform: () => ({ share: 1 }) }).snapshot;
    expect(describeTransform(coded, "risk").definition.features).toEqual({ share: { type: "float64" } });
  });
});
