// From text to syntax tree: CEL's grammar by the library, within our limits, faults with line and column.
import { type ASTNode, Environment, ParseError } from "@marcbachmann/cel-js";
import type { Source } from "./source.ts";

export type Node = ASTNode;

/** Longest text of an expression, in UTF-16 units. */
export const MAX_LENGTH = 4096;

// Nodes bound the depth of recursion in checking and evaluating: a chain of n operators nests n deep.
const grammar = new Environment({
  limits: { maxAstNodes: 1000, maxDepth: 100, maxListElements: 1000, maxCallArguments: 32 },
});

/** Returns the syntax tree of an expression. @throws expression_syntax_error */
export function parse(source: Source): Node {
  const { text } = source;
  if (text.length > MAX_LENGTH) {
    throw source.syntaxError(MAX_LENGTH, `the expression is ${text.length} characters long`, `at most ${MAX_LENGTH}`);
  }
  if (text.trim() === "") throw source.syntaxError(0, "the expression is empty");
  if (!text.isWellFormed()) throw source.syntaxError(0, "the expression holds half a surrogate pair");
  try {
    return grammar.parse(text).ast;
  } catch (cause) {
    throw syntaxError(source, cause);
  }
}

function syntaxError(source: Source, cause: unknown): unknown {
  if (!(cause instanceof ParseError)) return cause;
  const offset = Math.min(cause.range?.start ?? 0, source.text.length);
  const rest = source.text.slice(offset);
  switch (cause.code) {
    case "reserved_identifier":
      return source.syntaxError(
        offset,
        `${firstWord(rest)} is a reserved word`,
        "give the feature another name: an expression can't read this one",
      );
    case "invalid_macro_argument":
      return source.syntaxError(offset, "macros are not part of the language", NO_LOOPS);
    case "limit_exceeded":
      return source.syntaxError(
        offset,
        "the expression is too large",
        `${cause.summary}; compute a part of it in a view of its own`,
      );
    case "expected_token":
      return source.syntaxError(offset, `expected ${symbol(summaryToken(cause.summary))}`, symbolHint(rest));
    case "unexpected_token":
    case "unexpected_character":
      if (rest.trim() === "") return source.syntaxError(offset, "the expression ends too early");
      return source.syntaxError(offset, `unexpected ${firstWord(rest)}`, symbolHint(rest));
    default:
      return source.syntaxError(offset, cause.summary.charAt(0).toLowerCase() + cause.summary.slice(1));
  }
}

export const NO_LOOPS = "there are no loops, so that the cost of an expression is bounded";

const SYMBOLS: Record<string, string> = {
  RPAREN: '")"',
  RBRACKET: '"]"',
  RBRACE: '"}"',
  COLON: '":" and a second value after "?"',
  IDENTIFIER: "a name",
};

function summaryToken(summary: string): string {
  return /^Expected (\w+)/.exec(summary)?.[1] ?? "something else";
}

function symbol(token: string): string {
  return SYMBOLS[token] ?? token.toLowerCase();
}

function firstWord(text: string): string {
  return JSON.stringify(/^(\w+|.)/su.exec(text)?.[0] ?? text);
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^=/, 'compare with "=="'],
  [/^&/, 'write "&&"'],
  [/^\|/, 'write "||"'],
  [/^\^/, "write pow(x, y)"],
  [/^and\b/i, 'write "&&"'],
  [/^or\b/i, 'write "||"'],
  [/^not\b/i, 'write "!"'],
  [/^is\b/i, "write is_null(x)"],
  [/^\{/, "there are no maps and no messages"],
];

function symbolHint(rest: string): string | undefined {
  return HINTS.find(([pattern]) => pattern.test(rest))?.[1];
}
