// Columns as text, cell by cell, where a text format must say more than their value type holds: nanoseconds, uint64, dates.
import { DataType, DateUnit, Int64, TimeUnit, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime } from "../../sdk/time.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";
import { valueTypeOfArrow } from "./arrow-types.ts";
import { timeOfNanoseconds } from "./csv-times.ts";
import { columnReader } from "./read-column.ts";

/** Returns the text of a row's cell, null for a null. */
export type CellWriter = (row: number) => string | null;

/** How a text format writes. */
export interface CellFormat {
  /** "CSV", for errors. */
  name: string;
  value(type: ValueType, value: Value): string;
  /** A time's text, RFC 3339 or YYYY-MM-DD. */
  time(text: string): string;
}

/**
 * Returns the writer of a column's cells: times RFC 3339 with Z and the digits they have, dates YYYY-MM-DD.
 * @throws type_mismatch for a column that has no text form, such as a struct; the writer value_out_of_range for a time past the year 9999.
 */
export function cellWriter(name: string, column: Vector, format: CellFormat): CellWriter {
  const arrow: DataType = column.type;
  if (DataType.isNull(arrow)) return () => null;
  if (DataType.isTimestamp(arrow) && arrow.unit === TimeUnit.NANOSECOND) return nanosecondCells(name, column, format);
  if (DataType.isInt(arrow) && arrow.bitWidth === 64 && !arrow.isSigned) return uint64Cells(column);
  const type = valueTypeOfArrow(arrow);
  if (type === null) {
    throw new EdgefeatError(
      "type_mismatch",
      `column "${name}" is ${String(arrow)}, which has no form in ${format.name}`,
      {
        hint: "write a .parquet or .arrow file, or leave the column out",
      },
    );
  }
  const read = columnReader(column, type, { column: name });
  if (type.kind !== "timestamp") {
    return (row) => {
      const value = read(row);
      return value === null ? null : format.value(type, value);
    };
  }
  const length = DataType.isDate(arrow) && arrow.unit === DateUnit.DAY ? 10 : undefined;
  return (row) => {
    const value = read(row);
    if (value === null) return null;
    const text = timeText(value as bigint, name, row, format);
    return format.time(text.slice(0, length));
  };
}

function nanosecondCells(name: string, column: Vector, format: CellFormat): CellWriter {
  const integers = new Vector(column.data.map((data) => data.clone(new Int64())));
  const read = columnReader(integers, { kind: "int64" }, { column: name });
  return (row) => {
    const ns = read(row);
    return ns === null ? null : format.time(timeOfNanoseconds(ns as bigint));
  };
}

function uint64Cells(column: Vector): CellWriter {
  return (row) => {
    const value = column.get(row) as bigint | null;
    return value === null ? null : String(value);
  };
}

function timeText(us: bigint, name: string, row: number, format: CellFormat): string {
  const text = formatTime(us);
  if (/^\d{4}-/.test(text)) return text;
  throw new EdgefeatError(
    "value_out_of_range",
    `column "${name}", row ${row + 1}: ${text} has no form in ${format.name}`,
    {
      hint: "RFC 3339 ends with the year 9999; write a .parquet or .arrow file",
    },
  );
}
