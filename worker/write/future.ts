// Times that have not come yet by the server's clock: refused, but for the allowed skew (SEMANTICS 3.6).
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime, type Us } from "../../sdk/time.ts";

interface Clocks {
  readonly nowUs: Us;
  readonly maxSkewUs: Us;
}

export interface PlacedMoment extends Clocks {
  /** Where the time is in the request. */
  readonly pointer: string;
}

/** Refuses an event time that is later than skew explains. @throws event_time_in_future, naming the row */
export function refuseFuture(eventTimeUs: Us, { nowUs, maxSkewUs }: Clocks, row: string): void {
  if (eventTimeUs <= nowUs + maxSkewUs) return;
  throw new EdgefeatError("event_time_in_future", `${row}: its event time is later than the server's clock`, {
    hint: "check the clock that made it; nothing of this batch was written",
  });
}

/** Checks that a time has passed, but for the allowed skew. @throws event_time_in_future */
export function checkPassed(what: string, atUs: Us, { nowUs, maxSkewUs, pointer }: PlacedMoment): void {
  if (atUs <= nowUs + maxSkewUs) return;
  throw new EdgefeatError("event_time_in_future", `${what} ${formatTime(atUs)} lies in the future`, {
    hint: "give a time that has passed by the server's clock",
    pointer,
  });
}
