// Hash buckets: a stable number for any text or id, the same in every engine and in other languages' MurmurHash3.
import type { Evaluator } from "../context.ts";
import { INT, showType } from "../expression-type.ts";
import { folded, type Operand } from "../operand.ts";
import type { FormEntry } from "./entry.ts";

/** The most buckets: few enough that the hash's remainder favours none by more than a half. */
const MAX_BUCKETS = 2 ** 31 - 1;

/** Returns MurmurHash3 (x86, 32 bits, seed 0) of the UTF-8 bytes of a well-formed text: 0 to 2^32 - 1. */
export function murmur3(text: string): number {
  let [hash, block, shift, bytes] = [0, 0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) as number;
    if (point > 0xffff) i++;
    // The character's UTF-8 bytes, the first lowest: as the hash reads them.
    let [encoded, count] = [point, 1];
    if (point > 0xffff) {
      encoded =
        0xf0 |
        (point >> 18) |
        ((0x80 | ((point >> 12) & 63)) << 8) |
        ((0x80 | ((point >> 6) & 63)) << 16) |
        ((0x80 | (point & 63)) << 24);
      count = 4;
    } else if (point > 0x7ff) {
      encoded = 0xe0 | (point >> 12) | ((0x80 | ((point >> 6) & 63)) << 8) | ((0x80 | (point & 63)) << 16);
      count = 3;
    } else if (point > 0x7f) {
      encoded = 0xc0 | (point >> 6) | ((0x80 | (point & 63)) << 8);
      count = 2;
    }
    bytes += count;
    for (; count > 0; count--) {
      block |= (encoded & 0xff) << shift;
      encoded >>>= 8;
      shift += 8;
      if (shift < 32) continue;
      hash ^= scrambled(block);
      hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
      block = 0;
      shift = 0;
    }
  }
  hash ^= scrambled(block) ^ bytes;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scrambled(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

export const hashForms: readonly FormEntry[] = [
  {
    name: "hash_bucket",
    signatures: ["hash_bucket(x: string, n: literal int): int", "hash_bucket(x: int, n: literal int): int"],
    arity: [2, 2],
    build: ({ operands, start }, { source }) => {
      const [x, buckets] = operands as readonly [Operand, Operand];
      if (x.type.kind !== "string" && x.type.kind !== "int64") {
        const message = `hash_bucket() takes string or int as "x", not ${showType(x.type)}`;
        throw source.typeError(x.start, message, "convert it with string(x)");
      }
      const n = typeof buckets.constant === "bigint" ? Number(buckets.constant) : 0;
      if (!(buckets.type.kind === "int64" && n >= 1 && n <= MAX_BUCKETS)) {
        throw source.typeError(buckets.start, `hash_bucket() takes a literal int from 1 to ${MAX_BUCKETS} as "n"`);
      }
      const value = x.evaluate as Evaluator<string | bigint>;
      const evaluate: Evaluator<bigint> = (row, context) => {
        const found = value(row, context);
        return found === null ? null : BigInt(murmur3(String(found)) % n);
      };
      return folded({ type: INT, start, evaluate }, [x]);
    },
  },
];
