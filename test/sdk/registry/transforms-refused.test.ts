// Transforms that can't be registered, each refused with a pointer into its definition (SEMANTICS 5.3).
import { describe, expect, it } from "vitest";
import { float64, onDemandView, requestSource } from "../../../sdk/index.ts";
import { checkTransform, emptySnapshot, type Snapshot, type TransformDefinition } from "../../../sdk/registry/index.ts";
import { faultOf } from "../../support/faults.ts";
import { apply, DOUBLED, live, put, RISK, share } from "./transform-cases.ts";

describe("5.3 refuses", () => {
  const unready = apply(emptySnapshot("shop", "dev")).snapshot;
  it.each<[what: string, definition: unknown, code: string, pointer: string, more?: object]>([
    ["an unknown input", { ...RISK, inputs: ["spnd"] }, "unknown_view", "/inputs/0", { hint: 'did you mean "spend"?' }],
    ["an input of JavaScript's own name", { ...RISK, inputs: ["constructor"] }, "unknown_view", "/inputs/0"],
    ["an on-demand input", { ...RISK, inputs: ["spend", "risk"] }, "definition_invalid", "/inputs/1"],
    ["itself as input", { ...RISK, inputs: ["ratio"] }, "unknown_view", "/inputs/0"],
    [
      "an unknown version",
      { ...RISK, inputs: [{ view: "spend", version: 9 }] },
      "unknown_version",
      "/inputs/0/version",
    ],
    [
      "an unknown feature",
      { ...RISK, inputs: [{ view: "spend", features: ["spent"] }] },
      "unknown_feature",
      "/inputs/0/features/0",
    ],
    [
      "a feature twice",
      { ...RISK, inputs: [{ view: "spend", features: ["spent_1d", "spent_1d"] }] },
      "definition_invalid",
      "/inputs/0/features/1",
    ],
    [
      "an alias that is none",
      { ...RISK, inputs: [{ view: "spend", as: "a b" }] },
      "definition_invalid",
      "/inputs/0/as",
    ],
    [
      "an unknown join key",
      { ...RISK, inputs: [{ view: "spend", joinKeyMap: { id: "x" } }] },
      "definition_invalid",
      "/inputs/0/joinKeyMap/id",
    ],
    [
      "a join key that is no name",
      { ...RISK, inputs: [{ view: "spend", joinKeyMap: { user_id: "a+b" } }] },
      "definition_invalid",
      "/inputs/0/joinKeyMap/user_id",
    ],
    ["two inputs of one name", { ...RISK, inputs: ["spend", "spend"] }, "definition_invalid", "/inputs"],
    [
      "a request field that hides a feature",
      { ...RISK, request: { limit: "float64", spent_1d: "int64" } },
      "definition_invalid",
      "/inputs",
    ],
    ["a reserved word as request field", { ...RISK, request: { if: "float64" } }, "definition_invalid", "/request/if"],
    [
      "a name that objects have",
      { ...RISK, features: { toString: { type: "int64", expression: "1" } } },
      "definition_invalid",
      "/features/toString",
    ],
    [
      "a feature that is no name",
      { ...RISK, features: { "a/b~": { type: "int64", expression: "1" } } },
      "definition_invalid",
      "/features/a~1b~0",
    ],
    [
      "an unknown type",
      { ...RISK, features: { share: { type: "float", expression: "1.0" } } },
      "bad_request",
      "/features/share/type",
    ],
    ["no features", { ...RISK, features: {} }, "bad_request", "/features"],
    [
      "features of code",
      { ...RISK, features: { share: { type: "float64" } } },
      "bad_request",
      "/features/share/expression",
    ],
    ["a member it does not know", { ...RISK, transform: "x" }, "bad_request", ""],
    ["a list", [], "bad_request", ""],
    [
      "__proto__ among the features",
      JSON.parse('{"inputs": [], "features": {"__proto__": {"type": "int64", "expression": "1"}}}'),
      "bad_request",
      "/features/__proto__",
    ],
    [
      "__proto__ among the request",
      JSON.parse('{"inputs": [], "request": {"__proto__": "int64"}, "features": {}}'),
      "bad_request",
      "/request/__proto__",
    ],
    [
      "a default of another type",
      { ...RISK, features: { share: { type: "int64", expression: "1", default: 1.5 } } },
      "type_mismatch",
      "/features/share/default",
    ],
    [
      "a default too large",
      { ...RISK, features: { share: { type: "int64", expression: "1", default: 2n ** 63n } } },
      "value_out_of_range",
      "/features/share/default",
    ],
    [
      "an unknown name",
      share("spent_1d / limt"),
      "expression_type_error",
      "/features/share/expression",
      { position: { line: 1, column: 12 } },
    ],
    [
      "another type",
      share("limit >\n 1.0"),
      "expression_type_error",
      "/features/share/expression",
      { position: { line: 1, column: 1 } },
    ],
    [
      "what is no expression",
      share("spent_1d /\n* limit"),
      "expression_syntax_error",
      "/features/share/expression",
      { position: { line: 2, column: 1 } },
    ],
    ["an empty expression", share(" "), "expression_syntax_error", "/features/share/expression"],
    [
      "a feature that is not among those picked",
      { ...RISK, inputs: [{ view: "spend", features: ["events_1d"] }] },
      "expression_type_error",
      "/features/share/expression",
    ],
    [
      "too many features",
      {
        inputs: [],
        features: Object.fromEntries(
          Array.from({ length: 1_001 }, (_, i) => [`f${i}`, { type: "int64", expression: "1" }]),
        ),
      },
      "bad_request",
      "/features",
    ],
    ["too many inputs", { ...RISK, inputs: Array.from({ length: 101 }, () => "spend") }, "bad_request", "/inputs"],
  ])("%s", (_what, definition, code, pointer, more = {}) => {
    expect(faultOf(() => put(live, "ratio", checkTransform(definition)))).toMatchObject({ code, pointer, ...more });
  });

  it.each<[what: string, snapshot: Snapshot, name: string, code: string]>([
    ["inputs that were never materialized", unready, "ratio", "view_not_materialized"],
    ["a reserved word", live, "return", "definition_invalid"],
    ["__proto__", live, "__proto__", "definition_invalid"],
    ["a name of JavaScript's own", live, "constructor", "definition_invalid"],
    ["what is no name", live, "a:b", "definition_invalid"],
    ["a stored view's name", live, "profile", "transform_conflict"],
    ["an aggregated view's name", live, "spend", "transform_conflict"],
  ])("%s", (_what, snapshot, name, code) => {
    expect(faultOf(() => put(snapshot, name, RISK, "any"))).toMatchObject({ code });
  });

  it("what the services that list the view could not be answered by", () => {
    const other: TransformDefinition = { ...RISK, features: { other: { type: "float64", expression: "spent_1d" } } };
    expect(faultOf(() => put(live, "risk", other, ["1"]))).toMatchObject({
      code: "transform_conflict",
      details: { services: ["model"], feature: "share" },
    });
  });

  it("a request field that a service takes as another type elsewhere", () => {
    const other = onDemandView("other", {
      inputs: [requestSource("given", { limit: float64() })],
      features: { half: float64() },
      expressions: { half: "limit / 2.0" },
    });
    const { snapshot } = apply(live, { services: ({ risk }) => ({ model: [risk, other] }) });
    expect(faultOf(() => put(snapshot, "risk", { ...DOUBLED, request: { limit: "int64" } }, ["1"]))).toMatchObject({
      code: "definition_invalid",
      message: expect.stringMatching(/service "model".*"limit"/),
    });
    expect(put(snapshot, "risk", DOUBLED, ["1"]).version).toBe(2);
  });
});
