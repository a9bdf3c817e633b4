// On-demand steps of a plan: what they read, what they fill, and their faults (SEMANTICS 1.4, 2.4, 5.1, 5.2).
import { describe, expect, it } from "vitest";
import { int64, onDemandView, timestamp } from "../../../sdk/index.ts";
import { type FeaturePlan, planFeatures, type Row, type Transforms } from "../../../sdk/plan/index.ts";
import { transformHash } from "../../../sdk/registry/index.ts";
import { faultOf } from "../../support/faults.ts";
import { last, NONE, plan, snapshot, snapshotFrom, transform } from "./flights.ts";

describe("on-demand steps", () => {
  /** Fills a plan's row by `label:feature` and by request field, runs its steps, and returns the outputs. */
  function answer(planned: FeaturePlan, values: Record<string, Row[number]>, nowUs = 0) {
    const row: Row = new Array<Row[number]>(planned.slots).fill(null);
    for (const { label, spec, features, firstSlot, defaults } of planned.reads) {
      for (const [i, index] of features.entries()) {
        row[firstSlot + i] = values[`${label}:${spec.features[index]?.name}`] ?? (defaults[i] as Row[number]);
      }
    }
    for (const { name, slot } of planned.request) row[slot] = values[name] as Row[number];
    const codes: string[] = [];
    const faults = planned.steps.flatMap((step) => [...step.run(row, nowUs, codes)]);
    const names = new Map(planned.outputs.map(({ slot, reference }) => [slot, reference]));
    return {
      values: planned.outputs.map(({ slot }) => row[slot]),
      faults: faults.map((slot, i) => [names.get(slot), codes[i]]),
    };
  }

  it("5.1 compute each feature from the slots it names", () => {
    const planned = plan("risk:ratio", "risk:named", "recent:mean_1d", "risk:busy");
    expect(answer(planned, { "recent:mean_1d": 6, "recent:flights_1d": 101n, minutes: 4, pet: "cat" })).toEqual({
      values: [1.5, "cat!", 6, 1n],
      faults: [],
    });
  });

  it("5.1 tell two names of one view apart", () => {
    const planned = plan("far:gap", "far:sum");
    const values = { "last:distance": 10, "there:distance": 25, "last:delay": 1n, "there:delay": 2n };
    expect(answer(planned, values).values).toEqual([15, 3n]);
  });

  it("2.4 defaults come before on-demand features read, and replace their nulls", () => {
    expect(answer(plan("far:sum"), { "there:delay": 5n }).values).toEqual([4n]);
    expect(answer(plan("risk:busy"), { "recent:flights_1d": 5n, minutes: 1, pet: "" }).values).toEqual([7n]);
    expect(answer(plan("risk:ratio"), { minutes: 2, pet: "" }).values).toEqual([0]);
  });

  it("5.2 a null goes through, and is no fault", () => {
    expect(answer(plan("far:gap"), { "last:distance": 10 })).toEqual({ values: [null], faults: [] });
  });

  it("5.2 a fault is null, and told with its code; other features are computed", () => {
    const planned = plan("far:sum", "far:gap");
    const values = { "last:delay": 2n ** 63n - 1n, "there:delay": 1n, "last:distance": 1, "there:distance": 2 };
    expect(answer(planned, values)).toEqual({ values: [null, 1], faults: [["far:sum", "integer_overflow"]] });
  });

  it("5.2 a fault takes the default too", () => {
    const view = onDemandView("o", {
      inputs: [last],
      features: { next: int64({ default: 5 }), same: int64() },
      expressions: { next: "delay + 1", same: "delay" },
    });
    const other = snapshotFrom({ view });
    const planned = planFeatures(other, { features: ["o:next", "o:same"] }, NONE);
    const most = 2n ** 63n - 1n;
    expect(answer(planned, { "last:delay": most })).toEqual({
      values: [5n, most],
      faults: [["o:next", "integer_overflow"]],
    });
    // The next row knows nothing of it.
    expect(answer(planned, { "last:delay": 1n })).toEqual({ values: [2n, 1n], faults: [] });
  });

  it("5.2 a fault of a feature asked for twice is told once", () => {
    const planned = plan("far:sum", "far@1:sum");
    const most = 2n ** 63n - 1n;
    const { values, faults } = answer(planned, { "last:delay": most, "there:delay": 1n });
    expect(values).toEqual([null, null]);
    expect(faults).toHaveLength(1);
  });

  it("1.4 the time of the request is what the caller passes", () => {
    const view = onDemandView("o", { inputs: [], features: { t: timestamp() }, expressions: { t: "request_time()" } });
    const other = snapshotFrom({ view });
    const planned = planFeatures(other, { features: ["o:t"] }, NONE);
    expect(answer(planned, {}, 7).values).toEqual([7n]);
    expect(answer(planned, {}, 8).values).toEqual([8n]);
  });
});

