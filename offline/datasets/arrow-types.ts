// Arrow types and value types: which stands for which (SEMANTICS 6), and which can be read as which.
import {
  Binary,
  Bool,
  DataType,
  Decimal,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Precision,
  TimestampMicrosecond,
  Utf8,
} from "apache-arrow";
import type { ScalarKind, ValueType } from "../../sdk/types/index.ts";

/** Returns the Arrow type that a value type is written as. */
export function arrowTypeOf(type: ValueType): DataType {
  switch (type.kind) {
    case "decimal":
      return new Decimal(type.scale, type.precision, 128);
    case "list":
      return new List(new Field("item", arrowTypeOf(type.of), true));
    case "vector":
      return new FixedSizeList(type.dimension, new Field("item", new Float32(), true));
    default:
      return SCALARS[type.kind]();
  }
}

const SCALARS: Record<ScalarKind, () => DataType> = {
  bool: () => new Bool(),
  int32: () => new Int32(),
  int64: () => new Int64(),
  float32: () => new Float32(),
  float64: () => new Float64(),
  string: () => new Utf8(),
  bytes: () => new Binary(),
  timestamp: () => new TimestampMicrosecond("UTC"),
};

/**
 * Returns the narrowest value type that holds every value of an Arrow type (uint64: those that fit int64), or null for
 * types that a feature can't have, such as structs, maps and times of day. Dates are timestamps at midnight UTC.
 */
export function valueTypeOfArrow(type: DataType): ValueType | null {
  if (DataType.isDictionary(type)) return valueTypeOfArrow(type.dictionary);
  if (DataType.isBool(type)) return { kind: "bool" };
  if (DataType.isInt(type)) return { kind: intBits(type) <= 32 ? "int32" : "int64" };
  if (DataType.isFloat(type)) return { kind: type.precision === Precision.DOUBLE ? "float64" : "float32" };
  if (isText(type)) return { kind: "string" };
  if (isBytes(type)) return { kind: "bytes" };
  if (DataType.isTimestamp(type) || DataType.isDate(type)) return { kind: "timestamp" };
  if (DataType.isDecimal(type)) {
    const { precision, scale } = type;
    return precision <= 38 && scale >= 0 && scale <= precision ? { kind: "decimal", precision, scale } : null;
  }
  if (isList(type)) {
    const item = itemType(type);
    if (DataType.isFixedSizeList(type) && DataType.isFloat(item) && item.precision === Precision.SINGLE) {
      return type.listSize >= 1 && type.listSize <= 65_536 ? { kind: "vector", dimension: type.listSize } : null;
    }
    const of = valueTypeOfArrow(item);
    return of === null ? null : { kind: "list", of };
  }
  return null;
}

/**
 * True when a column of the Arrow type can be read as `type` without a cast: the same type, a narrower integer, float
 * or decimal, any timestamp or date, an integer as a float where each value is exact. A float64 column is rounded
 * where the declared type says float32, as a pushed number is. A column of nothing but nulls can be read as anything.
 */
export function canReadAs(arrow: DataType, type: ValueType): boolean {
  if (DataType.isNull(arrow)) return true;
  if (DataType.isDictionary(arrow)) return canReadAs(arrow.dictionary, type);
  switch (type.kind) {
    case "bool":
      return DataType.isBool(arrow);
    case "int32":
      return DataType.isInt(arrow) && intBits(arrow) <= 32;
    case "int64":
      return DataType.isInt(arrow);
    case "float32":
      return DataType.isFloat(arrow) || (DataType.isInt(arrow) && intBits(arrow) <= 17);
    case "float64":
      return DataType.isFloat(arrow) || DataType.isInt(arrow);
    case "timestamp":
      return DataType.isTimestamp(arrow) || DataType.isDate(arrow);
    case "string":
      return isText(arrow);
    case "bytes":
      return isBytes(arrow);
    case "decimal":
      return (
        DataType.isDecimal(arrow) &&
        arrow.scale <= type.scale &&
        arrow.precision - arrow.scale <= type.precision - type.scale
      );
    case "list":
      return isList(arrow) && canReadAs(itemType(arrow), type.of);
    case "vector":
      if (!isList(arrow) || !DataType.isFloat(itemType(arrow))) return false;
      return !DataType.isFixedSizeList(arrow) || arrow.listSize === type.dimension;
  }
}

/** Bits of the signed integer that holds every value: 33 for uint32. */
function intBits(type: DataType): number {
  const { bitWidth, isSigned } = type as unknown as { bitWidth: number; isSigned: boolean };
  return isSigned ? bitWidth : bitWidth + 1;
}

export function isText(type: DataType): boolean {
  return DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
}

export function isBytes(type: DataType): boolean {
  return (
    DataType.isBinary(type) ||
    DataType.isLargeBinary(type) ||
    DataType.isBinaryView(type) ||
    DataType.isFixedSizeBinary(type)
  );
}

/** True for the types whose values sit in buffers of their own and are pointed at; apache-arrow 21 writes slices of them wrong. */
export function isView(type: DataType): boolean {
  return DataType.isUtf8View(type) || DataType.isBinaryView(type);
}

export function isList(type: DataType): boolean {
  return DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type);
}

function itemType(type: DataType): DataType {
  return (type.children[0] as Field).type;
}
