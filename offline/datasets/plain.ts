// Plain columns out of dictionary-encoded and view columns, so that every later step meets one layout of each type.
import { DataType, Schema, type Table, type Vector } from "apache-arrow";
import { isBytes, isText, isView, valueTypeOfArrow } from "./arrow-types.ts";
import { vectorFromValues } from "./build-column.ts";
import type { ColumnReader } from "./column-reading.ts";
import { columnReader } from "./read-column.ts";
import { tableOf, withSchema } from "./tables.ts";

/** Returns the table with its dictionary-encoded and view columns as plain ones of the same values; others are shared. */
export function plainTable(table: Table): Table {
  const { fields } = table.schema;
  if (!fields.some((field) => isEncoded(field.type))) return table;
  const plain = tableOf(
    fields.map((field, i) => {
      const column = table.getChildAt(i) as Vector;
      return [field.name, isEncoded(field.type) ? plainColumn(field.name, column) : column];
    }),
  );
  return withSchema(plain, new Schema(plain.schema.fields, table.schema.metadata));
}

function isEncoded(type: DataType): boolean {
  return isView(type) || (DataType.isDictionary(type) && (isText(type.dictionary) || isBytes(type.dictionary)));
}

function plainColumn(name: string, column: Vector): Vector {
  const type = valueTypeOfArrow(column.type);
  if (type === null) return column;
  return vectorFromValues(type, rowsOf(columnReader(column, type, { column: name }), column.length));
}

function* rowsOf(read: ColumnReader, length: number) {
  for (let row = 0; row < length; row++) yield read(row);
}
