// What a view must be to take pushed events, and what it then says of them.
import { EdgefeatError, type ErrorCode } from "../errors.ts";
import { formatDuration, US_PER_HOUR, type Us } from "../time.ts";
import type { AggregateFeature } from "./snapshot.ts";

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
