// A token's text and hash: made of randomness alone, compared without a short cut.
import { describe, expect, it } from "vitest";
import { mintToken, sameHash, tokenHash, tokenId } from "../../../worker/auth/token.ts";

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));

describe("a token", () => {
  it("is an id and 256 random bits, and its hash is SHA-256", async () => {
    const { id, text, hash } = mintToken(random);
    expect(text).toMatch(/^ef_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect(tokenId(text)).toBe(id);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    expect(hash).toBe(Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
    expect(new Set(Array.from({ length: 100 }, () => mintToken(random).text)).size).toBe(100);
  });

  it("takes all its bits from what it is given", () => {
    const asked: number[] = [];
    const { text } = mintToken((bytes) => {
      asked.push(bytes);
      return new Uint8Array(bytes).fill(255);
    });
    expect(asked).toEqual([8, 32]);
    expect(text).toBe(`ef_${"f".repeat(16)}_${"_".repeat(42)}8`);
  });

  it.each([
    "",
    "ef_",
    "ef_0123456789abcdef_",
    `ef_0123456789ABCDEF_${"x".repeat(43)}`,
    `ef_0123456789abcdef_${"x".repeat(42)}`,
    `ef_0123456789abcdef_${"x".repeat(44)}`,
    ` ef_0123456789abcdef_${"x".repeat(43)}`,
  ])("%j is none", (text) => expect(tokenId(text)).toBeNull());
});

describe("comparing hashes", () => {
  /** A text that counts how many of its characters are looked at. */
  function counted(text: string) {
    const seen = { text: 0 };
    const value = {
      length: text.length,
      charCodeAt(i: number) {
        seen.text++;
        return text.charCodeAt(i);
      },
    } as unknown as string;
    return { value, seen };
  }

  it("looks at every digit, wherever the first difference is", () => {
    const stored = tokenHash("a token");
    const at = (i: number) => stored.slice(0, i) + (stored[i] === "0" ? "1" : "0") + stored.slice(i + 1);
    for (const [other, same] of [
      [stored, true],
      [at(0), false],
      [at(31), false],
      [at(63), false],
    ] as const) {
      const [a, b] = [counted(stored), counted(other)];
      expect(sameHash(a.value, b.value)).toBe(same);
      expect([a.seen.text, b.seen.text]).toEqual([64, 64]);
    }
  });

  it("texts of two lengths differ", () => {
    expect(sameHash("ab", "a")).toBe(false);
    expect(sameHash("a", "ab")).toBe(false);
  });
});
