// CSV in: each column by its declared type, the others as text; null and "" told apart by their quotes.
import { CsvError, parse } from "#csv-parse";
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { columnBuilder } from "./build-column.ts";
import { valueOfCell } from "./csv-cells.ts";
import { TimeCells } from "./csv-times.ts";
import { EMPTY, sniff } from "./sniff.ts";
import { checkNames, indexesOf, tableOf } from "./tables.ts";
import { BadCells, type TextOptions } from "./text-options.ts";

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
export function readCsv(bytes: Uint8Array, options: TextOptions, name: string): Table {
  if (bytes.length === 0) throw unreadable(name, `it is ${EMPTY.what}`, EMPTY.mend);
  checkText(bytes, name);
  let reader: RowReader | undefined;
  let start = 0;
  const text = withoutMark(bytes);
  const lines = new LineCounter(text);
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
    parse(text, {
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      cast: (cell, { quoting }) => (cell === "" && !quoting ? null : cell),
      on_record: onRecord,
    });
  } catch (cause) {
    throw cause instanceof CsvError ? unreadable(name, cause.message, HOW, cause) : cause;
  }
  if (reader === undefined) throw unreadable(name, "it has no header line");
  return reader.finish();
}

/** Without the byte order mark: the parser's own way of leaving it out wants Node's buffers. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

class RowReader {
  readonly #header: readonly string[];
  readonly #name: string;
  readonly #bad: BadCells;
  #rows = 0;
  readonly #columns: { index: number; name: string; cells: Cells }[];

  constructor(header: readonly string[], { columns, types = {}, onBadCell }: TextOptions, name: string) {
    this.#header = header;
    this.#name = name;
    this.#bad = new BadCells(onBadCell, name);
    if (header.length === 1 && header[0] === "")
      throw unreadable(name, "its first line is empty, where its header must be");
    checkNames(header, name);
    const indexes = indexesOf(header, name);
    this.#columns = [...new Set(columns ?? header)].map((column) => {
      const type: ValueType = Object.hasOwn(types, column) ? (types[column] as ValueType) : { kind: "string" };
      return {
        index: indexes(column),
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
        this.#bad.take(cause, { row: this.#rows, line: line(), column: column.name, text: cell as string });
        column.cells.push(null);
      }
    }
    this.#rows++;
  }

  finish(): Table {
    this.#bad.finish();
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

/** The parser would read any bytes as text, broken characters replaced. */
function checkText(bytes: Uint8Array, name: string): void {
  const found = sniff(bytes);
  // A header may look like JSON; other bytes than text's are told for what they are.
  const other = found === null || /^(text, perhaps CSV|JSON)$/.test(found.what) ? null : found;
  if (other !== null) throw unreadable(name, `it is ${other.what}`, other.mend);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for (let from = 0; from < bytes.length; from += 1 << 20) {
      decoder.decode(bytes.subarray(from, from + (1 << 20)), { stream: true });
    }
    decoder.decode();
  } catch (cause) {
    throw unreadable(name, "it is not text in UTF-8", HOW, cause);
  }
  const header = bytes.subarray(0, bytes.indexOf(0x0a) >>> 0);
  if (header.includes(0)) throw unreadable(name, "its header holds NUL bytes, as no text does");
}

const HOW = "write it as UTF-8, with a header line, commas between cells and double quotes around those that hold any";

function unreadable(name: string, reason: string, hint = HOW, cause?: unknown): EdgefeatError {
  return new EdgefeatError("file_unreadable", `${name} can't be read as CSV: ${reason}`, { hint, cause });
}
