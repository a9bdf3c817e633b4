// The files of sources, by paths relative to the repo folder. What reads them is loaded when it is needed: it is large.
import { resolve, sep } from "node:path";
import type { Table } from "apache-arrow";
import type { BadCell, DatasetColumn } from "../../../offline/datasets/index.ts";
import type { ReadSource } from "../../../offline/index.ts";
import { EdgefeatError } from "../../errors.ts";
import { type ColumnTypes, hashOf, isStream, type SourceSpec } from "../../registry/index.ts";
import type { ValueType } from "../../types/index.ts";
import { type Env, type SourceFile, sourceFiles } from "./source-files.ts";

/**
 * Returns the types of a source's columns: those of a text format (CSV, JSON lines) and of partitions as `declared`, others' as the
 * last file has them; a column whose type no feature can have is left out.
 * @throws file_not_found with the path relative to the repo folder, file_unreadable
 */
export async function sourceColumns(
  repo: string,
  source: SourceSpec,
  declared: () => ColumnTypes,
): Promise<ColumnTypes> {
  const columns = await columnsOf(repo, source, declared);
  const typed = columns.map(({ name, type }) => [name, type] as const);
  return Object.fromEntries(typed.filter((column): column is [string, ValueType] => column[1] !== null));
}

/** Returns a table of no rows with all of a source's columns: what a view's own query is checked against. @throws as sourceColumns */
export async function emptySource(repo: string, source: SourceSpec, declared: () => ColumnTypes): Promise<Table> {
  const { emptyTableOf } = await import("../../../offline/datasets/index.ts");
  const columns = await columnsOf(repo, source, declared);
  return emptyTableOf(columns.map(({ name, arrow }) => [name, arrow]));
}

async function columnsOf(repo: string, source: SourceSpec, declared: () => ColumnTypes): Promise<DatasetColumn[]> {
  if (isStream(source)) return streamColumns(declared());
  const { filesColumns, typesAreDeclared } = await import("../../../offline/datasets/index.ts");
  const { datasets } = await import("../../../offline/datasets/files.ts");
  return relativeTo(repo, async () => {
    const { files } = await sourceFiles(source, { repo, env: process.env });
    const isPartitioned = files.some((file) => file.path.includes("="));
    const types = typesAreDeclared(source.format) || isPartitioned ? declared() : {};
    return filesColumns(datasets, files, source, types);
  });
}

export interface SourceReaderOptions {
  /** What to do with a cell of CSV or JSON lines that its type can't read: fail, or have its row set aside. Default "fail". */
  readonly onBadRows?: "fail" | "quarantine" | undefined;
  readonly env?: Env;
  readonly signal?: AbortSignal | undefined;
  /** Hears of bytes as a network brings them. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Returns how sources are read: only the columns asked for, those of text formats by the types that `typesOf` declares, and
 * of partitioned sources only the files that can have rows in the range.
 */
export function sourceReader(
  repo: string,
  typesOf: (source: SourceSpec) => ColumnTypes,
  { onBadRows = "fail", env = process.env, ...how }: SourceReaderOptions = {},
): ReadSource {
  return async (source, columns, range) => {
    if (isStream(source)) return emptyStream(typesOf(source), columns);
    const { readFiles } = await import("../../../offline/datasets/index.ts");
    const { datasets } = await import("../../../offline/datasets/files.ts");
    return relativeTo(repo, async () => {
      const { files, atOnce } = await sourceFiles(source, { repo, env, ...how });
      const keepBadCells = onBadRows === "quarantine";
      return readFiles(datasets, files, source, { columns, types: typesOf(source), range, atOnce, keepBadCells });
    });
  };
}

async function streamColumns(types: ColumnTypes): Promise<DatasetColumn[]> {
  const { arrowTypeOf } = await import("../../../offline/datasets/index.ts");
  return Object.entries(types).map(([name, type]) => ({ name, arrow: arrowTypeOf(type), type }));
}

/** A source without a file has no row but those of its log. */
async function emptyStream(types: ColumnTypes, columns: readonly string[] = Object.keys(types)): Promise<Table> {
  const { emptyTableOf } = await import("../../../offline/datasets/index.ts");
  const typed = await streamColumns(Object.fromEntries(columns.map((name) => [name, types[name] as ValueType])));
  return emptyTableOf(typed.map(({ name, arrow }) => [name, arrow]));
}

/** Returns the rows of a file; `path` is relative to `folder` or absolute, or a URL, and errors show it relative. */
export async function readFileIn(
  folder: string,
  path: string,
  options: {
    columns?: readonly string[] | undefined;
    types: ColumnTypes;
    format?: SourceSpec["format"];
    onBadCell?: (cell: BadCell) => void;
  },
): Promise<Table> {
  const { readTable, readTableFile } = await import("../../../offline/datasets/files.ts");
  if (/^https?:\/\//.test(path)) {
    const { formatOf, urlOf } = await import("../../../offline/datasets/index.ts");
    const url = urlOf(path);
    return readTable(url, options.format ?? formatOf(url.pathname), options);
  }
  return relativeTo(folder, () => readTableFile(resolve(folder, path), options));
}

/** Returns a text that tells one state of a source's files from another; null where a server gives nothing to tell by. */
export async function sourceStamp(repo: string, source: SourceSpec, signal: AbortSignal): Promise<string | null> {
  // A source that can't be reached is told of when it is read.
  const files = await sourceFiles(source, { repo, env: process.env, signal }).then(
    (found) => found.files,
    () => [],
  );
  if (signal.aborted) throw new EdgefeatError("cancelled", `cancelled while looking at the source "${source.name}"`);
  if (files.some(({ stamp }) => stamp === null)) return null;
  const states = files.map(({ path, stamp }) => `${path} ${stamp}`);
  return states.length === 1 ? (files[0] as SourceFile).stamp : hashOf(states);
}

/** Runs `work`; its errors name files as the definitions do. */
async function relativeTo<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    if (!(fault instanceof EdgefeatError)) throw fault;
    const { code, message, hint, pointer, position, details, cause } = fault;
    const short = (text: string) => text.replaceAll(`${folder}${sep}`, "");
    throw new EdgefeatError(code, short(message), {
      cause,
      ...(hint === undefined ? {} : { hint: short(hint) }),
      ...(pointer === undefined ? {} : { pointer }),
      ...(position === undefined ? {} : { position }),
      ...(details === undefined ? {} : { details }),
    });
  }
}
