// The hash of hash_bucket(): the published test vectors, and what other implementations give for text beyond ASCII.
import { describe, expect, it } from "vitest";
import { murmur3 } from "../../../sdk/expressions/functions/hash.ts";

describe("MurmurHash3, x86, 32 bits, seed 0, over UTF-8", () => {
  it.each([
    ["", 0],
    ["test", 0xba6bd213],
    ["Hello, world!", 0xc0363e43],
    ["The quick brown fox jumps over the lazy dog", 0x2e4ff723],
    // By Python's mmh3 5.3.1, mmh3.hash(text, signed=False).
    ["a", 1009084850],
    ["ab", 2613040991],
    ["abc", 3017643002],
    ["abcd", 1139631978],
    ["foo", 4138058784],
    ["\0", 1364076727],
    ["é", 269551495],
    ["Zürich", 694770001],
    ["€uro", 819477825],
    ["\x7f", 1435096473],
    ["\x80", 1268126344],
    ["\u07ff", 2359816829],
    ["\u0800", 2057557023],
    ["\uffff", 1061879644],
    ["\u{10000}", 1640069375],
    ["😀", 3199479546],
    ["B😀é", 3746921622],
    ["\u{10ffff}", 734332634],
    ["-9223372036854775808", 868142273],
    ["x".repeat(1000), 1897939982],
  ])("of %j is %i", (text, hash) => {
    expect(murmur3(text)).toBe(hash);
  });

  it("spreads ids evenly over buckets", () => {
    const counts = new Array<number>(64).fill(0);
    for (let id = 0; id < 64_000; id++) counts[murmur3(`user${id}`) % 64]! += 1;
    // 1000 each; five deviations of a fair throw are 160.
    expect(Math.min(...counts)).toBeGreaterThan(840);
    expect(Math.max(...counts)).toBeLessThan(1160);
  });
});
