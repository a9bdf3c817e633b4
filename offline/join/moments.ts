// The moments that entity rows ask about: when they look, and what must have been known.
import { eventTimesThatMatter, type KnownRule, type ViewJoin } from "../../sdk/plan/index.ts";
import { columnOf } from "../datasets/index.ts";
import type { EntityRows } from "./entity-rows.ts";
import type { TimeRange } from "./source-rows.ts";
import { usNumbers } from "./tables.ts";
import { readTimes } from "./times.ts";

/** By entity row, µs. */
export interface Moments {
  /** t′ = entity time − embargo. */
  readonly atUs: Float64Array;
  /** What a row's created time must be at or before (SEMANTICS 2.2); null where it does not matter. */
  readonly knownUs: Float64Array | null;
}

/** Returns the moments of the entity rows. @throws missing_column, type_mismatch, null_time for a column of known times */
export function momentsOf(rows: EntityRows, known: KnownRule): Moments {
  const atUs = usNumbers(rows.times);
  if (known.at === "any") return { atUs, knownUs: null };
  if (known.at === "entityTime" || known.at === "served") return { atUs, knownUs: atUs };
  const { column } = known;
  const times = readTimes(columnOf(rows.table, column), { column, of: "the entity rows", round: "down" });
  return { atUs, knownUs: usNumbers(times.us) };
}

/** Returns which event times any of the views can use. */
export function rangeOf(views: readonly ViewJoin[], { atUs }: Moments): TimeRange {
  let [leastUs, greatestUs] = [Infinity, -Infinity];
  for (const at of atUs) {
    if (at < leastUs) leastUs = at;
    if (at > greatestUs) greatestUs = at;
  }
  if (atUs.length === 0) return { afterUs: 0n, untilUs: 0n };
  const { afterUs, untilUs } = eventTimesThatMatter(views, { leastUs, greatestUs });
  return {
    afterUs: afterUs === null ? null : BigInt(afterUs),
    untilUs: untilUs === null ? null : BigInt(untilUs),
  };
}
