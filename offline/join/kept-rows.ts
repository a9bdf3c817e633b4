// Some rows of a source's table, with all that is told of them.
import { takeRows } from "../datasets/index.ts";
import type { SameId, SourceTable } from "./source-rows.ts";

/** Returns the rows that `keeps` is true for; the table itself where that is all of them. */
export function keptRows(given: SourceTable, keeps: (row: number) => boolean): SourceTable {
  const { table, unreadCells = [], partialRows = [], sameIds = [], origin } = given;
  const rows = new Int32Array(table.numRows);
  let kept = 0;
  for (let row = 0; row < table.numRows; row++) {
    if (keeps(row)) rows[kept++] = row;
  }
  if (kept === table.numRows) return given;
  const own = rows.subarray(0, kept);
  const told = unreadCells.length + partialRows.length + sameIds.length > 0;
  const places = new Map(told ? Array.from(own, (row, i) => [row, i]) : []);
  const moved = <T extends { readonly row: number }>(of: readonly T[]): T[] =>
    of.flatMap((one) => {
      const row = places.get(one.row);
      return row === undefined ? [] : [{ ...one, row }];
    });
  const movedRows = (of: readonly number[]) => of.map((row) => places.get(row)).filter((row) => row !== undefined);
  const movedId = ({ file, log, standings }: SameId): SameId => ({
    file: movedRows(file),
    log: movedRows(log),
    ...(standings === undefined ? {} : { standings: standings.filter((_, i) => places.has(log[i] as number)) }),
  });
  return {
    ...given,
    table: takeRows(table, own),
    origin:
      origin === undefined ? { table, rows: own } : { ...origin, rows: own.map((row) => origin.rows[row] as number) },
    ...(told
      ? {
          unreadCells: moved(unreadCells),
          partialRows: moved(partialRows),
          sameIds: sameIds.map(movedId),
        }
      : {}),
  };
}
