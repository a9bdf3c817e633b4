// Which views are due by their schedules: those whose last moment is later than what they were materialized up to.
import type { MaterializationRecord } from "../../client/index.ts";
import { parseSchedule } from "../../definitions/index.ts";
import { EdgefeatError } from "../../errors.ts";
import type { Snapshot } from "../../registry/index.ts";
import { parseTime, type Us } from "../../time.ts";
import { lastMoment, nextMoment } from "./moments.ts";

export interface ScheduledView {
  readonly view: string;
  /** The last moment of its schedule at or before now. However many were missed, this one alone is to be made up for. */
  readonly lastUs: Us;
  readonly nextUs: Us;
}

export interface Scheduled {
  readonly views: readonly ScheduledView[];
  /** Schedules that can't be read: a snapshot of an older version may hold any text. */
  readonly faults: readonly EdgefeatError[];
}

/** Returns the views of a snapshot that have a schedule, by their latest versions. */
export function scheduledViews(snapshot: Snapshot, nowUs: Us): Scheduled {
  const views: ScheduledView[] = [];
  const faults: EdgefeatError[] = [];
  for (const [view, { latest, versions }] of Object.entries(snapshot.views)) {
    const spec = latest === null ? undefined : versions[String(latest)]?.spec;
    if (spec?.schedule === undefined || spec.kind === "onDemand") continue;
    try {
      const schedule = parseSchedule(spec.schedule, `view "${view}"`);
      views.push({ view, lastUs: lastMoment(schedule, nowUs), nextUs: nextMoment(schedule, nowUs) });
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      faults.push(fault);
    }
  }
  return { views, faults };
}

/** Returns whether a view's last moment is still to be made up for; one that was materialized beyond it is not. */
export function isDue(
  { view, lastUs }: ScheduledView,
  { views }: Snapshot,
  records: Readonly<Record<string, MaterializationRecord>>,
): boolean {
  const record = records[`${view}@${views[view]?.latest}`];
  return record === undefined || parseTime(record.end) < lastUs;
}
