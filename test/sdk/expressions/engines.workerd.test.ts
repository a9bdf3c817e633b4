// One result inside workerd under the test plugin too (SEMANTICS 5.1).
import { expect, it } from "vitest";
import { compileExpression, evaluationContext } from "../../../sdk/expressions/index.ts";
import { digests } from "./engine-corpus.ts";
import golden from "./engine-digests.json" with { type: "json" };

it("5.1 the same bits as in Node", () => {
  expect(digests()).toEqual(golden);
}, 60_000);

it("5.2 the longest chain and the deepest nesting that parse fit workerd's stack", () => {
  const scope = { x: { kind: "int64" }, b: { kind: "bool" } } as const;
  const context = evaluationContext(0);
  const chain = Array.from({ length: 500 }, () => "x").join("+");
  expect(compileExpression(chain, scope).evaluate([1n], context)).toBe(500n);
  expect(compileExpression(`${"!".repeat(900)}b`, scope).evaluate([true], context)).toBe(true);
  const nested = `${"(1 + ".repeat(99)}x${")".repeat(99)}`;
  expect(compileExpression(nested, scope).evaluate([1n], context)).toBe(100n);
});