describe("TypeScript transforms", () => {
  const run = (body: (row: Record<string, unknown>) => unknown, given: Row = [4n, null, "AA", 2.5, "cat"]) => {
    const bundled: Transforms = new Map([
      ["coded", { codeHash: transformHash(transform), transform: body as typeof transform }],
    ]);
    const planned = planFeatures(snapshot, { features: ["coded:twice", "coded:label"] }, bundled);
    const [read] = planned.reads;
    expect([read?.firstSlot, ...planned.request.map(({ slot }) => slot)]).toEqual([0, 3, 4]);
    const row: Row = [...given, null, null];
    const codes: string[] = [];
    const faults = planned.steps[0]?.run(row, 0, codes) ?? [];
    return { values: row.slice(5), faults: faults.map((slot, i) => [slot - 5, codes[i]]) };
  };

  it("are given every input by name and by full name, and answer by name", () => {
    let seen: Record<string, unknown> = {};
    const result = run((row) => {
      seen = row;
      return transform(row);
    });
    expect(result).toEqual({ values: [8n, "AA 2.5"], faults: [] });
    expect(seen).toEqual({
      delay: 4n,
      last__delay: 4n,
      distance: null,
      last__distance: null,
      carrier: "AA",
      last__carrier: "AA",
      minutes: 2.5,
      pet: "cat",
    });
  });

  it.each<[what: string, returns: unknown, values: Row, faults: [number, string][]]>([
    ["nulls: no fault, the default", { twice: null, label: null }, [null, "none"], []],
    ["what is empty, but not null", { twice: 0, label: "" }, [0n, ""], []],
    ["a number that an int64 takes", { twice: 7, label: "x" }, [7n, "x"], []],
    ["a value missing", { twice: 7 }, [7n, "none"], [[1, "type_mismatch"]]],
    [
      "values of other types",
      { twice: "7", label: 7 },
      [null, "none"],
      [
        [0, "type_mismatch"],
        [1, "type_mismatch"],
      ],
    ],
    ["a value out of range", { twice: 2n ** 63n, label: "x" }, [null, "x"], [[0, "value_out_of_range"]]],
    [
      "nothing",
      undefined,
      [null, "none"],
      [
        [0, "type_mismatch"],
        [1, "type_mismatch"],
      ],
    ],
    [
      "null",
      null,
      [null, "none"],
      [
        [0, "type_mismatch"],
        [1, "type_mismatch"],
      ],
    ],
  ])("return %s", (_, returns, values, faults) => {
    expect(run(() => returns)).toEqual({ values, faults });
  });

  it("that throw are a fault of each feature, and of this row only", () => {
    const broken = run(() => {
      throw new Error("no");
    });
    expect(broken).toEqual({
      values: [null, "none"],
      faults: [
        [0, "transform_failed"],
        [1, "transform_failed"],
      ],
    });
  });

  it("whose result throws when read are a fault too", () => {
    const result = run(() => ({
      get twice(): never {
        throw new Error("no");
      },
      label: "x",
    }));
    expect(result.faults).toEqual([[0, "transform_failed"]]);
    expect(result.values).toEqual([null, "x"]);
  });

  it("that are not part of the build, or have other code in it, are refused", () => {
    const missing = faultOf(() => planFeatures(snapshot, { features: ["coded:twice"] }, NONE));
    expect([missing.code, missing.message]).toEqual([
      "transform_not_bundled",
      expect.stringContaining("is not part of this build"),
    ]);
    const other: Transforms = new Map([["coded", { codeHash: "sha256:other", transform }]]);
    const changed = faultOf(() => planFeatures(snapshot, { features: ["coded:twice"] }, other));
    expect([changed.code, changed.message]).toEqual([
      "transform_not_bundled",
      expect.stringContaining("has other code"),
    ]);
    expect(planFeatures(snapshot, { features: ["last:delay"] }, NONE).outputs).toHaveLength(1);
  });
});
