// What is asked to be materialized, checked against the registry: views there are, and an interval that makes sense.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import { lookUp } from "../../sdk/shape.ts";
import { formatTime, type Us } from "../../sdk/time.ts";
import { checkPassed, type PlacedMoment } from "../write/future.ts";
import { checkUnlimited, checkView, type Principal } from "../auth/index.ts";

/** Returns the views to materialize: those named, or all that can be. @throws forbidden, unknown_view, bad_request for an on-demand view */
export function viewsToQueue(snapshot: Snapshot, names: readonly string[] | null, principal: Principal): string[] {
  if (names === null) checkUnlimited(principal);
  for (const name of names ?? []) checkView(principal, name);
  const current = Object.fromEntries(Object.entries(snapshot.views).filter(([, { latest }]) => latest !== null));
  const isOnDemand = (view: string) =>
    Object.values(lookUp(current, view, "view called", "unknown_view").versions)[0]?.spec.kind === "onDemand";
  if (names === null) return Object.keys(current).filter((view) => !isOnDemand(view));
  const onDemand = names.find(isOnDemand);
  if (onDemand === undefined) return [...new Set(names)];
  throw new EdgefeatError("bad_request", `"${onDemand}" is an on-demand view: there is nothing to materialize`, {
    hint: "materialize its inputs",
  });
}

/**
 * Returns the times of an interval as jobs keep them. An end within the allowed skew of *now* is *now*: by the caller's
 * clock it had passed. @throws bad_request, event_time_in_future (SEMANTICS 3.6)
 */
export function intervalOf(
  startUs: Us | null,
  endUs: Us | null,
  moment: PlacedMoment,
): { start: string | null; end: string | null } {
  const { nowUs, pointer } = moment;
  if (startUs !== null && startUs >= Math.min(endUs ?? nowUs, nowUs)) {
    throw new EdgefeatError("bad_request", "the interval ends before it starts", { pointer });
  }
  if (endUs !== null) checkPassed("the end", endUs, moment);
  return {
    start: startUs === null ? null : formatTime(startUs),
    end: endUs === null ? null : formatTime(Math.min(endUs, nowUs)),
  };
}
