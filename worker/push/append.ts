// Events appended to the log, by a stamp that is not old once they are in it: who seals the log by the clock misses none.
import { EdgefeatError } from "../../sdk/errors.ts";
import { APPEND_WITHIN_MS } from "../../sdk/log/index.ts";
import type { Clock, Ms, Us } from "../../sdk/time.ts";
import type { EventLog, LogRecord } from "../log/port.ts";

/** How often what takes too long is stamped anew. */
export const APPEND_TRIES = 3;
export const PUSH_AGAIN = "push all again: what was counted counts once";

/** A time to stamp events with, and what the elapsed clock showed then. */
export interface Stamp {
  readonly nowUs: Us;
  readonly atMs: Ms;
}

export function stampOf(clock: Clock): Stamp {
  return { nowUs: clock.nowUs(), atMs: clock.elapsedMs() };
}

export type Records = (writtenAtUs: Us) => LogRecord[];

/**
 * Appends events to the log. Returns false where that took so long that who seals it by the clock may have missed them: they
 * are to be stamped anew. @throws log_unavailable
 */
export async function appendInTime(
  log: EventLog,
  records: Records,
  clock: Clock,
  { nowUs, atMs }: Stamp,
): Promise<boolean> {
  await log.append(records(nowUs));
  return clock.elapsedMs() - atMs <= APPEND_WITHIN_MS;
}

/** Appends events to the log, stamped as late as it takes. @throws log_unavailable */
export async function append(log: EventLog, records: Records, clock: Clock): Promise<void> {
  for (let tries = 0; tries < APPEND_TRIES; tries++) {
    if (await appendInTime(log, records, clock, stampOf(clock))) return;
  }
  throw tooSlow();
}

export function tooSlow(): EdgefeatError {
  return new EdgefeatError("log_unavailable", "the log takes too long to keep events", { hint: PUSH_AGAIN });
}
