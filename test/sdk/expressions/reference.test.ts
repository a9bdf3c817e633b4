// The function reference: every example gives what it says, and the page is made of the data as it is now.
import { describe, expect, it } from "vitest";
import {
  compileExpression,
  evaluationContext,
  exampleInputs,
  FAULT,
  functionReference,
} from "../../../sdk/expressions/index.ts";
import { formatTime } from "../../../sdk/time.ts";
import type { Value, ValueType } from "../../../sdk/types/index.ts";
import { referencePage } from "./reference-page.ts";

/** Returns a value as the language writes it. */
function written(value: Value | null, type: ValueType): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "float64": {
      const text = Object.is(value, -0) ? "-0" : String(value);
      return /^-?\d+$/.test(text) ? `${text}.0` : text;
    }
    case "string":
      return JSON.stringify(value);
    case "timestamp":
      return `timestamp("${formatTime(value as bigint)}")`;
    case "list":
      return `[${(value as readonly Value[]).map((item) => written(item, type.of)).join(", ")}]`;
    default:
      return String(value);
  }
}

const examples = functionReference.flatMap(({ name, examples: of }) =>
  of.map((example) => [name, ...example] as const),
);

describe("the function reference", () => {
  it.each(examples)("%s: %s is %s", (name, text, expected) => {
    expect(text).toMatch(new RegExp(`\\b${name}\\(`));
    const { types, artifacts, requestTimeUs } = exampleInputs;
    const values: Readonly<Record<string, Value | null>> = exampleInputs.values;
    const { inputs, type, evaluate } = compileExpression(text, types, { artifacts });
    const context = evaluationContext(requestTimeUs);
    const value = evaluate(
      inputs.map((input) => values[input] as Value | null),
      context,
    );
    expect(value === FAULT ? `fault: ${context.fault}` : written(value, type)).toBe(expected);
  });

  it("has an example for every function", () => {
    for (const { name, examples: of } of functionReference) expect(of.length, name).toBeGreaterThan(0);
  });

  it("is on its page; `vitest -u` renews that", async () => {
    await expect(referencePage()).toMatchFileSnapshot("../../../sdk/expressions/REFERENCE.md");
  });
});
