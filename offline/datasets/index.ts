// Datasets in and out, and exact access to their columns, in any host; Node's files and threads are in files.ts.
export { arrowTypeOf, canReadAs, valueTypeOfArrow } from "./arrow-types.ts";
export {
  type ColumnBuilder,
  columnBuilder,
  type TypedValues,
  vectorFromTyped,
  vectorFromValues,
} from "./build-column.ts";
export type { ColumnOptions, ColumnReader } from "./column-reading.ts";
export { cellOfValue, valueOfCell } from "./csv-cells.ts";
export type { BadCell, CsvOptions } from "./csv-read.ts";
export {
  type DatasetColumn,
  type DatasetInput,
  type Datasets,
  type DatasetSchema,
  datasetsOn,
  type ReadOptions,
  type WriteOptions,
} from "./dataset.ts";
export { type DatasetFormat, formatOf } from "./formats.ts";
export type { ParquetThread } from "./parquet.ts";
export { plainTable } from "./plain.ts";
export { columnReader } from "./read-column.ts";
export { countFinerThanUs } from "./read-times.ts";
export { checkNames, columnOf, namesOf, selectColumns, tableOf } from "./tables.ts";
