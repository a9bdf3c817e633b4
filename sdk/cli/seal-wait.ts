// The wait for a log to be whole: without it a run just after a hop would end at the hop before, and a daily one a day early.
import { coarsestHopUs } from "../rows/index.ts";
import { type Snapshot, viewVersion } from "../registry/index.ts";
import { floorTo, type Ms, US_PER_MS, type Us } from "../time.ts";
import { tileLayout } from "../windows/index.ts";
import type { HealthAnswer } from "../client/index.ts";
import { SEAL_DELAY_US, sealedAt } from "./load/event-log.ts";

export interface SealWait {
  /** Asks the server for its time. */
  getHealth(): Promise<Pick<HealthAnswer, "now" | "frozen">>;
  sleep(ms: Ms): Promise<void>;
  /** Told before each wait. */
  onWait(ms: Ms): void;
}

/** Returns the last hop at or before END that the tiles of a view can end on; null of a view that ends at END itself. */
export function lastHop(snapshot: Snapshot, view: string, version: number, endUs: Us): Us | null {
  const { spec } = viewVersion(view, snapshot.views[view] as Snapshot["views"][string], version);
  if (spec.kind !== "aggregated" || spec.push !== true) return null;
  return floorTo(endUs, coarsestHopUs(tileLayout(spec)));
}

/**
 * Returns the time up to which the log is whole, as `sealedAt` does, but waits until that is `hopUs` (null: doesn't), which
 * has passed: at most for the seal's delay, and not for a clock that stands still.
 */
export async function sealedAfter(hopUs: Us | null, { getHealth, sleep, onWait }: SealWait): Promise<Us> {
  for (let leftUs = SEAL_DELAY_US; ;) {
    const health = await getHealth();
    const sealedUs = sealedAt(health);
    const waitUs = hopUs === null || health.frozen ? 0 : Math.min(hopUs - sealedUs, leftUs);
    if (waitUs <= 0) return sealedUs;
    leftUs -= waitUs;
    const ms = Math.ceil(waitUs / US_PER_MS);
    onWait(ms);
    await sleep(ms);
  }
}
