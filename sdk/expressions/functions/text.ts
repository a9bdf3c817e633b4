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

const starts = [overload(["string", "string"], "bool", (text, start) => text.startsWith(start))];
const ends = [overload(["string", "string"], "bool", (text, end) => text.endsWith(end))];

export const textFunctions: readonly FunctionEntry[] = [
  {
    name: "size",
    parameters: ["x"],
    overloads: sizes,
    form: "either",
  },
  { name: "length", parameters: ["x"], overloads: sizes },
  {
    name: "contains",
    parameters: ["text", "part"],
    overloads: [overload(["string", "string"], "bool", (text, part) => text.includes(part))],
    form: "either",
  },
  { name: "starts_with", parameters: ["text", "start"], overloads: starts, form: "either" },
  { name: "startsWith", parameters: ["text", "start"], overloads: starts, form: "method" },
  { name: "ends_with", parameters: ["text", "end"], overloads: ends, form: "either" },
  { name: "endsWith", parameters: ["text", "end"], overloads: ends, form: "method" },
  {
    name: "lower",
    parameters: ["text"],
    overloads: [overload(["string"], "string", (text) => text.toLowerCase())],
  },
  {
    name: "upper",
    parameters: ["text"],
    overloads: [overload(["string"], "string", (text) => text.toUpperCase())],
  },
];
