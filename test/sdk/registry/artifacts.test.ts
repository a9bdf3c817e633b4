// Artifacts in the registry: by value in the view's version, checked with its expressions, told apart by what they hold
// (SEMANTICS 5.3, 7.1).
import { describe, expect, it } from "vitest";
import { float64, int64, list, onDemandView, requestSource, scaler, string, vocabulary } from "../../../sdk/index.ts";
import {
  canonicalJson,
  checkConsistency,
  checkSnapshot,
  checkTransform,
  collectDefinitions,
  compileDefinitions,
  describeTransform,
  emptySnapshot,
  fingerprint,
  type OnDemandViewSpec,
  planApply,
  registerTransform,
  type Snapshot,
  snapshotHash,
} from "../../../sdk/registry/index.ts";
import { faultOf } from "../../support/faults.ts";

interface Changes {
  mean?: number;
  terms?: string[];
  description?: string;
  expressions?: Record<string, string>;
  more?: boolean;
}

const asked = requestSource("asked", { delay: float64(), carrier: string() });

function compile({ mean = 10, terms = ["AA", "DL"], description, expressions, more = false }: Changes = {}) {
  const about = description === undefined ? {} : { description };
  const view = onDemandView("encoded", {
    inputs: [asked],
    artifacts: [
      scaler("delay_scaler", { mean, stddev: 4, ...about }),
      vocabulary("carriers", terms, { outOfVocabulary: terms.length, ...about }),
      ...(more ? [vocabulary("days", ["Saturday"])] : []),
    ],
    features: { z: float64(), index: int64(), hot: list(float64()), ...(more ? { day: int64() } : {}) },
    expressions: {
      z: "standardize(delay, 'delay_scaler')",
      index: "vocabulary_index(carrier, 'carriers')",
      hot: "one_hot(carrier, 'carriers')",
      ...(more ? { day: "vocabulary_index(carrier, 'days')" } : {}),
      ...expressions,
    },
  });
  return compileDefinitions(collectDefinitions({ view }), { columnsOf: () => undefined });
}

const apply = (snapshot: Snapshot, changes?: Changes) => planApply(snapshot, compile(changes));
const first = apply(emptySnapshot("p", "dev")).snapshot;
const versionOf = (snapshot: Snapshot, version: number) =>
  snapshot.views["encoded"]?.versions[String(version)]?.spec as OnDemandViewSpec;

describe("7.1 artifacts", () => {
  it("are in the view's spec by value, as plain JSON", () => {
    expect(versionOf(first, 1).artifacts).toEqual({
      delay_scaler: { kind: "scaler", mean: 10, stddev: 4 },
      carriers: { kind: "vocabulary", terms: ["AA", "DL"], outOfVocabulary: 2 },
    });
    for (const text of [JSON.stringify(first), canonicalJson(first)]) {
      const back = checkConsistency(checkSnapshot(JSON.parse(text)));
      expect(back).toStrictEqual(first);
      expect(snapshotHash(back)).toBe(snapshotHash(first));
    }
  });

  it("that are none leave the spec as it was before there were any", () => {
    const view = onDemandView("o", {
      inputs: [asked],
      artifacts: [],
      features: { z: float64() },
      expressions: { z: "delay" },
    });
    const compiled = compileDefinitions(collectDefinitions({ view }), { columnsOf: () => undefined });
    expect(compiled.views["o"]?.spec).not.toHaveProperty("artifacts");
  });

  it("of a spec that says there are none hash as those of one that says nothing", () => {
    const { artifacts: _, ...spec } = versionOf(first, 1);
    expect(fingerprint({ ...spec, artifacts: {} })).toBe(fingerprint(spec));
  });

  it.each<[what: string, changes: Changes, kind: string | undefined, breaking?: boolean]>([
    ["nothing", {}, undefined],
    ["a description", { description: "d" }, "metadata"],
    ["a mean", { mean: 11 }, "new-version", true],
    ["a term", { terms: ["AA", "DL", "UA"] }, "new-version", true],
    ["the order of terms", { terms: ["DL", "AA"] }, "new-version", true],
    ["one more, with a feature of its own", { more: true }, "new-version", false],
    ["one more, and one that changed", { more: true, mean: 11 }, "new-version", true],
  ])("with %s changed: %o", (_, changes, kind, breaking) => {
    const plan = apply(first, changes);
    expect(plan.changes.map((change) => [change.kind, change.breaking])).toEqual(kind ? [[kind, breaking]] : []);
  });

  it("stay with their version, and come back with it", () => {
    const second = apply(first, { mean: 11 });
    expect(second.snapshot.views["encoded"]).toMatchObject({ latest: 2, active: 2 });
    expect(versionOf(second.snapshot, 1).artifacts?.["delay_scaler"]).toMatchObject({ mean: 10 });
    expect(versionOf(second.snapshot, 2).artifacts?.["delay_scaler"]).toMatchObject({ mean: 11 });
    const third = apply(second.snapshot);
    expect(third.changes).toMatchObject([{ kind: "restore", version: 1 }]);
  });

  it("0 and -0 are one mean, as in JSON", () => {
    expect(apply(apply(first, { mean: 0 }).snapshot, { mean: -0 }).changes).toEqual([]);
  });
});

