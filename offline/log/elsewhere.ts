// Events outside a range that have the id of one in it: which of an id stands, all of them say, whatever is asked (SEMANTICS 4.6).
import type { Table } from "apache-arrow";
import type { SourceSpec } from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import {
  columnOf,
  columnReader,
  concatTables,
  type Datasets,
  takeRows,
  type TimeRange,
  valueTypeOfArrow,
} from "../datasets/index.ts";
import { keptRows } from "../join/kept-rows.ts";
import { type ReadSource, type ReadStats, type SourceTable, sourceTable } from "../join/source-rows.ts";
import { scanTimes } from "../join/times.ts";
import type { LogEvent } from "./events.ts";
import { EVENT_ID, tableOfEvents } from "./hour-file.ts";
import { readLog, type SourceLog } from "./read-log.ts";

/** Returns the ranges before and after one; none where it is open on both sides. */
export function rangesBeside({ afterUs, untilUs }: TimeRange): TimeRange[] {
  return [
    ...(afterUs === null ? [] : [{ afterUs: null, untilUs: afterUs }]),
    ...(untilUs === null ? [] : [{ afterUs: untilUs, untilUs: null }]),
  ];
}

/** What is looked for beside a range. */
export interface Elsewhere {
  readonly range: TimeRange;
  readonly ids: ReadonlySet<string>;
}

/** Returns the events of a log in a range that have one of the ids. @throws file_unreadable */
export async function loggedElsewhere(
  log: SourceLog,
  { range, ids }: Elsewhere,
  writtenUntilUs: Us | undefined,
): Promise<LogEvent[]> {
  let events: LogEvent[] = [];
  await readLog(
    { ...log, datasets: leanDatasets(log.datasets, ids) },
    { range, writtenUntilUs },
    {
      restart: () => (events = []),
      add: (event) => {
        if (event.id !== null && ids.has(event.id)) events.push(event);
      },
    },
  );
  return events;
}

/** Reads of an hour's file the ids, and the events only where it has one that is looked for. */
function leanDatasets(datasets: Datasets, ids: ReadonlySet<string>): Datasets {
  return {
    ...datasets,
    async readTable(from, format, options) {
      const idsAlone = await datasets.readTable(from, format, { ...options, columns: [EVENT_ID] });
      const idOf = columnReader(columnOf(idsAlone, EVENT_ID), { kind: "string" }, { column: EVENT_ID });
      const rows = Array.from({ length: idsAlone.numRows }, (_, row) => row);
      const wanted = rows.filter((row) => ids.has(idOf(row) as string));
      if (wanted.length === 0) return tableOfEvents([]);
      return takeRows(await datasets.readTable(from, format, options), Int32Array.from(wanted));
    },
  };
}

/**
 * Returns a source's rows, and after them those in another range that have one of the ids. Of the files that were skipped the
 * ids and times are read; more only where they have such a row. @throws as readSource
 */
export async function withRowsElsewhere(
  readSource: ReadSource,
  source: SourceSpec,
  columns: readonly string[] | undefined,
  given: SourceTable,
  elsewhere: Elsewhere,
): Promise<SourceTable> {
  const told = [source.eventId as string, source.eventTime as string];
  const nameOf = ({ id, us }: Event) => `${us} ${id}`;
  // A file may lie on both sides of the range's end.
  const known = new Set(eventsIn(given.table, source, elsewhere).map(nameOf));
  const others = (table: Table) => eventsIn(table, source, elsewhere).filter((event) => !known.has(nameOf(event)));
  const looked = sourceTable(await readSource(source, told, elsewhere.range));
  const times = others(looked.table).map(({ us }) => us);
  if (times.length === 0) return { ...given, ...readMore(given, [looked]) };
  const first = times.reduce((a, b) => (a < b ? a : b));
  const last = times.reduce((a, b) => (a > b ? a : b));
  const read = sourceTable(await readSource(source, columns, { afterUs: first - 1n, untilUs: last }));
  const wanted = new Set(others(read.table).map(({ row }) => row));
  const { table, unreadCells = [] } = keptRows(read, (row) => wanted.has(row));
  const before = given.table.numRows;
  const name = `source "${source.name}"`;
  return {
    ...given,
    ...readMore(given, [looked, read]),
    table: concatTables([
      { name, table: given.table },
      { name, table },
    ]),
    unreadCells: [
      ...(given.unreadCells ?? []),
      ...unreadCells.map(({ row, ...cell }) => ({ ...cell, row: before + row })),
    ],
  };
}

interface Event {
  readonly row: number;
  readonly id: string;
  readonly us: bigint;
}

function eventsIn(table: Table, { name, eventId, eventTime }: SourceSpec, { range, ids }: Elsewhere): Event[] {
  const { afterUs, untilUs } = range;
  const [idName, timeName] = [eventId as string, eventTime as string];
  const column = columnOf(table, idName);
  const idOf = columnReader(column, valueTypeOfArrow(column.type) as ValueType, { column: idName });
  const of = `source "${name}"`;
  const { us, isNull } = scanTimes(columnOf(table, timeName), { column: timeName, of, round: "up" }).times;
  const events: Event[] = [];
  for (const [row, time] of us.entries()) {
    if (isNull?.[row] === 1 || (afterUs !== null && time <= afterUs) || (untilUs !== null && time > untilUs)) continue;
    const id = String(idOf(row));
    if (ids.has(id)) events.push({ row, id, us: time });
  }
  return events;
}

/** Returns what reading the source took, now that its other files were looked into. */
function readMore({ read }: SourceTable, more: readonly SourceTable[]): { read?: ReadStats } {
  if (read === undefined) return {};
  const bytes = more.reduce((sum, one) => sum + (one.read?.bytes ?? 0), 0);
  return {
    read: {
      files: read.files + read.filesSkipped,
      filesSkipped: 0,
      bytes: read.bytes + bytes,
      bytesSkipped: Math.max(0, read.bytesSkipped - bytes),
    },
  };
}
