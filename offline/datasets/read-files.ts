// A source of many files as one table: those that can't hold a row that matters are skipped, folders' values become columns.
import type { Table, Vector } from "apache-arrow";
import type { Partitions } from "../../sdk/definitions/index.ts";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { blobSource, type ByteSource } from "./byte-source.ts";
import { concatTables, type NamedTable } from "./concat-tables.ts";
import type { DatasetColumn, Datasets, ReadOptions } from "./dataset.ts";
import { checkTimes, folderColumn } from "./folder-columns.ts";
import { type DatasetFormat, typesAreDeclared } from "./formats.ts";
import {
  type EventInterval,
  eventInterval,
  isOutside,
  partitionType,
  type PartitionValues,
  partitionValues,
  type TimeRange,
} from "./partitions.ts";
import { arrowTypeOf } from "./arrow-types.ts";
import { namesOf, selectColumns, tableOf } from "./tables.ts";
import type { BadCell } from "./text-options.ts";

/** A file of a source. */
export interface DatasetFile {
  /** What errors call it. Its folders `name=value` are partitions. */
  readonly path: string;
  readonly sizeBytes: number;
  open(): Promise<ByteSource>;
}

/** Returns files that were chosen or dropped on a page as those of a source, by their paths; a folder's say where they lie in it. */
export function blobFiles(blobs: Iterable<readonly [path: string, blob: Blob]>): DatasetFile[] {
  const files = Array.from(blobs, ([path, blob]): DatasetFile => ({
    path,
    sizeBytes: blob.size,
    open: async () => blobSource(blob, path),
  }));
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What a source's definition says of its files. */
export interface FileLayout {
  readonly name: string;
  readonly format: DatasetFormat;
  readonly eventTime: string | null;
  readonly partitions?: Partitions | undefined;
}

export interface ReadFilesOptions extends Pick<ReadOptions, "columns" | "types"> {
  /** The event times that matter; files of other times are not opened. Default: all. */
  readonly range?: TimeRange | undefined;
  /** How many files are read at once. Default 1; more hides the time that a network takes. */
  readonly atOnce?: number;
  /** Keeps cells that their type can't read, as nulls, and tells of them. Default: the first is an error. */
  readonly keepBadCells?: boolean;
}

/** A cell that its column's type can't read; the table has a null there. */
export interface UnreadCell {
  /** Counted from 0. */
  readonly row: number;
  readonly column: string;
  /** As people read it: `p.csv, line 7, column "delay": "x" is not an int64`. */
  readonly reason: string;
}

/** A source's rows, and what reading them took. */
export interface FilesTable {
  readonly table: Table;
  readonly read: ReadStats;
  readonly unreadCells: readonly UnreadCell[];
}

/** What reading a source took. */
export interface ReadStats {
  readonly files: number;
  readonly filesSkipped: number;
  readonly bytes: number;
  /** Of the files that were skipped, and of those that were read the parts that weren't. */
  readonly bytesSkipped: number;
}

interface PlannedFile {
  readonly file: DatasetFile;
  readonly values: PartitionValues;
  readonly interval: EventInterval | null;
}

/**
 * Returns the rows of a source's files, in the order of the files. Every file must have the same columns; a folder's value is a
 * column where the files have none of its name. A range may skip every file: then there are no rows.
 * @throws file_not_found when there are no files; missing_column, type_mismatch naming two files that differ; bad_time for folders
 * that name no time; value_out_of_range for a row outside the times of its folders; as readTable.
 */
export async function readFiles(
  datasets: Datasets,
  files: readonly DatasetFile[],
  source: FileLayout,
  options: ReadFilesOptions = {},
): Promise<FilesTable> {
  const { range, atOnce = 1 } = options;
  const planned = plan(files, source);
  const wanted =
    range === undefined ? planned : planned.filter((one) => !one.interval || !isOutside(one.interval, range));
  // With no row to read there still are columns, which one file tells.
  const opened = wanted.length > 0 ? wanted : planned.slice(-1);
  const bytes = new Map<DatasetFile, number>();
  const onRead = (file: DatasetFile, count: number) => bytes.set(file, (bytes.get(file) ?? 0) + count);
  const own = await ownColumns(datasets, opened, source, options, onRead);
  const tables = await inOrder(opened, atOnce, async (one): Promise<NamedTable & { bad: readonly BadCell[] }> => {
    const bad: BadCell[] = [];
    const onBadCell = options.keepBadCells === true ? (cell: BadCell) => void bad.push(cell) : undefined;
    const table = await opening(one, onRead, (from) =>
      readOne(datasets, one, from, source, { ...options, onBadCell }, own, planned),
    );
    return { name: one.file.path, table: wanted.length > 0 ? table : table.slice(0, 0), bad };
  });
  const whole = concatTables(tables);
  return {
    table: options.columns === undefined ? whole : selectColumns(whole, options.columns),
    read: {
      files: wanted.length,
      filesSkipped: files.length - wanted.length,
      bytes: sumOf([...bytes.values()]),
      bytesSkipped: sumOf(files.map((file) => Math.max(0, file.sizeBytes - (bytes.get(file) ?? 0)))),
    },
    unreadCells: wanted.length > 0 ? unreadCells(tables) : [],
  };
}

type OnRead = (file: DatasetFile, bytes: number) => void;

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Returns the files' bad cells by their rows in all files. */
function unreadCells(tables: readonly (NamedTable & { bad: readonly BadCell[] })[]): UnreadCell[] {
  let before = 0;
  return tables.flatMap(({ table, bad }) => {
    const first = before;
    before += table.numRows;
    return bad.map(({ row, column, error }) => ({ row: first + row, column, reason: error.message }));
  });
}

/**
 * Returns the columns of a source's files, by the last one, with those that folders tell; those of a text format, and of
 * folders, by the `types` that are declared, else as text.
 * @throws as readFiles
 */
export async function filesColumns(
  datasets: Datasets,
  files: readonly DatasetFile[],
  source: FileLayout,
  types: Readonly<Record<string, ValueType>> = {},
): Promise<DatasetColumn[]> {
  const planned = plan(files, source);
  const last = planned.at(-1) as PlannedFile;
  const { columns } = await schemaOf(datasets, last, source);
  const declared = typesAreDeclared(source.format) ? types : {};
  const known = new Set(columns.map(({ name }) => name));
  const told = [...last.values.keys()].filter((name) => !known.has(name));
  return [
    ...columns.map((column) =>
      Object.hasOwn(declared, column.name) ? columnAs(column.name, declared[column.name]) : column,
    ),
    ...told.map((name) => columnAs(name, typeOfPartition(name, planned, source, types))),
  ];
}

function columnAs(name: string, type: ValueType | undefined): DatasetColumn {
  return { name, arrow: arrowTypeOf(type as ValueType), type: type as ValueType };
}

function plan(files: readonly DatasetFile[], { name, partitions = {} }: FileLayout): PlannedFile[] {
  if (files.length === 0) {
    throw new EdgefeatError("file_not_found", `source "${name}" has no files`, { hint: "check its path" });
  }
  const planned = files.map((file) => {
    const values = partitionValues(file.path);
    return { file, values, interval: eventInterval(values, partitions, file.path) };
  });
  const [first, ...others] = planned as [PlannedFile, ...PlannedFile[]];
  for (const other of others) {
    for (const [one, two] of [
      [first, other],
      [other, first],
    ] as const) {
      const lacking = [...one.values.keys()].find((folder) => !two.values.has(folder));
      if (lacking === undefined) continue;
      throw new EdgefeatError(
        "missing_column",
        `${two.file.path} lies in no folder "${lacking}=…", as ${one.file.path} does`,
        {
          hint: "lay all files of a source out alike",
        },
      );
    }
  }
  return planned;
}

/** Returns those partitions' names that the files have columns of their own of; these are what is read then. */
async function ownColumns(
  datasets: Datasets,
  files: readonly PlannedFile[],
  source: FileLayout,
  { columns }: ReadFilesOptions,
  onRead: OnRead,
): Promise<ReadonlySet<string>> {
  const first = files[0] as PlannedFile;
  const told = [...first.values.keys()].filter((name) => columns === undefined || columns.includes(name));
  if (told.length === 0) return new Set();
  const schema = await schemaOf(datasets, first, source, onRead);
  return new Set(schema.columns.map(({ name }) => name).filter((name) => told.includes(name)));
}

function schemaOf(datasets: Datasets, planned: PlannedFile, { format }: FileLayout, onRead: OnRead = () => {}) {
  return opening(planned, onRead, (from) => datasets.readSchema(from, format, { name: planned.file.path }));
}

async function opening<T>({ file }: PlannedFile, onRead: OnRead, work: (from: ByteSource) => Promise<T>): Promise<T> {
  const from = await file.open();
  try {
    return await work(from);
  } finally {
    onRead(file, from.readBytes);
    await from.close();
  }
}

async function readOne(
  datasets: Datasets,
  { file, values, interval }: PlannedFile,
  bytes: ByteSource,
  source: FileLayout,
  options: ReadOptions,
  own: ReadonlySet<string>,
  planned: readonly PlannedFile[],
): Promise<Table> {
  const { columns, types = {}, onBadCell } = options;
  const told = [...values.keys()].filter((name) => !own.has(name) && (columns === undefined || columns.includes(name)));
  const fromFile = columns?.filter((name) => !told.includes(name));
  // Without a column of its own a file would not even tell how many rows it has.
  const read = fromFile?.length === 0 ? undefined : fromFile;
  const table = await datasets.readTable(bytes, source.format, { columns: read, types, onBadCell, name: file.path });
  if (interval !== null) checkTimes(table, source, interval, file.path);
  if (told.length === 0) return table;
  return tableOf([
    ...(fromFile?.length === 0 ? [] : namesOf(table.schema)).map(
      (name, i) => [name, table.getChildAt(i) as Vector] as const,
    ),
    ...told.map((name) => {
      const type = typeOfPartition(name, planned, source, types);
      return [
        name,
        folderColumn(type, values.get(name) ?? null, table.numRows, `${file.path}, folder "${name}="`),
      ] as const;
    }),
  ]);
}

function typeOfPartition(
  name: string,
  planned: readonly PlannedFile[],
  { partitions = {} }: FileLayout,
  types: Readonly<Record<string, ValueType>>,
): ValueType {
  if (Object.hasOwn(types, name)) return types[name] as ValueType;
  return partitionType(
    name,
    partitions,
    planned.map(({ values }) => values.get(name) ?? null),
  );
}

/** Runs `work` on each item, so many at once, and returns the results in the items' order. Once one fails, no other is begun. */
async function inOrder<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      try {
        results[i] = await work(items[i] as T);
      } catch (fault) {
        next = items.length;
        throw fault;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return results;
}
