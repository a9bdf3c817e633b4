// CSV in: each column by its declared type, the others as text; null and "" told apart by their quotes.
import { CsvError, parse } from "csv-parse/sync";
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { columnBuilder } from "./build-column.ts";
import { valueOfCell } from "./csv-cells.ts";
import { TimeCells } from "./csv-times.ts";
import { checkNames, indexOfColumn, tableOf } from "./tables.ts";

/** A cell that its column's type can't read. */
export interface BadCell {
  /** The line its row starts on, counted from 1, the header being line 1 (if it has no line breaks). */
  line: number;
  column: string;
  text: string;
  error: EdgefeatError;
}

export interface CsvOptions {
  /** The columns to read, in that order; all by default. */
  columns?: readonly string[] | undefined;
  /** The declared types by column name; a column without one is read as text. Names that the file lacks are ignored. */
  types?: Readonly<Record<string, ValueType>> | undefined;
  /** Hears of each bad cell, which then reads as null. Without it the first bad cell is an error. */
  onBadCell?: ((cell: BadCell) => void) | undefined;
}

interface Cells {
  push(cell: string | null): void;
  finish(): Vector;
}

/**
 * Returns the table of a CSV file in UTF-8 with a header line. An unquoted empty cell is null, a quoted one the
 * text "".
 * @throws file_unreadable for text that is no CSV, ragged rows or another encoding; duplicate_column, missing_column;
 * type_mismatch, value_out_of_range or bad_time for a bad cell, with its line and column. `name` is the file's.
 */
export function readCsv(bytes: Uint8Array, options: CsvOptions, name: string): Table {
  checkText(bytes, name);
  let reader: RowReader | undefined;
  let start = 0;
  const lines = new LineCounter(bytes);
  const onRecord = (record: (string | null)[], info: { bytes: number }) => {
    if (reader === undefined)
      reader = new RowReader(
        record.map((cell) => cell ?? ""),
        options,
        name,
      );
    else reader.push(record, () => lines.at(start));
    start = info.bytes;
    return null;
  };
  try {
    parse(bytes, {
      bom: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      cast: (cell, { quoting }) => (cell === "" && !quoting ? null : cell),
      on_record: onRecord,
    });
  } catch (cause) {
    throw cause instanceof CsvError ? unreadable(name, cause.message, cause) : cause;
  }
  if (reader === undefined) throw unreadable(name, "it is empty: it has no header line");
  return reader.finish();
}

class RowReader {
  readonly #header: readonly string[];
  readonly #name: string;
  readonly #onBadCell: CsvOptions["onBadCell"];
  readonly #columns: { index: number; name: string; cells: Cells }[];

  constructor(header: readonly string[], { columns, types = {}, onBadCell }: CsvOptions, name: string) {
    this.#header = header;
    this.#name = name;
    this.#onBadCell = onBadCell;
    checkNames(header, name);
    this.#columns = [...new Set(columns ?? header)].map((column) => {
      const type: ValueType = Object.hasOwn(types, column) ? (types[column] as ValueType) : { kind: "string" };
      return {
        index: indexOfColumn(header, column, name),
        name: column,
        cells: type.kind === "timestamp" ? new TimeCells() : typedCells(type),
      };
    });
  }

  push(record: readonly (string | null)[], line: () => number): void {
    const width = this.#header.length;
    if (record.length !== width) {
      // A blank line is a row only where a row is one cell.
      if (record.length === 1 && record[0] === null) return;
      throw unreadable(this.#name, `line ${line()} has ${record.length} cells, and the header ${width}`);
    }
    for (const column of this.#columns) {
      const cell = record[column.index] as string | null;
      try {
        column.cells.push(cell);
      } catch (cause) {
        if (!(cause instanceof EdgefeatError)) throw cause;
        const error = located(cause, line(), column.name, this.#name);
        if (this.#onBadCell === undefined) throw error;
        this.#onBadCell({ line: line(), column: column.name, text: cell as string, error });
        column.cells.push(null);
      }
    }
  }

  finish(): Table {
    return tableOf(this.#columns.map(({ name, cells }) => [name, cells.finish()]));
  }
}

/** Counts line breaks as far as it is asked; the parser's own count takes a CRLF between quotes for two. */
class LineCounter {
  readonly #bytes: Uint8Array;
  #at = 0;
  #line = 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Returns the line of an offset that is no less than the last one asked for. */
  at(offset: number): number {
    for (; this.#at < offset; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte === 0x0a || (byte === 0x0d && this.#bytes[this.#at + 1] !== 0x0a)) this.#line++;
    }
    return this.#line;
  }
}

function typedCells(type: ValueType): Cells {
  const builder = columnBuilder(type);
  return {
    push: (cell) => builder.push(cell === null ? null : valueOfCell(type, cell)),
    finish: () => builder.finish(),
  };
}

function located(error: EdgefeatError, line: number, column: string, name: string): EdgefeatError {
  const message = error.message.replace(/^the cell: /, "");
  return new EdgefeatError(error.code, `${name}, line ${line}, column "${column}": ${message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { line, column },
    cause: error,
  });
}

/** The parser would read any bytes as text, broken characters replaced. */
function checkText(bytes: Uint8Array, name: string): void {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for (let from = 0; from < bytes.length; from += 1 << 20) {
      decoder.decode(bytes.subarray(from, from + (1 << 20)), { stream: true });
    }
    decoder.decode();
  } catch (cause) {
    throw unreadable(name, "it is not text in UTF-8", cause);
  }
  const header = bytes.subarray(0, bytes.indexOf(0x0a) >>> 0);
  if (header.includes(0)) throw unreadable(name, "its header holds NUL bytes, as no text does");
}

function unreadable(name: string, reason: string, cause?: unknown): EdgefeatError {
  return new EdgefeatError("file_unreadable", `${name} can't be read as CSV: ${reason}`, {
    hint: "write it as UTF-8, with a header line, commas between cells and double quotes around those that hold any",
    cause,
  });
}
