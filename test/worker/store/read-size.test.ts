// Where a read is cut: by a request's bytes, and by what answers have taught about the rows of a view.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReadSize } from "../../../worker/store/read-size.ts";

const keysOf = (count: number, view = "v@1") =>
  Array.from({ length: count }, (_, i) => `feature:p:e:user:${i}:${view}`);
/** A size that has seen rows of so many characters. */
const taught = (chars: Readonly<Record<string, number>>) => {
  const size = new ReadSize();
  for (const [view, length] of Object.entries(chars)) {
    const rows = Math.max(2, Math.ceil(300_000 / length));
    const values = Array.from({ length: rows }, () => "x".repeat(length));
    size.learn(keysOf(rows, view), values, JSON.stringify({ result: values }).length);
  }
  return size;
};

describe("a read's size", () => {
  it.each([
    ["1 key", 1, {}, true],
    ["1,000 keys of rows that nobody has seen", 1_000, {}, true],
    ["1,000 keys of small rows", 1_000, { "v@1": 500 }, true],
    ["500 embeddings", 500, { "v@1": 12_000 }, true],
    ["1,000 embeddings", 1_000, { "v@1": 12_000 }, false],
    ["small rows, where others are large", 1_000, { "v@1": 500, "w@1": 100_000 }, true],
  ] as const)("asks for %s at once, or not", (_, count, chars, whole) => {
    const size = taught(chars);
    const keys = keysOf(count);
    const parts = size.fits(count, JSON.stringify(keys).length) ? [count] : size.ends(keys);
    expect(parts.length === 1).toBe(whole);
  });

  it("learns nothing of a single row, such as a snapshot", () => {
    const size = new ReadSize();
    size.learn(["project:snapshot"], ["x".repeat(1_000_000)], 1_000_015);
    expect(size.fits(1_000, 50_000)).toBe(true);
  });

  it("forgets what views there were rather than grow", () => {
    const size = taught({ "v@1": 100_000 });
    const values = ["x".repeat(150_000), "x".repeat(150_000)];
    for (let i = 0; i < 1_001; i++) size.learn(keysOf(2, `v@${i + 2}`), values, 300_020);
    expect(size.ends(keysOf(200)).length).toBe(1);
    expect(size.ends(keysOf(200, "v@1002")).length).toBeGreaterThan(1);
  });

  it("cuts every list whole and in order, each part within 8 MB either way", () => {
    const text = fc.tuple(fc.constantFrom("k", "é", "€", "\u0000", '"'), fc.integer({ min: 1, max: 400_000 }));
    const key = fc.tuple(text, fc.constantFrom("a@1", "b@1")).map(([[c, n], view]) => `${c.repeat(n)}:${view}`);
    const size = taught({ "a@1": 10_000, "b@1": 1_500_000 });
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 40 }), (keys) => {
        const ends = size.ends(keys);
        expect(ends.at(-1)).toBe(keys.length);
        expect(ends.toSorted((a, b) => a - b)).toEqual(ends);
        for (const [i, end] of ends.entries()) {
          const part = keys.slice(ends[i - 1] ?? 0, end);
          expect(part.length).toBeGreaterThan(0);
          expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(8_000_100);
          const large = part.filter((one) => one.endsWith(":b@1")).length;
          expect(large).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 30 },
    );
  });
});
