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

/** Returns a window's lower edge at `at`, exclusive: events with edge < e ≤ at are in it (SEMANTICS 4.1). */
export function windowLowerEdge(at: Us, windowUs: Us, hopUs: Us): Us {
  return floorTo(at - windowUs, hopUs);
}

/** Returns the start s of the tile (s, s + hop] that an event belongs to; the start is exclusive, the end inclusive. */
export function tileStart(eventTimeUs: Us, hopUs: Us): Us {
  return floorTo(eventTimeUs - 1, hopUs);
}
