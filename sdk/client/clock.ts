// Time and chance as the client takes them: from the platform, or from a test.
import type { Ms } from "../time.ts";

export interface Timing {
  /** Elapsed time; its origin means nothing. */
  elapsedMs(): Ms;
  /** Wall-clock time since the epoch, for a Retry-After that names a date. */
  nowMs(): Ms;
  /** Calls `then` once the delay is over; returns what forgets it. */
  after(delayMs: Ms, then: () => void): () => void;
  /** Returns a number in [0, 1). */
  random(): number;
}

/** What a timer's 32 bits hold; beyond it a timer would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export const platformTiming: Timing = {
  elapsedMs: () => performance.now(),
  nowMs: () => Date.now(),
  after(delayMs, then) {
    const timer = setTimeout(then, Math.min(delayMs, LONGEST_MS));
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** Returns the moment that an HTTP date stands for, in ms since the epoch; null for a text that is none. */
export function parseHttpDate(text: string): Ms | null {
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}
