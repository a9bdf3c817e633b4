// Booleans, integers, floats and decimals of an Arrow chunk.
import { type Data, DataType, type Decimal, Precision, util } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { decimalText, fitsInt64, type Value, type ValueType, typeName } from "../../sdk/types/index.ts";
import type { ChunkContext } from "./column-reading.ts";

export function readBool(data: Data): (row: number) => boolean {
  const bits = data.values as Uint8Array;
  const offset = data.offset;
  return (row) => (((bits[(offset + row) >> 3] as number) >> ((offset + row) & 7)) & 1) === 1;
}

export function readInteger(data: Data, type: ValueType, { at }: ChunkContext): (row: number) => Value {
  const values = data.values as ArrayLike<number> | BigInt64Array | BigUint64Array;
  if (type.kind === "int32") return (row) => values[row] as number;
  if (values instanceof BigUint64Array) {
    return (row) => {
      const value = values[row] as bigint;
      if (!fitsInt64(value)) throw outOfRange(at(row), value, type);
      return value;
    };
  }
  if (values instanceof BigInt64Array) return (row) => values[row] as bigint;
  return (row) => BigInt(values[row] as number);
}

export function readFloat(data: Data, type: ValueType, { at }: ChunkContext): (row: number) => number {
  const values = data.values as ArrayLike<number | bigint>;
  const arrow: DataType = data.type;
  if (DataType.isInt(arrow)) {
    if (arrow.bitWidth < 64) return (row) => values[row] as number;
    return (row) => {
      const value = values[row] as bigint;
      const float = Number(value);
      if (BigInt(float) !== value) throw outOfRange(at(row), value, type);
      return float;
    };
  }
  if (DataType.isFloat(arrow) && arrow.precision === Precision.HALF) {
    return (row) => util.uint16ToFloat64(values[row] as number);
  }
  if (type.kind === "float32" && DataType.isFloat(arrow) && arrow.precision === Precision.DOUBLE) {
    return (row) => {
      const value = values[row] as number;
      const rounded = Math.fround(value);
      if (Number.isFinite(value) && !Number.isFinite(rounded)) throw outOfRange(at(row), value, type);
      return rounded;
    };
  }
  return (row) => values[row] as number;
}

export function readDecimal(data: Data, type: Extract<ValueType, { kind: "decimal" }>): (row: number) => string {
  const unscaled = readUnscaled(data);
  const widen = 10n ** BigInt(type.scale - (data.type as Decimal).scale);
  return (row) => decimalText(unscaled(row) * widen, type.scale);
}

/** Returns the reader of a decimal's unscaled integer, of any width. */
export function readUnscaled(data: Data): (row: number) => bigint {
  const words = data.values as Uint32Array;
  const stride = (data.type as Decimal).bitWidth / 32;
  return (row) => {
    let unscaled = 0n;
    for (let i = stride - 1; i >= 0; i--) unscaled = (unscaled << 32n) | BigInt(words[row * stride + i] as number);
    return BigInt.asIntN(stride * 32, unscaled);
  };
}

export function outOfRange(where: string, value: number | bigint, type: ValueType): EdgefeatError {
  return new EdgefeatError("value_out_of_range", `${where}: ${value} does not fit ${typeName(type)}`);
}
