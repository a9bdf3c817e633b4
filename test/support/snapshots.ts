// Snapshots straight from definitions, and columns as plain values, for tests.
import type { Table } from "apache-arrow";
import { columnOf, columnReader } from "../../offline/datasets/index.ts";
import {
  collectDefinitions,
  type Compiled,
  compileDefinitions,
  type Snapshot,
  snapshotOf,
} from "../../sdk/registry/index.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";

/** Returns the snapshot of these definitions with every view active; `columns` are the files' column types by source. */
export function snapshotFrom(
  definitions: Record<string, unknown>,
  columns: Record<string, Record<string, ValueType>> = {},
): { snapshot: Snapshot; compiled: Compiled } {
  const compiled = compileDefinitions(collectDefinitions(definitions), { columnsOf: (source) => columns[source.name] });
  return { snapshot: snapshotOf("test", "dev", compiled), compiled };
}

/** Returns a column's values in row order. */
export function columnValues(table: Table, name: string, type: ValueType): (Value | null)[] {
  const read = columnReader(columnOf(table, name), type, { column: name });
  return Array.from({ length: table.numRows }, (_, row) => read(row));
}
