// CSV out: text that reading with the same declared types brings back to the bit.
import { stringify } from "csv-stringify/sync";
import { DataType, DateUnit, Int64, type Table, TimeUnit, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { valueTypeOfArrow } from "./arrow-types.ts";
import { cellOfValue } from "./csv-cells.ts";
import { timeOfNanoseconds } from "./csv-times.ts";
import { columnReader } from "./read-column.ts";
import { namesOf } from "./tables.ts";

const ROWS_PER_CHUNK = 20_000;
const QUOTES_ONLY_WHERE_EMPTY = { quoted_match: /^$/ };

type CellWriter = (row: number) => string | null;

/**
 * Yields the bytes of a CSV file with a header line: null is an empty cell, "" a quoted one; integers are exact, floats
 * in their shortest round-trip form, times RFC 3339 with Z, dates YYYY-MM-DD, bytes base64, lists and vectors JSON.
 * @throws type_mismatch for a column that has no text form, such as a struct; value_out_of_range for a time past the year 9999.
 */
export function* writeCsv(table: Table): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const names = namesOf(table.schema);
  const writers = names.map((name, i) => cellWriter(name, table.getChildAt(i) as Vector));
  yield encoder.encode(stringify([names], QUOTES_ONLY_WHERE_EMPTY));
  for (let from = 0; from < table.numRows; from += ROWS_PER_CHUNK) {
    const rows: (string | null)[][] = [];
    for (let row = from; row < Math.min(from + ROWS_PER_CHUNK, table.numRows); row++) {
      rows.push(writers.map((write) => write(row)));
    }
    yield encoder.encode(stringify(rows, QUOTES_ONLY_WHERE_EMPTY));
  }
}

function cellWriter(name: string, column: Vector): CellWriter {
  const arrow: DataType = column.type;
  if (DataType.isNull(arrow)) return () => null;
  if (DataType.isTimestamp(arrow) && arrow.unit === TimeUnit.NANOSECOND) return nanosecondCells(name, column);
  if (DataType.isInt(arrow) && arrow.bitWidth === 64 && !arrow.isSigned) return uint64Cells(column);
  const type = valueTypeOfArrow(arrow);
  if (type === null) {
    throw new EdgefeatError("type_mismatch", `column "${name}" is ${String(arrow)}, which has no form in CSV`, {
      hint: "write a .parquet or .arrow file, or leave the column out",
    });
  }
  const read = columnReader(column, type, { column: name });
  const isDate = DataType.isDate(arrow) && arrow.unit === DateUnit.DAY;
  return (row) => {
    const value = read(row);
    if (value === null) return null;
    const cell = cellOfValue(type, value);
    if (type.kind !== "timestamp") return cell;
    checkYear(cell, name, row);
    return isDate ? cell.slice(0, 10) : cell;
  };
}

function nanosecondCells(name: string, column: Vector): CellWriter {
  const integers = new Vector(column.data.map((data) => data.clone(new Int64())));
  const read = columnReader(integers, { kind: "int64" }, { column: name });
  return (row) => {
    const ns = read(row);
    return ns === null ? null : timeOfNanoseconds(ns as bigint);
  };
}

function uint64Cells(column: Vector): CellWriter {
  return (row) => {
    const value = column.get(row) as bigint | null;
    return value === null ? null : String(value);
  };
}

function checkYear(cell: string, name: string, row: number): void {
  if (/^\d{4}-/.test(cell)) return;
  throw new EdgefeatError("value_out_of_range", `column "${name}", row ${row + 1}: ${cell} has no form in CSV`, {
    hint: "RFC 3339 ends with the year 9999; write a .parquet or .arrow file",
  });
}
