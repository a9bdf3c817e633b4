// Native DuckDB's C interface, as @duckdb/node-api brings it; an optional peer, so it is looked for when it is asked for.
import { createRequire } from "node:module";
import type * as bindings from "@duckdb/node-bindings";
import { EdgefeatError } from "../../sdk/errors.ts";

export type DuckDb = typeof bindings;
export type { Connection, Database, DataChunk, LogicalType, Result, Vector } from "@duckdb/node-bindings";

const HINT = 'install it beside edgefeat (npm install @duckdb/node-api), or take the engine "wasm"';

/** Returns the bindings, or null where the peer is not installed. @throws engine_unavailable when it is but can't be used. */
export function nativeBindings(): DuckDb | null {
  const { resolve } = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = resolve("@duckdb/node-api");
  } catch {
    return null;
  }
  try {
    // The bindings are node-api's own dependency, which not every package manager lets others see.
    const duckdb = createRequire(entry)("@duckdb/node-bindings") as DuckDb;
    if (typeof duckdb.copy_data_to_vector_validity !== "function") throw new Error("it is too old");
    return duckdb;
  } catch (cause) {
    throw new EdgefeatError("engine_unavailable", `@duckdb/node-api can't be used: ${(cause as Error).message}`, {
      hint: HINT,
      cause,
    });
  }
}

/** Returns the bindings. @throws engine_unavailable where they are not to be had. */
export function needNativeBindings(): DuckDb {
  const duckdb = nativeBindings();
  if (duckdb !== null) return duckdb;
  throw new EdgefeatError("engine_unavailable", "the native engine needs @duckdb/node-api, which is not installed", {
    hint: HINT,
  });
}
