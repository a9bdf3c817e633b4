// Reading and writing a dataset's bytes in any format: the part that browsers and Node share.
import type { DataType, Schema, Table } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { readArrow, writeArrow } from "./arrow-ipc.ts";
import { valueTypeOfArrow } from "./arrow-types.ts";
import { blobSource, type ByteSource, memorySource } from "./byte-source.ts";
import { readCsv } from "./csv-read.ts";
import { writeCsv } from "./csv-write.ts";
import { type DatasetFormat, formatName } from "./formats.ts";
import { type HttpHost, openHttp } from "./http-source.ts";
import { readJsonLines } from "./jsonl-read.ts";
import { writeJsonLines } from "./jsonl-write.ts";
import { Parquet, type ParquetThread } from "./parquet.ts";
import { plainTable } from "./plain.ts";
import { isGzip } from "./sniff.ts";
import { checkNames, namesOf, selectColumns } from "./tables.ts";
import type { TextOptions } from "./text-options.ts";

export interface ReadOptions extends TextOptions {
  /** What errors call the data, such as its path; by default "the data". */
  name?: string;
}

export interface WriteOptions {
  /** Text about the file, kept in its schema; CSV and JSON lines have no place for it and leave it out. */
  metadata?: ReadonlyMap<string, string>;
  /** Rows of a Parquet row group, the last one apart. Default 131,072. */
  rowsPerGroup?: number;
  /** Stops between two parts. */
  signal?: AbortSignal;
}

export interface DatasetColumn {
  name: string;
  /** The type in the file; text in CSV and JSON lines, whose types are declared. */
  arrow: DataType;
  /** The value type that holds it, or null when a feature can't have it. */
  type: ValueType | null;
}

export interface DatasetSchema {
  columns: DatasetColumn[];
  /** Rows of the file; null in CSV and JSON lines, where only reading it all tells. */
  rows: number | null;
  metadata: ReadonlyMap<string, string>;
}

/**
 * Where the bytes are: in memory, a file that was chosen or dropped on a page, a URL (of http or https), a path (in Node), or
 * a source that a host opened. Of Parquet only the parts that are needed are read or fetched.
 */
export type DatasetInput = Uint8Array | Blob | URL | { readonly path: string } | ByteSource;

/** What a host can open; without it such inputs are refused. */
export interface DatasetHost {
  openPath?: (path: string) => Promise<ByteSource>;
  http?: HttpHost;
}

export interface Datasets {
  /**
   * Returns the rows of a dataset in their order, its columns in the order asked for. Dictionary-encoded and view
   * columns come as plain text and bytes; other columns keep the type they have in the file.
   * @throws file_unreadable, missing_column (with the nearest name), duplicate_column; for CSV as readCsv.
   */
  readTable(input: DatasetInput, format: DatasetFormat, options?: ReadOptions): Promise<Table>;
  /** Returns the columns of a dataset; of Parquet only the footer is read. @throws as readTable. */
  readSchema(input: DatasetInput, format: DatasetFormat, options?: Pick<ReadOptions, "name">): Promise<DatasetSchema>;
  /** Returns the bytes of a dataset. @throws type_mismatch for a column that the format can't hold; for CSV as writeCsv. */
  writeTable(table: Table, format: DatasetFormat, options?: WriteOptions): Promise<Uint8Array>;
  /** Yields the bytes of a dataset as they are made, so that no more than a part is held. @throws as writeTable. */
  encodeTable(table: Table, format: DatasetFormat, options?: WriteOptions): AsyncGenerator<Uint8Array>;
}

