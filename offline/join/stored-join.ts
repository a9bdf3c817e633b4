// The point-in-time join of a stored view: for each entity row, the row that was valid at its time (SEMANTICS 2.1 to 2.5).
import type { Vector } from "apache-arrow";
import type { ViewRead } from "../../sdk/plan/index.ts";
import type { StoredViewSpec } from "../../sdk/registry/index.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import { vectorFromValues } from "../datasets/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import type { EntityRows } from "./entity-rows.ts";
import { extent, loadEntityKeys, loadSource, type TimeRange } from "./keys.ts";
import type { SourceRows } from "./source-rows.ts";
import { loadStoredHistory } from "./stored-history.ts";
import { dropTables, int32Result } from "./tables.ts";

export interface JoinedView {
  /** One column for each of the read's features, defaults in place of nulls, in entity row order. */
  readonly columns: readonly Vector[];
  /** Source rows that have a key of the entity rows. */
  readonly candidates: number;
  /** Entity rows that found a valid row; for an aggregated view, an event at or before their time. */
  readonly matched: number;
  readonly ambiguousTies: number;
  /** Source rows without a key, which no entity row can match. */
  readonly nullKeys: number;
  /** By feature: values that are null because an integer sum did not fit in 64 bits. */
  readonly overflows: Readonly<Record<string, number>>;
  /** By feature: events whose NaN min or max skipped. */
  readonly nansSkipped: Readonly<Record<string, number>>;
}

/** Joins one stored view to the entity rows. */
export async function joinStoredView(
  engine: Engine,
  read: ViewRead,
  entityRows: EntityRows,
  source: SourceRows,
  options?: QueryOptions,
): Promise<JoinedView> {
  const spec = read.spec as StoredViewSpec;
  await loadEntityKeys(engine, read, entityRows, options);
  await loadSource(engine, source, {}, options);
  const history = await loadStoredHistory(engine, spec, source, candidateTimes(spec, entityRows.times), options);
  // The TTL is judged after the join: ASOF takes one inequality, and only the latest row can be valid.
  const latest =
    source.eventTimes === null
      ? "SELECT h.rn FROM ef_entity x LEFT JOIN ef_history h ON x.kid = h.kid ORDER BY x.rid"
      : "SELECT h.rn FROM ef_entity x ASOF LEFT JOIN ef_history h ON x.kid = h.kid AND x.t >= h.e ORDER BY x.rid";
  const found = int32Result(await engine.query(latest, [], options), "rn");
  await dropTables(engine, ["ef_entity", "ef_keys", "ef_history"]);
  const winners = found.map((representative, rid) => {
    if (representative < 0) return -1;
    return isExpired(spec, source, representative, entityRows.times[rid] as bigint)
      ? -1
      : history.winner(representative);
  });
  const columns = read.features.map((index, i) => {
    const feature = spec.features[index] as StoredViewSpec["features"][number];
    return gather(feature, source, winners, read.defaults[i] as Value | null);
  });
  return {
    columns,
    candidates: history.candidates,
    matched: winners.reduce((sum, row) => sum + (row >= 0 ? 1 : 0), 0),
    ambiguousTies: history.ambiguousTies,
    nullKeys: source.nullKeys,
    overflows: {},
    nansSkipped: {},
  };
}

/** Returns which rows can be valid for any entity row at all. */
function candidateTimes(spec: StoredViewSpec, times: BigInt64Array): TimeRange {
  const { least, greatest } = extent(times) ?? { least: 0n, greatest: 0n };
  return { afterUs: spec.ttlUs === 0 ? null : least - BigInt(spec.ttlUs) - 1n, untilUs: greatest };
}

/** True when the row's event time lies more than the TTL before t′; both ends of the TTL are inclusive (SEMANTICS 2.1). */
function isExpired(spec: StoredViewSpec, source: SourceRows, row: number, at: bigint): boolean {
  if (source.eventTimes === null || spec.ttlUs === 0) return false;
  return (source.eventTimes.us[row] as bigint) < at - BigInt(spec.ttlUs);
}

function gather(
  feature: StoredViewSpec["features"][number],
  source: SourceRows,
  winners: Int32Array,
  fallback: Value | null,
): Vector {
  const type = parseTypeName(feature.type);
  const read = source.reader(feature.name, type);
  return vectorFromValues(
    type,
    Array.from(winners, (row) => (row < 0 ? null : read(row)) ?? fallback),
  );
}
