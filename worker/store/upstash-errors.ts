// What went wrong with Upstash, as store_unavailable with a mend; never with the token or a row in it.
import { EdgefeatError } from "../../sdk/errors.ts";
import { storeUnavailable } from "./faults.ts";

/** Redis's own error codes, the first word of its replies. */
const HINTS: Record<string, string> = {
  WRONGPASS: "the token is not this database's: check UPSTASH_REDIS_REST_TOKEN",
  NOAUTH: "the token is not this database's: check UPSTASH_REDIS_REST_TOKEN",
  NOPERM: "the token may not do this: writing needs the read-write token, not the read-only one",
  READONLY: "the database takes no writes now: try again, or use the primary's URL",
  OOM: "the database is full: delete rows or choose a larger plan",
  WRONGTYPE: "another program uses a key of this project: give the project a database or a name of its own",
};

/** Codes of connections that were never made. */
const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** A refusal in Redis's own words, which the adapter may have an answer to: it never leaves the store as it is. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** Returns the refusal that an answer's body tells, without what Redis quotes of the command: that may be a row. */
export function refusal(words: string): Refusal {
  return new Refusal(words.split(/, (?:with args beginning with|command was): /, 1)[0]);
}

/** Returns the store_unavailable that a fault of a request stands for; one of ours is returned as it is. */
export function unavailable(fault: unknown, token: string): EdgefeatError {
  if (fault instanceof EdgefeatError) return fault;
  if (fault instanceof Refusal) {
    const code = fault.message.split(" ", 1)[0] as string;
    const words = fault.message.replaceAll(token, "…").slice(0, 200);
    return storeUnavailable("refused", `Upstash refused: ${words}`, {
      hint: HINTS[code] ?? "see Redis's own words in the message",
    });
  }
  if (fault instanceof Error && (fault.name === "TimeoutError" || fault.name === "AbortError")) {
    return storeUnavailable("timeout", "Upstash did not answer in time", {
      hint: "try again; if it persists, check the database's region and load, or raise the time limit",
    });
  }
  const code = (fault as { cause?: { code?: unknown } } | undefined)?.cause?.code;
  return storeUnavailable("unreachable", "Upstash cannot be reached", {
    hint: "check UPSTASH_REDIS_REST_URL and the network",
    ...(typeof code === "string" && NOT_CONNECTED.has(code) ? { sent: false } : {}),
    cause: fault,
  });
}

/** Returns the fault of an answer in which the database itself does not speak: a proxy's, or a web page. */
export function unreadable(status: number): EdgefeatError {
  if (status >= 500) {
    return storeUnavailable("failed", `Upstash failed with the status ${status}`, {
      hint: "try again; if it persists, check the database's state and UPSTASH_REDIS_REST_URL",
    });
  }
  return storeUnavailable("unreadable", "the Upstash URL answered with something other than the JSON of a database", {
    hint: "check UPSTASH_REDIS_REST_URL: it must be the database's REST URL",
  });
}
