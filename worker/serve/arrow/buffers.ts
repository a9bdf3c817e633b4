// A column of values as Arrow's buffers: validity, offsets, data; and those of its children.
import type { Value, ValueType } from "../../../sdk/types/index.ts";

/** Arrow's nodes ([length, nulls], the column first, then its children) and buffers, in the order of a record batch. */
export interface ColumnBuffers {
  readonly nodes: (readonly [length: number, nulls: number])[];
  readonly buffers: Uint8Array[];
}

const utf8 = new TextEncoder();
const NOTHING = new Uint8Array();

/** Appends the buffers of `values`, all of `type`. */
export function addColumn(type: ValueType, values: readonly (Value | null)[], into: ColumnBuffers): void {
  const nulls = values.reduce<number>((count, value) => count + (value === null ? 1 : 0), 0);
  into.nodes.push([values.length, nulls]);
  into.buffers.push(nulls === 0 ? NOTHING : bits(values, (value) => value !== null));
  switch (type.kind) {
    case "bool":
      into.buffers.push(bits(values, (value) => value === true));
      break;
    case "int32":
      into.buffers.push(bytesOf(Int32Array.from(values, (value) => Number(value))));
      break;
    case "float32":
      into.buffers.push(bytesOf(Float32Array.from(values, (value) => Number(value))));
      break;
    case "float64":
      into.buffers.push(bytesOf(Float64Array.from(values, (value) => Number(value))));
      break;
    case "int64":
    case "timestamp":
      into.buffers.push(bytesOf(BigInt64Array.from(values, (value) => (value ?? 0n) as bigint)));
      break;
    case "decimal":
      into.buffers.push(decimals(values));
      break;
    case "string":
      addParts(values, (value) => utf8.encode(value as string), into);
      break;
    case "bytes":
      addParts(values, (value) => value as Uint8Array, into);
      break;
    case "list": {
      into.buffers.push(offsets(values.map((value) => (value === null ? 0 : (value as readonly Value[]).length))));
      addColumn(
        type.of,
        values.flatMap((value) => (value === null ? [] : (value as readonly Value[]))),
        into,
      );
      break;
    }
    case "vector": {
      const all = new Float32Array(values.length * type.dimension);
      for (const [i, value] of values.entries()) if (value !== null) all.set(value as Float32Array, i * type.dimension);
      into.nodes.push([all.length, 0]);
      into.buffers.push(NOTHING, bytesOf(all));
    }
  }
}

function bits(values: readonly (Value | null)[], set: (value: Value | null) => boolean): Uint8Array {
  const bitmap = new Uint8Array((values.length + 7) >> 3);
  for (const [i, value] of values.entries()) if (set(value)) (bitmap[i >> 3] as number) |= 1 << (i & 7);
  return bitmap;
}

function bytesOf({ buffer }: { buffer: ArrayBuffer }): Uint8Array {
  return new Uint8Array(buffer);
}

function offsets(lengths: readonly number[]): Uint8Array {
  const all = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) all[i + 1] = (all[i] as number) + length;
  return bytesOf(all);
}

function addParts(
  values: readonly (Value | null)[],
  encode: (value: Value) => Uint8Array,
  { buffers }: ColumnBuffers,
): void {
  const parts = values.map((value) => (value === null ? NOTHING : encode(value)));
  buffers.push(offsets(parts.map(({ length }) => length)));
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  buffers.push(all);
}

/** 128-bit integers of the digits without their point, the low half first. */
function decimals(values: readonly (Value | null)[]): Uint8Array {
  const halves = new BigInt64Array(values.length * 2);
  for (const [i, value] of values.entries()) {
    const unscaled = value === null ? 0n : BigInt((value as string).replace(".", ""));
    halves[2 * i] = BigInt.asIntN(64, unscaled);
    halves[2 * i + 1] = unscaled >> 64n;
  }
  return bytesOf(halves);
}
