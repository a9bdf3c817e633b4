// The point-in-time join of a stored view: for each entity row, the row that was valid at its time (SEMANTICS 2.1 to 2.5).
import type { Vector } from "apache-arrow";
import type { ViewJoin } from "../../sdk/plan/index.ts";
import type { StoredViewSpec } from "../../sdk/registry/index.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import { emitLatestAt } from "./emit.ts";
import type { EntityRows } from "./entity-rows.ts";
import { gather } from "./gather.ts";
import { loadEntity, loadSource, numberEntityKeys, sourceKeyNumbers } from "./keys.ts";
import { type Moments, rangeOf } from "./moments.ts";
import type { SourceRows } from "./source-rows.ts";
import { loadStoredHistory } from "./stored-history.ts";
import { type Swept, sweep } from "./sweep.ts";
import { dropTables, scattered, timestampColumn, usNumbers } from "./tables.ts";

/**
 * How a stored view is joined. "asof": DuckDB's ASOF join; "union": UNION ALL and a window function, for engines without
 * it; "sweep": sorted arrays and binary search, outside the engine, which only numbers the keys. "auto" is "sweep": it was
 * the fastest on every engine at every density that was measured (README.md). Rows that must be known (2.2) are always
 * swept, whatever is asked: ASOF takes one inequality.
 */
export type JoinForm = "auto" | "asof" | "union" | "sweep";

export interface JoinedView {
  /** One column for each of the read's features, defaults in place of nulls, in entity row order. */
  readonly columns: readonly Vector[];
  /** By entity row: the event time of the row used, of an aggregate its newest event's; null where the view wants none. */
  readonly eventTimes: Vector | null;
  /** Source rows that have a key of the entity rows. */
  readonly candidates: number;
  /** Entity rows that found a valid row; for an aggregated view, an event at or before their time. */
  readonly matched: number;
  readonly ambiguousTies: number;
  /** Source rows without a key, which no entity row can match. */
  readonly nullKeys: number;
  /** Logged events left out, because another event of their key has their id (SEMANTICS 4.6). */
  readonly conflicts: number;
  /** By feature: values that are null because an integer sum did not fit in 64 bits. */
  readonly overflows: Readonly<Record<string, number>>;
  /** By feature: events whose NaN min or max skipped. */
  readonly nansSkipped: Readonly<Record<string, number>>;
}

/** Joins one stored view to the entity rows. */
export async function joinStoredView(
  engine: Engine,
  view: ViewJoin,
  entityRows: EntityRows,
  moments: Moments,
  source: SourceRows,
  form: JoinForm,
  options?: QueryOptions,
): Promise<JoinedView> {
  const { read } = view;
  const spec = read.spec as StoredViewSpec;
  const times = source.eventTimes === null ? null : usNumbers(source.eventTimes.us);
  const inEngine = (form === "asof" || form === "union") && moments.knownUs === null;
  const latest = inEngine
    ? await joinInEngine(engine, view, entityRows, moments, source, form, options)
    : await joinBySweep(engine, view, entityRows, moments, source, times, options);
  const winners = withinTtl(latest.found, view, times, moments.atUs);
  const columns = read.features.map((index, i) => {
    const { name, type } = spec.features[index] as StoredViewSpec["features"][number];
    const column = source.column(name);
    return gather(
      column,
      parseTypeName(type),
      winners,
      read.defaults[i] as Value | null,
      `${source.source.name}.${name}`,
    );
  });
  return {
    columns,
    eventTimes: view.provenance ? timestampColumn(winners, times) : null,
    candidates: latest.candidates,
    matched: winners.reduce((sum, row) => sum + (row >= 0 ? 1 : 0), 0),
    ambiguousTies: latest.ambiguousTies,
    nullKeys: source.nullKeys,
    conflicts: source.conflicts,
    overflows: {},
    nansSkipped: {},
  };
}

async function joinBySweep(
  engine: Engine,
  view: ViewJoin,
  entityRows: EntityRows,
  moments: Moments,
  source: SourceRows,
  times: Float64Array | null,
  options?: QueryOptions,
): Promise<Swept> {
  const { kids, keys } = await numberEntityKeys(engine, view.read, entityRows, options);
  const types = view.read.keys.map((key) => key.type);
  const sourceKids = await sourceKeyNumbers(engine, types, source, options);
  await dropTables(engine, ["ef_keys"]);
  const spec = view.read.spec as StoredViewSpec;
  return sweep(spec, source, { kids: sourceKids, times, keys, range: rangeOf([view], moments) }, { kids, ...moments });
}

async function joinInEngine(
  engine: Engine,
  view: ViewJoin,
  entityRows: EntityRows,
  moments: Moments,
  source: SourceRows,
  form: "asof" | "union",
  options?: QueryOptions,
): Promise<Swept> {
  const { kids } = await numberEntityKeys(engine, view.read, entityRows, options);
  await loadEntity(engine, kids, entityRows.times, options);
  await loadSource(engine, source, {}, options);
  const spec = view.read.spec as StoredViewSpec;
  const history = await loadStoredHistory(engine, spec, source, rangeOf([view], moments), options);
  const node = { points: "ef_entity", history: "ef_history", timed: view.timed };
  const result = await engine.query(emitLatestAt(node, form), [], options);
  await dropTables(engine, ["ef_entity", "ef_keys", "ef_history"]);
  const found = scattered(result, "rid", "rn", kids.length);
  return {
    found: found.map((representative) => (representative < 0 ? -1 : history.winner(representative))),
    candidates: history.candidates,
    ambiguousTies: history.ambiguousTies,
  };
}

/**
 * Returns the rows found, −1 for one whose event time lies more than the TTL before t′; both ends of the TTL are inclusive
 * (SEMANTICS 2.1). Judged after the join, because only the latest row can be valid.
 */
function withinTtl(found: Int32Array, { ttlUs }: ViewJoin, times: Float64Array | null, at: Float64Array): Int32Array {
  if (ttlUs === 0 || times === null) return found;
  return found.map((row, i) => (row >= 0 && (times[row] as number) >= (at[i] as number) - ttlUs ? row : -1));
}
