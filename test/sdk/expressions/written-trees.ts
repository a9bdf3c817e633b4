// Random syntax trees, and the many ways to write each.
import fc, { type Arbitrary } from "fast-check";
import type { BinaryOperator, LiteralValue, UnaryOperator } from "../../../sdk/expressions/syntax.ts";

/** A syntax tree without places. */
export type Bare =
  | { kind: "literal"; value: LiteralValue }
  | { kind: "name"; name: string }
  | { kind: "unary"; operator: UnaryOperator; operand: Bare }
  | { kind: "binary"; operator: BinaryOperator; left: Bare; right: Bare }
  | { kind: "choice"; condition: Bare; yes: Bare; no: Bare }
  | { kind: "list"; elements: Bare[] }
  | { kind: "element"; container: Bare; index: Bare }
  | { kind: "call"; form: "function" | "method"; name: string; args: Bare[] };

/** A tree and the tokens that stand for it; `level` says how tightly it holds together, 8 most. */
interface Written {
  tree: Bare;
  tokens: readonly string[];
  level: number;
}

const LEVELS: Readonly<Record<BinaryOperator, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  in: 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "%": 6,
};

export const NAMES = ["x", "y", "_", "__a", "b", "r", "R", "u", "e5", "x1", "inx", "nullx", "cel", "size", "f", "type"];
const METHODS = [...NAMES, "package", "for", "__proto__", "contains", "or"];

// Comments hold no letters: where a method's name stands in the library's tree is found by looking for it.
const spaces = fc.constantFrom("", "", "", " ", " ", "\n", "\t", "\r\n", " //+'\n", '  // )"\n //\n');

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0");
const SIMPLE = new Map([..."abfnrtv\\?\"'`"].map((sign, i) => ["\x07\b\f\n\r\t\v\\?\"'`"[i] as string, `\\${sign}`]));

function spelled(code: number, style: number, quotes: string, isBytes: boolean): string {
  const plain = String.fromCodePoint(code);
  const breaks = plain === "\\" || plain === quotes[0] || (quotes.length === 1 && (plain === "\n" || plain === "\r"));
  if (style === 0 && !breaks && (!isBytes || code < 0x80)) return plain;
  if (style === 1) return SIMPLE.get(plain) ?? spelled(code, 2, quotes, isBytes);
  if (style <= 2 && code < 0x100) return `\\x${hex(code, 2)}`;
  if ((style === 3 || isBytes) && code < 0x100) return `\\${code.toString(8).padStart(3, "0")}`;
  if (style === 4 && code < 0x1_0000) return `\\u${hex(code, 4).toUpperCase()}`;
  return `\\U${hex(code, 8)}`;
}

const quotes = fc.constantFrom("'", '"', "'''", '"""');
const style = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 5 }) },
);
const points = fc.oneof(
  fc.constantFrom(..."ab0'\"\\\n\r\t`?#\x00\x7f").map((c) => c.charCodeAt(0)),
  fc.constantFrom(0x80, 0xe9, 0xff, 0x100, 0x2028, 0xd7ff, 0xe000, 0xffff, 0x1_0000, 0x1_f600, 0x10_ffff),
);

const strings = fc.tuple(quotes, fc.array(fc.tuple(points, style), { maxLength: 6 })).map(([quotes, characters]) => ({
  value: characters.map(([code]) => String.fromCodePoint(code)).join(""),
  text: `${quotes}${characters.map(([code, style]) => spelled(code, style, quotes, false)).join("")}${quotes}`,
}));

const rawStrings = fc
  .tuple(
    fc.constantFrom("r", "R"),
    quotes,
    fc.array(fc.constantFrom("a", "é", "\\\\", "\\n", "\\'", '\\"', "\\\n", "`")),
  )
  .map(([prefix, quotes, characters]) => ({
    value: characters.join(""),
    text: `${prefix}${quotes}${characters.join("")}${quotes}`,
  }));

const bytes = fc
  .tuple(fc.constantFrom("b", "B"), quotes, fc.array(fc.tuple(fc.nat({ max: 255 }), style), { maxLength: 6 }))
  .map(([prefix, quotes, characters]) => ({
    value: Uint8Array.from(characters, ([code]) => code),
    text: `${prefix}${quotes}${characters.map(([code, style]) => spelled(code, style, quotes, true)).join("")}${quotes}`,
  }));

const ints = fc
  .tuple(fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: 0n, max: 2n ** 70n })), fc.nat({ max: 3 }))
  .map(([value, style]) => {
    if (style === 0) return { value, text: `0x${value.toString(16)}` };
    if (style === 1) return { value, text: `0X${value.toString(16).toUpperCase()}` };
    return { value, text: style === 2 ? String(value) : `00${value}` };
  });

