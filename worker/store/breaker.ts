// A circuit breaker: after failures in a row, or too many of a while, calls fail at once; then one tries whether all is well.
import type { Ms } from "../../sdk/time.ts";
import type { BreakerState } from "./port.ts";

export interface BreakerOptions {
  /** So many failures in a row open it. */
  readonly failuresInARow: number;
  /** So does this share of failures among the calls of a window, once it has had `windowCalls`. */
  readonly failedShare: number;
  readonly windowMs: Ms;
  readonly windowCalls: number;
  /** How long it stays open at first; doubled each time that the try fails, up to `maxPauseMs`. */
  readonly pauseMs: Ms;
  readonly maxPauseMs: Ms;
  /** After so long a try that has not ended counts for nothing: in Workers, a request that is cancelled never ends. */
  readonly tryMs: Ms;
}

/** Times are of one clock that only moves forward. */
export class CircuitBreaker {
  readonly #options: BreakerOptions;
  #inARow = 0;
  #windowFromMs: Ms = Number.NEGATIVE_INFINITY;
  #calls = 0;
  #failures = 0;
  /** When the next try is let through; null while closed. */
  #openUntilMs: Ms | null = null;
  #triedAtMs: Ms | null = null;
  #pauseMs: Ms;
  #opened = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#pauseMs = options.pauseMs;
  }

  /** How often it opened, failed tries not counted. */
  get opened(): number {
    return this.#opened;
  }

  /** True while the last call to end was a failure. */
  get failing(): boolean {
    return this.#inARow > 0;
  }

  stateAt(nowMs: Ms): BreakerState {
    if (this.#openUntilMs === null) return "closed";
    return nowMs < this.#openUntilMs ? "open" : "half_open";
  }

  /** Returns 0 when a call may be made, whose end must then be told; else how long to wait. */
  admit(nowMs: Ms): Ms {
    if (this.#openUntilMs === null) return 0;
    if (nowMs < this.#openUntilMs) return this.#openUntilMs - nowMs;
    const { tryMs } = this.#options;
    if (this.#triedAtMs !== null && nowMs - this.#triedAtMs < tryMs) return tryMs - (nowMs - this.#triedAtMs);
    this.#triedAtMs = nowMs;
    return 0;
  }

  /** Takes note that a call had an answer. */
  succeeded(nowMs: Ms): void {
    this.#inARow = 0;
    if (this.#openUntilMs === null) {
      this.#count(nowMs, 0);
      return;
    }
    // A call from before it opened proves nothing.
    if (this.#triedAtMs === null) return;
    this.#openUntilMs = null;
    this.#triedAtMs = null;
    this.#pauseMs = this.#options.pauseMs;
    this.#calls = 0;
    this.#failures = 0;
  }

  /** Takes note that a call had none. */
  failed(nowMs: Ms): void {
    this.#inARow++;
    if (this.#openUntilMs !== null) {
      if (this.#triedAtMs === null) return;
      this.#pauseMs = Math.min(2 * this.#pauseMs, this.#options.maxPauseMs);
      this.#open(nowMs);
      return;
    }
    this.#count(nowMs, 1);
    const { failuresInARow, failedShare, windowCalls } = this.#options;
    const often = this.#calls >= windowCalls && this.#failures >= failedShare * this.#calls;
    if (this.#inARow < failuresInARow && !often) return;
    this.#opened++;
    this.#open(nowMs);
  }

  /** Takes note that a call ended before the store was asked, so that another may be the try. */
  notAsked(): void {
    this.#triedAtMs = null;
  }

  #open(nowMs: Ms): void {
    this.#openUntilMs = nowMs + this.#pauseMs;
    this.#triedAtMs = null;
  }

  #count(nowMs: Ms, failures: 0 | 1): void {
    if (nowMs - this.#windowFromMs >= this.#options.windowMs) {
      this.#windowFromMs = nowMs;
      this.#calls = 0;
      this.#failures = 0;
    }
    this.#calls++;
    this.#failures += failures;
  }
}
