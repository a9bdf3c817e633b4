// Why a store could not do its work: store_unavailable with a reason that programs can tell apart.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Ms } from "../../sdk/time.ts";

/**
 * timeout: no answer in time. unreachable: no connection, or it was lost. failed: an answer that says the server can't
 * work. unreadable: an answer that is none of the store's. refused: the store works, but not on this. breaker_open: not
 * asked, because it failed just before.
 */
export type FaultReason = "timeout" | "unreachable" | "failed" | "unreadable" | "refused" | "breaker_open";

export interface FaultInfo {
  hint: string;
  /** How long to wait before trying again, where that is known. */
  retryAfterMs?: Ms;
  /** False when the request surely never reached the store. */
  sent?: boolean;
  cause?: unknown;
}

/** Returns a store_unavailable. */
export function storeUnavailable(reason: FaultReason, message: string, info: FaultInfo): EdgefeatError {
  const { hint, cause, ...known } = info;
  const more = cause === undefined ? {} : { cause };
  return new EdgefeatError("store_unavailable", message, { hint, details: { reason, ...known }, ...more });
}

/** Returns the reason of a store_unavailable, "failed" where the store told none; null for any other fault. */
export function reasonOf(fault: unknown): FaultReason | null {
  if (!(fault instanceof EdgefeatError) || fault.code !== "store_unavailable") return null;
  return (fault.details?.["reason"] as FaultReason | undefined) ?? "failed";
}

/** True when the request surely never reached the store, so that even a write may be sent again. */
export function wasNotSent(fault: unknown): boolean {
  return fault instanceof EdgefeatError && fault.details?.["sent"] === false;
}

/** Returns how long to wait, as a fault tells it, to be told on. */
export function retryAfter(fault: unknown): { retryAfterMs?: Ms } {
  const ms = fault instanceof EdgefeatError ? fault.details?.["retryAfterMs"] : undefined;
  return typeof ms === "number" ? { retryAfterMs: ms } : {};
}

/** A cursor comes back from who was given it, so it may be anything. */
export function foreignCursor(): EdgefeatError {
  return new EdgefeatError("bad_request", "the cursor is none that a scan of this store gave");
}

/** Returns that others were faster each time. @param what with its verb: "the jobs were" */
export function changedByOthers(what: string, hint = "try again"): EdgefeatError {
  return new EdgefeatError("store_conflict", `${what} being changed by others all the time`, { hint });
}
