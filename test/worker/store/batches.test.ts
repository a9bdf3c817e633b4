// How a call is cut into requests, and which rows it refuses.
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { batches, expiryMs } from "../../../worker/store/batches.ts";

const row = (key: string, value: string) => ({ key, value, expected: null, expireInMs: null });

describe("batches", () => {
  it.each([
    [0, []],
    [1, [1]],
    [1_000, [1_000]],
    [1_001, [1_000, 1]],
    [2_500, [1_000, 1_000, 500]],
  ])("cuts %i small rows into %j", (rows, sizes) => {
    const all = Array.from({ length: rows }, (_, i) => row(`k${i}`, "v"));
    expect(batches(all).map((batch) => batch.length)).toEqual(sizes);
    expect(batches(all).flat()).toEqual(all);
  });

  it("keeps every batch below 8 MB of JSON, whatever the characters", () => {
    const piece = fc.constantFrom("x", '"', "\\", "\n", "\u0000", "é", "€", "😀");
    const value = fc.tuple(piece, fc.integer({ min: 1, max: 300_000 })).map(([text, times]) => text.repeat(times));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), (values) => {
        const all = values.map((text, i) => ({ ...row(`k${i}`, text), expected: text.slice(0, 1_000) }));
        const cut = batches(all);
        expect(cut.flat()).toEqual(all);
        for (const batch of cut) expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThan(8_000_000);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["2,000,000 bytes", "x".repeat(1_999_999), true],
    ["one byte more", "x".repeat(2_000_000), false],
    ["characters of two bytes", "é".repeat(1_000_000), false],
    ["surrogate pairs", "😀".repeat(499_999), true],
    ["controls, six bytes each in JSON", "\u0000".repeat(1_200_000), false],
  ])("takes or refuses a row of %s", (_, value, taken) => {
    const cut = () => batches([row("k", value)]);
    if (taken) expect(cut().length).toBe(1);
    else expect(cut).toThrow(expect.objectContaining({ code: "value_out_of_range" }));
  });

  it.each([
    [1, 1],
    [1.2, 2],
    [0, 1],
    [-1e9, 1],
    [1e300, Number.MAX_SAFE_INTEGER / 2],
  ])("takes an expiry of %d ms as %d", (expireInMs, expected) => {
    expect(expiryMs(expireInMs)).toBe(expected);
  });
});
