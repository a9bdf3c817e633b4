// The online store's port: what an adapter must do, and no more.
import type { Ms } from "../../sdk/time.ts";

/** One write of a compare-and-set. */
export interface StoreWrite {
  key: string;
  /** The value that was read before, or null when there was none: the write happens only if it still stands. */
  expected: string | null;
  /** The new value, valid UTF-8. */
  value: string;
  /** When the row may be dropped, counted from the moment of the write; null keeps it. Frees memory only (SEMANTICS 3.7). */
  expireInMs: Ms | null;
  /** A companion that is written with the row or not at all, whatever it held, and expires with it; its key is `seenKey` of the row's. */
  beside?: { readonly key: string; readonly value: string };
}

export interface ScanPage {
  keys: string[];
  /** Passed to the next call; null after the last page. */
  cursor: string | null;
}

export interface ReadOptions {
  /**
   * What the rows are for. "serve", the default, may be answered by a copy that lags (a read replica); "newest" may not;
   * "write" is for rows that a compareAndSet builds upon: it also mends copies that lack what the deciding store holds.
   */
  readonly purpose?: "serve" | "newest" | "write";
  /** Aborting it makes a read that still waits fail with store_unavailable; a store may be unable to take the call back. */
  readonly signal?: AbortSignal;
}

export interface StoreStatus {
  /** "upstash" or "durable-object"; joined by " + " where there is a secondary. */
  kind: string;
  /** False when the store may evict rows to make room, which would read as NOT_FOUND; null when it can't tell. */
  keepsRows: boolean | null;
  /** What is stored, and what fits; null when the store can't tell, or has no limit. */
  usedBytes: number | null;
  limitBytes: number | null;
  /** The parts of a store made of several ("primary", "replica", "secondary") that do not answer. */
  unreachable?: string[];
  warnings: string[];
}

export type BreakerState = "closed" | "open" | "half_open";

/** What went to a store and came back since the isolate began. */
export interface StoreTraffic {
  /** Commands by kind, as billed: a script counts once, a read cut in two twice. */
  readonly commands: Readonly<Record<string, number>>;
  /** Characters of the JSON sent and received, or of keys and rows where there is no JSON: bytes, for ASCII. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** What a store has done since the isolate began. */
export interface StoreStats extends StoreTraffic {
  /** Failed calls, by reason (`faults.ts`). */
  readonly errors: Readonly<Record<string, number>>;
  readonly retries: number;
  /** The circuit breaker's state; null where there is none. */
  readonly breaker: BreakerState | null;
  /** How often it opened. */
  readonly opened: number;
  /** True while the last call to the store had no answer. */
  readonly failing: boolean;
  /** Of a store made of several: reads that the one meant for them did not answer, and another did. */
  readonly fallbackReads?: number;
  /** Of a store made of several: rows copied to the secondary because it lacked them. */
  readonly mendedRows?: number;
  /** Of a store made of several: each one's own figures, by "primary", "replica" and "secondary". */
  readonly parts?: Readonly<Record<string, StoreStats>>;
}

/**
 * A key-value store of packed rows. Held by the conformance suite in `test/conformance/`.
 * Every method throws store_unavailable when the store cannot be reached or refuses.
 */
export interface OnlineStore {
  /**
   * Returns the values of `keys` in their order, null where there is none; all of them, or it throws. In one command, but
   * for what the store's limit on a request's size makes it cut. Duplicate keys are allowed.
   */
  read(keys: readonly string[], options?: ReadOptions): Promise<(string | null)[]>;
  /**
   * Writes each row whose `expected` still stands, each atomic by itself; returns, in order, whether it was written. A key
   * named twice is taken in order. After store_unavailable, and when an answer was lost and the request sent again, rows
   * may have been written that were not reported so: read again and merge, as after a lost race.
   * @throws value_out_of_range, before anything is written, for a row above MAX_ROW_BYTES or a text that is not valid Unicode.
   */
  compareAndSet(writes: readonly StoreWrite[]): Promise<boolean[]>;
  /** Pages through the keys that start with `prefix`, in any order; a key that stays put is seen at least once. */
  scan(prefix: string, cursor: string | null): Promise<ScanPage>;
  status(): Promise<StoreStatus>;
  /** Tells what this store has done so far, without asking it; absent where nobody counts. */
  stats?(): StoreStats;
}
