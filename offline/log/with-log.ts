// A source's rows and its log's events as one table: what the joins, materialization and the checks of them read.
import { makeBuilder, type Table, type Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ColumnTypes, SourceSpec } from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import { sameType, type ValueType } from "../../sdk/types/index.ts";
import {
  arrowTypeOf,
  canReadAs,
  columnOf,
  columnReader,
  concatTables,
  emptyTableOf,
  tableOf,
  takeRows,
  valueTypeOfArrow,
  vectorFromValues,
} from "../datasets/index.ts";
import { type ReadSource, sourceTable, type SourceTable } from "../join/source-rows.ts";
import { loggedElsewhere, rangesBeside, withRowsElsewhere } from "./elsewhere.ts";
import { LogColumns, type LogTypes } from "./log-columns.ts";
import { parsePushes, PUSHES, pushesText } from "./pushes.ts";
import { type LogReadReport, readLog, type SourceLog } from "./read-log.ts";
import { type SameEvent, sameEvents } from "./same-events.ts";

export interface WithLogOptions {
  /** Returns the log of a source; null: it has none. */
  readonly logOf: (source: SourceSpec) => SourceLog | null;
  /** The types that definitions declare; a column of a file that can be read as declared is. */
  readonly typesOf: (source: SourceSpec) => ColumnTypes;
  /** What to do with an event that has a value which its column's type can't take. Default "fail". */
  readonly onBadRows?: "fail" | "quarantine" | undefined;
  /** Only events that were written at or before it; default all. */
  readonly writtenUntilUs?: Us | undefined;
  /** Adds the column PUSHES, for joins "as served". Default false. */
  readonly pushes?: boolean;
  readonly onRead?: (source: SourceSpec, report: LogReadReport) => void;
}

/**
 * Returns a reader of sources and their logs. An event that the source has too, by its id, is read once: the source's row, which
 * may know columns that the event was not told. Events that have one id and differ are told of, the one that stands first; so that
 * it is the same one whatever is asked, events outside the range come along that have the id of a logged one in it.
 * Without ids equal rows fall together in the join of a stored view (SEMANTICS 2.3); a window counts them all.
 * @throws as readSource and readLog; type_mismatch, value_out_of_range, bad_time for a value of the log, unless set aside
 */
export function withLog(readSource: ReadSource, options: WithLogOptions): ReadSource {
  return async (source, columns, range) => {
    const log = source.eventTime === null ? null : options.logOf(source);
    const { batch, missing } = await readBatch(readSource, source, columns, range, log, options);
    const pushes = options.pushes === true;
    if (log === null) {
      return pushes ? { ...batch, table: withPushes(batch.table, new Map()) } : batch;
    }
    const typed = asDeclared(batch.table, options.typesOf(source));
    // Without ids, and of what is read whole, nothing stands elsewhere.
    const beside = source.eventId === null || range === undefined ? [] : rangesBeside(range);
    let events = new LogColumns(source, typed, pushes);
    const ids = new Set<string>();
    const report = await readLog(
      log,
      { range, writtenUntilUs: options.writtenUntilUs },
      {
        restart: () => {
          events = new LogColumns(source, typed, pushes);
          ids.clear();
        },
        add: (event) => {
          events.add(event);
          if (beside.length > 0 && event.id !== null) ids.add(event.id);
        },
      },
    );
    options.onRead?.(source, report);
    if (events.rows === 0) {
      if (missing !== null) throw missing;
      return pushes ? { ...batch, table: withPushes(batch.table, new Map()) } : batch;
    }
    const isCut = (batch.read?.filesSkipped ?? 0) > 0;
    let rows = batch;
    for (const other of ids.size === 0 ? [] : beside) {
      const elsewhere = { range: other, ids };
      for (const event of await loggedElsewhere(log, elsewhere, options.writtenUntilUs)) events.add(event);
      if (isCut) rows = await withRowsElsewhere(readSource, source, columns, rows, elsewhere);
    }
    const { table } = rows === batch ? typed : asDeclared(rows.table, options.typesOf(source));
    return joined(source, { ...rows, table }, events, options);
  };
}

/** A source whose file is yet to come has the events of its log alone; `missing` is the error of its having none either. */
async function readBatch(
  readSource: ReadSource,
  source: SourceSpec,
  columns: Parameters<ReadSource>[1],
  range: Parameters<ReadSource>[2],
  log: SourceLog | null,
  { typesOf }: WithLogOptions,
): Promise<{ batch: SourceTable; missing: EdgefeatError | null }> {
  try {
    return { batch: sourceTable(await readSource(source, columns, range)), missing: null };
  } catch (fault) {
    if (log === null || !(fault instanceof EdgefeatError) || fault.code !== "file_not_found") throw fault;
    const types = typesOf(source);
    const names = columns ?? Object.keys(types);
    if (names.some((name) => !Object.hasOwn(types, name) && name !== source.eventId)) throw fault;
    const typed = names.map((name) => [name, arrowTypeOf(types[name] ?? { kind: "string" })] as const);
    return { batch: { table: emptyTableOf(typed) }, missing: fault };
  }
}

