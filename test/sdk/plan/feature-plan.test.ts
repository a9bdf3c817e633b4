// What a request needs: each view read once, slots dealt out, outputs in order (SEMANTICS 2.7, 3.4, 5.4, 7.2, 7.3).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csv, entity, featureService, featureView, float64, int64, onDemandView } from "../../../sdk/index.ts";
import { type FeaturePlan, planFeatures } from "../../../sdk/plan/index.ts";
import { emptySnapshot, markMaterialized, planApply, type Snapshot } from "../../../sdk/registry/index.ts";
import { typeName } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";
import {
  airport,
  BUNDLED,
  compile,
  definitions,
  flights,
  last,
  NONE,
  pairs,
  plan,
  recent,
  snapshot,
  snapshotFrom,
} from "./flights.ts";

const readsOf = ({ reads }: FeaturePlan) =>
  reads.map(({ label, view, version, keys, spec, features }) => {
    const names = features.map((i) => spec.features[i]?.name).join(" ");
    return `${label}=${view}@${version}(${keys.map(({ name }) => name).join()}): ${names}`;
  });

describe("each view is read once", () => {
  it.each<[features: string[], reads: string[]]>([
    [["last:delay"], ["last=last@1(origin): delay"]],
    [["last:carrier", "last:delay"], ["last=last@1(origin): carrier delay"]],
    [
      ["last:delay", "recent:mean_1d", "last:carrier"],
      ["last=last@1(origin): delay carrier", "recent=recent@1(origin): mean_1d"],
    ],
    [["pairs:distance"], ["pairs=pairs@1(origin,destination): distance"]],
    // What an on-demand feature names is read, and no more.
    [["risk:ratio"], ["recent=recent@1(origin): mean_1d"]],
    [["risk:busy", "risk:ratio"], ["recent=recent@1(origin): flights_1d mean_1d"]],
    [["risk:named"], []],
    [["risk:ratio", "recent:mean_1d"], ["recent=recent@1(origin): mean_1d"]],
    [["recent:miles_1d", "risk:busy"], ["recent=recent@1(origin): miles_1d flights_1d"]],
    // Another name or other keys are another read.
    [["far:gap"], ["last=last@1(origin): distance", "there=last@1(destination): distance"]],
    [
      ["far:gap", "last:delay"],
      ["last=last@1(origin): delay distance", "there=last@1(destination): distance"],
    ],
    // A transform may look at all of its inputs.
    [["coded:twice"], ["last=last@1(origin): delay distance carrier"]],
    // The version asked for is the active one: one read.
    [["last@1:delay", "last:carrier"], ["last=last@1(origin): delay carrier"]],
  ])("for %j: %j", (features, reads) => {
    expect(readsOf(plan(...features))).toEqual(reads);
  });

  it("for a service with a view under two names", () => {
    expect(readsOf(planFeatures(snapshot, { service: "both" }, NONE))).toEqual([
      "last=last@1(origin): delay",
      "dest=last@1(destination): delay carrier",
    ]);
  });

  it("under another name alone", () => {
    const named = featureService("named", { features: [last.pick("delay"), last.withName("same").pick("delay")] });
    const { reads, outputs } = planFeatures(snapshotFrom({ named }), { service: "named" }, NONE);
    expect(reads.map(({ label }) => label)).toEqual(["last", "same"]);
    expect(outputs.map(({ read, label }) => reads[read]?.label === label)).toEqual([true, true]);
  });

  it("and a feature asked for by two references has one place", () => {
    const planned = plan("last:delay", "last@1:delay", "risk:ratio", "risk@1:ratio");
    expect(readsOf(planned)).toEqual(["last=last@1(origin): delay", "recent=recent@1(origin): mean_1d"]);
    const [one, same, ratio, sameRatio] = planned.outputs.map(({ slot }) => slot);
    expect([same, sameRatio]).toEqual([one, ratio]);
    expect(planned.steps).toHaveLength(1);
  });

  it("under one name with other keys too", () => {
    const twice = featureService("twice", {
      features: [last.pick("delay"), last.withJoinKeyMap({ origin: "hub" }).pick("carrier")],
    });
    const other = snapshotFrom({ twice });
    expect(readsOf(planFeatures(other, { service: "twice" }, NONE))).toEqual([
      "last=last@1(origin): delay",
      "last=last@1(hub): carrier",
    ]);
  });

  it("a composite key keeps the order of its parts, whatever they are mapped to", () => {
    const back = featureService("back", {
      features: [pairs, pairs.withName("back").withJoinKeyMap({ origin: "destination", destination: "origin" })],
    });
    const other = snapshotFrom({ back });
    expect(readsOf(planFeatures(other, { service: "back" }, NONE))).toEqual([
      "pairs=pairs@1(origin,destination): distance",
      "back=pairs@1(destination,origin): distance",
    ]);
  });
});

