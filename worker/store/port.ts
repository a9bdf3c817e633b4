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
}

export interface ScanPage {
  keys: string[];
  /** Passed to the next call; null after the last page. */
  cursor: string | null;
}

export interface StoreStatus {
  /** "upstash" or "durable-object". */
  kind: string;
  /** False when the store may evict rows to make room, which would read as NOT_FOUND; null when it can't tell. */
  keepsRows: boolean | null;
  warnings: string[];
}

/**
 * A key-value store of packed rows. Held by the conformance suite in `test/conformance/`.
 * Every method throws store_unavailable when the store cannot be reached or refuses.
 */
export interface OnlineStore {
  /** Returns the values of `keys` in their order, null where there is none, in one command. Duplicate keys are allowed. */
  read(keys: readonly string[]): Promise<(string | null)[]>;
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
}
