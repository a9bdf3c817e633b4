// How a column lies in memory on both sides: Arrow's types and native DuckDB's, one for one.
import {
  Binary,
  Bool,
  type DataType,
  DataType as Is,
  DateDay,
  Decimal,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  Precision,
  Struct,
  TimeMicrosecond,
  Timestamp,
  TimeUnit,
  Uint16,
  Uint32,
  Uint64,
  Uint8,
  Utf8,
} from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { identifier } from "./identifier.ts";
import type { DuckDb, LogicalType } from "./native-bindings.ts";

/** A type of DuckDB's, with the Arrow type that comes out of it. */
export type Layout =
  /** The same bytes in both. */
  | { kind: "fixed"; sql: keyof typeof FIXED; arrow: DataType; bytes: number }
  /** A byte in DuckDB, a bit in Arrow. */
  | { kind: "bool"; sql: "BOOLEAN"; arrow: DataType }
  /** 2, 4, 8 or 16 bytes in DuckDB by its digits, 16 in Arrow. */
  | { kind: "decimal"; arrow: Decimal; bytes: 2 | 4 | 8 | 16 }
  | { kind: "text"; sql: "VARCHAR" | "BLOB"; arrow: DataType }
  | { kind: "list"; child: Layout; arrow: DataType }
  | { kind: "array"; child: Layout; size: number; arrow: DataType }
  | { kind: "struct"; children: { name: string; layout: Layout }[]; arrow: DataType };

const FIXED = {
  TINYINT: [new Int8(), 1],
  SMALLINT: [new Int16(), 2],
  INTEGER: [new Int32(), 4],
  BIGINT: [new Int64(), 8],
  UTINYINT: [new Uint8(), 1],
  USMALLINT: [new Uint16(), 2],
  UINTEGER: [new Uint32(), 4],
  UBIGINT: [new Uint64(), 8],
  HUGEINT: [new Decimal(0, 38, 128), 16],
  FLOAT: [new Float32(), 4],
  DOUBLE: [new Float64(), 8],
  DATE: [new DateDay(), 4],
  TIME: [new TimeMicrosecond(), 8],
  TIMESTAMP: [new Timestamp(TimeUnit.MICROSECOND), 8],
  TIMESTAMP_S: [new Timestamp(TimeUnit.SECOND), 8],
  TIMESTAMP_MS: [new Timestamp(TimeUnit.MILLISECOND), 8],
  TIMESTAMP_NS: [new Timestamp(TimeUnit.NANOSECOND), 8],
  TIMESTAMP_TZ: [new Timestamp(TimeUnit.MICROSECOND, "UTC"), 8],
} as const;

const fixed = (sql: keyof typeof FIXED): Layout => ({
  kind: "fixed",
  sql,
  arrow: FIXED[sql][0],
  bytes: FIXED[sql][1],
});
const decimal = (precision: number, scale: number): Layout => ({
  kind: "decimal",
  arrow: new Decimal(scale, precision, 128),
  bytes: precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16,
});
const list = (child: Layout): Layout => ({ kind: "list", child, arrow: new List(field("item", child)) });
const array = (child: Layout, size: number): Layout => ({
  kind: "array",
  child,
  size,
  arrow: new FixedSizeList(size, field("item", child)),
});
const struct = (children: { name: string; layout: Layout }[]): Layout => ({
  kind: "struct",
  children,
  arrow: new Struct(children.map(({ name, layout }) => field(name, layout))),
});
const BOOL: Layout = { kind: "bool", sql: "BOOLEAN", arrow: new Bool() };
const TEXT: Layout = { kind: "text", sql: "VARCHAR", arrow: new Utf8() };
const BLOB: Layout = { kind: "text", sql: "BLOB", arrow: new Binary() };

export function field(name: string, layout: Layout): Field {
  return new Field(name, layout.arrow, true);
}

