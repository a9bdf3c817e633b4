// Writing rows that others may be writing too: read, merge, compare-and-set, and again for the rows that lost.
import type { Clock, Ms } from "../../sdk/time.ts";
import type { RowCache } from "../serve/index.ts";
import { changedByOthers } from "../store/faults.ts";
import type { OnlineStore, StoreWrite } from "../store/port.ts";

/**
 * What became of a row that was sent: now in the store, there before, behind a later one, so old that it would have been
 * dropped, or without events that were pushed since it was made.
 */
export type Outcome = "written" | "unchanged" | "superseded" | "expired" | "contended";

/** What the rows of one key come to; no `write` when the store is right as it is. */
export interface Merged {
  readonly write?: { readonly value: string; readonly expireInMs: Ms | null };
  /** Of each row sent. */
  readonly outcomes: readonly Outcome[];
}

/** `contended` only where there is any. */
export type WriteCounts = Record<Exclude<Outcome, "contended"> | "conflicts", number> & { contended?: number };

const READ_CHUNK = 1_000;
const MAX_ATTEMPTS = 8;

/**
 * Writes rows by key and returns what became of them: the outcomes add up to the rows sent; `conflicts` counts the
 * writes that others were faster with, and that were merged anew.
 * @throws store_conflict when some still lose after 8 rounds; what was written stays, and sending all again is safe
 */
export async function mergeIntoStore<R>(
  incoming: ReadonlyMap<string, readonly R[]>,
  merge: (stored: string | null, rows: readonly R[]) => Merged,
  { store, cache, clock }: { store: OnlineStore; cache: RowCache; clock: Clock },
): Promise<WriteCounts> {
  const counts: WriteCounts = { written: 0, unchanged: 0, superseded: 0, expired: 0, conflicts: 0 };
  let pending = [...incoming.keys()];
  for (let attempt = 0; attempt < MAX_ATTEMPTS && pending.length > 0; attempt++) {
    const lost: string[] = [];
    for (let from = 0; from < pending.length; from += READ_CHUNK) {
      lost.push(...(await mergeChunk(pending.slice(from, from + READ_CHUNK))));
    }
    counts.conflicts += lost.length;
    pending = lost;
  }
  if (pending.length > 0) {
    throw changedByOthers(`${pending.length} rows were`, "send the batch again: what was written stays");
  }
  return counts;

  async function mergeChunk(keys: readonly string[]): Promise<string[]> {
    const texts = await store.read(keys, { purpose: "write" });
    const writes: StoreWrite[] = [];
    const outcomes: (readonly Outcome[])[] = [];
    for (const [i, key] of keys.entries()) {
      const expected = texts[i] ?? null;
      const merged = merge(expected, incoming.get(key) as readonly R[]);
      if (merged.write === undefined) count(merged.outcomes);
      else {
        writes.push({ key, expected, ...merged.write });
        outcomes.push(merged.outcomes);
      }
    }
    // Also where it fails: some may be written all the same.
    const drop = () =>
      cache.drop(
        writes.map(({ key }) => key),
        clock.elapsedMs(),
      );
    const written = writes.length === 0 ? [] : await store.compareAndSet(writes).finally(drop);
    for (const [i, rows] of outcomes.entries()) if (written[i] === true) count(rows);
    return writes.filter((_, i) => written[i] !== true).map(({ key }) => key);
  }

  function count(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
}
