// A conformance case's rows as Arrow tables, in the very types that its columns name, and columns back as values.
import {
  makeData,
  type Table,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  Vector,
} from "apache-arrow";
import { columnOf, columnReader, tableOf, vectorFromValues } from "../../../offline/datasets/index.ts";
import type { ValueType } from "../../../sdk/types/index.ts";
import { bitsOf } from "../../support/values.ts";
import { type Cell, FILE_TIMES, isFileTime, nanosecondsOf, valueOf, valueTypeOf, type VectorTable } from "./format.ts";

/** Returns rows as a table. */
export function arrowTableOf({ columns, rows }: VectorTable): Table {
  return tableOf(
    Object.entries(columns).map(([name, type], i) => [
      name,
      vectorOf(
        type,
        rows.map((row) => row[i] as Cell),
      ),
    ]),
  );
}

function vectorOf(type: string, cells: readonly Cell[]): Vector {
  if (isFileTime(type)) return timesOf(type, cells as readonly (string | null)[]);
  const valueType = valueTypeOf(type);
  return vectorFromValues(
    valueType,
    cells.map((cell) => valueOf(valueType, cell)),
  );
}

const ARROW_TIMES = {
  timestamp_ns: () => new TimestampNanosecond("UTC"),
  timestamp_naive: () => new TimestampMicrosecond(),
  timestamp_ms: () => new TimestampMillisecond("UTC"),
} as const;

function timesOf(type: keyof typeof FILE_TIMES, cells: readonly (string | null)[]): Vector {
  const data = BigInt64Array.from(cells, (cell) => (cell === null ? 0n : nanosecondsOf(cell) / FILE_TIMES[type]));
  const nullBitmap = new Uint8Array((cells.length + 7) >> 3);
  for (const [i, cell] of cells.entries())
    if (cell !== null) nullBitmap[i >> 3] = (nullBitmap[i >> 3] as number) | (1 << (i & 7));
  return new Vector([makeData({ type: ARROW_TIMES[type](), length: cells.length, data, nullBitmap } as never)]);
}

/** Returns a table's cells by row, each as a text that is equal for values that are the same to the bit. */
export function bitsOfTable(table: Table, columns: Readonly<Record<string, string>>): string[][] {
  const readers = Object.entries(columns).map(([name, type]) =>
    columnReader(columnOf(table, name), valueTypeOf(type), { column: name }),
  );
  return Array.from({ length: table.numRows }, (_, row) => readers.map((read) => bitsOf(read(row))));
}

/** Returns what bitsOfTable gives for a table that holds what is expected. */
export function bitsOfCells({ columns, rows }: VectorTable): string[][] {
  const types = Object.values(columns).map(valueTypeOf);
  return rows.map((row) => row.map((cell, i) => bitsOf(valueOf(types[i] as ValueType, cell))));
}
