// Join keys as small integers: every distinct key of the entity rows, or of the source, gets a number in the engine.
import type { Vector } from "apache-arrow";
import type { ViewRead } from "../../sdk/plan/index.ts";
import type { ValueType } from "../../sdk/types/index.ts";
import { tableOf } from "../datasets/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import { emitNumberedKeys, emitSameKey } from "./emit.ts";
import type { EntityRows } from "./entity-rows.ts";
import type { SourceRows } from "./source-rows.ts";
import { int32Column, int32OrNullColumn, int64Column, rowNumbers, run, scattered, timeColumn } from "./tables.ts";

export interface NumberedEntities {
  /** By entity row: the number of its key, −1 where a key is null (SEMANTICS 2.5). */
  readonly kids: Int32Array;
  /** How many keys there are; they are numbered from 0. */
  readonly keys: number;
}

/** Numbers the keys of the entity rows for one view: makes the table `ef_keys(kid, k0, …)` of distinct keys. */
export async function numberEntityKeys(
  engine: Engine,
  read: ViewRead,
  rows: EntityRows,
  options?: QueryOptions,
): Promise<NumberedEntities> {
  const types = read.keys.map((column) => column.type);
  const keys = Object.fromEntries(read.keys.map((column, i) => [`k${i}`, rows.key(column)]));
  const raw = { ...keys, rid: int32Column(rowNumbers(rows.rows)) };
  await engine.load("ef_entity_raw", tableOf(Object.entries(raw)), options);
  await run(engine, [emitNumberedKeys({ into: "ef_keys", from: "ef_entity_raw", types, order: "any" })], options);
  const numbered = await engine.query(
    `SELECT r.rid, k.kid FROM ef_entity_raw r JOIN ef_keys k ON ${emitSameKey("r", types)}`,
    [],
    options,
  );
  await run(engine, ["DROP TABLE ef_entity_raw"], options);
  const kids = scattered(numbered, "rid", "kid", rows.rows);
  return { kids, keys: kids.reduce((most, kid) => Math.max(most, kid), -1) + 1 };
}

/** Loads the points in time that a view is looked up at: `ef_entity(rid, kid, t)`, kid null where a key is. */
export async function loadEntity(
  engine: Engine,
  kids: Int32Array,
  times: BigInt64Array,
  options?: QueryOptions,
): Promise<void> {
  const points = { rid: int32Column(rowNumbers(kids.length)), kid: int32OrNullColumn(kids), t: int64Column(times) };
  await engine.load("ef_entity", tableOf(Object.entries(points)), options);
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
  await run(engine, [emitNumberedKeys({ into: "ef_keys", from: "ef_source", types, order: "keys" })], options);
}

/** Returns the number of each source row's key among `ef_keys`, −1 for a key that is not there. */
export async function sourceKeyNumbers(
  engine: Engine,
  types: readonly ValueType[],
  source: SourceRows,
  options?: QueryOptions,
): Promise<Int32Array> {
  const columns = { ...keyColumns(source), rn: int32Column(rowNumbers(source.rows)) };
  await engine.load("ef_source", tableOf(Object.entries(columns)), options);
  const numbered = await engine.query(
    `SELECT s.rn, k.kid FROM ef_source s JOIN ef_keys k ON ${emitSameKey("s", types)}`,
    [],
    options,
  );
  await run(engine, ["DROP TABLE ef_source"], options);
  return scattered(numbered, "rn", "kid", source.rows);
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
  const times = {
    ...(source.eventTimes === null ? {} : { e: timeColumn(source.eventTimes) }),
    ...(source.createdTimes === null ? {} : { c: timeColumn(source.createdTimes) }),
  };
  const columns: Record<string, Vector> = {
    ...keyColumns(source),
    ...times,
    rn: int32Column(rowNumbers(source.rows)),
    ...extra,
  };
  await engine.load("ef_source", tableOf(Object.entries(columns)), options);
}

function keyColumns(source: SourceRows): Record<string, Vector> {
  return Object.fromEntries(source.keys.map((vector, i) => [`k${i}`, vector]));
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
