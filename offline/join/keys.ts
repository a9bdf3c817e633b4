// Join keys as small integers: every distinct key of the entity rows, or of the source, gets a number in the engine.
import type { Vector } from "apache-arrow";
import type { ValueType } from "../../sdk/types/index.ts";
import { tableOf } from "../datasets/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import type { ViewRead } from "../../sdk/plan/index.ts";
import type { EntityRows } from "./entity-rows.ts";
import type { SourceRows } from "./source-rows.ts";
import { eachKey, int32Column, int32Result, int64Column, keySqlType, rowNumbers, run, timeColumn } from "./tables.ts";

/**
 * Loads the entity rows' keys and times for one view: tables `ef_keys(kid, k0, …)` of distinct keys, and
 * `ef_entity(rid, kid, t)`, kid null where a key is (SEMANTICS 2.5). Returns the kid by row, −1 for null.
 */
export async function loadEntityKeys(
  engine: Engine,
  read: ViewRead,
  rows: EntityRows,
  options?: QueryOptions,
): Promise<Int32Array> {
  const keys = Object.fromEntries(read.keys.map((column, i) => [`k${i}`, rows.key(column)]));
  const raw = { ...keys, t: int64Column(rows.times), rid: int32Column(rowNumbers(rows.rows)) };
  await engine.load("ef_entity_raw", tableOf(Object.entries(raw)), options);
  const n = read.keys.length;
  const types = read.keys.map((column) => column.type);
  await run(
    engine,
    [
      distinctKeys("ef_entity_raw", types, ""),
      `CREATE OR REPLACE TABLE ef_entity AS SELECT r.rid, k.kid, r.t FROM ef_entity_raw r
       LEFT JOIN ef_keys k ON ${eachKey(n, (k, i) => `CAST(r.${k} AS ${keySqlType(types[i] as ValueType)}) = k.${k}`, " AND ")}`,
      "DROP TABLE ef_entity_raw",
    ],
    options,
  );
  return int32Result(await engine.query("SELECT kid FROM ef_entity ORDER BY rid", [], options), "kid");
}

/**
 * Numbers the keys of the rows of `ef_source` instead, in the order of the keys: for materialization, where every key
 * takes part and a run that resumes must meet them in the same order.
 */
export async function numberSourceKeys(
  engine: Engine,
  types: readonly ValueType[],
  options?: QueryOptions,
): Promise<void> {
  await run(engine, [distinctKeys("ef_source", types, `ORDER BY ${eachKey(types.length, (k) => k)}`)], options);
}

function distinctKeys(table: string, types: readonly ValueType[], order: string): string {
  const n = types.length;
  const typed = eachKey(n, (k, i) => `CAST(${k} AS ${keySqlType(types[i] as ValueType)}) AS ${k}`);
  return `CREATE OR REPLACE TABLE ef_keys AS SELECT CAST(row_number() OVER (${order}) - 1 AS INTEGER) AS kid, * FROM (
    SELECT DISTINCT ${typed} FROM ${table} WHERE ${eachKey(n, (k) => `${k} IS NOT NULL`, " AND ")})`;
}

/**
 * Loads a source's keys, times and row numbers as `ef_source(k0, …, e, c, rn, …extra)`; e and c in µs, e absent for a
 * reference table, c absent without a created time.
 */
export async function loadSource(
  engine: Engine,
  source: SourceRows,
  extra: Readonly<Record<string, Vector>> = {},
  options?: QueryOptions,
): Promise<void> {
  const keys = Object.fromEntries(source.keys.map((vector, i) => [`k${i}`, vector]));
  const times = {
    ...(source.eventTimes === null ? {} : { e: timeColumn(source.eventTimes) }),
    ...(source.createdTimes === null ? {} : { c: timeColumn(source.createdTimes) }),
  };
  const columns: Record<string, Vector> = { ...keys, ...times, rn: int32Column(rowNumbers(source.rows)), ...extra };
  await engine.load("ef_source", tableOf(Object.entries(columns)), options);
}

/** Which rows of a source matter, by event time: `after` < e ≤ `until`; null leaves an end open. */
export interface TimeRange {
  readonly afterUs: bigint | null;
  readonly untilUs: bigint | null;
}

/** Returns the condition on `ef_source s` that a time range stands for. */
export function inRange({ afterUs, untilUs }: TimeRange): string {
  const after = afterUs === null ? "true" : `s.e > ${afterUs}`;
  return untilUs === null ? after : `${after} AND s.e <= ${untilUs}`;
}

/** Returns the least and greatest of some times; undefined for none. */
export function extent(times: BigInt64Array): { least: bigint; greatest: bigint } | undefined {
  if (times.length === 0) return undefined;
  let least = times[0] as bigint;
  let greatest = least;
  for (const t of times) {
    if (t < least) least = t;
    if (t > greatest) greatest = t;
  }
  return { least, greatest };
}

/** Returns the condition that joins `ef_source s` with `ef_keys k`. */
export function onKeys(types: readonly ValueType[]): string {
  return eachKey(types.length, (k, i) => `CAST(s.${k} AS ${keySqlType(types[i] as ValueType)}) = k.${k}`, " AND ");
}
