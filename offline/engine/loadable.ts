// An Arrow table made fit for SQL: names that SQL tells apart, times without zones, no column it would garble.
import { DataType, Field, RecordBatch, Schema, Struct, Table, Timestamp } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";

/**
 * Returns `table` with its zoned timestamps relabelled as plain ones (the same integers, UTC); shares its memory.
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
  return fields.some((field) => isZoned(field.type)) ? withoutZones(table) : table;
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

function isZoned(type: DataType): boolean {
  return DataType.isTimestamp(type) && (type.timezone ?? null) !== null;
}

function withoutZones(table: Table): Table {
  const fields = table.schema.fields.map((field) => {
    const type: DataType = field.type;
    return isZoned(type) ? new Field(field.name, new Timestamp((type as Timestamp).unit), field.nullable) : field;
  });
  const schema = new Schema(fields);
  const batches = table.batches.map((batch) => {
    const children = batch.data.children.map((child, i) => child.clone((fields[i] as Field).type));
    return new RecordBatch(
      schema,
      batch.data.clone(new Struct(fields), undefined, undefined, undefined, undefined, children),
    );
  });
  return new Table(schema, batches);
}
