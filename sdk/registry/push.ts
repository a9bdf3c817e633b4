// What a view must be to take pushed events, and what it then says of them.
import { EdgefeatError, type ErrorCode } from "../errors.ts";
import { formatDuration, US_PER_HOUR, type Us } from "../time.ts";
import type { AggregatedViewSpec, AggregateFeature, StoredViewSpec, ViewSpec } from "./snapshot.ts";

/** How late a pushed event may be, unless its view says otherwise (SEMANTICS 4.6). */
export const DEFAULT_LATENESS_US: Us = US_PER_HOUR;

/**
 * Checks that every hop divides the coarsest one: materialization ends on those, so that no tile holds events of both sides.
 * @throws `code`, naming the feature
 */
export function checkPushHops(
  what: string,
  features: readonly Pick<AggregateFeature, "name" | "hopUs">[],
  code: ErrorCode,
): void {
  const coarsestUs = Math.max(...features.map(({ hopUs }) => hopUs));
  const odd = features.find(({ hopUs }) => coarsestUs % hopUs !== 0);
  if (odd === undefined) return;
  const [hop, coarsest] = [formatDuration(odd.hopUs), formatDuration(coarsestUs)];
  throw new EdgefeatError(code, `${what}: the hop ${hop} of ${odd.name} does not divide ${coarsest}, the coarsest`, {
    hint: "where events are pushed, every hop must divide the coarsest: set a feature's hop",
  });
}

/** True for versions that rows or events are pushed into: those of a select only the engine makes. */
export function takesPushes(spec: ViewSpec | undefined): spec is StoredViewSpec | AggregatedViewSpec {
  if (spec === undefined || spec.kind === "onDemand" || spec.select !== undefined) return false;
  return spec.kind === "stored" || spec.push === true;
}

/** A column that a pushed event may carry: among its values, or as a member beside them. */
export interface EventColumn {
  readonly name: string;
  /** A type's name. */
  readonly type: string;
  readonly member: "time" | "created" | "id" | null;
}

/**
 * Returns the columns that an event may carry: the source's as they were known at apply, at least those that are used. A
 * time of another type, a text say, is a value like any other.
 */
export function eventColumns(spec: StoredViewSpec | AggregatedViewSpec): EventColumn[] {
  const { eventTime, createdTime, eventId } = spec.source;
  const used = spec.kind === "stored" ? spec.features : spec.columns;
  const types = new Map(
    [...(spec.sourceColumns ?? []), ...spec.joinKeys, ...used].map(({ name, type }) => [name, type]),
  );
  const memberOf = (name: string, type: string): EventColumn["member"] => {
    if (name === eventId) return "id";
    if (type !== "timestamp") return null;
    return name === eventTime ? "time" : name === createdTime ? "created" : null;
  };
  return [...types].map(([name, type]) => ({ name, type, member: memberOf(name, type) }));
}
