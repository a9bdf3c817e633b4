// The form of a value inside a packed row: JSON that plain JSON.parse reads back without loss.
import { EdgefeatError } from "../errors.ts";
import { bytesFromBase64, bytesToBase64, floatText } from "./json.ts";
import type { Value, ValueType } from "./value-type.ts";

/** Returns the JSON text of a value for a packed row. int64 beyond 2^53 becomes a string; vectors are base64 of little-endian float32. */
export function packValue(type: ValueType, value: Value | null): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "bool":
    case "int32":
      return String(value);
    case "int64":
    case "timestamp":
      return packBigInt(value as bigint);
    case "float32":
    case "float64":
      return floatText(value as number);
    case "decimal":
      return `"${value as string}"`;
    case "string":
      return JSON.stringify(value);
    case "bytes":
      return `"${bytesToBase64(value as Uint8Array)}"`;
    case "list":
      return `[${(value as readonly Value[]).map((v) => packValue(type.of, v)).join(",")}]`;
    case "vector":
      return `"${bytesToBase64(vectorBytes(value as Float32Array))}"`;
  }
}

/** Returns a bigint as a JSON number when a double holds it exactly, else as a string of digits. */
export function packBigInt(n: bigint): string {
  const asNumber = Number(n);
  return Number.isSafeInteger(asNumber) ? String(asNumber) : `"${n}"`;
}

/** Returns the value that packValue wrote, from JSON.parse's result. Trusts its input: rows are checked where they enter. */
export function unpackValue(type: ValueType, json: unknown): Value | null {
  if (json === null) return null;
  switch (type.kind) {
    case "int64":
    case "timestamp":
      return BigInt(json as number | string);
    case "float32":
    case "float64":
      return typeof json === "string" ? Number(json) : (json as number);
    case "bytes":
      return bytesFromBase64(json as string, "packed row");
    case "list":
      return (json as unknown[]).map((v) => unpackValue(type.of, v) as Value);
    case "vector":
      return vectorFromBytes(type.dimension, bytesFromBase64(json as string, "packed row"));
    default:
      return json as Value;
  }
}

/** Packed floats lie as nearly all machines have them in memory, so that a vector is a view of its bytes there. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function vectorBytes(vector: Float32Array): Uint8Array {
  if (IS_LITTLE_ENDIAN) return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((x, i) => view.setFloat32(i * 4, x, true));
  return new Uint8Array(view.buffer);
}

function vectorFromBytes(dimension: number, { buffer, byteLength }: Uint8Array<ArrayBuffer>): Float32Array {
  if (byteLength !== dimension * 4) throw new EdgefeatError("row_corrupt", "a stored vector has another dimension");
  if (IS_LITTLE_ENDIAN) return new Float32Array(buffer);
  const view = new DataView(buffer);
  return Float32Array.from({ length: dimension }, (_, i) => view.getFloat32(i * 4, true));
}
