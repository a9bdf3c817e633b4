// What may pass by itself: a server, a store or a log that can't be reached, or is busy.
import type { EdgefeatError, ErrorCode } from "../../errors.ts";

const AWAY: ReadonlySet<ErrorCode> = new Set([
  "server_unreachable",
  "server_failed",
  "store_unavailable",
  "store_conflict",
  "log_unavailable",
]);

/** Returns whether asking again later may do. */
export function isAway({ code }: EdgefeatError): boolean {
  return AWAY.has(code);
}
