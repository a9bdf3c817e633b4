// Compressed rows, in whatever runtime this is run: what is compressed, what comes back, what is refused.
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type * as compressed from "../../../worker/store/compressed-text.ts";
import { COMPRESS_FROM_CHARS, compressText, plainChars, plainText } from "../../../worker/store/compressed-text.ts";

interface Zlib {
  deflateRawSync(bytes: Uint8Array): Uint8Array;
}
const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): Zlib } };
const base64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
const deflated = (bytes: Uint8Array) => base64(process.getBuiltinModule("node:zlib").deflateRawSync(bytes));
const utf8 = (text: string) => new TextEncoder().encode(text);
/** Digits that repeat nothing, so that they deflate to a bit less than half. */
const digits = (length: number) => {
  let state = 1;
  return Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) % 10).join("");
};
const row = (chars: number) => `[${digits(chars - 2)}]`;

/** Holds compressed rows to what they promise, in `runtime`. */
export function compressedTextSuite(runtime: string): void {
  describe(`compressed rows in ${runtime}`, () => {
    it.each([
      ["a short row", row(COMPRESS_FROM_CHARS - 1), false],
      ["a row at the threshold", row(COMPRESS_FROM_CHARS), true],
      ["a long row", row(100_000), true],
      ["a row of 2,000,000 bytes", row(2_000_000), true],
      ["a larger one, which the store refuses then", row(2_000_001), false],
      ["text of three bytes a character", `["${"温度".repeat(2_000)}"]`, true],
      ["emoji", `["${"😀👩‍👩‍👧".repeat(500)}"]`, true],
      [
        "what loses less than a quarter",
        base64(Uint8Array.from(utf8(digits(30_000)), (b, i) => (b * 37 + i * i) % 251)),
        false,
      ],
    ])("%s", (_, text, compressed) => {
      const stored = compressText(text);
      expect(stored !== text).toBe(compressed);
      expect(plainText(stored) === text).toBe(true);
      expect(plainChars(stored)).toBe(compressed ? utf8(text).length : text.length);
      expect(compressText(text)).toBe(stored);
      if (compressed) {
        expect(stored).toMatch(/^z[1-9]\d*:[A-Za-z0-9+/]+={0,2}$/);
        expect(stored.length).toBeLessThanOrEqual(0.75 * utf8(text).length);
      }
    });

    it("give back any text", () => {
      const piece = fc.constantFrom("1", "23", ",", "null", '"', "é", "€", "😀", "\u0000", "[", "]", "\ufeff");
      const text = fc.array(piece, { minLength: 3_000, maxLength: 6_000 }).map((pieces) => `[${pieces.join("")}`);
      fc.assert(
        fc.property(text, (plain) => {
          const stored = compressText(plain);
          expect(stored.startsWith("z")).toBe(true);
          expect(plainText(stored) === plain).toBe(true);
        }),
        { numRuns: 30 },
      );
    });

    it("may have been written by any zlib: a text made elsewhere is read", () => {
      const byPython = "z53:i7a0MDU0MDYwMYAAHQMdsIiFpQVMJDpWJ9rI3NjM0FzHEAgNYmMB";
      expect(plainText(byPython)).toBe("[985103040000000,0,985108980000000,[],[273617,1,1,0]]");
    });

    const good = compressText(row(10_000));
    const content = good.slice(good.indexOf(":") + 1);
    const middle = Math.floor(content.length / 8) * 4;
    it.each([
      ["no size", `z:${content}`],
      ["no colon", `z10000${content}`],
      ["a size that is no number", `zten:${content}`],
      ["a size with a zero before it", `z010000:${content}`],
      ["a negative size", `z-10000:${content}`],
      ["another size", `z10001:${content}`],
      ["a smaller size", `z9999:${content}`],
      ["size zero", `z0:${content}`],
      ["a size above a row's", `z2000001:${content}`],
      ["a size beyond numbers", `z${"9".repeat(400)}:${content}`],
      ["nothing", "z"],
      ["no content", "z10000:"],
      ["what is no base64", `z10000:${content.slice(0, -5)}*****`],
      ["half of it", `z10000:${content.slice(0, middle)}`],
      ["half of it left out", `z10000:${content.slice(middle)}`],
      ["random bytes", `z10000:${base64(Uint8Array.from({ length: 999 }, (_, i) => (i * i * 31) % 256))}`],
      ["bytes that are no UTF-8", `z3:${deflated(Uint8Array.of(0x5b, 0xff, 0x5d))}`],
      ["half a surrogate pair in UTF-8", `z5:${deflated(Uint8Array.of(0x5b, 0xed, 0xa0, 0x80, 0x5d))}`],
    ])("are row_corrupt with %s", (_, text) => {
      expect(() => plainText(text)).toThrow(expect.objectContaining({ name: "EdgefeatError", code: "row_corrupt" }));
    });

    it.each([
      ["says what it inflates to", 500_000_000, 500_000_000],
      ["says little", 500_000_000, 2_000],
      ["says as much as a row may have", 500_000_000, 2_000_000],
      ["is one byte more than it says", 1_000_001, 1_000_000],
    ])("a bomb is row_corrupt before it is inflated, where it %s", (_, bytes, said) => {
      const bomb = deflated(new Uint8Array(Math.min(bytes, 50_000_000)));
      const from = performance.now();
      expect(() => plainText(`z${said}:${bomb}`)).toThrow(expect.objectContaining({ code: "row_corrupt" }));
      expect(performance.now() - from).toBeLessThan(1_000);
    });

    it("with one character changed are row_corrupt, or a text of the same size", () => {
      const at = fc.integer({ min: good.indexOf(":") + 1, max: good.length - 1 });
      const by = fc.constantFrom(..."ABZaz09+/=");
      fc.assert(
        fc.property(at, by, (place, character) => {
          const damaged = good.slice(0, place) + character + good.slice(place + 1);
          try {
            expect(utf8(plainText(damaged)).length).toBe(10_000);
          } catch (fault) {
            expect(fault).toMatchObject({ code: "row_corrupt" });
          }
        }),
        { numRuns: 300 },
      );
    });
  });

  describe(`a runtime without zlib (${runtime} made so)`, () => {
    afterEach(() => void vi.unstubAllGlobals());

    it("stores rows as they are, and says what it needs to read others", async () => {
      const stored = compressText(row(5_000));
      vi.stubGlobal("process", { ...globalThis.process, getBuiltinModule: () => undefined });
      // One of its own, that has not looked for zlib yet.
      const url: string = "../../../worker/store/compressed-text.ts?without-zlib";
      const other = (await import(url)) as typeof compressed;
      expect(other.compressText(row(5_000))).toBe(row(5_000));
      expect(other.plainText("[1,2]")).toBe("[1,2]");
      expect(() => other.plainText(stored)).toThrow(
        expect.objectContaining({ code: "config_invalid", hint: expect.stringContaining("nodejs_compat") }),
      );
    });
  });
}
