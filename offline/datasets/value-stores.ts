// Where the values of a column go while it is built: one entry a value type.
import { type Data, Float32, makeData } from "apache-arrow";
import { decimalUnscaled, type Value, type ValueType } from "../../sdk/types/index.ts";
import { Bitmap, Growing, GrowingBytes } from "./growing.ts";

/** Takes values of one type, and gives the buffers that makeData takes. */
export interface Store {
  add(value: Value): void;
  /** Leaves room for a null. */
  skip(): void;
  buffers(rows: number): object;
}

/** Builds the items of a list. */
interface ItemBuilder {
  push(value: Value): void;
  finish(): Data;
}

export function storeOf(type: ValueType, guess: number, build: (of: ValueType, guess: number) => ItemBuilder): Store {
  switch (type.kind) {
    case "bool":
      return boolStore();
    case "int32":
      return fixedStore(new Growing<number, Int32Array>((n) => new Int32Array(n), guess), 0);
    case "int64":
    case "timestamp":
      return fixedStore(new Growing<bigint, BigInt64Array>((n) => new BigInt64Array(n), guess), 0n);
    case "float32":
      return fixedStore(new Growing<number, Float32Array>((n) => new Float32Array(n), guess), 0);
    case "float64":
      return fixedStore(new Growing<number, Float64Array>((n) => new Float64Array(n), guess), 0);
    case "decimal":
      return decimalStore(guess);
    case "string":
    case "bytes":
      return bytesStore(guess);
    case "list":
      return listStore(build(type.of, guess), guess);
    case "vector":
      return vectorStore(type.dimension, guess);
  }
}

type Fixed = Int32Array | BigInt64Array | Float32Array | Float64Array;

function fixedStore<V extends number | bigint, A extends Fixed & { [index: number]: V; set(from: ArrayLike<V>): void }>(
  into: Growing<V, A>,
  zero: V,
): Store {
  return {
    add: (value) => into.push(value as V),
    skip: () => into.push(zero),
    buffers: (rows) => ({ data: into.values.subarray(0, rows) }),
  };
}

function boolStore(): Store {
  const bits = new Bitmap();
  let row = 0;
  return {
    add: (value) => bits.set(row++, value as boolean),
    skip: () => bits.set(row++, false),
    buffers: (rows) => ({ data: bits.bytes(rows) }),
  };
}

function decimalStore(guess: number): Store {
  const halves = new Growing<bigint, BigUint64Array>((n) => new BigUint64Array(n), guess * 2);
  const add = (unscaled: bigint) => {
    halves.push(BigInt.asUintN(64, unscaled));
    halves.push(BigInt.asUintN(64, unscaled >> 64n));
  };
  return {
    add: (value) => add(decimalUnscaled(value as string)),
    skip: () => add(0n),
    buffers: (rows) => ({ data: new Uint32Array(halves.values.buffer, 0, rows * 4) }),
  };
}

function bytesStore(guess: number): Store {
  const into = new GrowingBytes(guess);
  return {
    add: (value) => (typeof value === "string" ? into.addText(value) : into.addBytes(value as Uint8Array)),
    skip: () => into.addNothing(),
    buffers: (rows) => ({ valueOffsets: into.offsets.values.subarray(0, rows + 1), data: into.bytes() }),
  };
}

function listStore(items: ItemBuilder, guess: number): Store {
  const offsets = new Growing<number, Int32Array>((n) => new Int32Array(n), guess + 1);
  let end = 0;
  offsets.push(0);
  return {
    add(value) {
      for (const item of value as readonly Value[]) items.push(item);
      end += (value as readonly Value[]).length;
      offsets.push(end);
    },
    skip: () => offsets.push(end),
    buffers: (rows) => ({ valueOffsets: offsets.values.subarray(0, rows + 1), child: items.finish() }),
  };
}

function vectorStore(dimension: number, guess: number): Store {
  const numbers = new Growing<number, Float32Array>((n) => new Float32Array(n), Math.min(guess * dimension, 65_536));
  const room = () => {
    numbers.reserve(dimension);
    numbers.length += dimension;
  };
  return {
    add(value) {
      room();
      numbers.values.set(value as Float32Array, numbers.length - dimension);
    },
    skip: room,
    buffers: (rows) => ({
      child: makeData({ type: new Float32(), data: numbers.values.subarray(0, rows * dimension) }),
    }),
  };
}