/** Returns the dataset functions of a host, which makes the threads that Parquet runs on. */
export function datasetsOn(spawn: () => ParquetThread, host: DatasetHost = {}): Datasets {
  const parquet = new Parquet(spawn);
  const reading = async <T>(input: DatasetInput, name: string | undefined, work: (from: ByteSource) => Promise<T>) => {
    const source = await sourceOf(input, name, host);
    try {
      return await work(source);
    } finally {
      if (source !== input) await source.close();
    }
  };
  const datasets: Datasets = {
    readTable(input, format, options = {}) {
      return reading(input, options.name, async (source) => {
        const { name } = source;
        if (format === "parquet") return plainTable(await parquet.read(source, options.columns));
        if (format === "csv") return readCsv(await textOf(source), options, name);
        if (format === "jsonl") return readJsonLines(await textOf(source), options, name);
        const table = readArrow(await source.readAll(), name);
        return options.columns === undefined ? table : selectColumns(table, options.columns, name);
      });
    },
    readSchema(input, format, { name: given } = {}) {
      return reading(input, given, async (source) => {
        const { name } = source;
        if (format === "parquet") {
          const { schema, rows, metadata } = await parquet.info(source);
          checkNames(namesOf(schema), name);
          return { columns: columnsOf(schema), rows, metadata };
        }
        if (format === "csv") {
          const header = readCsv(await headerOf(source), {}, name);
          return { columns: columnsOf(header.schema), rows: null, metadata: new Map() };
        }
        if (format === "jsonl") {
          const { schema } = readJsonLines(await textOf(source), {}, name);
          return { columns: columnsOf(schema), rows: null, metadata: new Map() };
        }
        const { schema, numRows } = readArrow(await source.readAll(), name);
        return { columns: columnsOf(schema), rows: numRows, metadata: schema.metadata };
      });
    },
    async writeTable(table, format, options = {}) {
      const parts: Uint8Array[] = [];
      for await (const part of datasets.encodeTable(table, format, options)) parts.push(part);
      return parts.length === 1 ? (parts[0] as Uint8Array) : concat(parts);
    },
    async *encodeTable(table, format, options = {}) {
      for await (const part of encode(table, format, options)) {
        if (options.signal?.aborted) throw new EdgefeatError("cancelled", "cancelled while writing");
        yield part;
      }
    },
  };
  async function* encode(table: Table, format: DatasetFormat, options: WriteOptions): AsyncGenerator<Uint8Array> {
    const { metadata = new Map<string, string>() } = options;
    const names = namesOf(table.schema);
    checkNames(names);
    if (names.length === 0) {
      throw new EdgefeatError("missing_column", `a table without columns can't be written as ${formatName(format)}`);
    }
    if (format === "parquet") yield* parquet.write(plainTable(table), metadata, options.rowsPerGroup);
    else if (format === "csv") yield* writeCsv(table);
    else if (format === "jsonl") yield* writeJsonLines(table);
    else yield* writeArrow(table, format === "arrow" ? "file" : "stream", metadata);
  }
  return datasets;
}

function columnsOf(schema: Schema): DatasetColumn[] {
  return schema.fields.map(({ name, type }) => ({ name, arrow: type, type: valueTypeOfArrow(type) }));
}

/** Returns an input as bytes to read by range; errors call it `name`, if there is one. */
async function sourceOf(input: DatasetInput, given: string | undefined, host: DatasetHost): Promise<ByteSource> {
  const name = given ?? "the data";
  if (input instanceof Uint8Array) return memorySource(input, name);
  if (input instanceof Blob) return blobSource(input, given ?? (input instanceof File ? input.name : name));
  if (input instanceof URL) {
    if (host.http !== undefined) return openHttp(input, host.http, given);
    throw new EdgefeatError("internal_error", "URLs can't be read here: pass the bytes");
  }
  if ("readAll" in input) return given === undefined ? input : named(input, given);
  if (host.openPath !== undefined) return named(await host.openPath(input.path), given ?? input.path);
  throw new EdgefeatError("internal_error", "a browser has no paths: pass the file, or its URL");
}

function named(source: ByteSource, name: string): ByteSource {
  return source.name === name ? source : Object.create(source, { name: { value: name } });
}

/** Returns the bytes of a text file, decompressed where it was stored gzipped. @throws file_unreadable. */
async function textOf(source: ByteSource): Promise<Uint8Array> {
  const bytes = await source.readAll();
  if (!isGzip(bytes)) return bytes;
  try {
    const inflated = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(inflated).arrayBuffer());
  } catch (cause) {
    throw new EdgefeatError(
      "file_unreadable",
      `${source.name} can't be decompressed: its gzip data is damaged or cut off`,
      {
        hint: "copy or write it again, whole",
        cause,
      },
    );
  }
}

const HEADER_BYTES = 64 * 1024;

/** Returns the bytes up to the first line break that no quotes enclose; of a large file no more than these are read. */
async function headerOf(source: ByteSource): Promise<Uint8Array> {
  for (let length = HEADER_BYTES; length < source.sizeBytes; length *= 8) {
    const start = await source.read(0, length);
    if (isGzip(start)) break;
    const end = endOfHeader(start);
    if (end >= 0) return start.subarray(0, end);
  }
  const bytes = await textOf(source);
  const end = endOfHeader(bytes);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function endOfHeader(bytes: Uint8Array): number {
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0x22) quoted = !quoted;
    else if (!quoted && (bytes[i] === 0x0a || bytes[i] === 0x0d)) return i;
  }
  return -1;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