describe("5.3 an expression", () => {
  it.each<[expression: string, position: object, hint: string]>([
    ["standardize(delay, 'delay_scalr')", { line: 1, column: 20 }, 'did you mean "delay_scaler"?'],
    ["1.0 +\n standardize(delay, 'carriers')", { line: 2, column: 21 }, 'known: "delay_scaler"'],
  ])("that names no such artifact is refused: %s", (z, position, hint) => {
    const fault = faultOf(() => compile({ expressions: { z } }));
    expect(fault).toMatchObject({ code: "expression_type_error", position, hint, pointer: "/views/encoded/z" });
  });
});

describe("7.1 artifacts of a transform that comes as JSON", () => {
  const body = (mean: unknown, expression = "standardize(delay, 'delays')") =>
    checkTransform({
      inputs: [],
      request: { delay: "float64" },
      artifacts: { delays: { kind: "scaler", mean, stddev: 4 } },
      features: { z: { type: "float64", expression } },
    });

  it("are in its version, and are told as they were put", () => {
    const put = registerTransform(first, "scaled", body(10), "new");
    expect(put).toMatchObject({ version: 1, created: true });
    expect(describeTransform(put.snapshot, "scaled").definition).toEqual(body(10));
    const again = registerTransform(put.snapshot, "scaled", body(11), "any");
    expect(again).toMatchObject({ version: 2, created: true });
    const specs = again.snapshot.views["scaled"]?.versions ?? {};
    expect(Object.values(specs).map(({ spec }) => (spec as OnDemandViewSpec).artifacts)).toEqual([
      { delays: { kind: "scaler", mean: 10, stddev: 4 } },
      { delays: { kind: "scaler", mean: 11, stddev: 4 } },
    ]);
    expect(checkConsistency(checkSnapshot(JSON.parse(JSON.stringify(again.snapshot))))).toStrictEqual(again.snapshot);
  });

  it("are checked, and so is what names them", () => {
    expect(faultOf(() => body("10"))).toMatchObject({ code: "bad_request", pointer: "/artifacts/delays/mean" });
    const typo = faultOf(() => registerTransform(first, "scaled", body(10, "standardize(delay, 'delay')"), "new"));
    expect(typo).toMatchObject({
      code: "expression_type_error",
      pointer: "/features/z/expression",
      position: { line: 1, column: 20 },
      hint: 'did you mean "delays"?',
    });
  });
});

describe("7.3 a snapshot", () => {
  const spec = "/views/encoded/versions/1/spec";
  it.each<[what: string, change: (artifacts: any) => void, pointer: string]>([
    ["an artifact of no kind", (a) => delete a.carriers.kind, "carriers/kind"],
    ["an artifact of another kind", (a) => (a.carriers.kind = "embedding"), "carriers/kind"],
    ["a scaler without a mean", (a) => delete a.delay_scaler.mean, "delay_scaler/mean"],
    ["a deviation of 0", (a) => (a.delay_scaler.stddev = 0), "delay_scaler/stddev"],
    ["a mean of null", (a) => (a.delay_scaler.mean = null), "delay_scaler/mean"],
    ["a mean beyond 2^53, as JSON is parsed", (a) => (a.delay_scaler.mean = 10n ** 20n), "delay_scaler/mean"],
    ["no terms", (a) => (a.carriers.terms = []), "carriers/terms"],
    ["a term twice", (a) => a.carriers.terms.push("AA"), "carriers/terms/2"],
    ["a term that is no text", (a) => a.carriers.terms.push(1), "carriers/terms/2"],
    ["an index past the terms", (a) => (a.carriers.outOfVocabulary = 3), "carriers/outOfVocabulary"],
    ["an index of null", (a) => (a.carriers.outOfVocabulary = null), "carriers/outOfVocabulary"],
    ["more about one", (a) => (a.carriers.more = 1), "carriers"],
    ["a name that is none", (a) => (a["a b"] = a.carriers), "a b"],
    ["a name of JavaScript's", (a) => (a.toString = a.carriers), "toString"],
    ["a prototype", (a) => Object.defineProperty(a, "__proto__", { value: a.carriers, enumerable: true }), "__proto__"],
    [
      "too much in all",
      (a) => Object.assign(a.carriers, { terms: Array.from({ length: 9999 }, (_, i) => `${i}-0123456789`) }),
      "",
    ],
  ])("of %s is refused", (_, change, pointer) => {
    const json = JSON.parse(JSON.stringify(first));
    change(json.views.encoded.versions["1"].spec.artifacts);
    const fault = faultOf(() => checkSnapshot(json));
    expect(fault.code).toBe("registry_invalid");
    expect(fault.pointer).toBe(`${spec}/artifacts${pointer === "" ? "" : `/${pointer}`}`);
  });

  it("whose expressions name an artifact that is not there is refused", () => {
    const json = JSON.parse(JSON.stringify(first));
    delete json.views.encoded.versions["1"].spec.artifacts.carriers;
    expect(() => checkConsistency(checkSnapshot(json))).toThrow(
      expect.objectContaining({
        code: "registry_invalid",
        message: expect.stringMatching(/encoded@1: there is no vocabulary "carriers"/),
        position: { line: 1, column: 27 },
      }),
    );
  });
});
