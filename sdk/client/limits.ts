// How long a call may go on: until its time is up or its caller gives up, whatever it is doing then.
import { EdgefeatError } from "../errors.ts";
import type { Ms } from "../time.ts";
import type { Timing } from "./clock.ts";

export interface Limits {
  /** Aborted when the call must end. */
  readonly signal: AbortSignal;
  remainingMs(): Ms;
  /** Keeps what went wrong so far: it is told as the cause when the time is up. */
  failed(failure: EdgefeatError): void;
  /** Returns what the call fails with once the signal is aborted. */
  error(): EdgefeatError;
}

/** The limits of one caller. Close them when the call is over, so that no timer outlives it. */
export class Deadline implements Limits {
  readonly signal: AbortSignal;
  readonly close: () => void;
  readonly #caller: AbortSignal | undefined;
  readonly #server: string;
  readonly #timeoutMs: Ms;
  readonly #timing: Timing;
  readonly #startMs: Ms;
  #failure: EdgefeatError | undefined;

  constructor(timing: Timing, server: string, timeoutMs: Ms, caller?: AbortSignal) {
    const timer = new AbortController();
    this.close = timing.after(timeoutMs, () => timer.abort());
    this.signal = caller === undefined ? timer.signal : AbortSignal.any([timer.signal, caller]);
    this.#caller = caller;
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    this.#timing = timing;
    this.#startMs = timing.elapsedMs();
  }

  remainingMs(): Ms {
    return this.#startMs + this.#timeoutMs - this.#timing.elapsedMs();
  }

  failed(failure: EdgefeatError): void {
    this.#failure = failure;
  }

  error(): EdgefeatError {
    if (this.#caller?.aborted === true)
      return new EdgefeatError("cancelled", "the call was given up by its caller", { cause: this.#caller.reason });
    return new EdgefeatError("server_unreachable", `${this.#server} did not answer within ${this.#timeoutMs} ms`, {
      hint: "try again, or raise timeoutMs",
      cause: this.#failure,
    });
  }
}

/** Returns the limits of a call that goes on while any of its callers waits. */
export function whileAnyWaits(callers: readonly [Limits, ...Limits[]]): Limits {
  if (callers.length === 1) return callers[0];
  const all = new AbortController();
  let waiting = callers.length;
  for (const { signal } of callers) {
    signal.addEventListener("abort", () => {
      if (--waiting === 0) all.abort();
    });
  }
  return {
    signal: all.signal,
    remainingMs: () => Math.max(...callers.map((limits) => limits.remainingMs())),
    failed(failure) {
      for (const limits of callers) limits.failed(failure);
    },
    error: () => callers[0].error(),
  };
}

/** Returns what `work` comes to; rejects as soon as the limits end, even where `work` goes on. */
export function within<T>(limits: Limits, work: Promise<T>): Promise<T> {
  const ended = new Promise<never>((_resolve, reject) => {
    const end = () => reject(limits.error());
    if (limits.signal.aborted) end();
    else limits.signal.addEventListener("abort", end, { once: true });
  });
  return Promise.race([work, ended]);
}
