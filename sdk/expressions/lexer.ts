// From text to tokens: CEL's words, numbers, strings, signs and comments.
import { unescapedBytes, unescapedString } from "./escapes.ts";
import { unexpected } from "./mistakes.ts";
import type { Source } from "./source.ts";
import type { BinaryOperator, LiteralValue, UnaryOperator } from "./syntax.ts";

/** A token that is nothing but itself; "end" is behind the last character. */
export type Sign = BinaryOperator | UnaryOperator | "(" | ")" | "[" | "]" | "." | "," | ":" | "?" | "end";

export type Token =
  | { readonly kind: "literal"; readonly start: number; readonly value: LiteralValue }
  | { readonly kind: "name"; readonly start: number; readonly name: string }
  | { readonly kind: Sign; readonly start: number };

const SIGNS: ReadonlySet<string> = new Set(["&&", "||", "==", "!=", "<=", ">=", ..."-+*/%<>!()[].,:?"]);

const WORDS: ReadonlyMap<string, LiteralValue> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

const NUMBER = /0[xX][\da-fA-F]*|\d+(?:\.\d+)?(?:[eE][-+]?\d*)?/y;

// What may stand between quotes. A backslash takes the next character with it, in raw strings too, and even a line's end.
const BODIES: Readonly<Record<string, RegExp>> = {
  "'": /(?:[^'\\\n\r]|\\[^])*/y,
  '"': /(?:[^"\\\n\r]|\\[^])*/y,
  "'''": /(?:[^'\\]|\\[^]|'(?!''))*/y,
  '"""': /(?:[^"\\]|\\[^]|"(?!""))*/y,
};

/** Reads a text token by token, so that the first mistake in it is the one reported. */
export class Lexer {
  readonly #source: Source;
  readonly #text: string;
  #at = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
  }

  /** Returns the next token, after the last one "end" for ever. @throws expression_syntax_error */
  next(): Token {
    this.#skipBlanks();
    const start = this.#at;
    if (start === this.#text.length) return { kind: "end", start };
    const first = this.#text.charCodeAt(start);
    if (isDigit(first)) return { kind: "literal", start, value: this.#number() };
    if (isWordCharacter(first)) return this.#word();
    const character = this.#text.charAt(start);
    if (isQuote(character)) return { kind: "literal", start, value: this.#quoted("", start) };
    const pair = this.#text.slice(start, start + 2);
    const sign = SIGNS.has(pair) ? pair : character;
    if (!SIGNS.has(sign)) throw unexpected(this.#source, start);
    this.#at += sign.length;
    return { kind: sign as Sign, start };
  }

  #skipBlanks(): void {
    for (;;) {
      switch (this.#text[this.#at]) {
        case " ":
        case "\t":
        case "\n":
        case "\r":
          this.#at += 1;
          break;
        case "/": {
          if (this.#text[this.#at + 1] !== "/") return;
          const end = this.#text.indexOf("\n", this.#at);
          this.#at = end === -1 ? this.#text.length : end;
          break;
        }
        default:
          return;
      }
    }
  }

  #word(): Token {
    const start = this.#at;
    while (isWordCharacter(this.#text.charCodeAt(this.#at))) this.#at += 1;
    const name = this.#text.slice(start, this.#at);
    if (name === "in") return { kind: "in", start };
    if (isQuote(this.#text.charAt(this.#at)) && /^[bBrR]$/.test(name)) {
      return { kind: "literal", start, value: this.#quoted(name.toLowerCase(), start) };
    }
    const value = WORDS.get(name);
    return value === undefined ? { kind: "name", start, name } : { kind: "literal", start, value };
  }

  #number(): bigint | number {
    const start = this.#at;
    const written = this.#take(NUMBER);
    if (!/^0[xX]|^\d+$/.test(written)) return this.#double(written, start);
    if (written.length === 2 && /[xX]/.test(written)) {
      throw this.#source.syntaxError(start, `"${written}" wants hexadecimal digits`);
    }
    if (!/[uU]/.test(this.#text.charAt(this.#at))) return BigInt(written);
    throw this.#source.syntaxError(start, "there are no unsigned integers", 'leave the "u" out');
  }

  #double(written: string, start: number): number {
    if (!/\d$/.test(written)) {
      throw this.#source.syntaxError(this.#at, "an exponent wants digits", "write it as in 1e6 or 2.5e-3");
    }
    const value = Number(written);
    if (Number.isFinite(value)) return value;
    throw this.#source.syntaxError(start, `${written} is larger than any double`, "the largest is about 1.8e308");
  }

  /** Reads a literal from its opening quotes on; `start` is where its prefix stands. */
  #quoted(prefix: string, start: number): string | Uint8Array {
    const quote = this.#text.charAt(this.#at);
    const quotes = this.#text.startsWith(quote.repeat(3), this.#at) ? quote.repeat(3) : quote;
    this.#at += quotes.length;
    const from = this.#at;
    const body = this.#take(BODIES[quotes] as RegExp);
    if (!this.#text.startsWith(quotes, this.#at)) throw this.#unclosed(quotes, start);
    this.#at += quotes.length;
    if (prefix === "r") return body;
    return prefix === "b" ? unescapedBytes(body, from, this.#source) : unescapedString(body, from, this.#source);
  }

  #unclosed(quotes: string, start: number) {
    if (/[\n\r]/.test(this.#text.charAt(this.#at))) {
      const hint = `write "\\n", or put ${quotes.repeat(3)} around text of several lines`;
      return this.#source.syntaxError(this.#at, `a line ends before the closing ${quotes}`, hint);
    }
    return this.#source.syntaxError(start, `the closing ${quotes} is missing`);
  }

  /** Reads what `pattern`, which matches something here, matches. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [match] = pattern.exec(this.#text) as RegExpExecArray;
    this.#at += match.length;
    return match;
  }
}

function isQuote(character: string): boolean {
  return character === "'" || character === '"';
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Returns whether a UTF-16 unit is an ASCII letter, a digit or "_". */
function isWordCharacter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || isDigit(code);
}
