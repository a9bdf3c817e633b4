// One store made of several: a primary that decides, a read replica of it that lags, a secondary that stands in.
//
// What holds: a write is acknowledged once both the primary and the secondary have taken it. So whichever of them answers,
// a read shows every acknowledged write; what differs is only what nobody was told is there. That costs this: while either
// is down, writes fail (and may be sent again: what a failed write left in the primary alone is copied by the next attempt).
// A replica is asked first, for reads that may lag; its lag is part of what an answer's `knownAsOf` must tell.
import type { EdgefeatError } from "../../sdk/errors.ts";
import { isControlKey } from "../../sdk/rows/index.ts";
import { NO_STATS } from "./counted.ts";
import { reasonOf, retryAfter, storeUnavailable } from "./faults.ts";
import { jointStats, jointStatus } from "./joint.ts";
import { mirror } from "./mirror.ts";
import type { OnlineStore, ReadOptions, StoreWrite } from "./port.ts";

export interface FailoverParts {
  readonly primary: OnlineStore;
  readonly replica?: OnlineStore;
  readonly secondary?: OnlineStore;
}

type Role = keyof FailoverParts;

/** Returns the store; each part is to be guarded, so that one that hangs is soon passed over. */
export function createFailoverStore(parts: FailoverParts): OnlineStore {
  const { primary, replica, secondary } = parts;
  const toServe = [replica, primary, secondary].filter((part) => part !== undefined);
  const newest = [primary, secondary].filter((part) => part !== undefined);
  const all = (["primary", "replica", "secondary"] as const).flatMap((role) => {
    const part = parts[role];
    return part === undefined ? [] : [[role, part] as [Role, OnlineStore]];
  });
  let fallbackReads = 0;
  let mendedRows = 0;

  async function firstAnswer(readers: readonly OnlineStore[], keys: readonly string[], options: ReadOptions) {
    let primaryFault: unknown;
    let fault: unknown;
    for (const reader of readers) {
      try {
        const values = await reader.read(keys, options);
        if (fault !== undefined) fallbackReads++;
        return values;
      } catch (thrown) {
        if (reasonOf(thrown) === null) throw thrown;
        fault = thrown;
        if (reader === primary) primaryFault = thrown;
      }
    }
    throw primaryFault ?? fault;
  }

  /** Reads both stores for a write, and copies what the secondary lacks, also where the write itself will turn out needless. */
  async function readToWrite(keys: readonly string[], store: OnlineStore): Promise<(string | null)[]> {
    const options: ReadOptions = { purpose: "write" };
    const [values, copies] = await Promise.all([
      primary.read(keys, options),
      store.read(keys, options).catch(notTaken),
    ]);
    const apart = keys.filter((_, i) => values[i] !== copies[i]);
    if (apart.length === 0) return values;
    const mended = await mirror({ primary, secondary: store }, apart).catch(notTaken);
    mendedRows += mended.copied;
    return values.map((value, i) => mended.values.get(keys[i] as string) ?? value);
  }

  /** Copies rows that the primary has just taken. */
  async function copy(writes: readonly StoreWrite[], store: OnlineStore): Promise<void> {
    const copied = await store.compareAndSet(writes);
    // Rows merge, so a copy that was made can't be overtaken; a control record may come back to what it was (a rollback).
    const missed = writes.filter(({ key }, i) => copied[i] !== true || isControlKey(key)).map(({ key }) => key);
    if (missed.length === 0) return;
    const known = new Map(writes.map((write) => [write.key, write]));
    mendedRows += (await mirror({ primary, secondary: store }, missed, known)).copied;
  }

  return {
    async read(keys, options = {}) {
      if (options.purpose === "write" && secondary !== undefined) return readToWrite(keys, secondary);
      return firstAnswer(
        options.purpose === undefined || options.purpose === "serve" ? toServe : newest,
        keys,
        options,
      );
    },

    async compareAndSet(writes) {
      const written = await primary.compareAndSet(writes);
      const taken = writes.filter((_, i) => written[i] === true);
      if (taken.length > 0 && secondary !== undefined) await copy(taken, secondary).catch(notTaken);
      return written;
    },

    /** The primary's keys: cursors are its own, and it lacks nothing that the others hold. */
    scan: (prefix, cursor) => primary.scan(prefix, cursor),

    async status() {
      const told = await Promise.allSettled(all.map(([, part]) => part.status()));
      return jointStatus(told.map((one, i) => [(all[i] as [Role, OnlineStore])[0], one]));
    },

    stats() {
      const stats = all.map(([role, part]) => [role, part.stats?.() ?? NO_STATS] as const);
      return {
        ...jointStats(stats.map(([, one]) => one)),
        fallbackReads,
        mendedRows,
        parts: Object.fromEntries(stats),
      };
    },
  };
}

/** A fault of the secondary while writing: the caller must not take the write for done. */
function notTaken(fault: unknown): never {
  const reason = reasonOf(fault);
  if (reason === null) throw fault;
  throw storeUnavailable(reason, `the secondary store does not take writes: ${(fault as EdgefeatError).message}`, {
    hint: "send the batch again: what the primary took is copied then; to go on without the secondary, remove its settings",
    ...retryAfter(fault),
    cause: fault,
  });
}
