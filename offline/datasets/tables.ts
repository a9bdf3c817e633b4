// Arrow tables by column: made from named vectors, narrowed to some columns, their names checked.
import {
  type Data,
  type DataType,
  Field,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Vector,
  vectorFromArray,
} from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { didYouMean } from "../../sdk/nearest.ts";

/** Returns the column of that name. @throws missing_column with the nearest name. */
export function columnOf(table: Table, name: string): Vector {
  const index = indexOfColumn(namesOf(table.schema), name);
  return table.getChildAt(index) as Vector;
}

/** Returns the names of a schema's columns in their order. */
export function namesOf(schema: Schema): string[] {
  return schema.fields.map((field) => field.name);
}

/**
 * Returns a table of the named columns, in their order; the columns may differ in their chunks, not in their length.
 * @throws duplicate_column.
 */
export function tableOf(columns: Iterable<readonly [name: string, column: Vector]>): Table {
  const entries = [...columns];
  const fields = entries.map(([name, column]) => new Field(name, column.type, true));
  checkNames(fields.map((field) => field.name));
  const lengths = new Set(entries.map(([, column]) => column.length));
  if (lengths.size > 1) {
    throw new EdgefeatError("internal_error", `columns of different lengths: ${[...lengths].join(", ")}`);
  }
  const schema = new Schema(fields);
  const length = entries[0]?.[1].length ?? 0;
  if (length === 0 || entries.every(([, column]) => column.data.length === 1)) {
    const children = entries.map(([, { type, data }]) => data[0] ?? emptyData(type));
    const struct = makeData({ type: new Struct(fields), length, nullCount: 0, children });
    return new Table(schema, [new RecordBatch(schema, struct)]);
  }
  // Through names of our own: an object's keys would put a column "2020" first.
  const vectors: Record<string, Vector> = {};
  entries.forEach(([, column], i) => (vectors[`c${i}`] = column));
  return withSchema(new Table(vectors), schema);
}

/** Returns a table of no rows in one batch: apache-arrow gives the columns of a table without batches no item columns. */
export function emptyTable(schema: Schema): Table {
  const columns = schema.fields.map(({ name, type }) => [name, new Vector([emptyData(type)])] as const);
  return withSchema(tableOf(columns), schema);
}

/** Returns a table of no rows with columns of these types. */
export function emptyTableOf(columns: readonly (readonly [name: string, type: DataType])[]): Table {
  return emptyTable(new Schema(columns.map(([name, type]) => new Field(name, type, true))));
}

function emptyData(type: DataType): Data {
  return vectorFromArray([], type).data[0] as Data;
}

/** Returns the columns of that name in the order asked for, each once; shares memory. @throws missing_column. */
export function selectColumns(table: Table, columns: readonly string[], what = "the table"): Table {
  const indexOf = indexesOf(namesOf(table.schema), what);
  return table.selectAt([...new Set(columns)].map(indexOf));
}

/** Returns the same columns under another schema of as many fields, whose types lay out memory alike. */
export function withSchema(table: Table, schema: Schema): Table {
  const struct = new Struct(schema.fields);
  const batches = table.batches.map((batch) => {
    const children = batch.data.children.map((child, i) => child.clone((schema.fields[i] as Field).type));
    return new RecordBatch(schema, batch.data.clone(struct, undefined, undefined, undefined, undefined, children));
  });
  return new Table(schema, batches);
}

/** @throws duplicate_column when two columns have the same name, `what` being what has them. */
export function checkNames(names: readonly string[], what = "the table"): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new EdgefeatError("duplicate_column", `${what} has two columns "${name}"`, { hint: "rename one of them" });
    }
    seen.add(name);
  }
}

/** Returns where a column is. @throws missing_column with the nearest name. */
export function indexOfColumn(names: readonly string[], name: string, what = "the table"): number {
  const index = names.indexOf(name);
  if (index < 0) throw noColumn(names, name, what);
  return index;
}

/** Returns an indexOfColumn for many columns of the same names: of files that have thousands, each is found at once. */
export function indexesOf(names: readonly string[], what = "the table"): (name: string) => number {
  const indexes = new Map(names.map((name, i) => [name, i]));
  return (name) => {
    const index = indexes.get(name);
    if (index === undefined) throw noColumn(names, name, what);
    return index;
  };
}

function noColumn(names: readonly string[], name: string, what: string): EdgefeatError {
  return new EdgefeatError("missing_column", `${what} has no column "${name}"`, {
    hint: didYouMean(name, names),
    details: { column: name },
  });
}
