// Keeps a secondary store at what the primary holds, by nothing but the port: read, and compare-and-set.
//
// The order is what makes it right. The secondary is read before the primary, so the primary's value is never older than
// the one it replaces, and it replaces it only where it still stands: the secondary only moves forward through the primary's
// values. Who has changed the secondary looks again, so the last one to do so has seen both agree. Rows merge and do not
// return to an earlier value; the control record may (a rollback): should a writer of it die between its two writes while
// another rolls back, the secondary can be left a step behind, until that record is next read to be written.
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

/** What a writer knows of a row that it has just put into the primary. */
export type Known = Pick<StoreWrite, "value" | "expireInMs">;

/**
 * Makes the secondary hold what the primary holds under `keys`; returns the primary's values by key, and how many rows
 * were copied. A row whose expiry nobody knows is copied to stay: expiry only frees memory, and the next write sets it.
 * @throws store_unavailable
 */
export async function mirror(
  { primary, secondary }: Pair,
  keys: readonly string[],
  known: ReadonlyMap<string, Known> = new Map(),
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
        values.set(key, value);
        const copy = copyOf(key, value, there[i] ?? null, timed.has(key) ? undefined : known.get(key));
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
function copyOf(key: string, value: string | null, there: string | null, known?: Known): StoreWrite | null {
  // The port has no deletion: what the primary has dropped is rewritten to expire at once.
  if (value === null) return there === null ? null : { key, expected: there, value: there, expireInMs: 0 };
  const expireInMs: Ms | null = known?.value === value ? known.expireInMs : null;
  if (value === there && expireInMs === null) return null;
  return { key, expected: there, value, expireInMs };
}
