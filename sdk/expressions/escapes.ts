// What stands between the quotes of a literal: escapes to characters or to bytes.
import type { Source } from "./source.ts";

// The last alternative is empty: it takes the backslash of an escape that is none.
const ESCAPE =
  /\\(?:(?<sign>[abfnrtv\\?"'`])|[xX](?<hex>[\da-fA-F]{2})|(?<octal>[0-3][0-7]{2})|u(?<short>[\da-fA-F]{4})|U(?<long>[\da-fA-F]{8})|)/g;

const CONTROLS: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const encoder = new TextEncoder();

/** Returns the string of a body that stands at `start`. @throws expression_syntax_error */
export function unescapedString(body: string, start: number, source: Source): string {
  if (!body.includes("\\")) return body;
  let text = "";
  for (const part of parts(body, start, source, false)) {
    text += typeof part === "string" ? part : String.fromCodePoint(part);
  }
  return text;
}

/** Returns the bytes of a body that stands at `start`: its characters in UTF-8, its escapes a byte each. @throws expression_syntax_error */
export function unescapedBytes(body: string, start: number, source: Source): Uint8Array {
  const bytes: number[] = [];
  for (const part of parts(body, start, source, true)) {
    if (typeof part === "string") bytes.push(...encoder.encode(part));
    else bytes.push(part);
  }
  return Uint8Array.from(bytes);
}

/** Yields the text between escapes as it is, and each escape as its code point. */
function* parts(body: string, start: number, source: Source, isBytes: boolean): Generator<string | number> {
  let from = 0;
  for (const match of body.matchAll(ESCAPE)) {
    const code = codePoint(match.groups as Partial<Record<string, string>>, isBytes);
    if (code === undefined) throw noEscape(body.slice(match.index + 1), start + match.index, source, isBytes);
    yield body.slice(from, match.index);
    yield code;
    from = match.index + match[0].length;
  }
  yield body.slice(from);
}

function codePoint(groups: Partial<Record<string, string>>, isBytes: boolean): number | undefined {
  const { sign, hex, octal } = groups;
  if (sign !== undefined) return (CONTROLS[sign] ?? sign).charCodeAt(0);
  if (hex !== undefined) return Number.parseInt(hex, 16);
  if (octal !== undefined) return Number.parseInt(octal, 8);
  const digits = groups["short"] ?? groups["long"];
  if (digits === undefined || isBytes) return undefined;
  const code = Number.parseInt(digits, 16);
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : code;
}

function noEscape(rest: string, at: number, source: Source, isBytes: boolean) {
  const [first = ""] = rest;
  if (isBytes && /[uU]/.test(first)) {
    return source.syntaxError(at, `bytes have no escape "\\${first}"`, 'write each byte as "\\x" and two digits');
  }
  return source.syntaxError(at, `"\\${first}" starts no escape here`, escapeHint(first));
}

function escapeHint(first: string): string {
  if (/[xX]/.test(first)) return `"\\${first}" takes two hexadecimal digits`;
  if (/[0-7]/.test(first)) return "an octal escape has three digits, \\000 to \\377";
  if (/[uU]/.test(first)) return `"\\${first}" takes ${first === "u" ? 4 : 8} hexadecimal digits of one character`;
  return 'for a backslash write "\\\\", or put an r before the quotes';
}
