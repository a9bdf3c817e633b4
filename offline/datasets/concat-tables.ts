// The tables of several files as one: the same columns, of types that agree; a difference names both files.
import { DataType, Field, Schema, Table, TimestampNanosecond, TimeUnit, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime } from "../../sdk/time.ts";
import { fitsInt64, sameType, type ValueType } from "../../sdk/types/index.ts";
import { arrowTypeOf, valueTypeOfArrow } from "./arrow-types.ts";
import { columnBuilder, vectorFromValues } from "./build-column.ts";
import { columnReader } from "./read-column.ts";
import { emptyTable, indexesOf, namesOf, tableOf, withSchema } from "./tables.ts";

/** A file's rows, and what errors call the file. */
export interface NamedTable {
  readonly name: string;
  readonly table: Table;
}

/**
 * Returns the rows of all tables in their order, sharing their memory. The columns are the first one's, in its order; in another
 * they may lie in any order, but none may be missing or be of another type. Times are in nanoseconds where any file's are.
 * @throws missing_column, type_mismatch, naming both files; value_out_of_range for a time that nanoseconds can't hold.
 */
export function concatTables(tables: readonly NamedTable[]): Table {
  const [first, ...others] = tables as readonly [NamedTable, ...NamedTable[]];
  if (others.length === 0) return first.table;
  const names = namesOf(first.table.schema);
  const ordered = [first.table, ...others.map((other) => inOrder(first, other, names))];
  const fields = names.map((name, i) => {
    const types = ordered.map((table) => (table.schema.fields[i] as Field).type);
    return new Field(name, commonType(name, tables, types), true);
  });
  const schema = new Schema(fields);
  const filled = ordered.filter((table) => table.numRows > 0);
  const fileOf = (table: Table) => (tables[ordered.indexOf(table)] as NamedTable).name;
  if (filled.length === 0) return emptyTable(schema);
  return new Table(
    schema,
    filled.flatMap((table) => withSchema(laidOutAs(fields, table, fileOf(table)), schema).batches),
  );
}

function inOrder(first: NamedTable, { name, table }: NamedTable, names: readonly string[]): Table {
  const own = namesOf(table.schema);
  if (own.length === names.length && own.every((column, i) => column === names[i])) return table;
  const indexOf = indexesOf(own, name);
  const lacking = (column: string, has: string, lacks: string) =>
    new EdgefeatError("missing_column", `${lacks} has no column "${column}", which ${has} has`, {
      hint: "write the column into every file, null where it isn't known, or narrow the source's path to files that have it",
      details: { column },
    });
  const missing = names.find((column) => !own.includes(column));
  if (missing !== undefined) throw lacking(missing, first.name, name);
  const more = own.find((column) => !names.includes(column));
  if (more !== undefined) throw lacking(more, name, first.name);
  return table.selectAt(names.map(indexOf));
}

/** Returns the Arrow type of a column in all files: where it only differs in how values are kept, that of their value type. */
function commonType(name: string, files: readonly NamedTable[], types: readonly DataType[]): DataType {
  const known = Math.max(
    0,
    types.findIndex((type) => !DataType.isNull(type)),
  );
  const first = types[known] as DataType;
  if (types.every((type) => sameLayout(type, first) || DataType.isNull(type))) return first;
  const told = types.filter((type) => !DataType.isNull(type));
  // In text a column has them where one of its times does: it is no other type for that.
  if (told.some(isNanosecond) && told.every((type) => DataType.isTimestamp(type)))
    return new TimestampNanosecond("UTC");
  const type = valueTypeOfArrow(first);
  types.forEach((other, i) => {
    const otherType = DataType.isNull(other) ? type : valueTypeOfArrow(other);
    const same = type !== null && otherType !== null && sameType(type, otherType);
    if (sameLayout(other, first) || (same && !isNanosecond(other) && !isNanosecond(first))) return;
    if (DataType.isNull(other)) return;
    throw new EdgefeatError(
      "type_mismatch",
      `column "${name}" is ${String(other)} in ${files[i]?.name}, but ${String(first)} in ${files[known]?.name}`,
      { hint: "write the files anew with one type for the column", details: { column: name } },
    );
  });
  return arrowTypeOf(type as ValueType);
}

/** Returns the table with its columns kept as the fields say; their types may still be called otherwise. */
function laidOutAs(fields: readonly Field[], table: Table, file: string): Table {
  if (fields.every(({ type }, i) => sameLayout(type, (table.schema.fields[i] as Field).type))) return table;
  return tableOf(
    fields.map(({ name, type: target }, i) => {
      const column = table.getChildAt(i) as Vector;
      const type = valueTypeOfArrow(target);
      if (sameLayout(target, column.type) || type === null) return [name, column] as const;
      if (isNanosecond(target)) return [name, inNanoseconds(name, column, file)] as const;
      return [
        name,
        vectorFromValues(type, valuesOf(columnReader(column, type, { column: name }), column.length)),
      ] as const;
    }),
  );
}

function inNanoseconds(name: string, column: Vector, file: string): Vector {
  const read = columnReader(column, { kind: "timestamp" }, { column: name });
  const builder = columnBuilder({ kind: "int64" }, column.length);
  for (let row = 0; row < column.length; row++) {
    const us = read(row) as bigint | null;
    if (us !== null && !fitsInt64(us * 1000n)) {
      throw new EdgefeatError(
        "value_out_of_range",
        `${file}: column "${name}", row ${row + 1}: ${formatTime(us)} can't be in nanoseconds, which another file has`,
        { hint: "give times to the microsecond; in a column with nanoseconds they must lie in 1677 to 2262" },
      );
    }
    builder.push(us === null ? null : us * 1000n);
  }
  return new Vector(builder.finish().data.map((data) => data.clone(new TimestampNanosecond("UTC"))));
}

/** True for types whose memory is read alike: a time's zone changes nothing. */
function sameLayout(a: DataType, b: DataType): boolean {
  if (DataType.isTimestamp(a) && DataType.isTimestamp(b)) return a.unit === b.unit;
  return String(a) === String(b);
}

function isNanosecond(type: DataType): boolean {
  return DataType.isTimestamp(type) && type.unit === TimeUnit.NANOSECOND;
}

function* valuesOf<T>(read: (row: number) => T, length: number): Generator<T> {
  for (let row = 0; row < length; row++) yield read(row);
}
