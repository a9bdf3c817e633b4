// Random value types and values for property tests, and equality to the bit.
import fc from "fast-check";
import {
  decimalText,
  decimalType,
  INT32_MAX,
  INT32_MIN,
  INT64_MAX,
  INT64_MIN,
  type Value,
  type ValueType,
} from "../../../sdk/types/index.ts";

const text = fc.string({ unit: "binary", maxLength: 20 });

const LEAVES: readonly ValueType[] = [
  { kind: "bool" },
  { kind: "int32" },
  { kind: "int64" },
  { kind: "float32" },
  { kind: "float64" },
  { kind: "string" },
  { kind: "bytes" },
  { kind: "timestamp" },
  decimalType(1, 0),
  decimalType(10, 2),
  decimalType(38, 0),
  decimalType(38, 38),
];

/** Every type, lists of each, lists of lists, and vectors. */
export const TYPES: readonly ValueType[] = [
  ...LEAVES,
  ...LEAVES.map((of): ValueType => ({ kind: "list", of })),
  { kind: "list", of: { kind: "list", of: { kind: "string" } } },
  { kind: "list", of: { kind: "vector", dimension: 2 } },
  { kind: "vector", dimension: 1 },
  { kind: "vector", dimension: 3 },
];

export interface Bounds {
  /** Keeps times within the years that RFC 3339 can write. */
  textTimes?: boolean;
}

const edges = <T>(values: fc.Arbitrary<T>, ...rest: T[]) => fc.oneof(values, fc.constantFrom(...rest));

/** Returns random values of a type, its extremes often among them. */
export function valuesOf(type: ValueType, bounds: Bounds = {}): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "int32":
      return edges(fc.integer(), 0, INT32_MIN, INT32_MAX);
    case "int64":
      return edges(fc.bigInt({ min: INT64_MIN, max: INT64_MAX }), 0n, INT64_MIN, INT64_MAX, 2n ** 53n + 1n);
    case "timestamp": {
      const [min, max] = bounds.textTimes
        ? [-62_135_596_800_000_000n, 253_402_300_799_999_999n]
        : [INT64_MIN, INT64_MAX];
      return edges(fc.bigInt({ min, max }), 0n, -1n, min, max);
    }
    case "float32":
      return edges(fc.float(), -0, 0, Number.NaN, Infinity, -Infinity, Math.fround(0.1), 1.401298464324817e-45);
    case "float64":
      return edges(fc.double(), -0, 0, Number.NaN, Infinity, -Infinity, 0.1, 5e-324, Number.MAX_VALUE);
    case "string":
      return edges(text, "", "\ufeff", "\0", "a,b", '"', "\n", "\r\n", " ", "null", "é", "😀", "\u{10ffff}");
    case "bytes":
      return edges(fc.uint8Array({ maxLength: 20 }), new Uint8Array(0), new Uint8Array([0, 255]));
    case "decimal": {
      const limit = 10n ** BigInt(type.precision) - 1n;
      return edges(fc.bigInt({ min: -limit, max: limit }), 0n, limit, -limit).map((n) => decimalText(n, type.scale));
    }
    case "list":
      return fc.array(valuesOf(type.of, bounds), { maxLength: 4 });
    case "vector":
      return fc
        .array(valuesOf({ kind: "float32" }), { minLength: type.dimension, maxLength: type.dimension })
        .map((numbers) => Float32Array.from(numbers as number[]));
  }
}

/** Returns random rows of a column, nulls among them. */
export function rowsOf(type: ValueType, bounds: Bounds = {}): fc.Arbitrary<(Value | null)[]> {
  return fc.array(fc.option(valuesOf(type, bounds), { freq: 4 }), { maxLength: 40 });
}

/** Returns a text that two values share only if they are the same to the bit. */
export function bits(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${value.join(" ")}`;
  if (value instanceof Float32Array || Array.isArray(value)) {
    return `${value instanceof Float32Array ? "vector" : "list"} [${Array.from(value as ArrayLike<unknown>, bits).join(", ")}]`;
  }
  return `${typeof value} ${Object.is(value, -0) ? "-0" : typeof value === "string" ? JSON.stringify(value) : String(value)}`;
}
