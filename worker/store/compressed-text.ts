// Packed rows as the store keeps them: long ones compressed, where that pays; valid UTF-8 either way.
import { EdgefeatError } from "../../sdk/errors.ts";
import { bytesFromBase64, bytesToBase64 } from "../../sdk/types/index.ts";
import { MAX_ROW_BYTES } from "./batches.ts";

/** From here on, in characters, inflating a row costs less time than its bytes do on the way (README: measured). */
export const COMPRESS_FROM_CHARS = 2_048;
/** A row must lose a quarter to be worth inflating at each read: embeddings, for one, lose nothing. */
const WORTH_IT = 0.75;
/** zlib's own buffer grows by doubling, past what it holds in the end. */
const SPARE_BYTES = 65_536;

/** The two functions of node:zlib that are used here. */
interface Zlib {
  deflateRawSync(bytes: Uint8Array): Uint8Array;
  inflateRawSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array;
}

let zlib: Zlib | null | undefined;

/** Asked for at its first use: most isolates of small rows never need it, and old compatibility dates have none. */
function loadedZlib(): Zlib | null {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => Zlib | undefined } };
  zlib ??= process?.getBuiltinModule?.("node:zlib") ?? null;
  return zlib;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Returns the text to store of a packed row: itself, or `z{bytes of it}:{base64 of its raw deflate}` where it is long and
 * that is shorter by a quarter. Which of the two stands in the store never matters: rows are compared unpacked.
 */
export function compressText(packed: string): string {
  if (packed.length < COMPRESS_FROM_CHARS) return packed;
  const bytes = encoder.encode(packed);
  const deflate = loadedZlib();
  // One that would be too large when it is inflated is left for the store to refuse.
  if (deflate === null || bytes.length > MAX_ROW_BYTES) return packed;
  const text = `z${bytes.length}:${bytesToBase64(deflate.deflateRawSync(bytes))}`;
  return text.length <= bytes.length * WORTH_IT ? text : packed;
}

/**
 * Returns the packed row of a stored text, compressed or not; a plain one begins with "[".
 * @throws row_corrupt for a compressed text that is damaged, or that is larger than a row; config_invalid where the
 *   runtime can't inflate
 */
export function plainText(stored: string): string {
  if (!stored.startsWith("z")) return stored;
  const inflate = loadedZlib();
  if (inflate === null) {
    throw new EdgefeatError("config_invalid", "a stored row is compressed, and this runtime has no zlib to read it", {
      hint: 'set the Worker\'s compatibility_date to 2026-08-04 or later, or add the compatibility flag "nodejs_compat"',
    });
  }
  const size = plainChars(stored);
  try {
    if (size > MAX_ROW_BYTES) throw new RangeError("it is larger than a row");
    const deflated = bytesFromBase64(stored.slice(stored.indexOf(":") + 1), "a compressed row");
    const bytes = inflate.inflateRawSync(deflated, { maxOutputLength: 2 * size + SPARE_BYTES });
    if (bytes.length !== size) throw new RangeError("it has another size than it says");
    return decoder.decode(bytes);
  } catch (cause) {
    throw new EdgefeatError("row_corrupt", "a compressed row is not readable", {
      hint: "materialize the view again",
      cause,
    });
  }
}

/** Returns how long the packed row of a stored text is, without inflating it; NaN for a compressed one that doesn't say. */
export function plainChars(stored: string): number {
  return stored.startsWith("z") ? Number(/^z([1-9]\d*):/.exec(stored)?.[1]) : stored.length;
}
