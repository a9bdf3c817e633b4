// The compiled evaluator against the plain interpreter, on random expressions and inputs: SEMANTICS 5.2, 5.3.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EdgefeatError } from "../../../sdk/errors.ts";
import {
  type CompiledExpression,
  compileExpression,
  evaluationContext,
  FAULT,
  functionReference,
} from "../../../sdk/expressions/index.ts";
import { checkValue, parseTypeName, typeName, type Value, type ValueType } from "../../../sdk/types/index.ts";
import { inputs, inputTypes, trees } from "./random-trees.ts";
import { Faulted, interpret, type Plain, print, type Tree, type Type } from "./reference-interpreter.ts";

const scope: Record<string, ValueType> = Object.fromEntries(
  Object.entries(inputTypes).map(([name, type]) => [name, parseTypeName(type)]),
);
const resultTypes: Record<Type, string> = { int: "int64", double: "float64", bool: "bool", string: "string" };

function expected(tree: Tree, row: Record<string, Plain>): Plain | typeof FAULT {
  try {
    const value = interpret(tree, { ...row, m: row["m"] === null ? null : BigInt(row["m"] as number) });
    return typeof value === "bigint" && tree.type === "double" ? Number(value) : value;
  } catch (error) {
    if (error instanceof Faulted) return FAULT;
    throw error;
  }
}

/** Returns the compiled text, or null where it is larger than the language allows. */
function compile(text: string): CompiledExpression | null {
  try {
    return compileExpression(text, scope);
  } catch (error) {
    if (error instanceof EdgefeatError && /too large|characters long/.test(error.message)) return null;
    throw error;
  }
}

describe.each(["int", "double", "bool", "string"] as const)("5.2 a random %s", (type) => {
  it("is what the plain interpreter says", () => {
    let [compared, faults, nulls] = [0, 0, 0];
    fc.assert(
      fc.property(trees[type], fc.array(inputs, { minLength: 4, maxLength: 4 }), (tree, rows) => {
        const compiled = compile(print(tree));
        if (compiled === null) return;
        expect(typeName(compiled.type)).toBe(resultTypes[type]);
        const context = evaluationContext(0);
        for (const row of rows) {
          const value = compiled.evaluate(
            compiled.inputs.map((name) => row[name] as Value | null),
            context,
          );
          expect(value).toBe(expected(tree, row));
          compared += 1;
          if (value === FAULT) faults += 1;
          if (value === null) nulls += 1;
        }
      }),
      { numRuns: 1500 },
    );
    // A generator that only made faults or nulls would test nothing.
    expect(compared).toBeGreaterThan(4000);
    expect(compared - faults - nulls).toBeGreaterThan(compared / 4);
    expect(faults).toBeGreaterThan(0);
    expect(nulls).toBeGreaterThan(0);
  });
});

describe("5.2 every function", () => {
  const kinds: Record<string, readonly string[]> = {
    int: ["int64", "int32"],
    double: ["float64", "float32"],
    list: ["list<int32>", "list<string>"],
    vector: ["vector(3)"],
    numbers: ["vector(3)", "list<int64>"],
    decimal: ["decimal(38,10)", "decimal(5,0)"],
    any: ["bytes", "float64"],
    T: ["int64", "string"],
  };
  const values: Record<string, fc.Arbitrary<Value>> = {
    int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    timestamp: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    int32: fc.integer(),
    float64: fc.double(),
    float32: fc.float(),
    bool: fc.boolean(),
    string: fc.oneof(fc.string({ unit: "binary" }), fc.bigInt().map(String), fc.double().map(String)),
    bytes: fc.uint8Array(),
    "list<int32>": fc.array(fc.integer()),
    "list<int64>": fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 4 }),
    "list<string>": fc.array(fc.string()),
    "vector(3)": fc.float32Array({ minLength: 3, maxLength: 3 }),
    "decimal(38,10)": fc
      .bigInt({ min: 0n, max: 10n ** 38n - 1n })
      .map((n) => `${n / 10n ** 10n}.${String(n % 10n ** 10n).padStart(10, "0")}`),
    "decimal(5,0)": fc.integer({ min: -99_999, max: 99_999 }).map(String),
  };
  const signatures = functionReference.flatMap((entry) => entry.signatures).filter((text) => !text.includes("literal"));

  it.each(signatures)("%s never throws and gives its type, whatever it gets", (signature) => {
    let evaluated = 0;
    for (const pick of [0, 1]) {
      const types: Record<string, ValueType> = {};
      const text = signature
        .replace(/: \w+$/, "")
        .replace(", …", "")
        .replace(/(\w+): (\w+)/g, (_, name: string, kind: string) => {
          types[`in_${name}`] = parseTypeName(kinds[kind]?.[pick] ?? kinds[kind]?.[0] ?? kind);
          return `in_${name}`;
        })
        .replace(/^text\./, () => {
          types["in_text"] = { kind: "string" };
          return "in_text.";
        });
      const { type, inputs: names, evaluate } = compileExpression(text, types);
      const row = fc.tuple(
        ...names.map((name) => fc.option(values[typeName(types[name] as ValueType)] as fc.Arbitrary<Value>)),
      );
      fc.assert(
        fc.property(row, fc.maxSafeInteger(), (given, requestTimeUs) => {
          const value = evaluate(given, evaluationContext(requestTimeUs));
          evaluated += 1;
          if (value !== null && value !== FAULT) expect(checkValue(type, value, text)).toStrictEqual(value);
          const lazy = /^(is_null|coalesce|if)\(/.test(text);
          if (!lazy && given.includes(null)) expect(value).toBe(null);
        }),
      );
    }
    expect(evaluated).toBe(200);
  });
});
