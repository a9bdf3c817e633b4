// One store made of several: a primary that decides, a read replica of it that lags, a secondary that stands in.
//
// What holds: a write is acknowledged once both the primary and the secondary have taken it. So whichever of them answers,
// a read shows every acknowledged write; what differs is only what nobody was told is there. That costs this: while either
// is down, writes fail (and may be sent again: what a failed write left in the primary alone is copied by the next attempt).
// A replica is asked first, for reads that may lag; its lag is part of what an answer's `knownAsOf` must tell.
// A secondary that was added later holds nothing that was there before: `fill` copies it, and until then it does not serve.
import type { EdgefeatError } from "../../sdk/errors.ts";
import { isControlKey, isJobsKey } from "../../sdk/rows/index.ts";
import { NO_STATS } from "./counted.ts";
import { reasonOf, retryAfter, storeUnavailable } from "./faults.ts";
import { jointStats, jointStatus } from "./joint.ts";
import { mirror } from "./mirror.ts";
import type { OnlineStore, ReadOptions, ScanPage, StoreWrite } from "./port.ts";

const CONTROL_PREFIX = "control:";
const NOT_FILLED = "the secondary store can't stand in, because it was not filled";

export interface FailoverParts {
  readonly primary: OnlineStore;
  readonly replica?: OnlineStore;
  readonly secondary?: OnlineStore;
}

type Role = keyof FailoverParts;

export interface FailoverStore extends OnlineStore {
  /**
   * Copies a page of the primary's rows to the secondary: call it with null, then with the cursor it returned, until that
   * is null; the secondary serves from then on. May be begun again at any time, and beside writes of those who know both.
   */
  fill(cursor: string | null): Promise<{ cursor: string | null; copied: number }>;
}

/** A store that may have a secondary to fill. */
export type FillableStore = OnlineStore & Partial<Pick<FailoverStore, "fill">>;

/**
 * Returns the store; each part is to be guarded, so that one that hangs is soon passed over. `control` is the key of the
 * control record of the project that is served: by it, `status` tells whether the secondary could stand in.
 */
export function createFailoverStore(parts: FailoverParts, control?: string): FailoverStore {
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
        // Not every read asks for the control record, which tells whether the secondary was filled.
        const isTold = reader !== secondary || control === undefined || keys.some(isControlKey);
        const asked = isTold ? keys : [...keys, control];
        const values = await reader.read(asked, options);
        if (reader === secondary) checkFilled(asked, values);
        if (fault !== undefined) fallbackReads++;
        return isTold ? values : values.slice(0, -1);
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
    return values.map((value, i) => {
      const newer = mended.values.get(keys[i] as string);
      return newer === undefined ? value : newer;
    });
  }

  /** False when the primary knows the project, and the secondary does not; true also where one of them does not tell. */
  async function isFilled(): Promise<boolean> {
    if (control === undefined || secondary === undefined) return true;
    const asked = [primary, secondary].map((store) => store.read([control], { purpose: "newest" }));
    const [here, there] = await Promise.all(asked).catch(() => []);
    return there?.[0] !== null || here?.[0] === null;
  }

  /** Copies rows that the primary has just taken. */
  async function copy(writes: readonly StoreWrite[], store: OnlineStore): Promise<void> {
    const copied = await store.compareAndSet(writes);
    // Rows merge, so a copy that was made can't be overtaken; but for one of what may come back to what it was.
    const missed = writes
      .filter(({ key, expected }, i) => copied[i] !== true || mayReturn(key, expected))
      .flatMap(({ key, beside }) => (beside === undefined ? [key] : [key, beside.key]));
    if (missed.length === 0) return;
    const known = new Map<string, Pick<StoreWrite, "value" | "expireInMs">>();
    for (const { key, value, expireInMs, beside } of writes.filter((_, i) => copied[i] !== true)) {
      known.set(key, { value, expireInMs });
      if (beside !== undefined) known.set(beside.key, { value: beside.value, expireInMs });
    }
    mendedRows += (await mirror({ primary, secondary: store }, missed, { known })).copied;
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

    async fill(cursor) {
      if (secondary === undefined) return { cursor: null, copied: 0 };
      const pair = { primary, secondary };
      const page = await primary.scan("", cursor);
      const rows = page.keys.filter((key) => !isControlKey(key));
      let { copied } = await mirror(pair, rows);
      if (page.cursor === null) {
        for await (const keys of pagesOf(primary, CONTROL_PREFIX)) {
          copied += (await mirror(pair, keys, { filled: true })).copied;
        }
      }
      return { cursor: page.cursor, copied };
    },

    async status() {
      const asking = all.map(([, part]) => part.status());
      const filled = await isFilled();
      const told = await Promise.allSettled(asking);
      const status = jointStatus(told.map((one, i) => [(all[i] as [Role, OnlineStore])[0], one]));
      return filled ? status : { ...status, warnings: [...status.warnings, `${NOT_FILLED}: fill it from the primary`] };
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

/** True where the primary may hold `before` again: a row that was taken away, a control record (a rollback), the open jobs. */
function mayReturn(key: string, before: string | null): boolean {
  return before === null || isControlKey(key) || isJobsKey(key);
}

async function* pagesOf(store: OnlineStore, prefix: string): AsyncGenerator<string[]> {
  let cursor: string | null = null;
  do {
    const page: ScanPage = await store.scan(prefix, cursor);
    yield page.keys;
    cursor = page.cursor;
  } while (cursor !== null);
}

/** Refuses what a secondary says of a project that it does not hold, or does not hold whole. */
function checkFilled(keys: readonly string[], values: readonly (string | null)[]): void {
  if (keys.every((key, i) => values[i] !== null || !isControlKey(key))) return;
  throw storeUnavailable("failed", NOT_FILLED, {
    hint: "fill it from the primary",
  });
}

/** A fault of the secondary while writing: the caller must not take the write for done. */
function notTaken(fault: unknown): never {
  const reason = reasonOf(fault);
  if (reason === null) throw fault;
  throw storeUnavailable(reason, `the secondary store does not take writes: ${(fault as EdgefeatError).message}`, {
    hint: "send the batch again: what the primary took is copied then; to go on without the secondary, remove its settings, and empty it before they come back",
    ...retryAfter(fault),
    cause: fault,
  });
}
