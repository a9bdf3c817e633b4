// The files of sources, by paths relative to the repo folder. What reads them is loaded when it is needed: it is large.
import { stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { Table } from "apache-arrow";
import type { ReadSource } from "../../../offline/index.ts";
import { EdgefeatError } from "../../errors.ts";
import type { ColumnTypes, SourceSpec } from "../../registry/index.ts";
import type { ValueType } from "../../types/index.ts";

const TEXT: ValueType = { kind: "string" };

/**
 * Returns the types of a source's columns: a CSV's as `declared`, other formats' as the file has them; a column whose
 * type no feature can have is left out.
 * @throws file_not_found with the path relative to the repo folder, file_unreadable
 */
export async function sourceColumns(
  repo: string,
  source: SourceSpec,
  declared: () => ColumnTypes,
): Promise<ColumnTypes> {
  const { readSchemaFile } = await import("../../../offline/datasets/files.ts");
  const { columns } = await relativeTo(repo, () => readSchemaFile(resolve(repo, source.path), source.format));
  const types = source.format === "csv" ? declared() : {};
  const typed = columns.map(
    ({ name, type }) => [name, source.format === "csv" ? (types[name] ?? TEXT) : type] as const,
  );
  return Object.fromEntries(typed.filter((column): column is [string, ValueType] => column[1] !== null));
}

/** Returns how sources are read: only the columns asked for, a CSV's by the types that `typesOf` declares. */
export function sourceReader(repo: string, typesOf: (source: SourceSpec) => ColumnTypes): ReadSource {
  return (source, columns) =>
    readFileIn(repo, source.path, { columns: [...new Set(columns)], types: typesOf(source), format: source.format });
}

/** Returns the rows of a file; `path` is relative to `folder` or absolute, and errors show it relative. */
export async function readFileIn(
  folder: string,
  path: string,
  options: { columns?: readonly string[]; types: ColumnTypes; format?: SourceSpec["format"] },
): Promise<Table> {
  const { readTableFile } = await import("../../../offline/datasets/files.ts");
  return relativeTo(folder, () => readTableFile(resolve(folder, path), options));
}

/** Returns a text that tells one state of a source's file from another. */
export async function sourceStamp(repo: string, source: SourceSpec): Promise<string> {
  const { size, mtimeMs } = await stat(resolve(repo, source.path)).catch(() => ({ size: 0, mtimeMs: 0 }));
  return `${size}-${mtimeMs}`;
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
