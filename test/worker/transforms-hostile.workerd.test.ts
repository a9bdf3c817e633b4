// Transforms that are no good, over HTTP: each is refused, with the place of what is wrong, and nothing is written.
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { planApply } from "../../sdk/registry/index.ts";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { compiled } from "./support/definitions.ts";
import { type Harness, harness, snapshotFor } from "./support/harness.ts";
import { applied, PACE, put, replaces } from "./support/transforms.ts";

describe("hostile transforms", () => {
  let h: Harness;
  beforeEach(async () => {
    h = await applied(harness(durableObjectStore()));
  });

  it.each<[what: string, body: unknown, status: number, code: string, more?: object]>([
    [
      "an unknown name",
      { ...PACE, features: { pace: { type: "float64", expression: "distance / hour_s" } } },
      422,
      "expression_type_error",
      { pointer: "/features/pace/expression", position: { line: 1, column: 12 } },
    ],
    [
      "what is no expression",
      { ...PACE, features: { pace: { type: "float64", expression: "distance\n /* hours" } } },
      422,
      "expression_syntax_error",
      { pointer: "/features/pace/expression", position: { line: 2, column: expect.any(Number) } },
    ],
    [
      "an unknown input",
      { ...PACE, inputs: ["last_fligt"] },
      404,
      "unknown_view",
      { pointer: "/inputs/0", hint: 'did you mean "last_flight"?' },
    ],
    ["an on-demand input", { ...PACE, inputs: ["risk"] }, 400, "definition_invalid", { pointer: "/inputs/0" }],
    [
      "__proto__ as a feature",
      '{"inputs":[],"features":{"__proto__":{"type":"int64","expression":"1"}}}',
      400,
      "bad_request",
    ],
    [
      "__proto__ as a member",
      '{"__proto__":{"inputs":[]},"features":{"a":{"type":"int64","expression":"1"}}}',
      400,
      "bad_request",
    ],
    ["no JSON", "{inputs: []}", 400, "malformed_json", { position: { line: 1, column: 2 } }],
    ["an array a million deep", "[".repeat(1_000_000), 400, "malformed_json"],
    [
      "a deep default",
      `{"inputs":[],"features":{"a":{"type":"list<int64>","expression":"[1]","default":${"[".repeat(2_000)}1${"]".repeat(2_000)}}}}`,
      400,
      "type_mismatch",
    ],
    [
      "half a surrogate pair",
      '{"inputs":[],"features":{"a":{"type":"string","expression":"\'\\ud800\'"}}}',
      422,
      "expression_syntax_error",
    ],
    [
      "a million parentheses",
      { ...PACE, features: { pace: { type: "float64", expression: "(".repeat(1_000_000) } } },
      422,
      "expression_syntax_error",
    ],
    [
      "a type without end",
      { ...PACE, request: { hours: `${"list<".repeat(10_000)}int64${">".repeat(10_000)}` } },
      400,
      "bad_request",
    ],
    ["a body without end", `{"inputs":["${"x".repeat(5_000_000)}"]}`, 413, "body_too_large"],
    ["null", "null", 400, "bad_request"],
  ])("%s", async (_what, body, status, code, more = {}) => {
    const writes = h.store.writes.length;
    const answer = await put(h, "pace", body);
    expect(answer.json).toMatchObject({ status, code, ...more });
    expect(h.store.writes, "nothing was written").toHaveLength(writes);
    expect(h.internal).toEqual([]);
  });

  it("a feature view's name is taken", async () => {
    const answer = await put(h, "delays", PACE, replaces(1));
    expect([answer.status, answer.json.code]).toEqual([409, "transform_conflict"]);
  });

  it("a view that was never materialized can't be read", async () => {
    const fresh = harness(durableObjectStore());
    const empty = { ...snapshotFor(fresh.project), views: {}, services: {} };
    await fresh.send("PUT", "/v1/registry", planApply(empty, compiled()).snapshot);
    const answer = await put(fresh, "pace", PACE);
    expect([answer.status, answer.json.code, answer.json.pointer]).toEqual([409, "view_not_materialized", "/inputs/0"]);
  });

  it("no body and no name makes it fail in a way that it should not", async () => {
    const word = fc.constantFrom(
      "last_flight",
      "risk",
      "pace",
      "",
      "__proto__",
      "constructor",
      "if",
      "a b",
      "é",
      "x".repeat(200),
    );
    const json = fc.jsonValue({ maxDepth: 3 });
    const type = fc.oneof(
      fc.constantFrom("int64", "float64", "string", "list<int64>", "vector(3)", "decimal(5,2)"),
      word,
      json,
    );
    const expression = fc.oneof(
      fc.constantFrom("1", "delay", "distance / hours", "1 +", "carrier", "[1][0]", "null"),
      fc.string(),
      json,
    );
    const feature = fc.oneof(
      fc.record({ type, expression, default: json, description: json }, { requiredKeys: ["type", "expression"] }),
      json,
    );
    const input = fc.oneof(
      word,
      fc.record(
        {
          view: word,
          as: word,
          joinKeyMap: fc.dictionary(word, word),
          features: fc.array(word),
          version: fc.integer(),
        },
        { requiredKeys: ["view"] },
      ),
      json,
    );
    const body = fc.record(
      {
        inputs: fc.array(input, { maxLength: 3 }),
        request: fc.dictionary(word, type),
        features: fc.dictionary(word, feature),
        tags: json,
      },
      { requiredKeys: ["inputs", "features"] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, json), fc.oneof(word, fc.string()), async (definition, name) => {
        const answer = await put(h, encodeURIComponent(name.toWellFormed()), definition, { "if-match": "*" });
        expect(answer.status, answer.text).toBeLessThan(500);
        expect(h.internal).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect((await h.send("GET", "/v1/registry")).status).toBe(200);
    const { snapshot } = (await h.send("GET", "/v1/registry")).json;
    expect(snapshot).toEqual(JSON.parse(JSON.stringify(snapshotFor(h.project))));
  });
});
