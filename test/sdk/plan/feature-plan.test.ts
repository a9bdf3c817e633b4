// What a request needs: each view read once, slots dealt out, outputs in order (SEMANTICS 2.7, 3.4, 5.4, 7.2, 7.3).
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  avg,
  count,
  csv,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  requestSource,
  string,
  sum,
  timestamp,
} from "../../../sdk/index.ts";
import { type FeaturePlan, planFeatures, type Row, type Transforms } from "../../../sdk/plan/index.ts";
import {
  collectDefinitions,
  compileDefinitions,
  emptySnapshot,
  markMaterialized,
  planApply,
  type Snapshot,
  snapshotOf,
  transformHash,
} from "../../../sdk/registry/index.ts";
import { typeName } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";

const airport = entity("airport", { joinKey: "origin", type: string() });
const route = entity("route", { joinKeys: { origin: string(), destination: string() } });
const flights = csv("flights", {
  path: "flights.csv",
  eventTime: "date",
  schema: {
    origin: string(),
    destination: string(),
    date: timestamp(),
    delay: int64(),
    distance: float64(),
    carrier: string(),
  },
});
const last = featureView("last", {
  entities: [airport],
  source: flights,
  features: { delay: int64({ default: -1 }), distance: float64(), carrier: string() },
});
const recent = featureView("recent", {
  entities: [airport],
  source: flights,
  aggregations: {
    flights_1d: count("1d"),
    mean_1d: avg("delay", "1d", { default: 0 }),
    miles_1d: sum("distance", "1d"),
  },
});
const pairs = featureView("pairs", { entities: [route], source: flights, features: { distance: float64() } });
const trip = requestSource("trip", { minutes: float64(), pet: string() });
const risk = onDemandView("risk", {
  inputs: [recent, pairs, trip],
  features: { ratio: float64(), busy: int64({ default: 7 }), named: string() },
  expressions: { ratio: "mean_1d / minutes", busy: "flights_1d > 100 ? 1 : null", named: "pet + '!'" },
});
const far = onDemandView("far", {
  inputs: [last, last.withName("there").withJoinKeyMap({ origin: "destination" })],
  features: { gap: float64(), sum: int64() },
  expressions: { gap: "there__distance - last__distance", sum: "last__delay + there__delay" },
});
const coded = onDemandView("coded", {
  inputs: [last, trip],
  features: { twice: int64(), label: string({ default: "none" }) },
  transform: (row) => ({
    twice: (row.delay ?? 0n) * 2n,
    label: row.carrier === null ? null : `${row.carrier} ${row.minutes}`,
  }),
});
const model = featureService("model", { features: [recent.pick("mean_1d"), last, risk.pick("ratio"), far] });
const both = featureService("both", {
  features: [
    last.pick("delay"),
    last.withName("dest").withJoinKeyMap({ origin: "destination" }).pick("delay", "carrier"),
  ],
});
const definitions = { last, recent, pairs, risk, far, coded, model, both };
const compiled = compileDefinitions(collectDefinitions(definitions), { columnsOf: () => undefined });
const snapshot = snapshotOf("p", "dev", compiled);
const NONE: Transforms = new Map();
const transform = coded.transform as NonNullable<typeof coded.transform>;
const BUNDLED: Transforms = new Map([["coded", { codeHash: transformHash(transform), transform }]]);

const plan = (...features: string[]): FeaturePlan => planFeatures(snapshot, { features }, BUNDLED);
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

  it("under one name with other keys too", () => {
    const twice = featureService("twice", {
      features: [last.pick("delay"), last.withJoinKeyMap({ origin: "hub" }).pick("carrier")],
    });
    const other = snapshotOf(
      "p",
      "dev",
      compileDefinitions(collectDefinitions({ twice }), { columnsOf: () => undefined }),
    );
    expect(readsOf(planFeatures(other, { service: "twice" }, NONE))).toEqual([
      "last=last@1(origin): delay",
      "last=last@1(hub): carrier",
    ]);
  });

  it("a composite key keeps the order of its parts, whatever they are mapped to", () => {
    const back = featureService("back", {
      features: [pairs, pairs.withName("back").withJoinKeyMap({ origin: "destination", destination: "origin" })],
    });
    const other = snapshotOf(
      "p",
      "dev",
      compileDefinitions(collectDefinitions({ back }), { columnsOf: () => undefined }),
    );
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
    [[`${"x".repeat(5000)}`], "bad_request", "/features/0", /^.{0,300}$/, /./],
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
    const other = snapshotOf(
      "p",
      "dev",
      compileDefinitions(collectDefinitions({ last, numbered }), { columnsOf: () => undefined }),
    );
    const fault = faultOf(() => planFeatures(other, { features: ["last:delay", "numbered:x"] }, NONE));
    expect(fault.code).toBe("definition_invalid");
    expect(fault.message).toContain('"origin"');
  });
});

describe("7.2, 7.3 versions", () => {
  const apply = (current: Snapshot, changed: Record<string, unknown>): Snapshot =>
    planApply(
      current,
      compileDefinitions(collectDefinitions({ ...definitions, ...changed }), { columnsOf: () => undefined }),
    ).snapshot;
  const mark = (s: Snapshot, ...views: [string, number][]) =>
    views.reduce((at, [view, version]) => markMaterialized(at, view, version), s);
  const fresh = apply(emptySnapshot("p", "dev"), {});
  const live = mark(fresh, ["last", 1], ["recent", 1], ["pairs", 1]);
  const longer = {
    last: featureView("last", { entities: [airport], source: flights, features: { delay: int64(), seats: int64() } }),
  };
  let waiting: Snapshot;
  beforeAll(() => {
    const source = csv("flights", {
      path: "flights.csv",
      eventTime: "date",
      schema: { ...flights.schema, seats: int64() },
    });
    const view = featureView("last", { entities: [airport], source, features: { ...last.fields, seats: int64() } });
    waiting = planApply(
      live,
      compileDefinitions(collectDefinitions({ last: view }), { columnsOf: () => undefined }),
    ).snapshot;
    expect(longer.last.features).toEqual(["delay", "seats"]);
  });
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

  it("a removed view is unknown, and no hint either", () => {
    const removed = planApply(
      live,
      compileDefinitions(collectDefinitions({ last }), { columnsOf: () => undefined }),
    ).snapshot;
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
    const other = snapshotOf(
      "p",
      "dev",
      compileDefinitions(collectDefinitions({ view }), { columnsOf: () => undefined }),
    );
    const planned = planFeatures(other, { features: ["o:next", "o:same"] }, NONE);
    const most = 2n ** 63n - 1n;
    expect(answer(planned, { "last:delay": most })).toEqual({
      values: [5n, most],
      faults: [["o:next", "integer_overflow"]],
    });
    // The next row knows nothing of it.
    expect(answer(planned, { "last:delay": 1n })).toEqual({ values: [2n, 1n], faults: [] });
  });

  it("1.4 the time of the request is what the caller passes", () => {
    const view = onDemandView("o", { inputs: [], features: { t: timestamp() }, expressions: { t: "request_time()" } });
    const other = snapshotOf(
      "p",
      "dev",
      compileDefinitions(collectDefinitions({ view }), { columnsOf: () => undefined }),
    );
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
