// Hop and tile arithmetic of sliding windows (SEMANTICS 4.1 to 4.3).
import { floorTo, US_PER_SECOND, type Us } from "../time.ts";

/** From a day to a second. As plain numbers a bundle that sets no hops leaves them out. */
const HOPS_S = [86_400, 21_600, 3_600, 1_800, 600, 300, 60, 30, 10, 5, 1];

/**
 * Returns the hop that a window has unless it sets one: the largest of 1 s … 1 d that is ≤ window / 24 and divides it;
 * else 1 s, or for a window that 1 s does not divide, the window itself (SEMANTICS 4.3 leaves that case open).
 */
export function defaultHop(windowUs: Us): Us {
  const hops = HOPS_S.map((seconds) => seconds * US_PER_SECOND);
  const hop = hops.find((h) => h <= windowUs / 24 && windowUs % h === 0);
  return hop ?? (windowUs % US_PER_SECOND === 0 ? US_PER_SECOND : windowUs);
}

/** The least time there is: the boundary B of a row that was never materialized, and the start of a tile of all events ≤ B. */
export const NO_BOUNDARY: Us = Number.MIN_SAFE_INTEGER;

/** How a window lies in time. */
export interface WindowShape {
  /** 0: without a lower edge. */
  readonly windowUs: Us;
  readonly hopUs: Us;
  /** The last complete (s, s + window] in place of a sliding window. */
  readonly tumbling?: true | undefined;
}

/** The edges of a window: events with lower < e ≤ upper are in it. `lowerUs` is −Infinity where there is none. */
export interface WindowEdges {
  readonly lowerUs: Us;
  readonly upperUs: Us;
}

/** Returns a window's edges at `at` (SEMANTICS 4.1, 4.3). */
export function windowEdges(at: Us, { windowUs, hopUs, tumbling }: WindowShape): WindowEdges {
  if (windowUs === 0) return { lowerUs: -Infinity, upperUs: at };
  if (tumbling !== true) return { lowerUs: floorTo(at - windowUs, hopUs), upperUs: at };
  const upperUs = floorTo(at, windowUs);
  return { lowerUs: upperUs - windowUs, upperUs };
}

/** Returns the start s of the tile (s, s + hop] that an event belongs to; the start is exclusive, the end inclusive. */
export function tileStart(eventTimeUs: Us, hopUs: Us): Us {
  return floorTo(eventTimeUs - 1, hopUs);
}
