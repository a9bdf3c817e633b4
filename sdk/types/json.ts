// JSON without rounding: a parser that keeps 64-bit integers, and the JSON form of every value type.
import { EdgefeatError } from "../errors.ts";
import { formatTime, parseTimeExact, type ParseTimeOptions } from "../time.ts";
import { checkValue, mismatch, outOfRange } from "./check.ts";
import type { Value, ValueType } from "./value-type.ts";

const LONG_INTEGER = /\d{16}/;
const INTEGER = /^-?\d+$/;
/** More characters than any integer type has: a bigint of millions of digits takes seconds to make, and none can use it. */
const MAX_INTEGER_CHARS = 40;

type SourceReviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

/**
 * Returns the value of a JSON text; an integer literal that a double can't hold exactly comes back as a bigint, but as the
 * nearest double (which may be infinite) where it has more than 40 characters.
 * Uses the source-text access of JSON.parse (V8 11.4+), and only for texts that hold a long run of digits.
 * @throws malformed_json with the line and column of the fault where the engine tells it; bad_request for what nests deeper
 *   than the engine can follow.
 */
export function parseJson(text: string): unknown {
  try {
    if (!LONG_INTEGER.test(text)) return JSON.parse(text);
    return JSON.parse(text, keepIntegers as (key: string, value: unknown) => unknown);
  } catch (cause) {
    throw malformed(text, cause);
  }
}

const keepIntegers: SourceReviver = (_key, value, context) => {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  if (context?.source === undefined) {
    throw new EdgefeatError("internal_error", "this JavaScript engine cannot read 64-bit integers from JSON", {
      hint: "use an engine with JSON.parse source text access (V8 11.4+, Safari 18.4+, Firefox 135+)",
    });
  }
  const { source } = context;
  return source.length <= MAX_INTEGER_CHARS && INTEGER.test(source) ? BigInt(source) : value;
};

function malformed(text: string, cause: unknown): EdgefeatError {
  if (cause instanceof EdgefeatError) return cause;
  if (cause instanceof RangeError)
    return new EdgefeatError("bad_request", "the body nests too deeply", { hint: "send it flatter" });
  const reason = cause instanceof Error ? cause.message : String(cause);
  const offset = /position (\d+)/.exec(reason)?.[1];
  const before = offset === undefined ? undefined : text.slice(0, Number(offset)).split("\n");
  return new EdgefeatError("malformed_json", "the body is not valid JSON", {
    hint: text.trim() === "" ? "the body is empty" : reason.replace(/\s*in JSON at.*$/, ""),
    ...(before === undefined
      ? {}
      : { position: { line: before.length, column: (before.at(-1) as string).length + 1 } }),
  });
}

const NON_FINITE: Record<string, number> = { NaN: Number.NaN, Infinity: Infinity, "-Infinity": -Infinity };

/**
 * Returns the canonical value that parsed JSON (from parseJson) stands for as `type`: SEMANTICS 6, the JSON column.
 * @throws type_mismatch, value_out_of_range, bad_time, naming `field`.
 */
export function valueFromJson(type: ValueType, json: unknown, field: string, time: ParseTimeOptions = {}): Value {
  switch (type.kind) {
    case "int32":
    case "int64":
      return checkValue(type, typeof json === "number" ? finite(type, json, field) : json, field);
    case "float32":
    case "float64":
      if (typeof json === "string" && Object.hasOwn(NON_FINITE, json)) return NON_FINITE[json] as number;
      return checkValue(
        type,
        typeof json === "bigint" || typeof json === "number" ? finite(type, json, field) : json,
        field,
      );
    case "timestamp":
      if (typeof json !== "string") throw mismatch(type, json, field);
      return checkValue(type, parseTimeExact(json, time), field);
    case "bytes":
      if (typeof json !== "string") throw mismatch(type, json, field);
      return bytesFromBase64(json, field);
    case "list":
      if (!Array.isArray(json)) throw mismatch(type, json, field);
      return json.map((v, i) => valueFromJson(type.of, v, `${field}[${i}]`, time));
    case "vector":
      if (!Array.isArray(json)) throw mismatch(type, json, field);
      return checkValue(
        type,
        json.map((v, i) => valueFromJson({ kind: "float32" }, v, `${field}[${i}]`)),
        field,
      );
    default:
      return checkValue(type, json, field);
  }
}

/** Refuses a literal such as 1e999, which JSON.parse turns into Infinity. */
function finite(type: ValueType, json: number | bigint, field: string): number {
  const number = Number(json);
  if (Math.abs(number) === Infinity) throw outOfRange(type, json, field);
  return number;
}

/** Returns the JSON text of a value: integers exact to 64 bits, floats in shortest round-trip form, −0 kept. */
export function valueToJson(type: ValueType, value: Value | null): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "bool":
    case "int32":
    case "int64":
      return String(value);
    case "float32":
    case "float64":
      return floatText(value as number);
    case "timestamp":
      return `"${formatTime(value as bigint)}"`;
    case "bytes":
      return `"${bytesToBase64(value as Uint8Array)}"`;
    case "decimal":
      return `"${value as string}"`;
    case "string":
      return JSON.stringify(value);
    case "list":
      return `[${(value as readonly Value[]).map((v) => valueToJson(type.of, v)).join(",")}]`;
    case "vector":
      return `[${Array.from(value as Float32Array, floatText).join(",")}]`;
  }
}

/** Returns the JSON text of a double; NaN and the infinities as the three strings of SEMANTICS 5.2. */
export function floatText(n: number): string {
  if (Number.isFinite(n)) return Object.is(n, -0) ? "-0" : String(n);
  return `"${n}"`;
}

/** Base64 by the engine itself, which V8 has from 14.0 on: 20 times as fast as by way of a binary text. */
const native: {
  fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
  prototype: { toBase64?: () => string };
} = Uint8Array as never;

/** Returns standard base64 with padding. */
export function bytesToBase64(bytes: Uint8Array): string {
  const { toBase64 } = native.prototype;
  if (toBase64 !== undefined) return toBase64.call(bytes);
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}

/** Returns the bytes of standard base64, in a buffer of their own. @throws type_mismatch when the text is none. */
export function bytesFromBase64(text: string, field: string): Uint8Array<ArrayBuffer> {
  try {
    return native.fromBase64?.(text) ?? bytesOf(atob(text));
  } catch {
    throw new EdgefeatError("type_mismatch", `${field}: expected bytes as base64`, {
      hint: "use the standard alphabet with padding",
    });
  }
}

function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
