// How large a row may be: told before any row of its request is written, with its place.
import { packStoredRows, type StoredRow } from "../../sdk/rows/index.ts";
import { locatedAt } from "../../sdk/shape.ts";
import { sizeOf, type ValueType } from "../../sdk/types/index.ts";
import { sizeFault } from "../store/batches.ts";

/** From here on a row is packed to know its size; no value grows twentyfold by being packed. */
const LARGE_SIZE = 100_000;

/** @throws value_out_of_range with its place for the text of a row that no store holds */
export function refuseLarge(key: string, text: string, path: readonly PropertyKey[]): void {
  const fault = sizeFault(key, text);
  if (fault !== null) throw locatedAt(fault, path);
}

/** As refuseLarge, of a row that is packed only to know. */
export function refuseLargeRow(types: readonly ValueType[], key: string, row: StoredRow, path: readonly PropertyKey[]) {
  const size = row.values.reduce((sum: number, value) => sum + sizeOf(value), 0);
  if (size >= LARGE_SIZE) refuseLarge(key, packStoredRows(types, [row]), path);
}
