// From keys to rows: the local cache first, then one read of the store for all that is missing.
import { EdgefeatError } from "../../sdk/errors.ts";
import { keyId } from "../../sdk/rows/index.ts";
import type { Ms } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import type { OnlineStore } from "../store/port.ts";
import type { CompiledPlan, CompiledRead } from "./compiled-plan.ts";
import type { Column } from "./input-column.ts";
import type { Inputs } from "./inputs.ts";
import type { CachedRow, RowCache } from "./row-cache.ts";

/** How old a cached row may be. */
export interface Freshness {
  /** On the elapsed clock: the moment of the request. */
  readonly atMs: Ms;
  /** A cached row younger than this is used; 0 uses none. */
  readonly maxAgeMs: Ms;
  /** A cached row younger than this is used when the store fails; 0 uses none. */
  readonly maxStaleMs: Ms;
}

interface Missing {
  readonly read: CompiledRead;
  readonly cached: CachedRow | undefined;
  readonly places: number[];
}

/** The rows that a request needs: first those in memory, then, where `fill` was needed, all of them. */
export class Lookup {
  /** The row of read `i` for entity row `r` at `i * rows + r`; null where an id is null. */
  readonly found: (CachedRow | null)[];
  /** The places of `found` that are past their bound, while the store failed. */
  stale: ReadonlySet<number> | null = null;
  /** How old the oldest row is, in ms; 0 when all were read just now. */
  oldestMs: Ms = 0;
  /** The control record when it was read, else undefined. */
  control: string | null | undefined = undefined;
  readonly #missing = new Map<string, Missing>();
  readonly #cache: RowCache;
  readonly #freshness: Freshness;

  constructor(plan: CompiledPlan, inputs: Inputs, freshness: Freshness, cache: RowCache) {
    this.#cache = cache;
    this.#freshness = freshness;
    this.found = new Array<CachedRow | null>(plan.reads.length * inputs.rows).fill(null);
    for (let i = 0; i < plan.reads.length; i++) this.#place(plan.reads[i] as CompiledRead, i * inputs.rows, inputs);
  }

  /** True when memory holds every row. */
  get complete(): boolean {
    return this.#missing.size === 0;
  }

  /**
   * Reads, by one command, the rows that memory lacks and the control record.
   * @throws store_unavailable when the store fails and memory can't stand in for it whole
   */
  async fill(store: OnlineStore, controlKey: string): Promise<void> {
    let texts: (string | null)[];
    try {
      texts = await store.read([...this.#missing.keys(), controlKey]);
    } catch (fault) {
      if (!(fault instanceof EdgefeatError) || fault.code !== "store_unavailable") throw fault;
      this.#standIn(fault);
      return;
    }
    let index = 0;
    for (const [key, { read, places }] of this.#missing) {
      const text = texts[index++] as string | null;
      const row = read.decode(text, this.#freshness.atMs);
      this.#cache.set(key, row, text);
      for (const at of places) this.found[at] = row;
    }
    this.control = texts[index] as string | null;
  }

  /** Places one read's rows; a key of scalars is looked up once for all of them. */
  #place(read: CompiledRead, from: number, { rows, keys }: Inputs): void {
    const { keyColumns } = read;
    const only = keyColumns.length === 1 ? (keys[keyColumns[0] as number] as Column) : null;
    const scalar = keyColumns.every((column) => (keys[column] as Column).scalar);
    for (let r = 0; r < (scalar ? 1 : rows); r++) {
      const id = only === null ? compositeId(keyColumns, keys, r) : singleId(only.values[r] as Value | null);
      if (id !== null) this.#find(read, read.prefix + id + read.suffix, from + r);
    }
    if (!scalar || rows === 1) return;
    const waiting =
      this.found[from] === null ? [...this.#missing.values()].find(({ places }) => places.includes(from)) : undefined;
    for (let at = from + 1; at < from + rows; at++) {
      this.found[at] = this.found[from] as CachedRow | null;
      waiting?.places.push(at);
    }
  }

  #find(read: CompiledRead, key: string, at: number): void {
    const cached = this.#cache.get(key);
    const { atMs, maxAgeMs } = this.#freshness;
    if (cached !== undefined && atMs - cached.readAtMs < maxAgeMs) {
      this.oldestMs = Math.max(this.oldestMs, atMs - cached.readAtMs);
      this.found[at] = cached;
      return;
    }
    const waiting = this.#missing.get(key);
    if (waiting === undefined) this.#missing.set(key, { read, cached, places: [at] });
    else waiting.places.push(at);
  }

  #standIn(fault: EdgefeatError): void {
    const { atMs, maxStaleMs } = this.#freshness;
    if (maxStaleMs === 0) throw fault;
    const stale = new Set<number>();
    for (const { cached, places } of this.#missing.values()) {
      if (cached === undefined || atMs - cached.readAtMs >= maxStaleMs) throw fault;
      this.oldestMs = Math.max(this.oldestMs, atMs - cached.readAtMs);
      for (const at of places) {
        this.found[at] = cached;
        stale.add(at);
      }
    }
    this.stale = stale;
  }
}

function singleId(value: Value | null): string | null {
  return value === null ? null : keyId([value]);
}

/** Null when one of the ids is: the key then names no entity. */
function compositeId(columns: readonly number[], keys: readonly Column[], r: number): string | null {
  const ids = columns.map((column) => {
    const { values, scalar } = keys[column] as Column;
    return values[scalar ? 0 : r] as Value | null;
  });
  return ids.includes(null) ? null : keyId(ids as Value[]);
}
