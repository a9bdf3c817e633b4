// SHA-256 of texts: the standard's own examples, and any text as Node's OpenSSL has it.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hexOf, sha256Hex } from "../../sdk/sha256.ts";

// FIPS 180-4's examples.
it.each([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
])("%.20s…", (text, hash) => {
  expect(sha256Hex(text)).toBe(hash);
});

const openssl = (text: string) => createHash("sha256").update(text).digest("hex");

it("is OpenSSL's for each length around the ends of blocks", () => {
  for (let length = 0; length < 200; length++) expect(sha256Hex("x".repeat(length))).toBe(openssl("x".repeat(length)));
});

it("is OpenSSL's for any text, half a surrogate pair included", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => sha256Hex(text) === openssl(text)));
  expect(sha256Hex("a\ud800b")).toBe(openssl("a\ufffdb"));
});

it("hexOf writes each byte as two digits", () => {
  expect(hexOf(Uint8Array.of(0, 9, 16, 255))).toBe("000910ff");
});
