// The oracle of the parser: a CEL library's, its trees told in our terms.
import { type ASTNode, Environment, ParseError } from "@marcbachmann/cel-js";
import type { BinaryOperator, Node } from "../../../sdk/expressions/syntax.ts";

const grammar = new Environment({
  limits: { maxAstNodes: 1000, maxDepth: 100, maxListElements: 1000, maxCallArguments: 32 },
});

/** What CEL says of a text: a tree, or why our language has none for it. */
export type Verdict =
  | { readonly is: "tree"; readonly node: Node }
  /** CEL's grammar has no such text, or it is too large. */
  | { readonly is: "no CEL" }
  /** Maps, fields and unsigned integers are CEL, but none of ours. */
  | { readonly is: "left out" }
  /** The library knows macros by name and refuses some arguments of theirs while parsing. */
  | { readonly is: "a macro's argument" };

class LeftOut extends Error {}

/** Returns what the library makes of a text. */
export function celParse(text: string): Verdict {
  if (text.length > 4096 || !text.isWellFormed()) return { is: "no CEL" };
  try {
    return { is: "tree", node: translated(grammar.parse(text).ast, text) };
  } catch (error) {
    if (error instanceof LeftOut) return { is: "left out" };
    if (!(error instanceof ParseError)) throw error;
    return { is: error.code === "invalid_macro_argument" ? "a macro's argument" : "no CEL" };
  }
}

function translated(ast: ASTNode, text: string): Node {
  const of = (part: ASTNode) => translated(part, text);
  const { start } = ast;
  switch (ast.op) {
    case "value": {
      const value = ast.args;
      if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) throw new LeftOut();
      return { kind: "literal", start, value };
    }
    case "id":
      return { kind: "name", start, name: ast.args };
    case "!_":
    case "-_":
      return { kind: "unary", start, operator: ast.op === "!_" ? "!" : "-", operand: of(ast.args) };
    case "?:": {
      const [condition, yes, no] = ast.args;
      return { kind: "choice", start, condition: of(condition), yes: of(yes), no: of(no) };
    }
    case "list":
      return { kind: "list", start, elements: ast.args.map(of) };
    case "[]":
      return { kind: "element", start, container: of(ast.args[0]), index: of(ast.args[1]) };
    case "call": {
      const [name, args] = ast.args;
      return { kind: "call", form: "function", start, name, at: start, args: args.map(of) };
    }
    case "rcall": {
      const [name, receiver, args] = ast.args;
      const at = text.indexOf(name, receiver.end);
      return { kind: "call", form: "method", start, name, at, args: [of(receiver), ...args.map(of)] };
    }
    case ".":
    case ".?":
    case "[?]":
    case "map":
      throw new LeftOut();
    default: {
      const operator: BinaryOperator = ast.op;
      return { kind: "binary", start, operator, left: of(ast.args[0]), right: of(ast.args[1]) };
    }
  }
}
