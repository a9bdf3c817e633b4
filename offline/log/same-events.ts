// Which events of the log a source's file has too, by their ids.
import type { Table } from "apache-arrow";
import type { SourceSpec } from "../../sdk/registry/index.ts";
import { compareValues, type Value, type ValueType } from "../../sdk/types/index.ts";
import { columnOf, columnReader, valueTypeOfArrow } from "../datasets/index.ts";
import type { SourceTable } from "../join/source-rows.ts";
import type { LogColumns } from "./log-columns.ts";
import { PUSHES } from "./pushes.ts";

/** An event of the log that the source has too. */
export interface SameEvent {
  readonly logRow: number;
  readonly row: number;
}

/**
 * Returns the log's rows that the source has too, with its rows: the same id, event time and values, as far as the event was
 * told them. A created time that it was not told makes no difference; any other does, and the views tell of it. And the rows
 * of each id that several have, the log's among them. Without ids none is known.
 */
export function sameEvents(
  source: SourceSpec,
  { table: batch, unreadCells = [] }: SourceTable,
  log: ReturnType<LogColumns["finish"]>,
): { same: SameEvent[]; sameIds: { file: number[]; log: number[] }[] } {
  const readers = log.table.schema.fields
    .filter(({ name }) => name !== PUSHES)
    .map(({ name, type: arrow }) => {
      const type = valueTypeOfArrow(arrow) as ValueType;
      // Times as the join has them (SEMANTICS 1.2).
      const of = (table: Table) => columnReader(columnOf(table, name), type, { column: name, round: "up" });
      return { name, type, inBatch: of(batch), inLog: of(log.table) };
    });
  const ids = readers.find(({ name }) => name === source.eventId);
  if (ids === undefined) return { same: [], sameIds: [] };
  const absent = new Map(log.partialRows.map(({ row, columns }) => [row, columns]));
  const byId = new Map<Value, { file: number[]; log: number[] }>();
  for (let row = 0; row < log.table.numRows; row++) {
    const id = ids.inLog(row);
    if (id === null) continue;
    const known = byId.get(id);
    if (known === undefined) byId.set(id, { file: [], log: [row] });
    else known.log.push(row);
  }
  // A cell that can't be read is no null.
  const unread = new Set(unreadCells.map(({ row }) => row));
  const same: SameEvent[] = [];
  for (let row = 0; row < batch.numRows; row++) {
    const id = ids.inBatch(row);
    const known = id === null ? undefined : byId.get(id);
    known?.file.push(row);
    for (const logRow of (unread.has(row) ? undefined : known?.log) ?? []) {
      const isSame = readers.every(({ name, type, inBatch, inLog }) => {
        if (absent.get(logRow)?.includes(name) === true) return true;
        const value = inLog(logRow);
        if (name === source.createdTime && value === null) return true;
        return sameValue(type, inBatch(row), value);
      });
      if (isSame) same.push({ logRow, row });
    }
  }
  return { same, sameIds: [...byId.values()].filter(({ file, log: own }) => file.length + own.length > 1) };
}

function sameValue(type: ValueType, a: Value | null, b: Value | null): boolean {
  return a === null || b === null ? a === b : compareValues(type, a, b) === 0;
}
