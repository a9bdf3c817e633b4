// The engine's port: what the offline side needs of a SQL engine, and no more.
import type { Table } from "apache-arrow";

export interface QueryOptions {
  /** Stops the call; the promise then rejects with code `cancelled`, and the engine and its tables stay as they were. */
  signal?: AbortSignal;
}

/** A parameter's value, and its SQL type: string VARCHAR, number DOUBLE (NaN and −0 included), bigint BIGINT, boolean BOOLEAN. */
export type Parameter = string | number | bigint | boolean | null;

/**
 * A SQL engine that speaks Arrow. Held by the conformance suite in `test/conformance/`.
 * Calls run one after another in the order they were made. Errors are EdgefeatError: sql_error for a query it refuses,
 * cancelled, engine_failed when it is gone, closed or out of memory.
 */
export interface Engine {
  /** Names the engine and its version for reports: "duckdb-wasm 1.4.3". */
  readonly name: string;
  /**
   * Creates (or replaces) the table `name` from Arrow columns. Row order is kept in insertion order. A column of
   * zoned timestamps becomes TIMESTAMP (UTC), so that times compare whatever their file said of zones.
   * @throws duplicate_column when two names differ by case at most, type_mismatch for a column that SQL can't hold.
   */
  load(name: string, table: Table, options?: QueryOptions): Promise<void>;
  /** Runs one statement with positional parameters ($1, $2, …) and returns its rows as Arrow, in the order SQL gives them. */
  query(sql: string, parameters?: readonly Parameter[], options?: QueryOptions): Promise<Table>;
  /** Frees everything; pending and later calls reject with engine_failed. Closing twice is fine. */
  close(): Promise<void>;
}
