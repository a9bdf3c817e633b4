// The Server-Timing header of an answer: how long each stage of it took.
import type { Ms } from "../../sdk/time.ts";
import type { Trace } from "../serve/index.ts";

/**
 * Returns the value of a Server-Timing header: every stage's milliseconds, to the microsecond where the clock is that
 * fine. workerd's counts whole milliseconds. In Cloudflare's production runtime it stands still while code runs, and moves
 * only with I/O: there, stages without I/O always show 0.
 * @example serverTiming(trace) // "plan;dur=0.011, cache;dur=0.064, store;dur=1.9, transform;dur=0, encode;dur=0.102"
 */
export function serverTiming({ stagesMs }: Trace): string {
  const { plan, cache, store, transform, encode } = stagesMs;
  return `plan;dur=${text(plan)}, cache;dur=${text(cache)}, store;dur=${text(store)}, transform;dur=${text(transform)}, encode;dur=${text(encode)}`;
}

function text(ms: Ms): number {
  return Math.round(ms * 1_000) / 1_000;
}