const SIGNED = { 8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT" } as const;
const UNSIGNED = { 8: "UTINYINT", 16: "USMALLINT", 32: "UINTEGER", 64: "UBIGINT" } as const;
const TIMESTAMPS = {
  [TimeUnit.SECOND]: "TIMESTAMP_S",
  [TimeUnit.MILLISECOND]: "TIMESTAMP_MS",
  [TimeUnit.MICROSECOND]: "TIMESTAMP",
  [TimeUnit.NANOSECOND]: "TIMESTAMP_NS",
} as const;

/** Returns what DuckDB makes of an Arrow column. @throws type_mismatch for a type that it can't hold. */
export function layoutOfArrow(type: DataType, column: string): Layout {
  if (Is.isNull(type)) return fixed("INTEGER");
  if (Is.isBool(type)) return BOOL;
  if (Is.isInt(type)) return fixed((type.isSigned ? SIGNED : UNSIGNED)[type.bitWidth]);
  if (Is.isFloat(type) && type.precision !== Precision.HALF) {
    return fixed(type.precision === Precision.SINGLE ? "FLOAT" : "DOUBLE");
  }
  if (Is.isDecimal(type) && type.bitWidth === 128) return decimal(type.precision, type.scale);
  if (Is.isUtf8(type) || Is.isLargeUtf8(type)) return TEXT;
  if (Is.isBinary(type) || Is.isLargeBinary(type) || Is.isFixedSizeBinary(type)) return BLOB;
  if (Is.isDate(type)) return fixed("DATE");
  if (Is.isTime(type)) return fixed("TIME");
  if (Is.isTimestamp(type)) return fixed(TIMESTAMPS[type.unit]);
  if (Is.isList(type)) return list(layoutOfArrow(type.valueType, column));
  if (Is.isFixedSizeList(type)) return array(layoutOfArrow(type.valueType, column), type.listSize);
  if (Is.isStruct(type)) {
    return struct(type.children.map(({ name, type: child }) => ({ name, layout: layoutOfArrow(child, column) })));
  }
  throw new EdgefeatError("type_mismatch", `DuckDB can't hold the column "${column}", a ${String(type)}`, {
    hint: "leave it out, or give it a type of the features' own",
  });
}

/** Returns what Arrow makes of a result's column. @throws type_mismatch for a type that has no plain form in Arrow. */
export function layoutOfDuck(duckdb: DuckDb, type: LogicalType, column: string): Layout {
  const name = duckdb.Type[duckdb.get_type_id(type)] ?? "UNKNOWN";
  if (name in FIXED) return fixed(name as keyof typeof FIXED);
  switch (name) {
    case "BOOLEAN":
      return BOOL;
    case "VARCHAR":
      return TEXT;
    case "BLOB":
      return BLOB;
    case "SQLNULL":
      return fixed("INTEGER");
    case "DECIMAL":
      return decimal(duckdb.decimal_width(type), duckdb.decimal_scale(type));
    case "LIST":
      return list(layoutOfDuck(duckdb, duckdb.list_type_child_type(type), column));
    case "ARRAY": {
      const child = layoutOfDuck(duckdb, duckdb.array_type_child_type(type), column);
      return array(child, duckdb.array_type_array_size(type));
    }
    case "STRUCT": {
      const members = Array.from({ length: duckdb.struct_type_child_count(type) }, (_, i) => ({
        name: duckdb.struct_type_child_name(type, i),
        layout: layoutOfDuck(duckdb, duckdb.struct_type_child_type(type, i), column),
      }));
      return struct(members);
    }
    default:
      throw new EdgefeatError("type_mismatch", `the column "${column}" of the result is a ${name}`, {
        hint: "cast it in the query, to VARCHAR for one",
      });
  }
}

/** Returns the name of the type in SQL. */
export function sqlOf(layout: Layout): string {
  switch (layout.kind) {
    case "decimal":
      return `DECIMAL(${layout.arrow.precision}, ${layout.arrow.scale})`;
    case "list":
      return `${sqlOf(layout.child)}[]`;
    case "array":
      return `${sqlOf(layout.child)}[${layout.size}]`;
    case "struct":
      return `STRUCT(${layout.children.map(({ name, layout: child }) => `${identifier(name)} ${sqlOf(child)}`).join(", ")})`;
    default:
      return layout.sql === "TIMESTAMP_TZ" ? "TIMESTAMP WITH TIME ZONE" : layout.sql;
  }
}

/** Returns DuckDB's own handle of the type. */
export function logicalOf(duckdb: DuckDb, layout: Layout): LogicalType {
  switch (layout.kind) {
    case "decimal":
      return duckdb.create_decimal_type(layout.arrow.precision, layout.arrow.scale);
    case "list":
      return duckdb.create_list_type(logicalOf(duckdb, layout.child));
    case "array":
      return duckdb.create_array_type(logicalOf(duckdb, layout.child), layout.size);
    case "struct":
      return duckdb.create_struct_type(
        layout.children.map((child) => logicalOf(duckdb, child.layout)),
        layout.children.map((child) => child.name),
      );
    default:
      return duckdb.create_logical_type(duckdb.Type[layout.sql]);
  }
}
