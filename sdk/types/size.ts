// About how much a value takes: what bounds answers, and tells which rows are worth measuring.
import type { Value } from "./value-type.ts";

/** Returns about how many characters or bytes a value takes where it is not written as JSON. */
export function sizeOf(value: Value | null): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  if (value instanceof Float32Array) return value.byteLength;
  if (!Array.isArray(value)) return 8;
  let size = 8;
  for (let i = 0; i < value.length; i++) size += 4 + sizeOf(value[i] as Value);
  return size;
}
