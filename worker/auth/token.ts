// A token's text, shown once, and its hash, which is all that is kept.
import { hexOf, sha256Hex } from "../../sdk/sha256.ts";

/** Returns `bytes` random bytes that nobody can guess; passed in. */
export type Random = (bytes: number) => Uint8Array;

export interface MintedToken {
  /** Names the token in lists, logs and audit records; no secret. */
  readonly id: string;
  /** `ef_{id}_{secret}`: what its owner sends. */
  readonly text: string;
  readonly hash: string;
}

const ID_BYTES = 8;
const SECRET_BYTES = 32;
/** 32 bytes are 43 digits of base64url. */
const TOKEN = /^ef_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

export const TOKEN_ID = /^[0-9a-f]{16}$/;

/** Returns a new token: 256 random bits, under an id of its own. */
export function mintToken(random: Random): MintedToken {
  const id = hexOf(random(ID_BYTES));
  const text = `ef_${id}_${base64url(random(SECRET_BYTES))}`;
  return { id, text, hash: tokenHash(text) };
}

/** Returns the id in a text that looks like a token; null for any other text. */
export function tokenId(text: string): string | null {
  return TOKEN.exec(text)?.[1] ?? null;
}

/** Returns the SHA-256 of a token's whole text, in hexadecimal. A random secret of 256 bits needs neither salt nor stretching. */
export function tokenHash(text: string): string {
  return sha256Hex(text);
}

/** Returns whether two hashes are the same, looking at every digit whatever the first ones are. */
export function sameHash(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** Returns base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
