// The online store in a SQLite-backed Durable Object: the embedded default, with nothing to install.
import { DurableObject } from "cloudflare:workers";
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Ms } from "../../sdk/time.ts";
import { batches } from "./batches.ts";
import type { OnlineStore, ScanPage, StoreWrite } from "./port.ts";
import { SqliteRows, type Sweep } from "./sqlite-rows.ts";

const SWEEP_EVERY_MS: Ms = 6 * 60 * 60 * 1_000;
/** Between two runs of one sweep, so that requests come between. */
const SWEEP_PAUSE_MS: Ms = 100;
const SWEEP_PAGES = 10;
const SWEEP = "sweep";
/** A Durable Object holds 10 GB; warned about from 8. */
const WARN_BYTES = 8e9;

/** One shard of rows. Expiry counts on the object's own wall clock: it only frees memory (SEMANTICS 3.7). */
export class EdgefeatStore extends DurableObject {
  readonly #rows: SqliteRows;
  #sweepPlanned = false;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#rows = new SqliteRows(ctx.storage.sql);
  }

  read(keys: readonly string[]): (string | null)[] {
    return this.#rows.read(keys, Date.now());
  }

  async compareAndSet(writes: readonly StoreWrite[]): Promise<boolean[]> {
    const nowMs = Date.now();
    const written = this.ctx.storage.transactionSync(() =>
      writes.map((write) => this.#rows.compareAndSet(write, nowMs)),
    );
    if (writes.some((write, i) => written[i] && write.expireInMs !== null)) await this.#planSweep(nowMs);
    return written;
  }

  scan(prefix: string, cursor: string | null): ScanPage {
    return this.#rows.scan(prefix, cursor, Date.now());
  }

  sizeBytes(): number {
    return this.ctx.storage.sql.databaseSize;
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
}

/** Returns a store on the object named "store" of a namespace. */
export function createDurableObjectStore(namespace: DurableObjectNamespace<EdgefeatStore>): OnlineStore {
  // A stub that has thrown may stay broken: each call takes a new one, which costs nothing.
  async function call<T>(work: (stub: DurableObjectStub<EdgefeatStore>) => Promise<T>): Promise<T> {
    try {
      return await work(namespace.getByName("store"));
    } catch (cause) {
      throw new EdgefeatError("store_unavailable", "the store's Durable Object failed", {
        hint: isOverloaded(cause) ? "it is overloaded: send fewer requests, or larger batches" : "try again",
        cause,
      });
    }
  }

  return {
    read: async (keys) => (keys.length === 0 ? [] : call((stub) => stub.read(keys))),
    async compareAndSet(writes) {
      const written: boolean[] = [];
      for (const batch of batches(writes)) written.push(...(await call((stub) => stub.compareAndSet(batch))));
      return written;
    },
    scan: (prefix, cursor) => call((stub) => stub.scan(prefix, cursor)),
    async status() {
      const bytes = await call((stub) => stub.sizeBytes());
      const warnings = bytes > WARN_BYTES ? [`the store holds ${bytes} bytes of the 10 GB that fit`] : [];
      return { kind: "durable-object", keepsRows: true, warnings };
    },
  };
}

function isOverloaded(fault: unknown): boolean {
  return fault instanceof Error && "overloaded" in fault && fault.overloaded === true;
}