describe("3.4, 5.4 what a request must give", () => {
  const given = ({ keys, request }: FeaturePlan) =>
    [keys, request].map((c) => c.map(({ name, type }) => `${name} ${typeName(type)}`));
  it.each<[features: string[], keys: string[], request: string[]]>([
    [["last:delay", "recent:mean_1d"], ["origin string"], []],
    [["pairs:distance", "last:delay"], ["origin string", "destination string"], []],
    [["far:gap"], ["origin string", "destination string"], []],
    // Request data is required whole.
    [["risk:ratio"], ["origin string"], ["minutes float64", "pet string"]],
    [["risk:named"], [], ["minutes float64", "pet string"]],
    [["risk:ratio", "coded:twice"], ["origin string"], ["minutes float64", "pet string"]],
  ])("for %j: keys %j, request %j", (features, keys, request) => {
    expect(given(plan(...features))).toEqual([keys, request]);
  });
});

describe("outputs", () => {
  it("2.7 come in the order asked for, each with where its value is", () => {
    const { outputs, reads, steps } = plan("risk:busy", "last:carrier", "recent:mean_1d", "last:delay", "risk:ratio");
    expect(outputs.map(({ reference, label, feature, type }) => [reference, label, feature, typeName(type)])).toEqual([
      ["risk:busy", "risk", "busy", "int64"],
      ["last:carrier", "last", "carrier", "string"],
      ["recent:mean_1d", "recent", "mean_1d", "float64"],
      ["last:delay", "last", "delay", "int64"],
      ["risk:ratio", "risk", "ratio", "float64"],
    ]);
    const of = (label: string) => reads.findIndex((read) => read.label === label);
    expect(outputs.map(({ read }) => read)).toEqual([-1, of("last"), of("recent"), of("last"), -1]);
    const slot = (label: string, name: string) => {
      const read = reads[of(label)] as (typeof reads)[number];
      return read.firstSlot + read.features.findIndex((i) => read.spec.features[i]?.name === name);
    };
    expect(outputs.map((output) => output.slot)).toEqual([
      (steps[0]?.firstSlot ?? 0) + 1,
      slot("last", "carrier"),
      slot("recent", "mean_1d"),
      slot("last", "delay"),
      steps[0]?.firstSlot,
    ]);
  });

  it("of a service: part by part, whole views in the order of their features", () => {
    const references = (service: string) =>
      planFeatures(snapshot, { service }, BUNDLED).outputs.map((o) => o.reference);
    expect(references("model")).toEqual([
      "recent:mean_1d",
      "last:delay",
      "last:distance",
      "last:carrier",
      "risk:ratio",
      "far:gap",
      "far:sum",
    ]);
    expect(references("both")).toEqual(["last:delay", "dest:delay", "dest:carrier"]);
  });

  it("2.4 bring their defaults", () => {
    const { reads } = plan("last:carrier", "last:delay", "recent:mean_1d", "recent:flights_1d");
    expect(reads.map(({ defaults }) => defaults)).toEqual([
      [null, -1n],
      [0, null],
    ]);
  });

  it("no feature, no plan to speak of", () => {
    expect(plan()).toEqual({ reads: [], steps: [], outputs: [], keys: [], request: [], slots: 0, versions: {} });
  });

  const all = Object.entries(snapshot.views).flatMap(([view, { versions }]) =>
    (versions["1"]?.spec.features ?? []).map(({ name }) => `${view}:${name}`),
  );
  it("no two values share a slot, and every slot is someone's: any features, in any order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 1 }), (features) => {
        const { reads, steps, outputs, request, slots } = plan(...features);
        const taken = [
          ...reads.flatMap((read) => read.features.map((_, i) => read.firstSlot + i)),
          ...request.map(({ slot }) => slot),
          ...steps.flatMap(({ label, firstSlot }) =>
            (snapshot.views[label]?.versions["1"]?.spec.features ?? []).map((_, i) => firstSlot + i),
          ),
        ];
        expect([...taken].sort((a, b) => a - b)).toEqual(Array.from({ length: slots }, (_, i) => i));
        expect(outputs.map(({ reference }) => reference)).toEqual(features);
        expect(new Set(outputs.map(({ slot }) => slot)).size).toBe(features.length);
        expect(reads.every((read) => read.features.length > 0)).toBe(true);
        expect(new Set(reads.map((read) => `${read.label} ${read.keys.map((k) => k.name).join()}`)).size).toBe(
          reads.length,
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe("what can't be planned", () => {
  it.each<[features: string[], code: string, pointer: string, says: RegExp, hint: RegExp]>([
    [["lst:delay"], "unknown_view", "/features/0", /"lst"/, /"last"/],
    [["last:delay", "toString:x"], "unknown_view", "/features/1", /"toString"/, /known: "/],
    [["__proto__:x"], "unknown_view", "/features/0", /"__proto__"/, /known: "/],
    [["last:dely"], "unknown_feature", "/features/0", /"last" has no feature "dely"/, /"delay"/],
    [["last:delay", "last:constructor"], "unknown_feature", "/features/1", /"constructor"/, /known: "delay"/],
    [["risk:ratios"], "unknown_feature", "/features/0", /"ratios"/, /"ratio"/],
    [["last@2:delay"], "unknown_version", "/features/0", /version 2/, /it has 1/],
    [["last@0:delay"], "unknown_version", "/features/0", /version 0/, /it has 1/],
    [["last:delay", "recent:mean_1d", "last:delay"], "duplicate_feature", "/features/2", /"last:delay"/, /./],
    [["last"], "bad_request", "/features/0", /"last"/, /view:feature/],
    [["last:delay", "last:"], "bad_request", "/features/1", /./, /./],
    [["last@:delay"], "bad_request", "/features/0", /./, /./],
    [["last@x:delay"], "bad_request", "/features/0", /./, /./],
    [["last@1234567890:delay"], "bad_request", "/features/0", /./, /./],
    [["last:delay "], "bad_request", "/features/0", /./, /./],
    [["last:a:b"], "bad_request", "/features/0", /./, /./],
    [["x".repeat(5000)], "bad_request", "/features/0", /^.{0,300}$/, /./],
  ])("%j: %s at %s", (features, code, pointer, says, hint) => {
    const fault = faultOf(() => plan(...features));
    expect([fault.code, fault.pointer]).toEqual([code, pointer]);
    expect(fault.message).toMatch(says);
    expect(fault.hint).toMatch(hint);
  });

  it.each([
    ["modl", '"model"'],
    ["toString", 'known: "'],
    ["__proto__", 'known: "'],
  ])("a service called %s", (service, hint) => {
    const fault = faultOf(() => planFeatures(snapshot, { service }, NONE));
    expect(fault.code).toBe("unknown_service");
    expect(fault.hint).toContain(hint);
  });

  it("2.5 a join key that two views take as different types", () => {
    const byNumber = entity("number", { joinKey: "origin", type: int64() });
    const numbered = featureView("numbered", {
      entities: [byNumber],
      source: csv("n", { path: "n.csv" }),
      features: { x: int64() },
    });
    const other = snapshotFrom({ last, numbered });
    const fault = faultOf(() => planFeatures(other, { features: ["last:delay", "numbered:x"] }, NONE));
    expect(fault.code).toBe("definition_invalid");
    expect(fault.message).toContain('"origin"');
  });
});

describe("7.2, 7.3 versions", () => {
  const apply = (current: Snapshot, changed: Record<string, unknown>): Snapshot =>
    planApply(current, compile({ ...definitions, ...changed })).snapshot;
  const mark = (s: Snapshot, ...views: [string, number][]) =>
    views.reduce((at, [view, version]) => markMaterialized(at, view, version), s);
  const fresh = apply(emptySnapshot("p", "dev"), {});
  const live = mark(fresh, ["last", 1], ["recent", 1], ["pairs", 1]);
  const more = { ...flights.schema, seats: int64() };
  const seats = featureView("last", {
    entities: [airport],
    source: csv("flights", { path: "flights.csv", eventTime: "date", schema: more }),
    features: { ...last.fields, seats: int64() },
  });
  const waiting = planApply(live, compile({ last: seats })).snapshot;
  const fault = (of: Snapshot, ...features: string[]) => faultOf(() => planFeatures(of, { features }, BUNDLED));

  it("what was applied but never materialized is a conflict that names what to do", () => {
    expect(fault(fresh, "pairs:distance", "last:delay")).toMatchObject({
      code: "view_not_materialized",
      pointer: "/features/0",
    });
    expect(fault(fresh, "last:delay").hint).toContain("edgefeat materialize");
    expect(faultOf(() => planFeatures(fresh, { service: "both" }, NONE)).code).toBe("view_not_materialized");
  });

  it("an on-demand view names the inputs that it waits for", () => {
    const { code, message } = fault(mark(fresh, ["pairs", 1]), "risk:ratio");
    expect(code).toBe("view_not_materialized");
    expect(message).toContain("recent was never");
    expect(fault(fresh, "risk:ratio").message).toContain("recent, pairs");
  });

  it("the active version answers, until the new one is materialized", () => {
    const planned = planFeatures(waiting, { features: ["last:delay"] }, NONE);
    expect(planned.versions).toEqual({ last: 1 });
    expect(fault(waiting, "last:seats")).toMatchObject({ code: "view_not_materialized", pointer: "/features/0" });
    expect(fault(waiting, "last:seats").message).toContain("version 2");
    expect(fault(waiting, "last@2:delay").code).toBe("view_not_materialized");
    expect(fault(waiting, "last@1:seats").code).toBe("unknown_feature");
    const after = mark(waiting, ["last", 2]);
    expect(planFeatures(after, { features: ["last:seats"] }, NONE).versions).toEqual({ last: 2 });
  });

  it("two versions of a view are two reads, told apart in the answer", () => {
    const after = mark(waiting, ["last", 2]);
    const planned = planFeatures(after, { features: ["last:delay", "last@1:delay", "last@2:carrier"] }, NONE);
    expect(readsOf(planned)).toEqual(["last=last@2(origin): delay carrier", "last=last@1(origin): delay"]);
    expect(planned.outputs.map(({ reference }) => reference)).toEqual(["last:delay", "last@1:delay", "last@2:carrier"]);
    expect(planned.versions).toEqual({ last: 2, "last@1": 1 });
  });

  it("two versions of an on-demand view are two steps", () => {
    const other = onDemandView("risk", {
      inputs: [recent],
      features: { ratio: float64() },
      expressions: { ratio: "mean_1d * 2.0" },
    });
    const after = planApply(live, compile({ ...definitions, risk: other, model: undefined })).snapshot;
    const planned = planFeatures(after, { features: ["risk:ratio", "risk@1:ratio"] }, NONE);
    expect(planned.steps.map(({ version }) => version)).toEqual([2, 1]);
    expect(new Set(planned.outputs.map(({ slot }) => slot)).size).toBe(2);
    expect(planned.versions).toEqual({ risk: 2, "risk@1": 1, recent: 1, pairs: 1 });
  });

  it("a removed view is unknown, and no hint either", () => {
    const removed = planApply(live, compile({ last })).snapshot;
    expect(fault(removed, "recent:mean_1d")).toMatchObject({ code: "unknown_view" });
    expect(fault(removed, "recnt:mean_1d").hint).toBe('known: "last"');
  });

  it("every view that takes part is named with its version", () => {
    expect(planFeatures(live, { service: "model" }, BUNDLED).versions).toEqual({
      recent: 1,
      last: 1,
      risk: 1,
      pairs: 1,
      far: 1,
      there: 1,
    });
  });
});