const doubles = fc
  .tuple(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }), fc.nat()), fc.nat({ max: 3 }))
  .map(([value, style]) => {
    const text =
      style === 0 ? value.toExponential() : style === 1 ? value.toExponential().toUpperCase() : String(value);
    const double = /[.eE]/.test(text) ? text : style === 2 ? `${text}.0` : `${text}e0`;
    return { value: Number(double), text: double };
  });

const literals: Arbitrary<Written> = fc
  .oneof(
    ints as Arbitrary<{ value: LiteralValue; text: string }>,
    doubles,
    strings,
    rawStrings,
    bytes,
    fc.constantFrom(...[true, false, null].map((value) => ({ value, text: String(value) }))),
  )
  .map(({ value, text }) => ({ tree: { kind: "literal", value }, tokens: [text], level: 8 }));

/** Returns the tokens in parentheses where `least` wants them, or where nothing does but chance. */
function enclosed({ tokens, level }: Written, least: number, chance = false): readonly string[] {
  return level < least || chance ? ["(", ...tokens, ")"] : tokens;
}

function separated(items: readonly Written[], trailing: boolean): string[] {
  const tokens = items.flatMap(({ tokens }, i) => (i === 0 ? tokens : [",", ...tokens]));
  return trailing && items.length > 0 ? [...tokens, ","] : tokens;
}

export const { any: written } = fc.letrec<{ any: Written }>((tie) => {
  const any = tie("any");
  const items = fc.array(any, { maxLength: 3 });
  const rarely = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
  return {
    any: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(...NAMES).map((name): Written => ({ tree: { kind: "name", name }, tokens: [name], level: 8 })),
      literals,
      fc.tuple(fc.constantFrom<UnaryOperator[]>("-", "!"), any, rarely).map(([operator, of, chance]): Written => ({
        tree: { kind: "unary", operator, operand: of.tree },
        tokens: [operator, ...enclosed(of, 7, chance)],
        level: 7,
      })),
      fc
        .tuple(fc.constantFrom(...(Object.keys(LEVELS) as BinaryOperator[])), any, any, rarely, rarely)
        .map(([operator, left, right, a, b]): Written => {
          const level = LEVELS[operator];
          const tokens = [...enclosed(left, level, a), operator, ...enclosed(right, level + 1, b)];
          return { tree: { kind: "binary", operator, left: left.tree, right: right.tree }, tokens, level };
        }),
      fc.tuple(any, any, any).map(([condition, yes, no]): Written => ({
        tree: { kind: "choice", condition: condition.tree, yes: yes.tree, no: no.tree },
        tokens: [...enclosed(condition, 1), "?", ...yes.tokens, ":", ...no.tokens],
        level: 0,
      })),
      fc.tuple(items, rarely).map(([elements, trailing]): Written => ({
        tree: { kind: "list", elements: elements.map(({ tree }) => tree) },
        tokens: ["[", ...separated(elements, trailing), "]"],
        level: 8,
      })),
      fc.tuple(any, any).map(([container, index]): Written => ({
        tree: { kind: "element", container: container.tree, index: index.tree },
        tokens: [...enclosed(container, 8), "[", ...index.tokens, "]"],
        level: 8,
      })),
      fc.tuple(fc.constantFrom(...NAMES), items, rarely).map(([name, args, trailing]): Written => ({
        tree: { kind: "call", form: "function", name, args: args.map(({ tree }) => tree) },
        tokens: [name, "(", ...separated(args, trailing), ")"],
        level: 8,
      })),
      fc.tuple(any, fc.constantFrom(...METHODS), items, rarely).map(([receiver, name, args, trailing]): Written => ({
        tree: { kind: "call", form: "method", name, args: [receiver, ...args].map(({ tree }) => tree) },
        tokens: [...enclosed(receiver, 8), ".", name, "(", ...separated(args, trailing), ")"],
        level: 8,
      })),
    ),
  };
});

/** Returns the tokens with something between each two of them, a blank where they would else become one word. */
export function spaced(tokens: readonly string[], between: readonly string[]): string {
  let text = "";
  for (const [i, token] of tokens.entries()) {
    const space = between.length === 0 ? "" : (between[i % between.length] as string);
    text += /\w$/.test(text) && /^\w/.test(token) && space === "" ? ` ${token}` : space + token;
  }
  return text;
}

export const spacing = fc.array(spaces, { maxLength: 20 });

/** Trees, and a text that must parse to each. */
export const writtenTrees: Arbitrary<{ tree: Bare; text: string }> = fc
  .tuple(written, spacing)
  .map(([{ tree, tokens }, between]) => ({ tree, text: spaced(tokens, between) }));
