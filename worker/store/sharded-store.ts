// The embedded online store: one to six Durable Objects, each with the rows whose keys hash to it.
import { EdgefeatError } from "../../sdk/errors.ts";
import { batches } from "./batches.ts";
import type { EdgefeatStore, Mismatch } from "./durable-object.ts";
import { foreignCursor, storeUnavailable } from "./faults.ts";
import { fullness } from "./fullness.ts";
import type { OnlineStore, ReadOptions, StoreWrite } from "./port.ts";
import {
  MAX_SHARDS,
  partsOf,
  readCursor,
  readParts,
  scanCursor,
  type Shard,
  shardName,
  shardOf,
  together,
} from "./shards.ts";

/** What is called of a shard from here. */
type ShardCalls = Pick<EdgefeatStore, "read" | "compareAndSet" | "scan" | "size">;

/** What a Durable Object holds. */
const LIMIT_BYTES = 10e9;

export interface DurableObjectStoreOptions {
  /** How many objects hold the rows, 1 to 6; default 1. It can't be changed once the first row is written. */
  readonly shards?: number;
}

/**
 * Returns the store of a namespace, whose objects are named "store", "store-1", "store-2", … With more than one, they
 * find each other by the binding STORE.
 * @throws config_invalid for a count of shards that can't be one; from its methods, for another than it was created with
 */
export function createDurableObjectStore(
  namespace: DurableObjectNamespace<EdgefeatStore>,
  { shards: count = 1 }: DurableObjectStoreOptions = {},
): OnlineStore {
  if (!Number.isInteger(count) || count < 1 || count > MAX_SHARDS) throw notACount(count);

  async function call<T extends object>(
    index: number,
    work: (object: ShardCalls, shard: Shard) => Promise<T | Mismatch>,
  ): Promise<T> {
    let answer: T | Mismatch;
    try {
      // A stub that has thrown may stay broken: each call takes a new one, which costs nothing.
      answer = await work(namespace.getByName(shardName(index)), { index, count });
    } catch (cause) {
      throw failed(cause);
    }
    if ("createdWith" in answer) throw otherCount(answer.createdWith, count);
    return answer;
  }

  async function readShard(index: number, keys: readonly string[]): Promise<(string | null)[]> {
    const values = await call(index, (object, shard) => object.read(shard, keys));
    while (values.length < keys.length) {
      values.push(...(await call(index, (object, shard) => object.read(shard, keys.slice(values.length)))));
    }
    return values;
  }

  async function writeShard(index: number, cut: readonly StoreWrite[][]): Promise<boolean[]> {
    const written: boolean[] = [];
    for (const batch of cut)
      written.push(...(await call(index, (object, shard) => object.compareAndSet(shard, batch))));
    return written;
  }

  return {
    async read(keys, { purpose = "serve" }: ReadOptions = {}) {
      if (keys.length === 0) return [];
      if (count === 1) return readShard(0, keys);
      const own = () => keys.map((key) => shardOf(key, count));
      const parts = purpose === "serve" ? readParts(keys, count) : partsOf(keys, own());
      const answers = await Promise.all(parts.map(({ index, items }) => readShard(index, items)));
      return together(parts, answers);
    },

    async compareAndSet(writes) {
      const parts = partsOf(
        writes,
        writes.map(({ key }) => shardOf(key, count)),
      );
      // All are checked before any is sent.
      const cut = parts.map(({ items }) => batches(items));
      // Waits for all, so that nothing is being written any more once one has failed.
      const answers = await Promise.allSettled(
        parts.map(({ index }, p) => writeShard(index, cut[p] as StoreWrite[][])),
      );
      return together(
        parts,
        answers.map((answer) => {
          if (answer.status === "rejected") throw answer.reason;
          return answer.value;
        }),
      );
    },

    async scan(prefix, cursor) {
      const { index, inShard } = readCursor(cursor);
      if (!(index < count)) throw foreignCursor();
      const page = await call(index, (object, shard) => object.scan(shard, prefix, inShard));
      if (page.cursor !== null) return { keys: page.keys, cursor: scanCursor(index, page.cursor) };
      return { keys: page.keys, cursor: index + 1 < count ? scanCursor(index + 1, null) : null };
    },

    async status() {
      const indices = Array.from({ length: count }, (_, index) => index);
      const sizes = await Promise.all(indices.map((index) => call(index, (object, shard) => object.size(shard))));
      return {
        kind: "durable-object",
        keepsRows: true,
        usedBytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
        limitBytes: count * LIMIT_BYTES,
        warnings: sizes.flatMap(({ bytes }, index) => fullness(objectName(index, count), bytes, LIMIT_BYTES)),
      };
    },
  };
}

function objectName(index: number, count: number): string {
  return count === 1 ? "the Durable Object" : `the Durable Object "${shardName(index)}", one of ${count},`;
}

function notACount(count: number): EdgefeatError {
  return new EdgefeatError("config_invalid", `the Worker's variable EDGEFEAT_SHARDS: ${count} is no count of shards`, {
    hint: `a whole number, 1 to ${MAX_SHARDS}`,
  });
}

function otherCount(createdWith: number, count: number): EdgefeatError {
  return new EdgefeatError(
    "config_invalid",
    `the Worker's variable EDGEFEAT_SHARDS is ${count}, but the store was created with ${createdWith}`,
    {
      hint: `set EDGEFEAT_SHARDS to ${createdWith}; for another count, export the rows and import them into a new deployment`,
      details: { createdWith },
    },
  );
}

function failed(cause: unknown): EdgefeatError {
  const overloaded = cause instanceof Error && "overloaded" in cause && cause.overloaded === true;
  return storeUnavailable("failed", "the store's Durable Object failed", {
    hint: overloaded ? "it is overloaded: send fewer requests, or larger batches" : "try again",
    cause,
  });
}
