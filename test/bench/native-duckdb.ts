// Native DuckDB on one thread: what the joins in WebAssembly are measured against.
import { DuckDBInstance } from "@duckdb/node-api";

export interface NativeDuckDb {
  /** "duckdb 1.5.6, one thread" */
  readonly name: string;
  run(sql: string): Promise<void>;
  /** Returns the first column of the first row. */
  one(sql: string): Promise<unknown>;
  close(): void;
}

/** Opens a database in memory, that never looks for extensions elsewhere. */
export async function openNative(): Promise<NativeDuckDb> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    autoload_known_extensions: "false",
    autoinstall_known_extensions: "false",
  });
  const connection = await instance.connect();
  const one = async (sql: string) => (await connection.runAndReadAll(sql)).getRows()[0]?.[0];
  return {
    name: `duckdb ${String(await one("SELECT version()")).replace(/^v/, "")}, one thread`,
    async run(sql) {
      await connection.run(sql);
    },
    one,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
