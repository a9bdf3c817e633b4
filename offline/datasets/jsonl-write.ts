// JSON lines out: an object a row, every column a member, in the JSON forms of SEMANTICS 6.
import type { Table, Vector } from "apache-arrow";
import { valueToJson } from "../../sdk/types/index.ts";
import { type CellFormat, cellWriter } from "./cells.ts";
import { namesOf } from "./tables.ts";

const ROWS_PER_CHUNK = 20_000;
const JSON_LINES: CellFormat = { name: "JSON lines", value: valueToJson, time: (text) => `"${text}"` };

/**
 * Yields the bytes of a file of JSON lines that reading with the same declared types brings back to the bit.
 * @throws type_mismatch for a column that has no text form, such as a struct; value_out_of_range for a time past the year 9999.
 */
export function* writeJsonLines(table: Table): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const members = namesOf(table.schema).map((name, i) => {
    const start = `${i === 0 ? "{" : ","}${JSON.stringify(name)}:`;
    return { start, write: cellWriter(name, table.getChildAt(i) as Vector, JSON_LINES) };
  });
  for (let from = 0; from < table.numRows; from += ROWS_PER_CHUNK) {
    let text = "";
    for (let row = from; row < Math.min(from + ROWS_PER_CHUNK, table.numRows); row++) {
      for (const { start, write } of members) text += start + (write(row) ?? "null");
      text += "}\n";
    }
    yield encoder.encode(text);
  }
}
