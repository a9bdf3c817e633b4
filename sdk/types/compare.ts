// The total order of values (SEMANTICS 2.3), by which every tie is broken, online and offline.
import { decimalUnscaled } from "./check.ts";
import type { Value, ValueType } from "./value-type.ts";

/**
 * Returns < 0, 0 or > 0: null lowest, NaN highest, −0 below +0, text and bytes by (UTF-8) bytes, lists and vectors
 * element by element with the shorter prefix lower. 0 only for values that are the same to the bit.
 */
export function compareValues(type: ValueType, a: Value | null, b: Value | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  switch (type.kind) {
    case "bool":
      return Number(a) - Number(b);
    case "int32":
    case "float32":
    case "float64":
      return compareNumbers(a as number, b as number);
    case "int64":
    case "timestamp":
      return compareOrdered(a as bigint, b as bigint);
    case "decimal":
      return compareOrdered(decimalUnscaled(a as string), decimalUnscaled(b as string));
    case "string":
      return compareText(a as string, b as string);
    case "bytes":
      return compareSequences(a as Uint8Array, b as Uint8Array, (x, y) => x - y);
    case "vector":
      return compareSequences(a as Float32Array, b as Float32Array, compareNumbers);
    case "list":
      return compareSequences(a as readonly Value[], b as readonly Value[], (x, y) => compareValues(type.of, x, y));
  }
}

/** Compares doubles in a total order: −Infinity … −0, +0 … Infinity, NaN. */
export function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return a === 0 ? Number(Object.is(a, 0)) - Number(Object.is(b, 0)) : 0;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function compareOrdered(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares by code point, which is the order of UTF-8 bytes; UTF-16 units differ from it above U+D7FF. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return utf8Rank(x) - utf8Rank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates (which stand for code points above U+FFFF) past the rest of the basic plane. */
function utf8Rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}

function compareSequences<T>(a: ArrayLike<T>, b: ArrayLike<T>, compare: (x: T, y: T) => number): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compare(a[i] as T, b[i] as T);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
