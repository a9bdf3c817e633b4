// The clocks a Worker runs by: the system's, or one that stands still.
import { type Clock, type Ms, US_PER_MS, type Us } from "../sdk/time.ts";

/** Reads the system's time. In Workers it only moves with I/O, so all of a request's work sees one moment. */
export const systemClock: Clock = {
  nowUs: () => Date.now() * US_PER_MS,
  elapsedMs: () => performance.now(),
  frozen: false,
};

/** The system's time: what runs out by it goes on doing so under a frozen *now*. */
export const systemMs = (): Ms => Date.now();

/** Returns a clock whose *now* stands still; elapsed time goes on, so that caches and time limits work. */
export function frozenClock(nowUs: Us): Clock {
  return { nowUs: () => nowUs, elapsedMs: () => performance.now(), frozen: true };
}
