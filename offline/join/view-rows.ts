// From a source's table to the rows of one view: its own query, and bad rows set aside, before they are checked.
import type { Table } from "apache-arrow";
import type { AggregatedViewSpec, StoredViewSpec } from "../../sdk/registry/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import { keptRows } from "./kept-rows.ts";
import { conflictingRows } from "./logged-conflicts.ts";
import { Reasons, type SetAside, type UnreadCell } from "./bad-rows.ts";
import { selectRows } from "./select-rows.ts";
import { checkSourceRows, neededColumns, sourceColumns, type SourceRows, type SourceTable } from "./source-rows.ts";
import { addBadTimes } from "./times.ts";

type Spec = StoredViewSpec | AggregatedViewSpec;

export interface ViewRowsOptions extends QueryOptions {
  /** Where bad rows go; null: they are an error. */
  readonly aside: SetAside | null;
  /** What the view is called where its query's rows are set aside. Default: its name. */
  readonly label?: string;
}

/**
 * Returns the rows of a view from its source's table, for the join and for materialization alike.
 * @throws as selectRows; missing_column, type_mismatch; null_time, bad_time, value_out_of_range where bad rows are errors
 */
export async function viewRows(
  engine: Engine,
  view: string,
  spec: Spec,
  given: SourceTable,
  { aside, label = view, ...query }: ViewRowsOptions,
): Promise<SourceRows> {
  const { name } = spec.source;
  const { select } = spec;
  const whole = wholeRows(spec, given);
  const conflicts = conflictingRows(view, spec, whole);
  const own = conflicts.size === 0 ? whole : keptRows(whole, (row) => !conflicts.has(row));
  const { table, unreadCells = [], origin } = own;
  if (select === undefined) {
    return checkSourceRows(spec, aside === null ? table : usableRows(spec, name, own, aside), conflicts.size);
  }
  const bad = unread(sourceColumns([spec]), unreadCells);
  const usable = aside === null ? table : aside.take(name, table, bad, origin);
  const rows = await selectRows(engine, { view, source: name, select }, neededColumns(spec), usable, query);
  const made = aside === null ? rows : usableRows(spec, `view "${label}"`, { table: rows }, aside);
  return checkSourceRows(spec, made, conflicts.size);
}

/** Returns the rows without those that were not told a column which the view reads. */
function wholeRows(spec: Spec, given: SourceTable): SourceTable {
  const { partialRows = [] } = given;
  const needed = sourceColumns([spec]);
  const partial = new Set(
    partialRows
      .filter(({ columns }) => needed === undefined || columns.some((column) => needed.includes(column)))
      .map(({ row }) => row),
  );
  return partial.size === 0 ? given : keptRows(given, (row) => !partial.has(row));
}

/** Returns the rows with times that can be used and without unread cells in the columns that the view needs. */
function usableRows(spec: Spec, of: string, { table, unreadCells = [], origin }: SourceTable, aside: SetAside): Table {
  const reasons = unread(neededColumns(spec), unreadCells);
  const { eventTime, createdTime } = spec.source;
  if (eventTime !== null) addBadTimes(reasons, table.getChild(eventTime), { column: eventTime, of, round: "up" });
  if (createdTime !== null) {
    addBadTimes(reasons, table.getChild(createdTime), { column: createdTime, of, round: "up", nulls: "keep" });
  }
  return aside.take(of, table, reasons, origin);
}

function unread(columns: readonly string[] | undefined, cells: readonly UnreadCell[]): Reasons {
  const reasons = new Reasons();
  for (const { row, column, reason } of cells)
    if (columns === undefined || columns.includes(column)) reasons.add(row, reason);
  return reasons;
}
