// The wait for a log to be whole: without it a run just after a hop would end at the hop before, and a daily one a day early; and
// a version that is new would serve without what others were pushed just before it was there.
import { coarsestHopUs } from "../rows/index.ts";
import { type Snapshot, takesPushes, type ViewSpec, viewVersion } from "../registry/index.ts";
import { floorTo, type Ms, US_PER_MS, type Us } from "../time.ts";
import { tileLayout } from "../windows/index.ts";
import type { HealthAnswer } from "../client/index.ts";
import { SEAL_DELAY_US } from "../log/index.ts";
import { sealedAt } from "./load/event-log.ts";

export interface SealWait {
  /** Asks the server for its time. */
  getHealth(): Promise<Pick<HealthAnswer, "now" | "frozen">>;
  sleep(ms: Ms): Promise<void>;
  /** Told before each wait. */
  onWait(ms: Ms): void;
}

/**
 * Returns up to when the log must be whole before a version is materialized; null: as it is. For a version that serves, that
 * is the last hop at or before END that its tiles can end on. For one that doesn't yet, when the run began: until it was there,
 * pushes went to other versions and views of its source alone (SEMANTICS 7.2).
 */
export function wholeUntil(
  snapshot: Snapshot,
  view: string,
  version: number,
  { beganUs, endUs }: { readonly beganUs: Us; readonly endUs: Us },
): Us | null {
  const { spec, materialized } = viewVersion(view, snapshot.views[view] as Snapshot["views"][string], version);
  if (!materialized && othersTakePushes(snapshot, spec)) return beganUs;
  if (spec.kind !== "aggregated" || spec.push !== true) return null;
  return floorTo(endUs, coarsestHopUs(tileLayout(spec)));
}

function othersTakePushes({ views }: Snapshot, own: ViewSpec): boolean {
  if (own.kind === "onDemand" || own.source.eventTime === null) return false;
  const specs = Object.values(views).flatMap(({ versions }) => Object.values(versions).map(({ spec }) => spec));
  return specs.some((spec) => spec !== own && takesPushes(spec) && spec.source.name === own.source.name);
}

/**
 * Returns the time up to which the log is whole, as `sealedAt` does, but waits until that is `untilUs` (null: doesn't), which
 * has passed: at most for the seal's delay, and not for a clock that stands still.
 */
export async function sealedAfter(untilUs: Us | null, { getHealth, sleep, onWait }: SealWait): Promise<Us> {
  for (let leftUs = SEAL_DELAY_US; ;) {
    const health = await getHealth();
    const sealedUs = sealedAt(health);
    const waitUs = untilUs === null || health.frozen ? 0 : Math.min(untilUs - sealedUs, leftUs);
    if (waitUs <= 0) return sealedUs;
    leftUs -= waitUs;
    const ms = Math.ceil(waitUs / US_PER_MS);
    onWait(ms);
    await sleep(ms);
  }
}
