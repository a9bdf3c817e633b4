// Scalers and vocabularies as definitions write them: what they hold, and what is refused, by name and by size.
import { describe, expect, it } from "vitest";
import {
  definitionKind,
  float64,
  int64,
  onDemandView,
  requestSource,
  scaler,
  string,
  vocabulary,
} from "../../../sdk/index.ts";
import { faultOf } from "../../support/faults.ts";

const asked = requestSource("asked", { x: float64(), carrier: string() });
const untyped = (value: unknown): any => value;
const terms = (count: number, length = 5) => Array.from({ length: count }, (_, i) => String(i).padStart(length, "0"));

describe("an artifact", () => {
  it("holds its parameters as plain data, and can't be changed", () => {
    const delays = scaler("delays", { mean: 8.2, stddev: 31.5, description: "minutes" });
    expect(delays).toEqual({
      name: "delays",
      spec: { kind: "scaler", mean: 8.2, stddev: 31.5, description: "minutes" },
    });
    expect(definitionKind(delays)).toBe("artifact");
    const list = ["AA", "DL"];
    const carriers = vocabulary("carriers", list, { outOfVocabulary: -1 });
    list.push("AA");
    expect(carriers.spec).toEqual({ kind: "vocabulary", terms: ["AA", "DL"], outOfVocabulary: -1 });
    expect(() => (untyped(carriers).name = "other")).toThrow(TypeError);
  });

  it.each<[what: string, make: () => unknown, message: RegExp]>([
    ["a scaler without a deviation", () => scaler("s", untyped({ mean: 1 })), /artifact "s": stddev/],
    ["a deviation of 0", () => scaler("s", { mean: 1, stddev: 0 }), /artifact "s": stddev.*more than 0/],
    ["a deviation below 0", () => scaler("s", { mean: 1, stddev: -1 }), /stddev/],
    ["a mean that is NaN", () => scaler("s", { mean: Number.NaN, stddev: 1 }), /mean/],
    ["an infinite deviation", () => scaler("s", { mean: 1, stddev: Infinity }), /stddev/],
    ["a mean that JSON may round", () => scaler("s", { mean: 2 ** 53, stddev: 1 }), /mean/],
    ["a mean in text", () => scaler("s", untyped({ mean: "1", stddev: 1 })), /mean/],
    ["an option misspelt", () => scaler("s", untyped({ mean: 1, stddev: 1, std: 1 })), /"std"/],
    ["no terms", () => vocabulary("v", []), /artifact "v": terms/],
    ["terms that are no texts", () => vocabulary("v", untyped([1, 2])), /terms\.0/],
    ["a term twice", () => vocabulary("v", ["AA", "DL", "AA"]), /terms\.2: .*"AA" stands here again/],
    ["a term of half a character", () => vocabulary("v", ["\ud800"]), /terms\.0: .*surrogate/],
    ["a term too long", () => vocabulary("v", ["x".repeat(257)]), /terms\.0: .*256/],
    ["too many terms", () => vocabulary("v", terms(10_001)), /terms: .*10000/],
    ["an index past the end", () => vocabulary("v", ["a"], { outOfVocabulary: 2 }), /outOfVocabulary: expected -1/],
    ["an index below -1", () => vocabulary("v", ["a"], { outOfVocabulary: -2 }), /outOfVocabulary/],
    ["half an index", () => vocabulary("v", ["a"], { outOfVocabulary: 0.5 }), /outOfVocabulary/],
    ["a name that is none", () => vocabulary("my vocabulary", ["a"]), /"my vocabulary" can't be a name/],
    ["a name of JavaScript's", () => scaler("constructor", { mean: 0, stddev: 1 }), /JavaScript/],
  ])("of %s is refused", (_, make, message) => {
    const fault = faultOf(make);
    expect(fault.code).toBe("definition_invalid");
    expect(fault.message).toMatch(message);
  });

  it("may be as large as is stated", () => {
    expect(vocabulary("v", terms(10_000), { outOfVocabulary: 10_000 }).spec).toMatchObject({ outOfVocabulary: 10_000 });
    expect(vocabulary("v", ["x".repeat(256), ""]).spec.kind).toBe("vocabulary");
    expect(scaler("s", { mean: -(2 ** 53) + 1, stddev: Number.MIN_VALUE }).spec.kind).toBe("scaler");
  });
});

describe("an on-demand view's artifacts", () => {
  const make = (artifacts: unknown, more: object = { expressions: { f: "x" } }) =>
    onDemandView("o", untyped({ inputs: [asked], features: { f: float64() }, artifacts, ...more }));
  const delays = scaler("delays", { mean: 0, stddev: 1 });

  it("are listed", () => {
    expect(make([delays]).artifacts).toEqual([delays]);
    expect(make([]).artifacts).toEqual([]);
    expect(make(undefined).artifacts).toBeUndefined();
  });

  it.each<[what: string, artifacts: unknown, message: RegExp]>([
    ["what is no list", { delays }, /must be scalers or vocabularies/],
    ["a name", ["delays"], /must be scalers or vocabularies/],
    ["plain data", [{ name: "delays", spec: { kind: "scaler", mean: 0, stddev: 1 } }], /must be scalers/],
    ["two of one name", [delays, vocabulary("delays", ["a"])], /two artifacts are called "delays"/],
    ["too much in all", [vocabulary("a", terms(9000, 8)), vocabulary("b", terms(9000, 8))], /at most 131072 bytes/],
    [
      "too much beyond ASCII",
      [
        vocabulary(
          "a",
          terms(1000).map((term) => "é".repeat(64) + term),
        ),
      ],
      /at most 131072 bytes/,
    ],
  ])("%s are refused", (_, artifacts, message) => {
    const fault = faultOf(() => make(artifacts));
    expect(fault.code).toBe("definition_invalid");
    expect(fault.message).toMatch(/on-demand view "o"/);
    expect(fault.message).toMatch(message);
  });

  it("are not for a transform", () => {
    const fault = faultOf(() => make([delays], { transform: () => ({ f: 1 }), features: { f: int64() } }));
    expect(fault.message).toContain("for expressions");
  });
});
