// Datasets in and out, and exact access to their columns, in any host; Node's files and threads are in files.ts.
export { arrowStream } from "./arrow-ipc.ts";
export { arrowTypeOf, canReadAs, valueTypeOfArrow } from "./arrow-types.ts";
export { blobSource, type ByteSource, memorySource } from "./byte-source.ts";
export {
  type ColumnBuilder,
  columnBuilder,
  type TypedValues,
  vectorFromTyped,
  vectorFromValues,
} from "./build-column.ts";
export type { ColumnOptions, ColumnReader } from "./column-reading.ts";
export { concatTables, type NamedTable } from "./concat-tables.ts";
export { cellOfValue, valueOfCell } from "./csv-cells.ts";
export type { BadCell, TextOptions } from "./text-options.ts";
export {
  type DatasetColumn,
  type DatasetHost,
  type DatasetInput,
  type Datasets,
  type DatasetSchema,
  datasetsOn,
  type ReadOptions,
  type WriteOptions,
} from "./dataset.ts";
export { type DatasetFormat, formatOf, typesAreDeclared } from "./formats.ts";
export { type HttpHost, openHttp, urlOf } from "./http-source.ts";
export type { ParquetThread } from "./parquet.ts";
export { plainTable } from "./plain.ts";
export { partitionValues, type TimeRange } from "./partitions.ts";
export {
  blobFiles,
  type DatasetFile,
  type FileLayout,
  type FilesTable,
  filesColumns,
  readFiles,
  type ReadFilesOptions,
  type ReadStats,
  type UnreadCell,
} from "./read-files.ts";
export { columnReader } from "./read-column.ts";
export { countFinerThanUs } from "./read-times.ts";
export { takeRows } from "./take-rows.ts";
export { absoluteUrl, type DownloadProgress, wasmFile, type WasmFileOptions } from "./wasm-file.ts";
export { checkNames, columnOf, emptyTableOf, namesOf, selectColumns, tableOf } from "./tables.ts";
