// Comparing a join of ours with native DuckDB's, value by value: a benchmark of a wrong answer is worth nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Table } from "apache-arrow";
import { readTableFile, writeTableFile } from "../../offline/datasets/files.ts";
import { columnOf, columnReader } from "../../offline/datasets/index.ts";
import { FLIGHTS_FILE } from "./flights.ts";
import type { NativeDuckDb } from "./native-duckdb.ts";

/** Creates the native tables `flights` and `entities`. */
export async function loadNative(native: NativeDuckDb, entities: Table): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, "entities.parquet");
    await writeTableFile(file, entities);
    await native.run(`CREATE TABLE flights AS SELECT * FROM read_parquet('${FLIGHTS_FILE}')`);
    // Our file's times are in UTC; those of the flights have no zone.
    await native.run(`CREATE TABLE entities AS SELECT rid, origin, destination,
      CAST(event_timestamp AT TIME ZONE 'UTC' AS TIMESTAMP) AS event_timestamp FROM read_parquet('${file}')`);
  });
}

/** Compares int64 columns of ours, in entity order, with a native table that has them and `rid`. @throws at the first difference */
export async function compare(
  native: NativeDuckDb,
  ours: Table,
  table: string,
  columns: readonly string[],
): Promise<void> {
  await compareRows(native, ours, table);
  await inFolder(async (folder) => {
    const file = join(folder, "native.parquet");
    const cast = columns.map((column) => `CAST(${column} AS BIGINT) AS ${column}`).join(", ");
    await native.run(`COPY (SELECT ${cast} FROM ${table} ORDER BY rid) TO '${file}' (FORMAT parquet)`);
    const theirs = await readTableFile(file);
    for (const column of columns) {
      const [a, b] = [ours, theirs].map((one) => columnReader(columnOf(one, column), { kind: "int64" }, { column }));
      for (let row = 0; row < ours.numRows; row++) {
        const [our, their] = [a?.(row), b?.(row)];
        if (our !== their) {
          throw new Error(`row ${row}: our ${column} is ${String(our)}, that of native DuckDB ${String(their)}`);
        }
      }
    }
  });
}

/** @throws when a native table has not as many rows as ours */
export async function compareRows(native: NativeDuckDb, ours: Table, table: string): Promise<void> {
  const rows = Number(await native.one(`SELECT count(*) FROM ${table}`));
  if (rows !== ours.numRows) throw new Error(`the native table "${table}" has ${rows} rows, ours ${ours.numRows}`);
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-bench-"));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
