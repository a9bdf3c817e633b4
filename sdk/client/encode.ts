// Request bodies as JSON text: integers exact to 64 bits, floats that JSON has no number for as their names.
import { bytesToBase64, floatText, type Value, type ValueType, valueToJson } from "../types/index.ts";

/** What a request may hold: the values of SEMANTICS 6, null, and plain objects and arrays of them. */
export type Encodable = Value | null | undefined | readonly Encodable[] | { readonly [name: string]: Encodable };

/** Returns the JSON text of a request. Without a type a bigint is an integer; a timestamp needs `encodeAs`. */
export function encodeJson(value: Encodable): string {
  if (value === null || value === undefined) return "null";
  switch (typeof value) {
    case "bigint":
    case "boolean":
      return String(value);
    case "number":
      return floatText(value);
    case "string":
      return JSON.stringify(value);
  }
  if (value instanceof Uint8Array) return `"${bytesToBase64(value)}"`;
  if (value instanceof Float32Array) return `[${Array.from(value, floatText).join(",")}]`;
  if (Array.isArray(value)) return `[${value.map(encodeJson).join(",")}]`;
  const members = Object.entries(value as Record<string, Encodable>).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${encodeJson(member)}`).join(",")}}`;
}

/** Returns the JSON text of a value, or of an array of values, of a known type: a timestamp in µs becomes RFC 3339. */
export function encodeAs(type: ValueType, value: Encodable): string {
  if (type.kind !== "timestamp") return encodeJson(value);
  if (Array.isArray(value)) return `[${value.map((element) => encodeAs(type, element)).join(",")}]`;
  return typeof value === "bigint" ? valueToJson(type, value) : encodeJson(value);
}
