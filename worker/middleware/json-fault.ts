// Where a text stops being JSON: engines tell the place of some faults only, and a client's author wants it of all.

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** What may come next. */
type Expected = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma or end";

/** Returns the line and column, from 1, of the first character that no JSON text could have there. */
export function jsonFault(text: string): { line: number; column: number } {
  const before = text.slice(0, faultOffset(text)).split("\n");
  return { line: before.length, column: (before.at(-1) as string).length + 1 };
}

function faultOffset(text: string): number {
  const open: ("[" | "{")[] = [];
  let expected: Expected = "value";
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    skip(SPACE);
    const next = text[at];
    if (next === undefined) return at;
    if (expected === "colon") {
      if (next !== ":") return at;
      at++;
      expected = "value";
    } else if (expected === "comma or end") {
      const inside = open.at(-1);
      if (inside !== undefined && next === ",") expected = inside === "[" ? "value" : "key";
      else if (next === (inside === "[" ? "]" : "}") && inside !== undefined) open.pop();
      else return at;
      at++;
    } else if ((next === "]" && expected === "value or ]") || (next === "}" && expected === "key or }")) {
      open.pop();
      at++;
      expected = "comma or end";
    } else if (expected === "key" || expected === "key or }") {
      if (next !== '"' || !skip(SCALAR)) return at;
      expected = "colon";
    } else if (next === "[" || next === "{") {
      open.push(next);
      at++;
      expected = next === "[" ? "value or ]" : "key or }";
    } else if (skip(SCALAR)) {
      expected = "comma or end";
    } else return at;
  }
}
