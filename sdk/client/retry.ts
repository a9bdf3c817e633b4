// Which failures are worth another try, and after how long: exponential backoff with full jitter.
import type { Ms } from "../time.ts";
import { parseHttpDate, type Timing } from "./clock.ts";

/** Answers of a server, or of what stands before it, that pass: it is too busy, restarting, or its store is away. */
const PASSING = new Set([429, 502, 503, 504]);
const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 2_000;

/** True when an answer with this status may be another one soon. */
export function isPassing(status: number): boolean {
  return PASSING.has(status);
}

/**
 * Returns how long to wait before the next attempt: a random part of a backoff that doubles with each failure, so that
 * clients that failed together don't come back together; on top of what the server asks for.
 */
export function retryDelayMs(failures: number, askedMs: Ms, random: () => number): Ms {
  return askedMs + random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
}

/** Returns the wait that Retry-After asks for, as seconds or as a date; 0 when it is absent or neither. */
export function retryAfterMs(headers: Headers, timing: Timing): Ms {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const atMs = parseHttpDate(text);
  if (atMs === null) return 0;
  // The server's own clock, where it is told: ours may be off.
  const nowMs = parseHttpDate(headers.get("date") ?? "") ?? timing.nowMs();
  return Math.max(0, atMs - nowMs);
}
