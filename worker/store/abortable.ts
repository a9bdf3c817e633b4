// Lets a signal end the reads of a store that knows none, as the calls of a Durable Object do not.
import type { EdgefeatError } from "../../sdk/errors.ts";
import { storeUnavailable } from "./faults.ts";
import type { OnlineStore } from "./port.ts";

/** Returns the store; a read whose signal aborts fails then, though the call itself goes on. */
export function abortable(store: OnlineStore): OnlineStore {
  return {
    read: (keys, options) => {
      const work = store.read(keys, options);
      return options?.signal === undefined ? work : until(options.signal, work);
    },
    compareAndSet: (writes) => store.compareAndSet(writes),
    scan: (prefix, cursor) => store.scan(prefix, cursor),
    status: () => store.status(),
    ...(store.stats === undefined ? {} : { stats: store.stats }),
  };
}

function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // A timer's signal aborts long after most work is done: no error is to be made then.
    let waiting = true;
    if (signal.aborted) reject(lateError());
    signal.addEventListener("abort", () => waiting && reject(lateError()), { once: true });
    work
      .finally(() => {
        waiting = false;
      })
      .then(resolve, reject);
  });
}

function lateError(): EdgefeatError {
  return storeUnavailable("timeout", "the store did not answer in time", {
    hint: "try again; if it persists, check the store's region and load, or raise the time limit",
  });
}
