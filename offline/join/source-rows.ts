// A source's rows as a view needs them: columns checked and readable by row, times as integers.
import type { Table, Vector } from "apache-arrow";
import type { AggregatedViewSpec, SourceSpec, StoredViewSpec } from "../../sdk/registry/index.ts";
import { lookUp } from "../../sdk/shape.ts";
import { parseTypeName, type ValueType } from "../../sdk/types/index.ts";
import { columnReader, type ColumnReader, plainTable, type ReadStats, type TimeRange } from "../datasets/index.ts";
import type { UnreadCell } from "./bad-rows.ts";
import { readTimes, type TimeColumn } from "./times.ts";

export type { ReadStats, TimeRange };

/** A source's rows, with what reading them took. */
export interface SourceTable {
  readonly table: Table;
  /** True where some rows are events of the log: which of them are a view's depends on the columns that it reads. */
  readonly hasEvents?: boolean;
  readonly read?: ReadStats;
  /** Cells that could not be read and are null in the table, where the reader was told to go on (SEMANTICS 1.3). */
  readonly unreadCells?: readonly UnreadCell[];
  /** Rows that were not told some columns: events that were pushed to other views. They are none of a view that needs one. */
  readonly partialRows?: readonly { readonly row: number; readonly columns: readonly string[] }[];
  /** Rows that have one event id, some of the log among them: the file's, and the log's with the one first that stands (SEMANTICS 4.6). */
  readonly sameIds?: readonly SameId[];
  /** Of what table these are rows, and which, where some were left out. */
  readonly origin?: Origin;
}

export interface Origin {
  readonly table: Table;
  readonly rows: Int32Array;
}

export interface SameId {
  readonly file: readonly number[];
  readonly log: readonly number[];
  /** Of each of the log: how it stands for the views that it was pushed to, and under "" for others; less stands first. */
  readonly standings?: readonly ReadonlyMap<string, number>[];
}

/**
 * Reads a source's file: at least `columns` (undefined: all), with the types that the spec and `types` declare where the file has none.
 * Rows outside `range` may be left out, where `read` says that files were skipped: no view that asks uses them.
 */
export type ReadSource = (
  source: SourceSpec,
  columns: readonly string[] | undefined,
  range?: TimeRange,
) => Promise<Table | SourceTable>;

/** Returns what a reader answered, as a table with or without what it took. */
export function sourceTable(answer: Table | SourceTable): SourceTable {
  return "table" in answer ? answer : { table: answer };
}

export interface SourceRows {
  readonly source: SourceSpec;
  readonly table: Table;
  readonly rows: number;
  /** null for a reference table, whose rows are always valid. */
  readonly eventTimes: TimeColumn | null;
  readonly createdTimes: TimeColumn | null;
  /** By row: when the online store took it, µs, Infinity for never; absent unless the join asks what was served. */
  readonly servedUs?: Float64Array;
  /** The join keys' columns, in order, type-checked. */
  readonly keys: readonly Vector[];
  /** Rows in which a join key is null: no one can ask for them. */
  readonly nullKeys: number;
  /** Logged events that are left out, because another event of their key has their id. */
  readonly conflicts: number;
  column(name: string): Vector;
  /** Returns a reader of a column's values as `type`. @throws type_mismatch */
  reader(name: string, type: ValueType): ColumnReader;
}

/** Returns when the online store took each row of a view: µs, Infinity for never. */
export type ServedTimes = (view: string, rows: SourceRows) => Float64Array;

/** Returns by row what "known at" is compared with: when it was served, where that is asked, or created; Infinity for never. */
export function knownTimes({ servedUs, createdTimes, rows }: SourceRows): Float64Array {
  if (servedUs !== undefined) return servedUs;
  if (createdTimes === null) return new Float64Array(rows).fill(Infinity);
  const { us, isNull } = createdTimes;
  return Float64Array.from(us, (time, row) => (isNull?.[row] === 1 ? Infinity : Number(time)));
}

/** Returns the columns of a source that some views need of it; undefined for all, where a view's own query may read any. */
export function sourceColumns(specs: readonly (StoredViewSpec | AggregatedViewSpec)[]): string[] | undefined {
  const columns = new Set<string>();
  for (const spec of specs) {
    const needed = spec.select === undefined ? neededColumns(spec) : spec.select.columns;
    if (needed === null) return undefined;
    for (const name of needed) columns.add(name);
  }
  return [...columns];
}

/** Returns every column that a view's rows must have. */
export function neededColumns(spec: StoredViewSpec | AggregatedViewSpec): string[] {
  const { eventTime, createdTime, eventId } = spec.source;
  const values = spec.kind === "stored" ? spec.features : spec.columns;
  const names = [
    ...spec.joinKeys.map((key) => key.name),
    eventTime,
    createdTime,
    eventId,
    ...values.map((v) => v.name),
  ];
  return [...new Set(names.filter((name) => name !== null))];
}

/** Returns a view's source rows. @throws missing_column, type_mismatch, null_time */
export function checkSourceRows(spec: StoredViewSpec | AggregatedViewSpec, given: Table, conflicts = 0): SourceRows {
  const { source } = spec;
  const table = plainTable(given);
  const of = spec.select === undefined ? `source "${source.name}"` : `the select over source "${source.name}"`;
  const indices = Object.fromEntries(table.schema.fields.map((field, i) => [field.name, i]));
  const column = (name: string): Vector =>
    table.getChildAt(lookUp(indices, name, `column of ${of} called`, "missing_column")) as Vector;
  const times = (name: string | null, nulls: "refuse" | "keep") =>
    name === null ? null : readTimes(column(name), { column: name, of, round: "up", nulls });
  const reader = (name: string, type: ValueType) =>
    columnReader(column(name), type, { column: `${source.name}.${name}` });
  const keys = spec.joinKeys.map(({ name, type }) => {
    reader(name, parseTypeName(type));
    return column(name);
  });
  return {
    source,
    table,
    rows: table.numRows,
    eventTimes: times(source.eventTime, "refuse"),
    createdTimes: times(source.createdTime, "keep"),
    keys,
    nullKeys: countNullKeys(keys, table.numRows),
    conflicts,
    column,
    reader,
  };
}

function countNullKeys(keys: readonly Vector[], rows: number): number {
  if (keys.every((key) => key.nullCount === 0)) return 0;
  let count = 0;
  for (let row = 0; row < rows; row++) if (keys.some((key) => !key.isValid(row))) count++;
  return count;
}
