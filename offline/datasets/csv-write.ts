// CSV out: text that reading with the same declared types brings back to the bit.
import { stringify } from "#csv-stringify";
import type { Table, Vector } from "apache-arrow";
import { type CellFormat, cellWriter } from "./cells.ts";
import { cellOfValue } from "./csv-cells.ts";
import { namesOf } from "./tables.ts";

const ROWS_PER_CHUNK = 20_000;
const QUOTES_ONLY_WHERE_EMPTY = { quoted_match: /^$/ };
const CSV: CellFormat = { name: "CSV", value: cellOfValue, time: (text) => text };

/**
 * Yields the bytes of a CSV file with a header line: null is an empty cell, "" a quoted one; integers are exact, floats
 * in their shortest round-trip form, times RFC 3339 with Z, dates YYYY-MM-DD, bytes base64, lists and vectors JSON.
 * @throws type_mismatch for a column that has no text form, such as a struct; value_out_of_range for a time past the year 9999.
 */
export function* writeCsv(table: Table): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const names = namesOf(table.schema);
  const writers = names.map((name, i) => cellWriter(name, table.getChildAt(i) as Vector, CSV));
  yield encoder.encode(stringify([names], QUOTES_ONLY_WHERE_EMPTY));
  for (let from = 0; from < table.numRows; from += ROWS_PER_CHUNK) {
    const rows: (string | null)[][] = [];
    for (let row = from; row < Math.min(from + ROWS_PER_CHUNK, table.numRows); row++) {
      rows.push(writers.map((write) => write(row)));
    }
    yield encoder.encode(stringify(rows, QUOTES_ONLY_WHERE_EMPTY));
  }
}
