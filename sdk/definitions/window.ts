// The windows that aggregations look at, as definitions write them.
import { EdgefeatError } from "../errors.ts";
import { parseDuration, type Us } from "../time.ts";
import { MAX_LISTED } from "../windows/aggregate-names.ts";

/** The last complete (s, s + length]: "5m" is one from each full five minutes to the next. */
export interface TumblingWindow {
  readonly tumbling: string;
}
/** All events so far. */
export interface LifetimeWindow {
  readonly lifetime: true;
}
/** The n latest events that pass the filter, those without a value among them. */
export interface LastNWindow {
  readonly lastN: number;
}
/** "7d": the last seven days, whose lower edge moves by hops. */
export type Window = string | TumblingWindow | LifetimeWindow | LastNWindow;

/** The last complete span of this length, counted from the epoch: `tumbling("5m")` changes every five minutes. */
export function tumbling(length: string): TumblingWindow {
  if (spanUs(length) > 0) return Object.freeze({ tumbling: length });
  throw new EdgefeatError("definition_invalid", `tumbling("${length}"): the window is empty`);
}

/** All events so far, however old. */
export function lifetime(): LifetimeWindow {
  return Object.freeze({ lifetime: true });
}

/** The `n` latest events (1 to 1,000) that pass the filter; of those a function skips the ones without a value. */
export function lastN(n: number): LastNWindow {
  return Object.freeze({ lastN: checkListed("lastN", n) });
}

/** Returns how many events are listed. @throws definition_invalid for what is not from 1 to 1,000 */
export function checkListed(what: string, n: number): number {
  if (Number.isInteger(n) && n >= 1 && n <= MAX_LISTED) return n;
  throw new EdgefeatError(
    "definition_invalid",
    `${what}: expected a whole number from 1 to ${MAX_LISTED}, not ${String(n)}`,
  );
}

/** Returns a window as messages name it. @throws definition_invalid for what is none */
export function windowText(what: string, window: Window): string {
  if (typeof window === "string") return `"${window}"`;
  const {
    tumbling: length,
    lifetime: always,
    lastN: n,
  } = (window ?? {}) as Partial<TumblingWindow & LifetimeWindow & LastNWindow>;
  if (length !== undefined) return `tumbling("${length}")`;
  if (always === true) return "lifetime()";
  if (n !== undefined) return `lastN(${n})`;
  throw new EdgefeatError("definition_invalid", `${what}: it needs a window`, {
    hint: 'write a duration such as "7d", or tumbling("5m"), lifetime(), lastN(10)',
  });
}

/** Returns how long a window is; 0 for one without a lower edge. @throws definition_invalid for what is no duration */
export function windowSpan(window: Window): Us {
  if (typeof window === "string") return spanUs(window);
  return "tumbling" in window ? spanUs(window.tumbling) : 0;
}

function spanUs(text: unknown): Us {
  return parseDuration(String(text));
}
