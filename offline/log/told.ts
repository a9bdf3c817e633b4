// What a view was told: the events of a log that were pushed to it.
import type { Us } from "../../sdk/time.ts";
import { type LogEvent, standingOf } from "./events.ts";
import { readLog, type SourceLog } from "./read-log.ts";

/**
 * Returns the events after a time that were pushed to a view and not refused: those that the online store took first, each
 * in the order of time, so that of several of one id the one comes first that stands. @throws file_unreadable
 */
export async function readTold(log: SourceLog, view: string, afterUs: Us): Promise<LogEvent[]> {
  let events: LogEvent[] = [];
  await readLog(
    log,
    { range: { afterUs: BigInt(afterUs), untilUs: null } },
    {
      restart: () => (events = []),
      add: (event) => {
        if (event.pushes.some((push) => push.view === view && push.refused !== true)) events.push(event);
      },
    },
  );
  return events.toSorted(
    (a, b) =>
      standingOf(a, view) - standingOf(b, view) || a.eventTimeUs - b.eventTimeUs || a.writtenAtUs - b.writtenAtUs,
  );
}
