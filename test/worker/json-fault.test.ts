// The place of a JSON fault: where JSON.parse tells it, ours is the same; and no valid text has one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault } from "../../worker/middleware/json-fault.ts";

describe("jsonFault", () => {
  it.each([
    ['{"features":\n  [,]}', 2, 4],
    ["", 1, 1],
    ["  nul", 1, 3],
    ["[1 2]", 1, 4],
    ["[1,]", 1, 4],
    ['{"a" 1}', 1, 6],
    ['{"a":1,}', 1, 8],
    ["{a:1}", 1, 2],
    ["[1}", 1, 3],
    ["{} x", 1, 4],
    ["01", 1, 2],
    ['["\n"]', 1, 2],
    ['["\\x"]', 1, 2],
    ['[\n"é😀",\r\n +1]', 3, 2],
    ["]", 1, 1],
    ["'a'", 1, 1],
  ])("of %j is line %i, column %i", (text, line, column) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(jsonFault(text)).toEqual({ line, column });
  });

  it("lies after the longest part that could become JSON, and at the end of every valid text", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, n) => {
        const end = { line: 1, column: text.length + 1 };
        expect(jsonFault(text)).toEqual(end);
        const cut = text.slice(0, n % text.length);
        const { column } = jsonFault(`${cut}\u0001`);
        expect(column).toBeLessThanOrEqual(cut.length + 1);
        // Up to the fault the text is the start of a valid one, so a scalar cut short is where it began.
        expect(text.startsWith(cut.slice(0, column - 1))).toBe(true);
      }),
    );
  });
});
