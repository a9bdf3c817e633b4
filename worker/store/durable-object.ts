// One object of the embedded store, SQLite-backed: a shard of its rows, and the count of shards it was created with.
import { DurableObject } from "cloudflare:workers";
import { isControlKey } from "../../sdk/rows/index.ts";
import type { Ms } from "../../sdk/time.ts";
import { ControlCopies, dropEverywhere } from "./control-copies.ts";
import type { ScanPage, StoreWrite } from "./port.ts";
import { type Shard, shardName, shardOf } from "./shards.ts";
import { SqliteRows, type Sweep } from "./sqlite-rows.ts";

export { createDurableObjectStore } from "./sharded-store.ts";

const SWEEP_EVERY_MS: Ms = 6 * 60 * 60 * 1_000;
/** Between two runs of one sweep, so that requests come between. */
const SWEEP_PAUSE_MS: Ms = 100;
const SWEEP_PAGES = 10;
const SWEEP = "sweep";
const SHARDS = "shards";

/** What an object answers to a call that counts on another number of shards than the store was created with. */
export interface Mismatch {
  readonly createdWith: number;
}

interface ShardEnv {
  /** Where the shards of a store find each other; a store of one needs it not. */
  readonly STORE?: DurableObjectNamespace<EdgefeatStore>;
}

/**
 * One shard of rows. The first write of all creates the store, with its count of shards: the first shard decides, each
 * other one asks it once. Expiry counts on the object's own wall clock: it only frees memory (SEMANTICS 3.7).
 */
export class EdgefeatStore extends DurableObject<ShardEnv> {
  readonly #rows: SqliteRows;
  readonly #copies = new ControlCopies();
  /** null before the store is created, as far as this shard knows. */
  #createdWith: number | null;
  #sweepPlanned = false;

  constructor(ctx: DurableObjectState, env: ShardEnv) {
    super(ctx, env);
    this.#rows = new SqliteRows(ctx.storage.sql);
    // An object with rows but without a count is of the time when there was one shard.
    this.#createdWith = ctx.storage.kv.get<number>(SHARDS) ?? (this.#rows.isEmpty() ? null : 1);
  }

  /** Returns values in the order of `keys`; where they are too many for one answer, those of the first keys, one at least. */
  async read(shard: Shard, keys: readonly string[]): Promise<(string | null)[] | Mismatch> {
    const mismatch = await this.#mismatch(shard, false);
    if (mismatch !== null) return mismatch;
    const nowMs = Date.now();
    const values = this.#rows.read(keys, nowMs);
    if (shard.count === 1) return values;
    for (let i = 0; i < values.length; i++) {
      const key = keys[i] as string;
      if (!isControlKey(key)) continue;
      const own = shardOf(key, shard.count);
      if (own === shard.index) continue;
      values[i] = await this.#copies.read(key, nowMs, async () => {
        const [value] = (await this.#shard(own).read({ ...shard, index: own }, [key])) as (string | null)[];
        return value ?? null;
      });
    }
    return values;
  }

  async compareAndSet(shard: Shard, writes: readonly StoreWrite[]): Promise<boolean[] | Mismatch> {
    const mismatch = await this.#mismatch(shard, true);
    if (mismatch !== null) return mismatch;
    const nowMs = Date.now();
    const written = this.ctx.storage.transactionSync(() =>
      writes.map((write) => this.#rows.compareAndSet(write, nowMs)),
    );
    if (writes.some((write, i) => written[i] && write.expireInMs !== null)) await this.#planSweep(nowMs);
    if (shard.count > 1) {
      const changed = writes.filter(({ key }, i) => written[i] && isControlKey(key)).map(({ key }) => key);
      if (changed.length > 0) await this.#dropOthersCopies(shard, changed);
    }
    return written;
  }

  async scan(shard: Shard, prefix: string, cursor: string | null): Promise<ScanPage | Mismatch> {
    return (await this.#mismatch(shard, false)) ?? this.#rows.scan(prefix, cursor, Date.now());
  }

  async size(shard: Shard): Promise<{ bytes: number } | Mismatch> {
    return (await this.#mismatch(shard, false)) ?? { bytes: this.ctx.storage.sql.databaseSize };
  }

  /** Asked of the first shard: returns the count that the store was created with, creating it with `count` where told to. */
  agreeOn(count: number, creating: boolean): number | null {
    if (this.#createdWith === null && creating) this.#remember(count);
    return this.#createdWith;
  }

  /** Makes this shard ask for these control records anew. */
  dropCopies(keys: readonly string[]): void {
    this.#copies.drop(keys);
  }

  /** Deletes expired rows, looking at 10,000 at most; plans the next run while anything is left that will expire. */
  override async alarm(): Promise<void> {
    const { kv } = this.ctx.storage;
    const nowMs = Date.now();
    let sweep = kv.get<Sweep>(SWEEP) ?? { cursor: null, expiring: false };
    for (let page = 0; page < SWEEP_PAGES; page++) {
      sweep = this.#rows.sweep(sweep, nowMs);
      if (sweep.cursor === null) break;
    }
    const done = sweep.cursor === null;
    if (done) kv.delete(SWEEP);
    else kv.put(SWEEP, sweep);
    this.#sweepPlanned = !done || sweep.expiring;
    if (this.#sweepPlanned) await this.ctx.storage.setAlarm(nowMs + (done ? SWEEP_EVERY_MS : SWEEP_PAUSE_MS));
  }

  async #planSweep(nowMs: Ms): Promise<void> {
    if (this.#sweepPlanned) return;
    this.#sweepPlanned = true;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(nowMs + SWEEP_EVERY_MS);
  }

  async #mismatch({ index, count }: Shard, creating: boolean): Promise<Mismatch | null> {
    if (this.#createdWith === count) return null;
    const createdWith = this.#createdWith ?? (await this.#agree(index, count, creating));
    return createdWith === null || createdWith === count ? null : { createdWith };
  }

  async #agree(index: number, count: number, creating: boolean): Promise<number | null> {
    if (index === 0) return this.agreeOn(count, creating);
    const createdWith = await this.#shard(0).agreeOn(count, creating);
    if (createdWith === count) this.#remember(count);
    return createdWith;
  }

  #remember(count: number): void {
    this.ctx.storage.kv.put(SHARDS, count);
    this.#createdWith = count;
  }

  #dropOthersCopies({ index, count }: Shard, keys: readonly string[]): Promise<void> {
    const others = Array.from({ length: count }, (_, other) => other).filter((other) => other !== index);
    return dropEverywhere(
      others.map((other) => async () => this.#shard(other).dropCopies(keys)),
      (ms) => scheduler.wait(ms),
    );
  }

  #shard(index: number): DurableObjectStub<EdgefeatStore> {
    const { STORE } = this.env;
    if (STORE === undefined)
      throw new Error("the shards of a store find each other by the binding STORE, which is not there");
    return STORE.getByName(shardName(index));
  }
}
