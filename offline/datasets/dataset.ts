// Reading and writing a dataset's bytes in any format: the part that browsers and Node share.
import type { DataType, Schema, Table } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { readArrow, writeArrow } from "./arrow-ipc.ts";
import { valueTypeOfArrow } from "./arrow-types.ts";
import { type CsvOptions, readCsv } from "./csv-read.ts";
import { writeCsv } from "./csv-write.ts";
import { type DatasetFormat, formatName } from "./formats.ts";
import { Parquet, type ParquetInput, type ParquetThread } from "./parquet.ts";
import { plainTable } from "./plain.ts";
import { checkNames, namesOf, selectColumns } from "./tables.ts";

export interface ReadOptions extends CsvOptions {
  /** What errors call the data, such as its path; by default "the data". */
  name?: string;
}

export interface WriteOptions {
  /** Text about the file, kept in its schema; CSV has no place for it and leaves it out. */
  metadata?: ReadonlyMap<string, string>;
}

export interface DatasetColumn {
  name: string;
  /** The type in the file; text in CSV, whose types are declared. */
  arrow: DataType;
  /** The value type that holds it, or null when a feature can't have it. */
  type: ValueType | null;
}

export interface DatasetSchema {
  columns: DatasetColumn[];
  /** Rows of the file; null in CSV, where only reading it all tells. */
  rows: number | null;
  metadata: ReadonlyMap<string, string>;
}

/** Where the bytes are: in memory, or (Parquet in Node) a path of which only the needed parts are read. */
export type DatasetInput = Uint8Array | { path: string };

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
export function datasetsOn(spawn: () => ParquetThread): Datasets {
  const parquet = new Parquet(spawn);
  const datasets: Datasets = {
    async readTable(input, format, options = {}) {
      const { columns, name = "the data" } = options;
      if (format === "parquet") return plainTable(await parquet.read(parquetInput(input), columns, name));
      if (format === "csv") return readCsv(inMemory(input), options, name);
      const table = readArrow(inMemory(input), name);
      return columns === undefined ? table : selectColumns(table, columns, name);
    },
    async readSchema(input, format, { name = "the data" } = {}) {
      if (format === "parquet") {
        const { schema, rows, metadata } = await parquet.info(parquetInput(input), name);
        checkNames(namesOf(schema), name);
        return { columns: columnsOf(schema), rows, metadata };
      }
      if (format === "csv") {
        const header = readCsv(headerOf(inMemory(input)), {}, name);
        return { columns: columnsOf(header.schema), rows: null, metadata: new Map() };
      }
      const { schema, numRows } = readArrow(inMemory(input), name);
      return { columns: columnsOf(schema), rows: numRows, metadata: schema.metadata };
    },
    async writeTable(table, format, options = {}) {
      const parts: Uint8Array[] = [];
      for await (const part of datasets.encodeTable(table, format, options)) parts.push(part);
      return parts.length === 1 ? (parts[0] as Uint8Array) : concat(parts);
    },
    async *encodeTable(table, format, { metadata = new Map() } = {}) {
      const names = namesOf(table.schema);
      checkNames(names);
      if (names.length === 0) {
        throw new EdgefeatError("missing_column", `a table without columns can't be written as ${formatName(format)}`);
      }
      if (format === "parquet") yield* parquet.write(plainTable(table), metadata);
      else if (format === "csv") yield* writeCsv(table);
      else yield writeArrow(table, format === "arrow" ? "file" : "stream", metadata);
    },
  };
  return datasets;
}

function columnsOf(schema: Schema): DatasetColumn[] {
  return schema.fields.map(({ name, type }) => ({ name, arrow: type, type: valueTypeOfArrow(type) }));
}

function parquetInput(input: DatasetInput): ParquetInput {
  return input instanceof Uint8Array ? new Blob([input as Uint8Array<ArrayBuffer>]) : input;
}

function inMemory(input: DatasetInput): Uint8Array {
  if (input instanceof Uint8Array) return input;
  throw new EdgefeatError("internal_error", "only Parquet is read from a path: read the file first");
}

/** The bytes up to the first line break that no quotes enclose. */
function headerOf(bytes: Uint8Array): Uint8Array {
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0x22) quoted = !quoted;
    else if (!quoted && (bytes[i] === 0x0a || bytes[i] === 0x0d)) return bytes.subarray(0, i);
  }
  return bytes;
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
