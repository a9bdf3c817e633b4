// What a computed feature says of itself beside its value: null, fault, default; and that a transform can't harm its inputs.
import { describe, expect, it } from "vitest";
import {
  entity,
  featureService,
  featureView,
  int64,
  list,
  onDemandView,
  parquet,
  timestamp,
} from "../../../sdk/index.ts";
import { planFeatures, type Row, type Transforms } from "../../../sdk/plan/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";

const user = entity("user", { joinKey: "id", type: int64() });
const source = parquet("log", {
  path: "l.parquet",
  eventTime: "at",
  schema: { id: int64(), at: timestamp(), n: int64(), l: list(int64()) },
});
const stored = featureView("stored", { entities: [user], source, features: { n: int64(), l: list(int64()) } });

describe("a computed feature with a default", () => {
  const computed = onDemandView("computed", {
    inputs: [stored],
    features: { next: int64({ default: 7 }) },
    expressions: { next: "n + 1" },
  });
  const { snapshot } = snapshotFrom({ model: featureService("model", { features: [computed] }) });
  const plan = planFeatures(snapshot, { service: "model" }, new Map());
  const slot = plan.outputs[0]?.slot as number;

  it.each([
    ["a value", 1n, 2n, [], []],
    ["a null, told as one (2.4, 3.1)", null, 7n, [slot], []],
    ["a fault, told as one (5.2)", 2n ** 63n - 1n, 7n, [], [slot]],
  ])("says %s", (_, n, value, nulls, faults) => {
    const row: Row = Array.from({ length: plan.slots }, () => null);
    row[plan.reads[0]?.firstSlot as number] = n;
    const told: number[] = [];
    expect(plan.steps[0]?.run(row, 0, [], told)).toStrictEqual(faults);
    expect([row[slot], told]).toStrictEqual([value, nulls]);
  });
});

describe("a TypeScript transform", () => {
  it("is given lists of its own: what it does to them stays with it", () => {
    const turned = onDemandView("turned", {
      inputs: [stored],
      features: { first: int64() },
      transform: ({ l }) => {
        const list = l as bigint[];
        const taken = list.pop();
        list.length = 0;
        return { first: taken };
      },
    });
    const { snapshot } = snapshotFrom({ model: featureService("model", { features: [turned] }) });
    const spec = snapshot.views["turned"]?.versions["1"]?.spec as { codeHash: string };
    const transforms: Transforms = new Map([
      ["turned", { codeHash: spec.codeHash, transform: turned.transform as never }],
    ]);
    const plan = planFeatures(snapshot, { service: "model" }, transforms);
    const kept = [1n, 2n, 3n];
    const read = plan.reads[0] as (typeof plan.reads)[number];
    const row: Row = Array.from({ length: plan.slots }, () => null);
    row[read.firstSlot + read.features.indexOf(1)] = kept;
    plan.steps[0]?.run(row, 0);
    expect([row[plan.outputs[0]?.slot as number], kept]).toStrictEqual([3n, [1n, 2n, 3n]]);
  });
});
