// Dataset files in Node: read by path, and written whole or not at all.
import { constants } from "node:fs";
import { mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pid } from "node:process";
import { zstdDecompressSync } from "node:zlib";
import { compressionRegistry, CompressionType, type Table } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { didYouMean } from "../../sdk/nearest.ts";
import type { ByteSource } from "./byte-source.ts";
import { type DatasetSchema, datasetsOn, type ReadOptions, type WriteOptions } from "./dataset.ts";
import { openFile } from "./file-source.ts";
import { type DatasetFormat, formatOf } from "./formats.ts";
import { nodeParquetThread } from "./parquet-node.ts";

compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => new Uint8Array(zstdDecompressSync(bytes)) });

/** Datasets in Node. */
export const datasets = datasetsOn(nodeParquetThread, {
  openPath,
  http: { fetch: (url, init) => fetch(url, init) },
});
export const { readTable, readSchema, writeTable, encodeTable } = datasets;

export interface ReadFileOptions extends Omit<ReadOptions, "name"> {
  /** Default: what the file's ending says. */
  format?: DatasetFormat;
}

/**
 * Returns the rows of a file; of Parquet only the columns asked for are read.
 * @throws file_not_found with the nearest name in its folder, file_format_unknown, file_unreadable, and as readTable.
 */
export async function readTableFile(path: string, options: ReadFileOptions = {}): Promise<Table> {
  const { format = readFormatOf(path), ...rest } = options;
  return readTable({ path }, format, { ...rest, name: path });
}

/** Returns the columns of a file; of Parquet only the footer is read. @throws as readTableFile. */
export async function readSchemaFile(path: string, format: DatasetFormat = readFormatOf(path)): Promise<DatasetSchema> {
  return readSchema({ path }, format, { name: path });
}

let written = 0;

/**
 * Writes a table to a file, in the format its ending names, and makes its folder where there is none. A file of that name is
 * replaced at the end, in one step; if anything fails it stays as it was.
 * @throws file_format_unknown, file_unreadable when the disk refuses, and as writeTable.
 */
export async function writeTableFile(path: string, table: Table, options: WriteOptions = {}): Promise<void> {
  const format = formatOf(path);
  const temporary = join(dirname(path), `.${basename(path)}.${pid}-${written++}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
    try {
      for await (const part of encodeTable(table, format, options)) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    if (cause instanceof EdgefeatError) throw cause;
    throw new EdgefeatError("file_unreadable", `${path} can't be written: ${(cause as Error).message}`, { cause });
  }
}

/** CSV and JSON lines are read gzipped too. */
function readFormatOf(path: string): DatasetFormat {
  return formatOf(path.replace(/(?<=\.(?:csv|jsonl|ndjson))\.gz$/i, ""));
}

/** Returns the bytes of a file. @throws file_not_found with the nearest name in its folder, file_unreadable. */
export async function openPath(path: string): Promise<ByteSource> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new EdgefeatError("file_unreadable", `${path} is a folder, where a file was expected`, {
        hint: "name a file; a source of a view may be a folder of them",
      });
    }
    if (!found.isFile()) {
      // To open a pipe is to wait until somebody writes it.
      throw new EdgefeatError("file_unreadable", `${path} is a pipe, a socket or a device, where a file was expected`, {
        hint: "write what it gives to a file, and name that: files are read in parts, in any order",
      });
    }
    return await openFile(path);
  } catch (cause) {
    if (cause instanceof EdgefeatError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw await notFound(path, cause);
    throw new EdgefeatError("file_unreadable", `${path} can't be read: ${(cause as Error).message}`, { cause });
  }
}

async function notFound(path: string, cause: unknown): Promise<EdgefeatError> {
  const siblings = await readdir(dirname(path)).catch(() => null);
  const hint =
    siblings === null
      ? `there is no folder ${dirname(path)}`
      : didYouMean(basename(path), siblings.filter((name) => !name.startsWith(".")).toSorted());
  return new EdgefeatError("file_not_found", `there is no file ${path}`, { hint, cause });
}
