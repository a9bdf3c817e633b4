// Another try of work that failed of what may pass by itself: a few times, after longer and longer pauses.
import { EdgefeatError } from "../../errors.ts";
import type { Ms } from "../../time.ts";
import { isAway } from "./away.ts";

/** How long to wait before each further try. */
export const PAUSES_MS: readonly Ms[] = [2_000, 5_000, 15_000];

export interface Retry {
  readonly fault: EdgefeatError;
  /** 1 of the first further try. */
  readonly number: number;
  readonly pauseMs: Ms;
}

export interface RetryParts {
  /** Ends the tries: nothing is begun after it. */
  readonly signal: AbortSignal;
  /** Returns sooner where the signal aborts. */
  sleep(ms: Ms): Promise<void>;
  onRetry(retry: Retry): void;
}

/** Returns what `work` comes to. @throws its last fault */
export async function retried<T>(work: () => Promise<T>, { signal, sleep, onRetry }: RetryParts): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await work();
    } catch (fault) {
      const pauseMs = PAUSES_MS[number - 1];
      if (pauseMs === undefined || signal.aborted || !(fault instanceof EdgefeatError) || !isAway(fault)) throw fault;
      onRetry({ fault, number, pauseMs });
      await sleep(pauseMs);
      if (signal.aborted) throw fault;
    }
  }
}
