// Random values of every type, with the awkward ones common; and what makes two values the same to the bit.
import fc from "fast-check";
import { decimalType, parseTypeName, type Value, type ValueType } from "../../sdk/types/index.ts";

/** A type of every kind, nested ones too. */
export const valueTypes: readonly ValueType[] = [
  "bool",
  "int32",
  "int64",
  "float32",
  "float64",
  "string",
  "bytes",
  "timestamp",
  "decimal(38,5)",
  "decimal(1,0)",
  "decimal(38,38)",
  "vector(3)",
  "list<bool>",
  "list<int64>",
  "list<float64>",
  "list<string>",
  "list<bytes>",
  "list<timestamp>",
  "list<decimal(10,2)>",
  "list<vector(2)>",
  "list<list<int64>>",
].map(parseTypeName);

const doubles = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.1, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e21, 1e-7),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 123456789012345680000),
  fc.double(),
);
const floats = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Infinity,
    -Infinity,
    Math.fround(0.1),
    2 ** -149,
    -(2 ** -149),
    3.4028234663852886e38,
  ),
  fc.float(),
);
const int64s = fc.oneof(
  fc.constantFrom(0n, -1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt({ min: -1000n, max: 1000n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
/** Text that looks like something else, text that needs escaping, and all of Unicode but half surrogates. */
export const anyText = fc.oneof(
  fc.constantFrom(
    "",
    "null",
    "NaN",
    "12345678901234567890",
    "1e5",
    '"',
    "\\",
    "\u0000",
    "\u2028",
    "__proto__",
    "ﬀ",
    "😀",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);

function decimals(precision: number, scale: number): fc.Arbitrary<string> {
  decimalType(precision, scale);
  const most = 10n ** BigInt(precision) - 1n;
  return fc.oneof(fc.constantFrom(0n, most, -most), fc.bigInt({ min: -most, max: most })).map((unscaled) => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
    const whole = digits.slice(0, digits.length - scale);
    return `${unscaled < 0n ? "-" : ""}${whole}${scale === 0 ? "" : `.${digits.slice(digits.length - scale)}`}`;
  });
}

/** Returns values of a type in canonical form. */
export function valuesOf(type: ValueType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "int32":
      return fc.oneof(fc.constantFrom(0, -(2 ** 31), 2 ** 31 - 1), fc.integer());
    case "int64":
    case "timestamp":
      return int64s;
    case "float32":
      return floats;
    case "float64":
      return doubles;
    case "string":
      return anyText;
    case "bytes":
      return fc.uint8Array({ maxLength: 9 });
    case "decimal":
      return decimals(type.precision, type.scale);
    case "list":
      return fc.array(valuesOf(type.of), { maxLength: 4 });
    case "vector":
      return fc
        .array(floats, { minLength: type.dimension, maxLength: type.dimension })
        .map((numbers) => Float32Array.from(numbers));
  }
}

/** Returns a text that is equal for values that are the same to the bit, and for no others. */
export function bitsOf(value: Value | null | undefined): string {
  if (typeof value === "number") return `number ${Object.is(value, -0) ? "-0" : value}`;
  if (value instanceof Uint8Array) return `bytes ${value.join()}`;
  if (value instanceof Float32Array)
    return `vector ${new Uint8Array(value.buffer, value.byteOffset, value.byteLength).join()}`;
  if (Array.isArray(value)) return `[${value.map(bitsOf).join("; ")}]`;
  return `${typeof value} ${JSON.stringify(typeof value === "bigint" ? String(value) : value)}`;
}
