// The names that an on-demand view can read: SEMANTICS 5.3.
import { describe, expect, it } from "vitest";
import { onDemandEntries, onDemandScope, type OnDemandViewSpec, type ViewSpec } from "../../../sdk/registry/index.ts";
import { typeName } from "../../../sdk/types/index.ts";
import { faultOf } from "../../support/faults.ts";

const feature = (text: string) => {
  const [name, type] = text.split(" ") as [string, string];
  return { name, type, default: null };
};
const view = (...features: string[]): ViewSpec => ({
  kind: "stored",
  entities: ["e"],
  joinKeys: [{ name: "k", type: "string" }],
  source: { name: "s", format: "csv", path: "s.csv", eventTime: null, createdTime: null, eventId: null, schema: null },
  ttlUs: 0,
  features: features.map(feature),
});
const views: Record<string, ViewSpec> = {
  a: view("x int64", "y string"),
  b: view("x float64", "z bool"),
  c: view("a__x bytes", "w int32"),
};
const input = (text: string) => {
  const [name, ...features] = text.split(" ");
  const [of, as = of] = (name as string).split("=") as [string, string?];
  return { view: of, as: as, joinKeyMap: {}, features, version: null };
};
const spec = (inputs: string[], request: string[] = []): OnDemandViewSpec => ({
  kind: "onDemand",
  inputs: inputs.map(input),
  request: request.map((text) => ({ name: text.split(" ")[0] as string, type: text.split(" ")[1] as string })),
  features: [{ name: "f", type: "int64", default: null, expression: "1" }],
  codeHash: null,
});
const scopeOf = (inputs: string[], request: string[] = []) =>
  Object.fromEntries(
    Object.entries(onDemandScope("o", spec(inputs, request), (name) => views[name] as ViewSpec)).map(([name, type]) => [
      name,
      typeName(type),
    ]),
  );

describe("5.3 a scope", () => {
  it.each<[inputs: string[], request: string[], scope: Record<string, string>]>([
    [[], [], {}],
    [["a x y"], [], { x: "int64", a__x: "int64", y: "string", a__y: "string" }],
    [["a y"], [], { y: "string", a__y: "string" }],
    [["a=first x"], [], { x: "int64", first__x: "int64" }],
    // A name that two inputs have is nobody's; the full names stay.
    [["a x", "b x z"], [], { a__x: "int64", b__x: "float64", z: "bool", b__z: "bool" }],
    [["a=one x", "a=two x", "b x"], [], { one__x: "int64", two__x: "int64", b__x: "float64" }],
    // A full name is always the feature's that it names, whatever the order.
    [["a x", "c a__x"], [], { x: "int64", a__x: "int64", c__a__x: "bytes" }],
    [["c a__x", "a x"], [], { x: "int64", a__x: "int64", c__a__x: "bytes" }],
    // One view in two parts.
    [["a x", "a y"], [], { x: "int64", a__x: "int64", y: "string", a__y: "string" }],
    [[], ["n int64", "t timestamp"], { n: "int64", t: "timestamp" }],
    [["a x"], ["n int64", "n int64"], { x: "int64", a__x: "int64", n: "int64" }],
  ])("of %j and %j is %j", (inputs, request, scope) => {
    expect(scopeOf(inputs, request)).toEqual(scope);
  });

  it("says where each name comes from", () => {
    const entries = onDemandEntries("o", spec(["a x", "b z"], ["n int64"]), (name) => views[name] as ViewSpec);
    expect(entries.get("b__z")).toMatchObject({ from: "feature", input: 1, feature: "z" });
    expect(entries.get("x")).toMatchObject({ from: "feature", input: 0, feature: "x" });
    expect(entries.get("n")).toMatchObject({ from: "request", field: "n" });
  });

  it.each<[inputs: string[], request: string[], code: string, says: string]>([
    [["a x", "a x"], [], "definition_invalid", '"a__x"'],
    [["a=one x", "b=one x"], [], "definition_invalid", '"one__x"'],
    [["a x"], ["x int64"], "definition_invalid", '"x"'],
    [["a x"], ["a__x int64"], "definition_invalid", '"a__x"'],
    [["a x", "b x"], ["x int64"], "definition_invalid", '"x"'],
    [[], ["n int64", "n int32"], "definition_invalid", '"n"'],
    [["a q"], [], "unknown_feature", '"q"'],
    [["a toString"], [], "unknown_feature", '"toString"'],
  ])("of %j and %j is refused: %s", (inputs, request, code, says) => {
    const fault = faultOf(() => scopeOf(inputs, request));
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(says);
  });

  it("an on-demand view is no input", () => {
    const fault = faultOf(() => onDemandScope("o", spec(["a x"]), () => spec([])));
    expect(fault.code).toBe("definition_invalid");
    expect(fault.message).toContain('"a" is on-demand too');
  });
});
