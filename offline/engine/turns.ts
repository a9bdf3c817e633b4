// One call of an engine at a time, in the order they were made, and none once it has ended.
import { EdgefeatError } from "../../sdk/errors.ts";
import { cancelled, engineError, isFatal } from "./errors.ts";

export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #ended: EdgefeatError | undefined;
  #pending = 0;
  /** Rejects the call that is under way: an engine that is gone never answers. */
  #abandon: ((error: EdgefeatError) => void) | undefined;
  readonly #keepAlive: (pending: boolean) => void;

  /** `keepAlive` hears whether any call is pending. */
  constructor(keepAlive: (pending: boolean) => void = () => {}) {
    this.#keepAlive = keepAlive;
  }

  /** Runs `task` after the calls before it; `what` and `sql` are for its errors. */
  take<T>(what: string, signal: AbortSignal | undefined, task: () => Promise<T>, sql?: string): Promise<T> {
    this.#hold(1);
    const result = this.#last.then(
      () =>
        new Promise<T>((resolve, reject) => {
          if (this.#ended !== undefined) throw this.#ended;
          if (signal?.aborted) throw cancelled(what);
          this.#abandon = reject;
          task().then(resolve, (cause: unknown) => {
            const error = engineError(cause, what, sql);
            if (isFatal(cause)) this.end(error);
            reject(error);
          });
        }),
    );
    this.#last = result.then(
      () => this.#hold(-1),
      () => this.#hold(-1),
    );
    return result;
  }

  /** Rejects the call under way, and all that are waiting or come later, with the first error it is given. */
  end(error: EdgefeatError): void {
    this.#ended ??= error;
    this.#abandon?.(error);
  }

  close(): void {
    this.end(new EdgefeatError("engine_failed", "the SQL engine is closed", { hint: "open a new one" }));
  }

  #hold(change: 1 | -1): void {
    this.#pending += change;
    this.#keepAlive(this.#pending > 0);
  }
}
