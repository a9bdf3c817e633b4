// Whether a JavaScript value is a value of a type, and its one canonical form.
import { EdgefeatError } from "../errors.ts";
import { type Value, type ValueType, typeName } from "./value-type.ts";

export const INT32_MIN = -(2 ** 31);
export const INT32_MAX = 2 ** 31 - 1;
export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

/** True when a bigint fits in a signed 64-bit integer. */
export function fitsInt64(n: bigint): boolean {
  return n >= INT64_MIN && n <= INT64_MAX;
}

/**
 * Returns the canonical form of `value` as `type`: integers widen (a safe number becomes an int64's bigint), floats
 * round to float32 only when the type says so. Nothing else is converted.
 * @throws type_mismatch, value_out_of_range, naming `field`.
 */
export function checkValue(type: ValueType, value: unknown, field: string): Value {
  switch (type.kind) {
    case "bool":
      if (typeof value === "boolean") return value;
      break;
    case "int32":
      if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) {
        if (value < INT32_MIN || value > INT32_MAX) throw outOfRange(type, value, field);
        return Number(value) + 0;
      }
      break;
    case "int64":
    case "timestamp":
      if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
      if (typeof value === "bigint") {
        if (!fitsInt64(value)) throw outOfRange(type, value, field);
        return value;
      }
      if (typeof value === "number" && Number.isInteger(value)) throw outOfRange(type, value, field);
      break;
    case "float32":
      if (typeof value === "number") {
        const rounded = Math.fround(value);
        if (Number.isFinite(value) && !Number.isFinite(rounded)) throw outOfRange(type, value, field);
        return rounded;
      }
      break;
    case "float64":
      if (typeof value === "number") return value;
      break;
    case "string":
      if (typeof value === "string") {
        if (!value.isWellFormed()) {
          throw new EdgefeatError("value_out_of_range", `${field}: the text holds half a surrogate pair`, {
            hint: "text must be valid Unicode; re-encode it as UTF-8 at its source",
          });
        }
        return value;
      }
      break;
    case "bytes":
      if (value instanceof Uint8Array) return value;
      break;
    case "decimal":
      if (typeof value === "string") return canonicalDecimal(type, value, field);
      break;
    case "list":
      if (Array.isArray(value)) return value.map((v, i) => checkValue(type.of, v, `${field}[${i}]`));
      break;
    case "vector":
      if (value instanceof Float32Array || Array.isArray(value)) return checkVector(type.dimension, value, field);
      break;
  }
  throw mismatch(type, value, field);
}

function checkVector(dimension: number, value: ArrayLike<unknown>, field: string): Float32Array {
  if (value.length !== dimension) {
    throw new EdgefeatError("type_mismatch", `${field}: expected ${dimension} numbers, got ${value.length}`);
  }
  if (value instanceof Float32Array) return value;
  return Float32Array.from({ length: dimension }, (_, i) =>
    Number(checkValue({ kind: "float32" }, value[i], `${field}[${i}]`)),
  );
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;

function canonicalDecimal(type: Extract<ValueType, { kind: "decimal" }>, text: string, field: string): string {
  const match = DECIMAL.exec(text.trim());
  const digits = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null || digits + fraction === "") throw mismatch(type, text, field);
  const whole = digits.replace(/^0+/, "");
  // Before it becomes a bigint, which takes seconds for millions of digits.
  if (whole.length > type.precision) throw outOfRange(type, text, field);
  const kept = fraction.slice(0, type.scale).padEnd(type.scale, "0");
  const unscaled = BigInt(whole + kept);
  const lossy = /[1-9]/.test(fraction.slice(type.scale));
  if (lossy || unscaled >= 10n ** BigInt(type.precision)) throw outOfRange(type, text, field);
  return decimalText(match[1] === "-" ? -unscaled : unscaled, type.scale);
}

/** Returns the text of a decimal from its unscaled integer: `decimalText(1230n, 2)` is "12.30". */
export function decimalText(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}

/** Returns the unscaled integer of a canonical decimal text. */
export function decimalUnscaled(text: string): bigint {
  return BigInt(text.replace(".", ""));
}

const MAX_SHOWN_CHARS = 60;

/** Returns a short text that shows a value in an error, never more than 60 characters. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return "null";
  const text = shown(value);
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS - 3)}…` : text;
}

/** Larger ones take long to write out: seconds, where they have millions of digits. */
const MAX_SHOWN_BIGINT = 10n ** 60n;

function shown(value: unknown): string {
  if (typeof value === "bigint" && (value > MAX_SHOWN_BIGINT || value < -MAX_SHOWN_BIGINT)) return "a huge integer";
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value.slice(0, MAX_SHOWN_CHARS));
  return Array.isArray(value) ? "an array" : typeof value;
}

export function mismatch(type: ValueType, value: unknown, field: string): EdgefeatError {
  return new EdgefeatError("type_mismatch", `${field}: expected ${typeName(type)}, got ${show(value)}`);
}

export function outOfRange(type: ValueType, value: unknown, field: string): EdgefeatError {
  return new EdgefeatError("value_out_of_range", `${field}: ${show(value)} does not fit ${typeName(type)}`);
}
