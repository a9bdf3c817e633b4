// Made histories in native DuckDB: the join that an analyst would write, and whether its result is ours.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Table } from "apache-arrow";
import { writeTableFile } from "../../offline/datasets/files.ts";
import { columnOf, columnReader } from "../../offline/datasets/index.ts";
import { TTL_US } from "./history.ts";
import { openNative } from "./native-duckdb.ts";

/** Returns the query of a point-in-time join: `columns` of rid, k, event_timestamp, x, n. ASOF takes one inequality, so the TTL is judged after it. */
export function asofSql(columns: string, features: string, entities: string): string {
  const valid = (column: string) =>
    `CASE WHEN f.e >= entity.event_timestamp - to_microseconds(${TTL_US}) THEN f.${column} END AS ${column}`;
  return `SELECT ${columns} FROM (SELECT entity.*, ${valid("x")}, ${valid("n")}
    FROM ${entities} entity ASOF LEFT JOIN ${features} f ON entity.k = f.k AND entity.event_timestamp >= f.e)`;
}

/** Calls `work` with a join in native DuckDB on one thread, of tables that are loaded already, into a table. */
export async function withTables<T>(
  features: Table,
  entities: Table,
  work: (join: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-bench-"));
  const native = await openNative();
  try {
    for (const [name, table] of Object.entries({ features, entities })) {
      const file = join(folder, `${name}.parquet`);
      await writeTableFile(file, table);
      await native.run(`CREATE TABLE ${name} AS SELECT * FROM read_parquet('${file}')`);
      rmSync(file);
    }
    return await work(() => native.run(`CREATE OR REPLACE TABLE joined AS ${asofSql("*", "features", "entities")}`));
  } finally {
    native.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compares x and n of two tables row by row. @throws at the first difference */
export function sameValues(ours: Table, theirs: Table): void {
  if (ours.numRows !== theirs.numRows)
    throw new Error(`ours has ${ours.numRows} rows, native DuckDB ${theirs.numRows}`);
  for (const [column, kind] of [
    ["x", "float64"],
    ["n", "int64"],
  ] as const) {
    const [our, their] = [ours, theirs].map((table) => columnReader(columnOf(table, column), { kind }, { column }));
    for (let row = 0; row < ours.numRows; row++) {
      if (our?.(row) === their?.(row)) continue;
      throw new Error(
        `row ${row}: our ${column} is ${String(our?.(row))}, that of native DuckDB ${String(their?.(row))}`,
      );
    }
  }
}