/** Returns the table with its columns of the types declared, where they can be read so; `untyped` are those that no value fits. */
function asDeclared(table: Table, declared: ColumnTypes): LogTypes & { readonly table: Table } {
  const types: (readonly [string, ValueType])[] = [];
  const untyped: string[] = [];
  const columns: (readonly [string, Vector])[] = [];
  for (const [i, { name, type: arrow }] of table.schema.fields.entries()) {
    const own = valueTypeOfArrow(arrow);
    const wanted = Object.hasOwn(declared, name) ? (declared[name] as ValueType) : null;
    const type = wanted !== null && canReadAs(arrow, wanted) ? wanted : own;
    const column = table.getChildAt(i) as Vector;
    if (type === null) {
      untyped.push(name);
      columns.push([name, column]);
      continue;
    }
    types.push([name, type]);
    if (own !== null && sameType(own, type)) columns.push([name, column]);
    else {
      const read = columnReader(column, type, { column: name });
      columns.push([name, vectorFromValues(type, cells(table.numRows, read))]);
    }
  }
  return { table: tableOf(columns), types, untyped };
}

function* cells<T>(rows: number, read: (row: number) => T): Generator<T> {
  for (let row = 0; row < rows; row++) yield read(row);
}

/** Returns the source's rows, then those events of the log that it does not have. */
function joined(
  source: SourceSpec,
  batch: SourceTable,
  events: LogColumns,
  { onBadRows, pushes = false }: WithLogOptions,
): SourceTable {
  const log = events.finish();
  const [unread] = log.unreadCells;
  if (unread !== undefined && onBadRows !== "quarantine") throw unread.error;
  const { same, sameIds } = sameEvents(source, batch, log);
  const inBatch = new Set(same.map(({ logRow }) => logRow));
  const kept = Int32Array.from(Array.from({ length: events.rows }, (_, row) => row).filter((row) => !inBatch.has(row)));
  const places = new Map(Array.from(kept, (row, i) => [row, batch.table.numRows + i]));
  const moved = <T extends { readonly row: number }>(cells: readonly T[]): T[] =>
    cells.flatMap((cell) => {
      const row = places.get(cell.row);
      return row === undefined ? [] : [{ ...cell, row }];
    });
  const pushesOf = pushes ? pushesInBatch(same, columnOf(log.table, PUSHES)) : null;
  const table = concatTables([
    {
      name: `source "${source.name}"`,
      table: pushesOf === null ? batch.table : withPushes(batch.table, pushesOf),
    },
    { name: "the log", table: withUntyped(takeRows(log.table, kept), batch.table) },
  ]);
  return {
    ...batch,
    table,
    hasEvents: true,
    unreadCells: [
      ...(batch.unreadCells ?? []),
      ...moved(log.unreadCells.map(({ error, ...cell }) => ({ ...cell, reason: error.message }))),
    ],
    partialRows: moved(log.partialRows),
    sameIds: sameIds.flatMap((ids) => {
      const left = ids.log.filter((row) => !inBatch.has(row));
      if (left.length === 0 || ids.file.length + left.length === 1) return [];
      const own = events.byStanding(left);
      const standings = own.map((row) => events.standings(row));
      return [{ file: ids.file, log: own.map((row) => places.get(row) as number), standings }];
    }),
  };
}

/** Returns, by row of the source, what became of its events in the log: as a rule it has one. */
function pushesInBatch(same: readonly SameEvent[], column: Vector): Map<number, string> {
  const read = columnReader(column, { kind: "string" }, { column: PUSHES }) as (row: number) => string;
  const texts = new Map<number, string>();
  for (const [row, own] of Map.groupBy(same, (one) => one.row)) {
    const told = own.map(({ logRow }) => parsePushes(read(logRow)));
    const loggedUs = Math.min(...told.map((one) => one.loggedUs ?? Infinity));
    const byView = Map.groupBy(
      told.flatMap(({ pushes }) => pushes),
      ({ view }) => view,
    );
    const pushes = Array.from(byView, ([view, all]) => {
      const takenUs = Math.min(...all.map((push) => push.takenUs ?? Infinity));
      if (takenUs !== Infinity) return { view, takenUs };
      return all.every(({ refused }) => refused === true)
        ? { view, takenUs: null, refused: true as const }
        : { view, takenUs: null };
    });
    texts.set(
      row,
      pushesText({ loggedUs: null, ...(loggedUs === Infinity ? {} : { alsoLoggedUs: loggedUs }), pushes }),
    );
  }
  return texts;
}

/** Returns the log's rows with a null in every column that no value fits. */
function withUntyped(log: Table, batch: Table): Table {
  const names = new Set(log.schema.fields.map(({ name }) => name));
  const nulls = batch.schema.fields
    .filter(({ name }) => !names.has(name))
    .map(({ name, type }) => {
      const builder = makeBuilder({ type, nullValues: [null] });
      for (let row = 0; row < log.numRows; row++) builder.append(null);
      return [name, builder.finish().toVector()] as const;
    });
  if (nulls.length === 0) return log;
  return tableOf([...log.schema.fields.map(({ name }, i) => [name, log.getChildAt(i) as Vector] as const), ...nulls]);
}

function withPushes(table: Table, pushes: ReadonlyMap<number, string>): Table {
  const column = vectorFromValues(
    { kind: "string" },
    cells(table.numRows, (row) => pushes.get(row) ?? null),
  );
  return tableOf([
    ...table.schema.fields.map(({ name }, i) => [name, table.getChildAt(i) as Vector] as const),
    [PUSHES, column],
  ]);
}
