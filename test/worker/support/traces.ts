// Traces filled by hand, as the feature server fills them.
import { AGE_BOUNDS_S, Trace, type ViewTally } from "../../../worker/serve/index.ts";

/** Returns a tally of a view's rows, `present` of them, all younger than a second. */
export function tally(
  view: string,
  present: number,
  more: Partial<ViewTally["statuses"]> = {},
  version = 1,
): ViewTally {
  const ages = new Array<number>(AGE_BOUNDS_S.length + 1).fill(0);
  ages[0] = present;
  return {
    view,
    version,
    statuses: { PRESENT: present, NOT_FOUND: 0, OUTSIDE_MAX_AGE: 0, STALE: 0, ...more },
    ages,
    agesUs: present * 500_000,
  };
}

/** Returns a trace with some members set. */
export function trace(members: Partial<Trace> = {}): Trace {
  return Object.assign(new Trace(), members);
}
