// How large a row may be: told before any row of its request is written, with its place.
import { EdgefeatError } from "../../sdk/errors.ts";
import { packStoredRows, type StoredRow } from "../../sdk/rows/index.ts";
import { locatedAt } from "../../sdk/shape.ts";
import { sizeOf, type ValueType } from "../../sdk/types/index.ts";
import { excessBytes, MAX_ROW_BYTES } from "../store/batches.ts";
import { pathText } from "./row-shape.ts";

/** From here on it is looked how large a row is: no value grows more than sixfold by being packed. */
export const LARGE_SIZE = 300_000;

/** Returns the value_out_of_range of what makes a packed row too large for any store, in words up to its size; null for what does not. */
export function sizeFault(key: string, packed: string, what: string): EdgefeatError | null {
  const bytes = excessBytes(key, packed);
  if (bytes === null) return null;
  return new EdgefeatError("value_out_of_range", `${what} ${bytes} bytes: a row holds at most ${MAX_ROW_BYTES}`, {
    hint: "use fewer or shorter features in a view",
  });
}

/** @throws value_out_of_range with its place for what makes a packed row that no store holds */
export function refuseLarge(key: string, packed: string, path: readonly PropertyKey[]): void {
  const fault = sizeFault(key, packed, `${pathText(path)}: it makes a row of`);
  if (fault !== null) throw locatedAt(fault, path);
}

/** As refuseLarge, of a row that is packed only to know. */
export function refuseLargeRow(types: readonly ValueType[], key: string, row: StoredRow, path: readonly PropertyKey[]) {
  const size = row.values.reduce((sum: number, value) => sum + sizeOf(value), 0);
  if (size >= LARGE_SIZE) refuseLarge(key, packStoredRows(types, [row]), path);
}
