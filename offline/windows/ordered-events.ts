// The events of an aggregated view in the order of their keys and times, each once: what windows and tiles are cut from.
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { parseTypeName } from "../../sdk/types/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import { emitSameKey } from "../join/emit.ts";
import { type KeyOrder, orderByKeyAndTime } from "../join/key-order.ts";
import type { KeyNumbers } from "../join/key-numbers.ts";
import { loadSource, numberSourceKeys } from "../join/keys.ts";
import { knownTimes, type SourceRows, type TimeRange } from "../join/source-rows.ts";
import { dropTables, scattered, usNumbers } from "../join/tables.ts";
import { repeatedEvents } from "./event-ids.ts";

/** Which events matter. */
export interface EventSelection {
  /** Event times of others are passed over. */
  readonly range: TimeRange;
  /** The numbers of the entity rows' keys; null: the source's own keys, all of them, numbered in their order. */
  readonly numbers: KeyNumbers | null;
  /** Whether windows ask what was known: then events that never were are left out. */
  readonly known?: boolean;
}

/** Events by position; those of key k stand at `starts[k]` to `starts[k + 1]`. Those of one key and time are in no order that means anything. */
export interface OrderedEvents extends KeyOrder {
  readonly source: SourceRows;
}

/**
 * Returns the events, deduplicated by id (SEMANTICS 4.6).
 * @throws event_conflict for one id with two contents, missing_value for a null id
 */
export async function loadOrderedEvents(
  engine: Engine,
  spec: AggregatedViewSpec,
  source: SourceRows,
  { range, numbers, known = false }: EventSelection,
  options?: QueryOptions,
): Promise<OrderedEvents> {
  const { eventTimes } = source;
  const kids =
    numbers === null
      ? await numberInOrder(engine, spec, source, options)
      : numbers.number(source.keys, source.rows, false);
  const repeats = spec.source.eventId === null ? new Map<number, number>() : repeatedEvents(spec, source, kids);
  for (const row of repeats.keys()) kids[row] = -1;
  const once = servedOnce(source, repeats);
  if (known) {
    const knownUs = knownTimes(once);
    for (let row = 0; row < kids.length; row++) if (knownUs[row] === Infinity) kids[row] = -1;
  }
  const count = numbers?.count ?? kids.reduce((most, kid) => Math.max(most, kid), -1) + 1;
  const times = usNumbers((eventTimes as NonNullable<typeof eventTimes>).us);
  return { ...orderByKeyAndTime(kids, count, times, range), source: once };
}

/** An event that several rows tell of was served when the first of them was. */
function servedOnce(source: SourceRows, repeats: ReadonlyMap<number, number>): SourceRows {
  if (source.servedUs === undefined || repeats.size === 0) return source;
  const servedUs = source.servedUs.slice();
  for (const [row, first] of repeats) servedUs[first] = Math.min(servedUs[first] as number, servedUs[row] as number);
  return { ...source, servedUs };
}

/** Sorting keys is the engine's. */
async function numberInOrder(
  engine: Engine,
  spec: AggregatedViewSpec,
  source: SourceRows,
  options?: QueryOptions,
): Promise<Int32Array> {
  const types = spec.joinKeys.map((key) => parseTypeName(key.type));
  await loadSource(engine, source, {}, options);
  await numberSourceKeys(engine, types, options);
  const numbered = await engine.query(
    `SELECT s.rn, k.kid FROM ef_source s JOIN ef_keys k ON ${emitSameKey("s", types)}`,
    [],
    options,
  );
  await dropTables(engine, ["ef_source", "ef_keys"]);
  return scattered(numbered, "rn", "kid", source.rows);
}

/** Returns by position when each event became known, µs. */
export function knownByPosition({ rows, source }: OrderedEvents): Float64Array {
  const us = knownTimes(source);
  return Float64Array.from(rows, (row) => us[row] as number);
}
