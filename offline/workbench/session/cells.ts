// A table's cells as text, a page at a time, and what its columns are called and hold.
import { DataType, type Table, type Vector } from "apache-arrow";
import { formatTime } from "../../../sdk/time.ts";
import {
  bytesToBase64,
  isNumeric,
  typeName,
  type Value,
  type ValueType,
  valueToJson,
} from "../../../sdk/types/index.ts";
import { columnReader, valueTypeOfArrow } from "../../datasets/index.ts";
import type { Cell, Page } from "./protocol.ts";

/** Longer texts are cut: a page is to be looked at. */
const MAX_CHARS = 240;

/** Returns the type that a column is called by. */
export function columnType(vector: Vector): string {
  const type = valueTypeOfArrow(vector.type);
  return type === null ? String(vector.type) : typeName(type);
}

/** Returns where a column's cells align: numbers and times at the end, so that their digits stand in columns. */
export function alignOf({ type }: Vector): "start" | "end" {
  const value = valueTypeOfArrow(type);
  return value !== null && (isNumeric(value) || value.kind === "decimal" || value.kind === "timestamp")
    ? "end"
    : "start";
}

/** Returns `count` rows from row `from` on, or as many as there are. */
export function pageOf(table: Table, columns: readonly string[], from: number, count: number): Page {
  const readers = columns.map((name) => cellReader(table.getChild(name) as Vector, name));
  const end = Math.min(from + count, table.numRows);
  const rows = Array.from({ length: Math.max(0, end - from) }, (_, i) => readers.map((read) => read(from + i)));
  return { from, rows };
}

function cellReader(vector: Vector, column: string): (row: number) => Cell {
  const type = valueTypeOfArrow(vector.type);
  if (type === null || DataType.isNull(vector.type)) {
    return (row) => {
      const value: unknown = vector.get(row);
      return value === null || value === undefined ? null : cut(String(value));
    };
  }
  const read = columnReader(vector, type, { column });
  return (row) => {
    const value = read(row);
    return value === null ? null : cut(textOf(type, value));
  };
}

function textOf(type: ValueType, value: Value): string {
  if (type.kind === "string" || type.kind === "decimal") return String(value);
  if (type.kind === "timestamp") return formatTime(value as bigint).replace("T", " ");
  if (type.kind === "bytes") return bytesToBase64(value as Uint8Array);
  if (type.kind === "float32") return float32Text(value as number);
  const text = valueToJson(type, value);
  return type.kind === "float64" ? text.replaceAll('"', "") : text;
}

/** The fewest digits that give the same float32 back; 9 always do. */
function float32Text(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

function cut(text: string): string {
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}…`;
}
