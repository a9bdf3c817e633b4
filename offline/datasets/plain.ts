// Plain columns out of dictionary-encoded and view columns, so that every later step meets one layout of each type.
import {
  type Data,
  DataType,
  Field,
  FixedSizeList,
  List,
  Schema,
  type Table,
  type Timestamp,
  Vector,
} from "apache-arrow";
import { isView, valueTypeOfArrow } from "./arrow-types.ts";
import { columnBuilder, vectorFromValues } from "./build-column.ts";
import type { ColumnReader } from "./column-reading.ts";
import { columnReader } from "./read-column.ts";
import { tableOf, withSchema } from "./tables.ts";

/** Returns the table with its dictionary-encoded and view columns, and lists of such, as plain ones of the same values; others are shared. */
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
  return isView(type) || DataType.isDictionary(type) || (isPlainList(type) && isEncoded(type.valueType));
}

/** Lists whose offsets apache-arrow writes and slices right. */
function isPlainList(type: DataType): type is List | FixedSizeList {
  return DataType.isList(type) || DataType.isFixedSizeList(type);
}

function plainColumn(name: string, column: Vector): Vector {
  const arrow: DataType = column.type;
  if (isPlainList(arrow)) return new Vector(column.data.map((data) => plainList(name, data, arrow)));
  const type = valueTypeOfArrow(arrow);
  if (type === null) return column;
  // Whoever reads times knows which way to round them.
  if (DataType.isDictionary(arrow) && DataType.isTimestamp(arrow.dictionary))
    return plainTimes(column, arrow.dictionary);
  return vectorFromValues(type, rowsOf(columnReader(column, type, { column: name }), column.length));
}

/** Item by item, as a list may hold nulls where no feature's may. */
function plainList(name: string, data: Data, type: List | FixedSizeList): Data {
  const [items] = plainColumn(name, new Vector([data.children[0] as Data])).data as [Data];
  const field = new Field(type.valueField.name, items.type, true);
  const plain = DataType.isFixedSizeList(type) ? new FixedSizeList(type.listSize, field) : new List(field);
  return data.clone(plain, undefined, undefined, undefined, undefined, [items]);
}

function plainTimes(column: Vector, type: Timestamp): Vector {
  const builder = columnBuilder({ kind: "int64" }, column.length);
  for (const data of column.data) {
    const dictionary = data.dictionary as Vector;
    const ticks = dictionary.toArray() as BigInt64Array;
    const indices = data.values as ArrayLike<number | bigint>;
    for (let row = 0; row < data.length; row++) {
      const index = data.getValid(row) ? Number(indices[row]) : -1;
      builder.push(index >= 0 && dictionary.isValid(index) ? (ticks[index] as bigint) : null);
    }
  }
  return new Vector(builder.finish().data.map((data) => data.clone(type)));
}

function* rowsOf(read: ColumnReader, length: number) {
  for (let row = 0; row < length; row++) yield read(row);
}
