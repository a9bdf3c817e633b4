// Functions of text, and the size of all that has one.
import { type FunctionEntry, overload } from "./entry.ts";

/** Returns the number of code points of a well-formed text. */
function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  return count;
}

const sizes = [
  overload(["string"], "int64", (x) => BigInt(codePoints(x))),
  overload(["bytes"], "int64", (x) => BigInt(x.length)),
  overload(["list"], "int64", (x) => BigInt(x.length)),
  overload(["vector"], "int64", (x) => BigInt(x.length)),
];

export const textFunctions: readonly FunctionEntry[] = [
  {
    name: "size",
    parameters: ["x"],
    overloads: sizes,
    form: "either",
    doc: "The number of a text's Unicode code points, of bytes, of a list's or a vector's elements.",
  },
  { name: "length", parameters: ["x"], overloads: sizes, doc: "The same as size(x)." },
  {
    name: "contains",
    parameters: ["text", "part"],
    overloads: [overload(["string", "string"], "bool", (text, part) => text.includes(part))],
    form: "method",
    doc: "True when part stands somewhere in text.",
  },
  {
    name: "startsWith",
    parameters: ["text", "start"],
    overloads: [overload(["string", "string"], "bool", (text, start) => text.startsWith(start))],
    form: "method",
    doc: "True when text begins with start.",
  },
  {
    name: "endsWith",
    parameters: ["text", "end"],
    overloads: [overload(["string", "string"], "bool", (text, end) => text.endsWith(end))],
    form: "method",
    doc: "True when text ends with end.",
  },
  {
    name: "lower",
    parameters: ["text"],
    overloads: [overload(["string"], "string", (text) => text.toLowerCase())],
    doc: "The text in lower case by Unicode's default rules, whatever the locale.",
  },
  {
    name: "upper",
    parameters: ["text"],
    overloads: [overload(["string"], "string", (text) => text.toUpperCase())],
    doc: 'The text in upper case by Unicode\'s default rules, whatever the locale: upper("ß") is "SS".',
  },
];
