// A view's own query: the source's table under the source's name in, the view's rows out.
import type { Table, Vector } from "apache-arrow";
import { checkSelect, type Select, type Source } from "../../sdk/definitions/index.ts";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { ColumnTypes, Definitions } from "../../sdk/registry/index.ts";
import { lookUp } from "../../sdk/shape.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { columnOf, plainTable } from "../datasets/index.ts";
import { type Engine, identifier, type QueryOptions } from "../engine/index.ts";
import { type SqlType, sqlType } from "./sql-types.ts";
import { dropTables, run } from "./tables.ts";

/** A view's query, and the name of the table that it reads. */
export interface ViewSelect {
  readonly view: string;
  readonly source: string;
  readonly select: Select;
}

/**
 * Returns the columns `needed` of what a view's query gives, whose types are the same in every engine. Their rows come in
 * no order that means anything.
 * @throws definition_invalid for a query that checkSelect refuses; sql_error with DuckDB's words and position;
 *   missing_column, duplicate_column; type_mismatch for a type that no feature can have
 */
export async function selectRows(
  engine: Engine,
  select: ViewSelect,
  needed: readonly string[],
  source: Table,
  options?: QueryOptions,
): Promise<Table> {
  return withSource(engine, select, source, options, async (sql) => {
    const columns = await describe(engine, select, sql, options);
    const casts = needed.map((name) => {
      const quoted = identifier(name);
      return `CAST(${quoted} AS ${columnType(select, columns, name).cast}) AS ${quoted}`;
    });
    const rows = `SELECT ${casts.length === 0 ? "1" : casts.join(", ")} FROM (\n${sql}\n)`;
    return onOneThread(engine, () => query(engine, select, rows, 1, options));
  });
}

/**
 * Returns, by view, the types of the columns that the views' own queries give; `sourceOf` returns a table that has a source's
 * columns and may be empty.
 * @throws as selectRows
 */
export async function selectTypes(
  engine: Engine,
  definitions: Definitions,
  sourceOf: (source: Source) => Promise<Table>,
): Promise<ReadonlyMap<string, ColumnTypes>> {
  const found = new Map<string, ColumnTypes>();
  for (const { name, source, select, entities, fields, aggregations } of definitions.views.values()) {
    if (select === undefined) continue;
    const needed = [
      ...entities.flatMap((entity) => entity.joinKeys.map((key) => key.name)),
      ...Object.keys(fields ?? {}),
      source.eventTime,
      source.createdTime,
      source.eventId,
      ...Object.values(aggregations ?? {}).map(({ column }) => column),
    ].filter((column) => column !== undefined);
    const view = { view: name, source: source.name, select };
    found.set(name, await typesOf(engine, view, needed, await sourceOf(source)));
  }
  return found;
}

/**
 * Returns the types of the columns that a view's query gives, from a table that has its source's columns and may be empty; those
 * of a type that no feature can have are left out, where they are not `needed`.
 */
async function typesOf(
  engine: Engine,
  select: ViewSelect,
  needed: readonly string[],
  source: Table,
): Promise<ColumnTypes> {
  return withSource(engine, select, source, {}, async (sql) => {
    const columns = await describe(engine, select, sql, {});
    for (const name of needed) columnType(select, columns, name);
    const types = Object.entries(columns).map(([name, text]) => [name, sqlType(text)?.type] as const);
    return Object.fromEntries(types.filter((entry): entry is [string, ValueType] => entry[1] !== undefined));
  });
}

async function withSource<T>(
  engine: Engine,
  { view, source, select }: ViewSelect,
  table: Table,
  options: QueryOptions | undefined,
  work: (sql: string) => Promise<T>,
): Promise<T> {
  const sql = checkSelect(view, select.sql);
  await engine.load(source, plainTable(table), options);
  try {
    return await work(sql);
  } finally {
    await dropTables(engine, [identifier(source)]);
  }
}

/**
 * Runs `work` while the engine has one thread: then a sum of doubles, say, adds them in the order of the rows, and is the same
 * whenever and wherever it is taken. WebAssembly, which mostly has one, can't change their number.
 */
async function onOneThread<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  if (engine.name.startsWith("duckdb-wasm")) return work();
  const found = await engine.query("SELECT CAST(current_setting('threads') AS INTEGER) AS threads");
  const threads = found.getChild("threads")?.get(0) as number;
  if (threads === 1) return work();
  await run(engine, ["SET threads = 1"]);
  try {
    return await work();
  } finally {
    await run(engine, [`SET threads = ${threads}`]);
  }
}

/** Returns DuckDB's name of each column's type. */
async function describe(
  engine: Engine,
  select: ViewSelect,
  sql: string,
  options: QueryOptions | undefined,
): Promise<Readonly<Record<string, string>>> {
  const described = await query(engine, select, `DESCRIBE ${sql}`, 0, options);
  const columns: Record<string, string> = {};
  const [names, types] = ["column_name", "column_type"].map((name) => columnOf(described, name)) as [Vector, Vector];
  for (let i = 0; i < described.numRows; i++) {
    const name = names.get(i) as string;
    if (Object.hasOwn(columns, name)) {
      throw new EdgefeatError("duplicate_column", `${of(select)} gives two columns "${name}"`, {
        hint: `give one of them another name: AS other; or leave the first out: SELECT * EXCLUDE (${name})`,
      });
    }
    columns[name] = types.get(i) as string;
  }
  return columns;
}

function columnType(select: ViewSelect, columns: Readonly<Record<string, string>>, name: string): SqlType {
  const text = lookUp(columns, name, `column in what ${of(select)} gives called`, "missing_column");
  const type = sqlType(text);
  if (type !== null) return type;
  throw new EdgefeatError("type_mismatch", `${of(select)} gives "${name}" as ${text}, which no feature can have`, {
    hint: `cast it in the select: CAST(… AS ${text === "HUGEINT" || text === "UHUGEINT" ? "BIGINT" : "VARCHAR"}) AS ${name}${text === "HUGEINT" ? "; a sum of integers is HUGEINT" : ""}`,
    details: { view: select.view, column: name, found: text },
  });
}

/** Runs SQL that has `linesBefore` lines before the view's query. */
async function query(
  engine: Engine,
  select: ViewSelect,
  sql: string,
  linesBefore: number,
  options: QueryOptions | undefined,
): Promise<Table> {
  try {
    return await engine.query(sql, [], options);
  } catch (fault) {
    if (!(fault instanceof EdgefeatError) || fault.code !== "sql_error") throw fault;
    const line = Number(/^LINE (\d+): /m.exec(fault.message)?.[1] ?? Number.NaN) - linesBefore;
    const words = fault.message.replace(/^DuckDB failed [a-z ]+: /, "").replace(/^LINE \d+: /m, `LINE ${line}: `);
    throw new EdgefeatError("sql_error", `${of(select)} failed: ${words}`, {
      hint: `it reads a table "${select.source}" with the source's columns, and neither files nor the network`,
      details: { view: select.view, sql: select.select.sql, ...(line >= 1 ? { line } : {}) },
      cause: fault,
    });
  }
}

function of({ view }: ViewSelect): string {
  return `the select of view "${view}"`;
}
