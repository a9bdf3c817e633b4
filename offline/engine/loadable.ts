// An Arrow table made fit for SQL: names that SQL tells apart, times without zones, no column it would garble.
import {
  type Data,
  DataType,
  Field,
  FixedSizeList,
  List,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Timestamp,
} from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";

/**
 * Returns `table` with its zoned timestamps, those in lists and structs too, relabelled as plain ones (the same integers, UTC); shares its memory.
 * @throws duplicate_column for names that are equal but for case, type_mismatch for string views and no columns at all.
 */
export function loadable(name: string, table: Table): Table {
  const fields = table.schema.fields;
  if (fields.length === 0) throw new EdgefeatError("type_mismatch", `the table "${name}" has no columns`);
  const seen = new Map<string, string>();
  for (const field of fields) {
    const folded = field.name.toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) {
      throw new EdgefeatError(
        "duplicate_column",
        `the table "${name}" has the columns "${other}" and "${field.name}"`,
        {
          hint: "names in SQL differ by more than case: rename one",
        },
      );
    }
    seen.set(folded, field.name);
    // apache-arrow 21 writes slices of these wrong.
    if (DataType.isUtf8View(field.type) || DataType.isBinaryView(field.type)) {
      throw new EdgefeatError("type_mismatch", `the column "${field.name}" of "${name}" is a ${String(field.type)}`, {
        hint: "read the file with readTable, which makes plain columns of views",
      });
    }
  }
  return fields.some((field) => unzoned(field.type) !== field.type) ? withoutZones(table) : table;
}

/** @throws duplicate_column when two columns of a result have one name: Arrow's schemas would mix them up. */
export function checkResultNames(names: readonly string[], sql: string): void {
  const twin = names.find((name, i) => names.indexOf(name) !== i);
  if (twin === undefined) return;
  throw new EdgefeatError("duplicate_column", `two columns of the result are called "${twin}"`, {
    hint: "name each with AS",
    details: { sql },
  });
}

/** @throws type_mismatch for an ENUM: DuckDB-WASM sends no dictionary with it, so that every value would read as null. */
export function checkResultTypes(fields: readonly Field[], sql: string): void {
  const lost = fields.find(({ type }) => hasDictionary(type));
  if (lost === undefined) return;
  throw new EdgefeatError("type_mismatch", `the column "${lost.name}" of the result is an ENUM`, {
    hint: "cast it in the query, to VARCHAR for one",
    details: { sql },
  });
}

function hasDictionary(type: DataType): boolean {
  const children: readonly Field[] | null = type.children;
  return DataType.isDictionary(type) || (children ?? []).some((child) => hasDictionary(child.type));
}

/** Returns the type with its timestamps plain ones; the very same type where they are. */
function unzoned(type: DataType): DataType {
  if (DataType.isTimestamp(type)) return (type.timezone ?? null) === null ? type : new Timestamp(type.unit);
  if (!DataType.isList(type) && !DataType.isFixedSizeList(type) && !DataType.isStruct(type)) return type;
  const children = type.children.map((field) => new Field(field.name, unzoned(field.type), field.nullable));
  if (children.every((child, i) => child.type === type.children[i]?.type)) return type;
  if (DataType.isStruct(type)) return new Struct(children);
  const item = children[0] as Field;
  return DataType.isFixedSizeList(type) ? new FixedSizeList(type.listSize, item) : new List(item);
}

function relabelled(data: Data, type: DataType): Data {
  if (data.type === type) return data;
  const children = data.children.map((child, i) => relabelled(child, (type.children[i] as Field).type));
  return data.clone(type, undefined, undefined, undefined, undefined, children);
}

function withoutZones(table: Table): Table {
  const fields = table.schema.fields.map(({ name, type, nullable }) => new Field(name, unzoned(type), nullable));
  const schema = new Schema(fields);
  const batches = table.batches.map((batch) => {
    const children = batch.data.children.map((child, i) => relabelled(child, (fields[i] as Field).type));
    return new RecordBatch(
      schema,
      batch.data.clone(new Struct(fields), undefined, undefined, undefined, undefined, children),
    );
  });
  return new Table(schema, batches);
}
