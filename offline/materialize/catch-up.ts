// Catching up: the events that a view was told before one of its versions was there, pushed into that version before it
// serves, so that none is missing between its boundary and the pushes that it takes itself (SEMANTICS 7.2).
import type { Us } from "../../sdk/time.ts";
import type { Progress } from "../join/historical.ts";
import type { LogEvent } from "../log/events.ts";
import { batches, eventChars } from "./batches.ts";
import type { OnlineSink, PushedCounts } from "./sink.ts";

export interface CatchUpOptions {
  readonly view: string;
  readonly version: number;
  /** All that the view was told after its boundary. */
  readonly told: readonly LogEvent[];
  /** Deferred events that came later than this are left to the next run, as those of a version that serves are. */
  readonly sealedUs: Us;
  readonly sink: OnlineSink;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Pushes events into a version; each counts once, so that it may be done again. @throws whatever the sink throws */
export async function catchUp(options: CatchUpOptions): Promise<PushedCounts> {
  const { view, version, sink, sealedUs, onProgress, signal } = options;
  const events = options.told.filter(
    ({ pushes, writtenAtUs }) =>
      writtenAtUs <= sealedUs || pushes.some((push) => push.view === view && push.takenUs !== null),
  );
  const sum = { accepted: 0, duplicate: 0, deferred: 0, rejected: 0 };
  for (const { from, to } of batches(events, 0, eventChars)) {
    signal?.throwIfAborted();
    const { accepted, duplicate, deferred, rejected } = await sink.pushEvents(view, version, events.slice(from, to));
    sum.accepted += accepted;
    sum.duplicate += duplicate;
    sum.deferred += deferred;
    sum.rejected += rejected;
    onProgress?.({ stage: `catch up ${view}`, done: to, total: events.length });
  }
  return sum;
}
