// DuckDB's types by the names that DESCRIBE gives them: which value type holds them, and what every engine hands out alike.
import type { ValueType } from "../../sdk/types/index.ts";

export interface SqlType {
  readonly type: ValueType;
  /** What to cast the column to, so that any engine gives the same Arrow column. */
  readonly cast: string;
}

const TIMES: SqlType = { type: { kind: "timestamp" }, cast: "TIMESTAMP" };
const SMALL: SqlType = { type: { kind: "int32" }, cast: "INTEGER" };
const LARGE: SqlType = { type: { kind: "int64" }, cast: "BIGINT" };
const TEXT: SqlType = { type: { kind: "string" }, cast: "VARCHAR" };

const SCALARS: Readonly<Record<string, SqlType>> = {
  BOOLEAN: { type: { kind: "bool" }, cast: "BOOLEAN" },
  TINYINT: SMALL,
  UTINYINT: SMALL,
  SMALLINT: SMALL,
  USMALLINT: SMALL,
  INTEGER: SMALL,
  UINTEGER: LARGE,
  BIGINT: LARGE,
  // A value beyond int64 is the cast's error.
  UBIGINT: LARGE,
  FLOAT: { type: { kind: "float32" }, cast: "FLOAT" },
  DOUBLE: { type: { kind: "float64" }, cast: "DOUBLE" },
  VARCHAR: TEXT,
  BLOB: { type: { kind: "bytes" }, cast: "BLOB" },
  DATE: TIMES,
  TIMESTAMP: TIMES,
  TIMESTAMP_S: TIMES,
  TIMESTAMP_MS: TIMES,
  // Read by who knows which way to round (SEMANTICS 1.2).
  TIMESTAMP_NS: { ...TIMES, cast: "TIMESTAMP_NS" },
  "TIMESTAMP WITH TIME ZONE": TIMES,
};

/** Returns what a column of DuckDB's type `name` is read as; null for a type that no feature can have. */
export function sqlType(name: string): SqlType | null {
  const array = /^(.+)\[(\d*)\]$/.exec(name);
  if (array !== null) return arrayType(array[1] as string, array[2] as string);
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(name);
  if (decimal !== null) {
    return { type: { kind: "decimal", precision: Number(decimal[1]), scale: Number(decimal[2]) }, cast: name };
  }
  if (name.startsWith("ENUM(")) return TEXT;
  return Object.hasOwn(SCALARS, name) ? (SCALARS[name] as SqlType) : null;
}

function arrayType(element: string, size: string): SqlType | null {
  if (element === "FLOAT" && size !== "") {
    return { type: { kind: "vector", dimension: Number(size) }, cast: `FLOAT[${size}]` };
  }
  const of = sqlType(element);
  return of === null ? null : { type: { kind: "list", of: of.type }, cast: `${of.cast}[]` };
}
