// What went wrong with Upstash, as store_unavailable with a mend; never with the token or a row in it.
import { errors } from "@upstash/redis/cloudflare";
import { EdgefeatError } from "../../sdk/errors.ts";

/** Redis's own error codes, the first word of its replies. */
const HINTS: Record<string, string> = {
  WRONGPASS: "the token is not this database's: check UPSTASH_REDIS_REST_TOKEN",
  NOAUTH: "the token is not this database's: check UPSTASH_REDIS_REST_TOKEN",
  NOPERM: "the token may not do this: writing needs the read-write token, not the read-only one",
  READONLY: "the database takes no writes now: try again, or use the primary's URL",
  OOM: "the database is full: delete rows or choose a larger plan",
  WRONGTYPE: "another program uses a key of this project: give the project a database or a name of its own",
};

/** True for an error that the server answered with, so that the command is known to have been received. */
export function isReply(fault: unknown): boolean {
  return replyText(fault) !== undefined;
}

/** Returns Redis's own words, or undefined when the fault is no answer of the server. */
export function replyText(fault: unknown): string | undefined {
  if (!(fault instanceof errors.UpstashError) || fault instanceof errors.UpstashJSONParseError) return undefined;
  // The client appends the whole command, rows included.
  return fault.message.split(", command was: ", 1)[0];
}

/** Returns the store_unavailable that a fault of the client stands for. */
export function unavailable(fault: unknown): EdgefeatError {
  const reply = replyText(fault);
  if (reply !== undefined) {
    const code = reply.split(" ", 1)[0] ?? "";
    return new EdgefeatError("store_unavailable", `Upstash refused: ${reply.slice(0, 200)}`, {
      hint: HINTS[code] ?? "see Redis's own words in the message",
    });
  }
  if (fault instanceof errors.UpstashJSONParseError) {
    return new EdgefeatError("store_unavailable", "the Upstash URL answered with something other than JSON", {
      hint: "check UPSTASH_REDIS_REST_URL: it must be the database's REST URL",
    });
  }
  if (fault instanceof Error && (fault.name === "TimeoutError" || fault.name === "AbortError")) {
    return new EdgefeatError("store_unavailable", "Upstash did not answer in time", {
      hint: "try again; if it persists, check the database's region and load, or raise the timeout",
    });
  }
  return new EdgefeatError("store_unavailable", "Upstash cannot be reached", {
    hint: "check UPSTASH_REDIS_REST_URL and the network",
    cause: fault,
  });
}
