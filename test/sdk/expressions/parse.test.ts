// How a text reads: which operand belongs to which operator, and what each literal stands for.
import { describe, expect, it } from "vitest";
import { parse } from "../../../sdk/expressions/parse.ts";
import { Source } from "../../../sdk/expressions/source.ts";
import type { LiteralValue, Node } from "../../../sdk/expressions/syntax.ts";

/** Returns the tree as text, every operation in parentheses. */
function show(node: Node): string {
  switch (node.kind) {
    case "literal":
      return String(node.value);
    case "name":
      return node.name;
    case "unary":
      return `(${node.operator}${show(node.operand)})`;
    case "binary":
      return `(${show(node.left)} ${node.operator} ${show(node.right)})`;
    case "choice":
      return `(${show(node.condition)} ? ${show(node.yes)} : ${show(node.no)})`;
    case "list":
      return `[${node.elements.map(show).join(", ")}]`;
    case "element":
      return `${show(node.container)}[${show(node.index)}]`;
    case "call": {
      const [first, ...rest] = node.args.map(show);
      return node.form === "method"
        ? `${first}.${node.name}(${rest.join(", ")})`
        : `${node.name}(${node.args.map(show).join(", ")})`;
    }
  }
}

describe("5.2 operators bind", () => {
  it.each([
    ["a || b && c == d < e + f * -g", "(a || (b && (c == (d < (e + (f * (-g)))))))"],
    ["-a * b + c < d == e && f || g", "(((((((-a) * b) + c) < d) == e) && f) || g)"],
    ["a - b - c", "((a - b) - c)"],
    ["a / b % c * d", "(((a / b) % c) * d)"],
    ["a - (b - c)", "(a - (b - c))"],
    ["a < b <= c != d", "(((a < b) <= c) != d)"],
    ["a + b in c", "((a + b) in c)"],
    ["a in b == c in d", "((a in b) == (c in d))"],
    ["!a == b", "((!a) == b)"],
    ["!a.f()[1]", "(!a.f()[1])"],
    ["-1.f()", "(-1.f())"],
    ["--a - -b", "((-(-a)) - (-b))"],
    ["-!a", "(-(!a))"],
    ["a ? b : c ? d : e", "(a ? b : (c ? d : e))"],
    ["a ? b ? c : d : e", "(a ? (b ? c : d) : e)"],
    ["a || b ? c && d : e == f", "((a || b) ? (c && d) : (e == f))"],
    ["(a ? b : c) ? d : e", "((a ? b : c) ? d : e)"],
    ["f(a, g(b),)[h(c)].m(d ? e : f)", "f(a, g(b))[h(c)].m((d ? e : f))"],
    ["[a, [b], [],]", "[a, [b], []]"],
    ["a//b\n+//\nc", "(a + c)"],
    ["1in[2]", "(1 in [2])"],
    ["a.package()", "a.package()"],
  ])("%j", (text, shown) => {
    expect(show(parse(new Source(text)).root)).toBe(shown);
  });
});

describe("5.2 the literal", () => {
  it.each<[text: string, value: LiteralValue]>([
    ["0", 0n],
    ["0042", 42n],
    ["0xfF", 255n],
    ["0X10", 16n],
    ["18446744073709551616", 2n ** 64n],
    ["1.50", 1.5],
    ["1e3", 1000],
    ["1.5E-3", 0.0015],
    ["1e-999", 0],
    ["1.7976931348623157e+308", Number.MAX_VALUE],
    ["0.1", 0.1],
    ["true", true],
    ["false", false],
    ["null", null],
    [`""`, ""],
    [`''''''`, ""],
    [`'a"b'`, 'a"b'],
    [`"a'b"`, "a'b"],
    [`"""a"b""c\n"""`, 'a"b""c\n'],
    [`'''a'b'''`, "a'b"],
    ["'\\a\\b\\f\\n\\r\\t\\v\\\\\\?\\\"\\'\\`'", "\x07\b\f\n\r\t\v\\?\"'`"],
    [String.raw`'\x41\X6a\101\u0041\U0001F600'`, "AjAA\u{1f600}"],
    [String.raw`'\377\xff'`, "\u00ff\u00ff"],
    ["'日本\u{1f600}'", "日本\u{1f600}"],
    [String.raw`r'\n\'\x'`, String.raw`\n\'\x`],
    [String.raw`R"""\""""`, String.raw`\"`],
    [String.raw`b'a\x00\377\n'`, Uint8Array.of(97, 0, 255, 10)],
    [`B"""é\n日"""`, Uint8Array.of(0xc3, 0xa9, 10, 0xe6, 0x97, 0xa5)],
    [`b''`, Uint8Array.of()],
  ])("%s", (text, value) => {
    expect(parse(new Source(text)).root).toStrictEqual({ kind: "literal", start: 0, value });
  });
});

describe("5.3 a node knows where its text starts", () => {
  it("parentheses around it left out; a call also where its name stands", () => {
    const { root, names } = parse(new Source("(a) + b // b\n  .lower ( c )"));
    expect(root).toMatchObject({
      start: 1,
      left: { start: 1 },
      right: { start: 6, at: 16, args: [{ start: 6 }, { start: 24 }] },
    });
    expect([...names]).toEqual(["a", "b", "c"]);
  });
});
