// A guard around any online store: reads end in time and are tried again, and a store that fails is left alone for a while.
import type { Ms } from "../../sdk/time.ts";
import { type BreakerOptions, CircuitBreaker } from "./breaker.ts";
import { type FaultReason, reasonOf, storeUnavailable, wasNotSent } from "./faults.ts";
import { NO_STATS } from "./counted.ts";
import type { OnlineStore, StoreStats } from "./port.ts";

export interface GuardOptions extends BreakerOptions {
  /** How long a read may take, all its tries together. */
  readonly readMs: Ms;
  /** How often a read is tried again, and a write that surely never reached the store. */
  readonly retries: number;
  /** The pause before the first retry, doubled before each further one; half of it to all of it, by chance. */
  readonly backoffMs: Ms;
}

/** Clock, chance and timers, so that tests need not wait. */
export interface GuardDeps {
  elapsedMs(): Ms;
  /** From 0 to 1, exclusive. */
  random(): number;
  /** Returns a signal that aborts after so long. */
  timeout(ms: Ms): AbortSignal;
  sleep(ms: Ms): Promise<void>;
}

export const GUARD_DEFAULTS: GuardOptions = {
  readMs: 2_000,
  retries: 2,
  backoffMs: 25,
  failuresInARow: 5,
  failedShare: 0.5,
  windowMs: 10_000,
  windowCalls: 20,
  pauseMs: 250,
  maxPauseMs: 5_000,
  tryMs: 2_000,
};

/**
 * Returns a store that fails within `readMs` when reading. Nothing but counts is shared between calls, as Workers want it:
 * no promise, timer or signal.
 */
export function guarded(store: OnlineStore, deps: GuardDeps, options: Partial<GuardOptions> = {}): OnlineStore {
  const settings = { ...GUARD_DEFAULTS, ...options };
  const { readMs } = settings;
  const breaker = new CircuitBreaker(settings);
  const errors: Record<string, number> = {};
  let retries = 0;

  function countError(reason: FaultReason): void {
    errors[reason] = (errors[reason] ?? 0) + 1;
  }

  function admit(nowMs: Ms): void {
    const waitMs = breaker.admit(nowMs);
    if (waitMs === 0) return;
    countError("breaker_open");
    throw storeUnavailable("breaker_open", "the store has just failed again and again, and is given a pause", {
      hint: "try again after the pause; if it persists, look at the store",
      retryAfterMs: Math.ceil(waitMs),
      sent: false,
    });
  }

  /** Tells the breaker of a call that failed; a refusal is an answer too. */
  function failed(fault: unknown): void {
    const reason = reasonOf(fault);
    if (reason === null) {
      breaker.notAsked();
      return;
    }
    countError(reason);
    if (reason === "refused") breaker.succeeded(deps.elapsedMs());
    else breaker.failed(deps.elapsedMs());
  }

  /** Runs one call of the store. */
  async function once<T>(work: () => Promise<T>): Promise<T> {
    const nowMs = deps.elapsedMs();
    admit(nowMs);
    try {
      const result = await work();
      breaker.succeeded(nowMs);
      return result;
    } catch (fault) {
      failed(fault);
      throw fault;
    }
  }

  /** Runs a call that has failed again, while that may help and there is time for it. */
  async function again<T>(work: () => Promise<T>, first: unknown, mayHelp: (fault: unknown) => boolean, endMs: Ms) {
    let fault = first;
    for (let pauseMs = settings.backoffMs, retry = 0; ; pauseMs *= 2, retry++) {
      const jittered = pauseMs * (0.5 + deps.random() / 2);
      if (retry === settings.retries || !mayHelp(fault) || deps.elapsedMs() + jittered >= endMs) throw fault;
      await deps.sleep(jittered);
      retries++;
      try {
        return await once(work);
      } catch (next) {
        fault = next;
      }
    }
  }

  return {
    // What most reads need of a guard is one look at the clock, one time limit and one wait.
    async read(keys, readOptions) {
      const nowMs = deps.elapsedMs();
      admit(nowMs);
      const signal = readOptions?.signal ?? deps.timeout(readMs);
      const bound = readOptions === undefined ? { signal } : { ...readOptions, signal };
      try {
        const values = await store.read(keys, bound);
        breaker.succeeded(nowMs);
        return values;
      } catch (fault) {
        failed(fault);
        return again(() => store.read(keys, bound), fault, mayPass, nowMs + readMs);
      }
    },
    async compareAndSet(writes) {
      const work = () => store.compareAndSet(writes);
      const endMs = deps.elapsedMs() + readMs;
      return once(work).catch((fault: unknown) => again(work, fault, mayBeSent, endMs));
    },
    scan: (prefix, cursor) => once(() => store.scan(prefix, cursor)),
    status: () => once(() => store.status()),
    stats(): StoreStats {
      const state = { breaker: breaker.stateAt(deps.elapsedMs()), opened: breaker.opened, failing: breaker.failing };
      return { ...NO_STATS, ...store.stats?.(), errors: { ...errors }, retries, ...state };
    },
  };
}

/** What may have passed by the next try. A timeout has used up the time, and the others will be the same again. */
function mayPass(fault: unknown): boolean {
  const reason = reasonOf(fault);
  return reason === "unreachable" || reason === "failed";
}

function mayBeSent(fault: unknown): boolean {
  return reasonOf(fault) !== "breaker_open" && wasNotSent(fault);
}
