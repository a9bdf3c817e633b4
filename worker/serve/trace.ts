// What one request did, and how long each stage of it took: filled on the way, read by Server-Timing, metrics and logs.
import type { ErrorCode } from "../../sdk/errors.ts";
import type { Ms, Us } from "../../sdk/time.ts";
import type { Fault } from "./evaluate.ts";
import type { ReadStatus } from "./status.ts";

export const STAGES = ["plan", "cache", "store", "transform", "encode"] as const;
export type Stage = (typeof STAGES)[number];

/** Upper bounds, inclusive, of the buckets that ages of served rows are counted in; one more holds what is older. */
export const AGE_BOUNDS_S = [1, 10, 60, 300, 1_800, 3_600, 21_600, 86_400, 604_800, 2_592_000] as const;

/** How one view's rows stood in one answer. */
export interface ViewTally {
  /** The view's own name, without version or alias. */
  readonly view: string;
  readonly version: number;
  /** Rows by status; STALE counts beside the others: rows that were served past their bound. */
  readonly statuses: Record<ReadStatus | "STALE", number>;
  /** By bucket of AGE_BOUNDS_S: PRESENT rows by *now* minus event time. Rows without event time are not counted. */
  readonly ages: number[];
  /** The sum of those ages. */
  agesUs: Us;
}

/** One a request. All counts are of this request alone. */
export class Trace {
  /** Which of the app's routes answers, by its place in their list; -1 where none does. */
  route = -1;
  /** The code of the error that was told; null where none was. */
  errorCode: ErrorCode | null = null;
  readonly stagesMs: Record<Stage, Ms> = { plan: 0, cache: 0, store: 0, transform: 0, encode: 0 };
  /** Entity rows asked for. */
  rows = 0;
  /** Rows of views taken from memory, `refreshing` of them past the age at which they are read anew after the answer. */
  cacheHits = 0;
  cacheRefreshing = 0;
  /** Rows of views that were not in memory, or past their bound. */
  cacheMisses = 0;
  /** Rows of views that were served past their bound, because the store failed. */
  cacheStale = 0;
  /** Reads of the store that this answer waited for. */
  storeReads = 0;
  /** By read of the plan; null when nothing was evaluated. */
  views: readonly ViewTally[] | null = null;
  /** Features that are null because of a fault. */
  errors: readonly Fault[] = [];
}
