// Artifacts from definition to value: compiled, through JSON, planned, evaluated; each version with its own (SEMANTICS 5.1).
import { describe, expect, it } from "vitest";
import { float64, int64, onDemandView, requestSource, scaler, string, vector, vocabulary } from "../../../sdk/index.ts";
import { type FeaturePlan, planFeatures, type Row } from "../../../sdk/plan/index.ts";
import { checkSnapshot, emptySnapshot, planApply, type Snapshot } from "../../../sdk/registry/index.ts";
import { compile, NONE } from "./flights.ts";

const asked = requestSource("asked", { delay: float64(), carrier: string() });

const definitions = (mean: number, terms: string[]) => ({
  encoded: onDemandView("encoded", {
    inputs: [asked],
    artifacts: [scaler("delays", { mean, stddev: 4 }), vocabulary("carriers", terms)],
    features: { z: float64(), index: int64({ default: -1 }), hot: vector(2) },
    expressions: {
      z: "standardize(delay, 'delays')",
      index: "vocabulary_index(carrier, 'carriers')",
      hot: "one_hot(carrier, 'carriers')",
    },
  }),
});

/** Applies each in turn and takes the snapshot through JSON, as a store would. */
function applied(...each: ReturnType<typeof definitions>[]): Snapshot {
  const snapshot = each.reduce((before, of) => planApply(before, compile(of)).snapshot, emptySnapshot("p", "dev"));
  return checkSnapshot(JSON.parse(JSON.stringify(snapshot)));
}

function answer(planned: FeaturePlan, given: Record<string, Row[number]>) {
  const row: Row = new Array<Row[number]>(planned.slots).fill(null);
  for (const { name, slot } of planned.request) row[slot] = given[name] as Row[number];
  const [faults, nulls]: [number[], number[]] = [[], []];
  for (const step of planned.steps) faults.push(...step.run(row, 0, [], nulls));
  return { values: planned.outputs.map(({ slot }) => row[slot]), faults, nulls: nulls.length };
}

describe("5.1 a plan's steps", () => {
  const snapshot = applied(definitions(10, ["AA", "DL"]), definitions(20, ["DL", "UA"]));
  const plan = (view: string) =>
    planFeatures(snapshot, { features: ["z", "index", "hot"].map((feature) => `${view}:${feature}`) }, NONE);

  it("look up in the artifacts of the active version", () => {
    const planned = plan("encoded");
    expect(planned.versions).toEqual({ encoded: 2 });
    expect(answer(planned, { delay: 26, carrier: "DL" })).toEqual({
      values: [1.5, 0n, new Float32Array([1, 0])],
      faults: [],
      nulls: 0,
    });
    // What no vocabulary has is a null like others, and takes the default.
    expect(answer(planned, { delay: 20, carrier: "AA" })).toEqual({
      values: [0, -1n, new Float32Array([0, 0])],
      faults: [],
      nulls: 1,
    });
  });

  it("of an old version look up in that version's", () => {
    expect(answer(plan("encoded@1"), { delay: 26, carrier: "DL" }).values).toEqual([4, 1n, new Float32Array([0, 1])]);
  });

  it("of both versions at once, each in its own", () => {
    const planned = planFeatures(snapshot, { features: ["encoded@1:index", "encoded@2:index"] }, NONE);
    expect(answer(planned, { delay: 0, carrier: "DL" }).values).toEqual([1n, 0n]);
  });
});
