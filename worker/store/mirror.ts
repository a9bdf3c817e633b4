// Keeps a secondary store at what the primary holds, by nothing but the port: read, and compare-and-set.
//
// The order is what makes it right. The secondary is read before the primary, so the primary's value is never older than
// the one it replaces, and it replaces it only where it still stands: the secondary only moves forward through the primary's
// values. Who has changed the secondary looks again, so the last one to do so has seen both agree. Rows merge and do not
// return to an earlier value, but to none (taken away); the control record may (a rollback): should a writer of it die between its two writes while
// another rolls back, the secondary can be left a step behind, until that record is next read to be written.
//
// A secondary that was added to rows that were there before lacks them, and must not serve until it was filled. Every read
// of it asks for the project's control record too: so that record is what tells. It is put into the secondary when
// the project begins, with its first record, or at the end of filling; a secondary without it is of no use to readers.
import { isControlKey } from "../../sdk/rows/index.ts";
import type { Ms } from "../../sdk/time.ts";
import { storeUnavailable } from "./faults.ts";
import type { OnlineStore, ReadOptions, StoreWrite } from "./port.ts";

const ROUNDS = 8;
const CHUNK = 1_000;
const NEWEST: ReadOptions = { purpose: "newest" };

export interface Pair {
  readonly primary: OnlineStore;
  readonly secondary: OnlineStore;
}

export interface MirrorOptions {
  /** What a writer knows of rows that it has just put into the primary. */
  readonly known?: ReadonlyMap<string, Pick<StoreWrite, "value" | "expireInMs">>;
  /** Copies control records also where the secondary has none: all other rows are there. */
  readonly filled?: boolean;
}

/**
 * Makes the secondary hold what the primary holds under `keys`; returns the primary's values by key, and how many rows
 * were copied. A row whose expiry nobody knows is copied to stay: expiry only frees memory, and the next write sets it.
 * @throws store_unavailable
 */
export async function mirror(
  { primary, secondary }: Pair,
  keys: readonly string[],
  { known, filled = false }: MirrorOptions = {},
): Promise<{ values: Map<string, string | null>; copied: number }> {
  const values = new Map<string, string | null>();
  const timed = new Set<string>();
  let copied = 0;
  let pending = [...new Set(keys)];
  for (let round = 0; round < ROUNDS && pending.length > 0; round++) {
    const copies: StoreWrite[] = [];
    for (let from = 0; from < pending.length; from += CHUNK) {
      const chunk = pending.slice(from, from + CHUNK);
      const there = await secondary.read(chunk, NEWEST);
      const here = await primary.read(chunk, NEWEST);
      for (const [i, key] of chunk.entries()) {
        const value = here[i] ?? null;
        const old = there[i] ?? null;
        values.set(key, value);
        if (old === null && isControlKey(key) && !filled) continue;
        const copy = copyOf(key, value, old, timed.has(key) ? undefined : known?.get(key));
        if (copy !== null) copies.push(copy);
      }
    }
    if (copies.length === 0) return { values, copied };
    const done = await secondary.compareAndSet(copies);
    for (const [i, { key, expireInMs }] of copies.entries()) {
      if (done[i] !== true) continue;
      copied++;
      if (expireInMs !== null) timed.add(key);
    }
    pending = copies.map(({ key }) => key);
  }
  if (pending.length === 0) return { values, copied };
  throw storeUnavailable(
    "failed",
    "the secondary store could not catch up with the primary: others write the same rows",
    {
      hint: "send the batch again",
    },
  );
}

/** Returns what to write into the secondary; null where it is right. */
function copyOf(
  key: string,
  value: string | null,
  old: string | null,
  known?: Pick<StoreWrite, "value" | "expireInMs">,
): StoreWrite | null {
  // The port has no deletion: what the primary has dropped is rewritten to expire at once.
  if (value === null) return old === null ? null : { key, expected: old, value: old, expireInMs: 0 };
  const expireInMs: Ms | null = known?.value === value ? known.expireInMs : null;
  if (value === old && expireInMs === null) return null;
  return { key, expected: old, value, expireInMs };
}
