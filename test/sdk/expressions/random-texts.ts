// Random texts for the parser, few of them right: tokens and characters without order, and what is too large.
import fc from "fast-check";
import { NAMES, spaced, spacing, written } from "./written-trees.ts";

const WORDS =
  "true false null in as break const continue else for function if import let loop package namespace return var void while __proto__ prototype constructor map all exists exists_one filter has bind or True é";
const NUMBERS =
  "0 1 007 9223372036854775808 0x1F 0Xab 0x 1.5 1. .5 1.e5 1e5 1E+05 2e-3 1e 1e+ 1.5e 1e999 5e-324 1e-999 1u 0x1U 1.5u 1abc";
const QUOTED = String.raw`'' "" '''''' """""" 'a' "a" '''a'b''c''' r'\d' R"\"" b'a' '\n\x41\101\u0041\U00000041' '\x4' '\400' '\18' '\u004' '\ud800' '\U00110000' '\q' b'\u0041' b'\xff' rb'a' 'a "a '''a' r'\' '\x`;
const OF_LINES = ['"""\n"a"""', "B'''\n'''", "'a\nb'", "'a\\\nb'", "r'a\\\nb'", "'\\"];
const SIGNS = "+ - * / % == != < <= > >= && || ! ? : . , ( ) [ ] = & | { } @ # ; ^ ~ $ ` \\ \f \u00a0 // /* ?. => <>";

const noise = fc.oneof(
  ...[NAMES, ...[WORDS, NUMBERS, QUOTED, SIGNS].map((tokens) => tokens.split(" ")), OF_LINES].map((tokens) =>
    fc.constantFrom(...tokens),
  ),
);

/** Tokens without order. */
export const soups = fc
  .tuple(fc.array(noise, { maxLength: 9 }), spacing)
  .map(([tokens, between]) => spaced(tokens, between));

/** Texts of which a token was taken away, put in, or changed. */
export const nearMisses = fc
  .tuple(written, spacing, fc.nat(), fc.nat({ max: 2 }), fc.array(noise, { minLength: 1, maxLength: 2 }))
  .map(([{ tokens }, between, place, remove, put]) =>
    spaced(tokens.toSpliced(place % tokens.length, remove, ...put.slice(remove === 2 ? 1 : 0)), between),
  );

/** Characters of which literals are made, without order. */
export const scribbles = fc
  .tuple(
    fc.constantFrom("", "'", '"', "'''", '"""', "r'", "b'", "0x", "1"),
    fc.string({ unit: fc.constantFrom(..."'\"\\rbRBuUxX0173789afFeE.+-_ n\n\ré\u{1f600}"), maxLength: 14 }),
    fc.constantFrom("", "'", '"', "'''", '"""'),
  )
  .map((parts) => parts.join(""));

const WRAPPERS: readonly ((x: string) => string)[] = [
  (x) => `(${x})`,
  (x) => `[${x}]`,
  (x) => `[1, ${x}]`,
  (x) => `f(${x})`,
  (x) => `f(1, ${x},)`,
  (x) => `(${x})[0]`,
  (x) => `y[${x}]`,
  (x) => `y[0][${x}]`,
  (x) => `(${x}).m()`,
  (x) => `y.m(${x})`,
  (x) => `y.m().m(${x})`,
  (x) => `${x} ? 1 : 2`,
  (x) => `y ? ${x} : 2`,
  (x) => `y ? 1 : ${x}`,
  (x) => `-${x}`,
  (x) => `y + ${x}`,
  (x) => `${x} && y`,
];

/** Texts that nest about as deep as may be. */
export const deepTexts = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...WRAPPERS), { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
    fc.integer({ min: 45, max: 110 }),
  )
  .map(([wrappers, order, depth]) => {
    const layers = Array.from(
      { length: depth },
      (_, i) => wrappers[(order[i % order.length] as number) % wrappers.length],
    );
    return layers.reduce((text, wrap) => (wrap as (typeof WRAPPERS)[number])(text), "x");
  });

/** Texts of about as many nodes, elements or arguments as may be. */
export const longTexts = fc.oneof(
  fc.integer({ min: 495, max: 505 }).map((n) => Array.from({ length: n }, () => "x").join("+")),
  fc.integer({ min: 95, max: 105 }).map((n) => Array.from({ length: n }, () => "x.m()[0]").join("+")),
  fc.integer({ min: 990, max: 1005 }).map((n) => `[${"1,".repeat(n)}]`),
  fc.integer({ min: 990, max: 1005 }).map((n) => `${"!".repeat(n)}x`),
  fc.integer({ min: 30, max: 35 }).map((n) => `f(${Array.from({ length: n }, () => "1").join(",")})`),
  fc.integer({ min: 30, max: 35 }).map((n) => `x.m(${"1,".repeat(n)})`),
  fc.integer({ min: 95, max: 105 }).map((n) => `x${".m()".repeat(n)}`),
  fc.integer({ min: 95, max: 105 }).map((n) => `x${"[0]".repeat(n)}[y[${"(".repeat(3)}z${")".repeat(3)}]]`),
);
