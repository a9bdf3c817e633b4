// Our parser against a CEL library's, on random texts: the same are refused, and the others have the same tree.
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { compileExpression } from "../../../sdk/expressions/index.ts";
import { parse } from "../../../sdk/expressions/parse.ts";
import { Source } from "../../../sdk/expressions/source.ts";
import type { Node, SyntaxTree } from "../../../sdk/expressions/syntax.ts";
import { celParse } from "./cel-oracle.ts";
import { deepTexts, longTexts, nearMisses, scribbles, soups } from "./random-texts.ts";
import { type Bare, writtenTrees } from "./written-trees.ts";

/** Returns our tree, or null where we refuse the text. */
function parsed(text: string): SyntaxTree | null {
  try {
    return parse(new Source(text));
  } catch (error) {
    if (!(error instanceof EdgefeatError) || error.code !== "expression_syntax_error") throw error;
    expect(error.position).toBeDefined();
    return null;
  }
}

// The library keeps the low 8 bits of each UTF-16 unit of a bytes literal; CEL says UTF-8, and so do we.
const BYTES_BEYOND_ASCII = /[bB](['"])[^]*[^\0-\x7f]/;
// CEL reserves the word; with us it is a function too.
const IF = /\bif(?:\s|\/\/[^\n]*)*\(/;

describe.each<[string, Arbitrary<string>, numRuns: number, leastAccepted: number]>([
  ["soups of tokens", soups, 10_000, 300],
  ["texts a token away from one that parses", nearMisses, 5000, 300],
  ["soups of characters", scribbles, 10_000, 300],
  ["texts that nest deep", deepTexts, 1000, 100],
  ["texts of many parts", longTexts, 300, 50],
])("5.2 %s", (_, texts, numRuns, leastAccepted) => {
  it("are refused, or have a tree, as in CEL", () => {
    const seen = { tree: 0, "no CEL": 0, "left out": 0, "a macro's argument": 0 };
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(!BYTES_BEYOND_ASCII.test(text) && !IF.test(text));
        const verdict = celParse(text);
        seen[verdict.is] += 1;
        if (verdict.is === "tree") expect(parsed(text)?.root).toEqual(verdict.node);
        else if (verdict.is === "a macro's argument") expect(() => compileExpression(text, {})).toThrow(EdgefeatError);
        else expect(parsed(text)).toBeNull();
      }),
      { numRuns },
    );
    // Texts that are all refused, or all accepted, would test little.
    expect(seen.tree).toBeGreaterThan(leastAccepted);
    expect(seen["no CEL"]).toBeGreaterThan(leastAccepted / 2);
  });
});

/** Returns a tree without its places. */
function bare(node: Node): Bare {
  const { start: _, ...rest } = node;
  switch (rest.kind) {
    case "literal":
    case "name":
      return rest;
    case "unary":
      return { ...rest, operand: bare(rest.operand) };
    case "binary":
      return { ...rest, left: bare(rest.left), right: bare(rest.right) };
    case "choice":
      return { ...rest, condition: bare(rest.condition), yes: bare(rest.yes), no: bare(rest.no) };
    case "list":
      return { ...rest, elements: rest.elements.map(bare) };
    case "element":
      return { ...rest, container: bare(rest.container), index: bare(rest.index) };
    case "call":
      return { kind: "call", form: rest.form, name: rest.name, args: rest.args.map(bare) };
  }
}

function namesIn(tree: Bare): string[] {
  if (tree.kind === "name") return [tree.name];
  return Object.values(tree)
    .flat()
    .filter((part): part is Bare => typeof part === "object" && part !== null && "kind" in part)
    .flatMap(namesIn);
}

describe("5.2 a random tree", () => {
  it("is what its text parses to, however it is written, in CEL too", () => {
    fc.assert(
      fc.property(writtenTrees, ({ tree, text }) => {
        const ours = parsed(text);
        expect(ours && bare(ours.root)).toEqual(tree);
        expect(ours?.names).toEqual(new Set(namesIn(tree)));
        expect(celParse(text)).toEqual({ is: "tree", node: ours?.root });
      }),
      { numRuns: 5000 },
    );
  });
});

describe("5.2 where our parser and the library's differ", () => {
  const differences: [title: string, text: string, theirs: string, ours: string | null][] = [
    ["macros are calls like others, and refused as such by name", "[1].map(1, 2)", "a macro's argument", "call"],
    ["fields are refused while parsing", "x.y", "left out", null],
    ["fields of fields", "x.y.z(1)", "left out", null],
    ["maps are", "{'a': 1}", "left out", null],
    ["unsigned integers are", "1u", "left out", null],
  ];
  it.each(differences)("%s: %s", (_, text, theirs, ours) => {
    expect(celParse(text).is).toBe(theirs);
    expect(parsed(text)?.root.kind ?? null).toBe(ours);
    expect(() => compileExpression(text, { x: { kind: "int64" } })).toThrow(EdgefeatError);
  });

  it("if(condition, yes, no) is a call, where CEL reserves the word", () => {
    expect(celParse("if(true, 1, 2)").is).toBe("no CEL");
    expect(parsed("if (true, 1, 2)")?.root).toMatchObject({ kind: "call", form: "function", name: "if", at: 0 });
    for (const text of ["if", "if + 1", "else(true, 1, 2)"]) expect(parsed(text), text).toBeNull();
  });

  it("a bytes literal holds its characters in UTF-8, as CEL says, where the library cuts each to 8 bits", () => {
    expect(parsed("b'é日\\xff'")?.root).toMatchObject({ value: Uint8Array.of(0xc3, 0xa9, 0xe6, 0x97, 0xa5, 0xff) });
    expect(celParse("b'é日\\xff'")).toMatchObject({ node: { value: Uint8Array.of(0xe9, 0xe5, 0xff) } });
  });
});
