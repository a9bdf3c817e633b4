// What answers while definitions change: applying takes nothing down, and no answer mixes versions (SEMANTICS 7.2, 7.3).
import { describe, expect, it } from "vitest";
import {
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  timestamp,
} from "../../../sdk/index.ts";
import { planFeatures } from "../../../sdk/plan/index.ts";
import { emptySnapshot, markMaterialized, planApply, type Snapshot } from "../../../sdk/registry/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const user = entity("user", { joinKey: "id", type: int64() });
const source = parquet("log", {
  path: "l.parquet",
  eventTime: "at",
  schema: { id: int64(), at: timestamp(), a: float64(), b: float64(), c: float64() },
});

/** Two views, an on-demand view over both, and a service of it; `generation` 2 has other features in both views. */
function definitions(generation: 1 | 2) {
  const field = (name: string): Record<string, ReturnType<typeof float64>> => ({ [name]: float64() });
  const v = featureView("v", { entities: [user], source, features: field(generation === 1 ? "a" : "b") });
  const w = featureView("w", { entities: [user], source, features: field(generation === 1 ? "b" : "c") });
  const d = onDemandView("d", {
    inputs: [v, w],
    features: { sum: float64() },
    expressions: { sum: generation === 1 ? "v__a + w__b" : "v__b + w__c" },
  });
  return { v, w, d, model: featureService("model", { features: [v, d] }) };
}

const apply = (to: Snapshot, generation: 1 | 2): Snapshot =>
  planApply(to, snapshotFrom(definitions(generation)).compiled).snapshot;
const plan = (snapshot: Snapshot, request: { service: string } | { features: string[] }) =>
  planFeatures(snapshot, request, new Map());
const first = ["v", "w"].reduce(
  (snapshot, view) => markMaterialized(snapshot, view, 1),
  apply(emptySnapshot("p", "dev"), 1),
);

describe("while new versions wait to be materialized", () => {
  const applied = apply(first, 2);
  const half = markMaterialized(applied, "v", 2);
  const whole = markMaterialized(half, "w", 2);

  it.each([
    ["just applied", applied, { v: 1, w: 1, d: 1 }, ["v:a", "d:sum"]],
    ["when one of two inputs is materialized", half, { v: 2, w: 1, d: 1 }, ["v:b", "d:sum"]],
    ["when all are", whole, { v: 2, w: 2, d: 2 }, ["v:b", "d:sum"]],
  ])("%s", (_, snapshot, active, service) => {
    expect(
      Object.fromEntries(Object.entries(snapshot.views).map(([name, entry]) => [name, entry.active])),
    ).toStrictEqual(active);
    const { outputs } = plan(snapshot, { service: "model" });
    expect(outputs.map(({ reference }) => reference)).toStrictEqual(service);
  });

  it("an on-demand version reads the versions of its inputs that it was applied with", () => {
    const read = (snapshot: Snapshot, reference: string) =>
      plan(snapshot, { features: [reference] }).reads.map(({ view, version }) => `${view}@${version}`);
    expect(read(half, "d:sum")).toStrictEqual(["v@1", "w@1"]);
    expect(read(whole, "d:sum")).toStrictEqual(["v@2", "w@2"]);
    expect(read(whole, "d@1:sum")).toStrictEqual(["v@1", "w@1"]);
  });

  it("going back restores the numbers, and what they read", () => {
    const back = apply(whole, 1);
    expect(plan(back, { service: "model" }).versions).toMatchObject({ v: 1, w: 1, d: 1 });
    expect(planApply(back, snapshotFrom(definitions(1)).compiled).changes).toStrictEqual([]);
  });
});

describe("a service whose view gains a feature", () => {
  const gained = (features: Record<string, ReturnType<typeof float64>>) =>
    snapshotFrom({
      model: featureService("model", { features: [featureView("v", { entities: [user], source, features })] }),
    }).compiled;
  const one = markMaterialized(planApply(emptySnapshot("p", "dev"), gained({ a: float64() })).snapshot, "v", 1);

  it("answers as before until the view is materialized, and then with the feature", () => {
    const { snapshot, changes } = planApply(one, gained({ a: float64(), b: float64() }));
    expect(changes).toContainEqual(expect.objectContaining({ name: "v", kind: "new-version", breaking: false }));
    expect(plan(snapshot, { service: "model" }).outputs.map((o) => o.feature)).toStrictEqual(["a"]);
    expect(planApply(snapshot, gained({ a: float64(), b: float64() })).changes).toStrictEqual([]);
    const done = markMaterialized(snapshot, "v", 2);
    expect(plan(done, { service: "model" }).outputs.map((o) => o.feature)).toStrictEqual(["a", "b"]);
  });
});
