// From keys to rows: the local cache first, then one read of the store for all that is missing.
import type { EdgefeatError } from "../../sdk/errors.ts";
import type { Ms } from "../../sdk/time.ts";
import type { CompiledPlan, CompiledRead } from "./compiled-plan.ts";
import type { IdColumn } from "./input-column.ts";
import type { Inputs } from "./inputs.ts";
import { checkRead } from "./read-limits.ts";
import type { CachedGroup, CachedRow, RowCache } from "./row-cache.ts";
import type { Trace } from "./trace.ts";

/** How old a cached row may be. */
export interface Freshness {
  /** On the elapsed clock: the moment of the request. */
  readonly atMs: Ms;
  /** What the store is asked for, and the moment that its answer shows it at: now, less the lag of what may answer. */
  readonly purpose: "serve" | "newest";
  readonly readAtMs: Ms;
  /** A cached row younger than this and than its view's bound is used; 0 uses none. */
  readonly maxAgeMs: Ms;
  /** How much longer than its view's bound a cached row may be used when the store fails; null: never. */
  readonly staleIfErrorMs: Ms | null;
}

/** Past this part of its bound a row that is used is read anew after the answer, so that a busy key never makes a request wait. */
const REFRESH_AFTER = 0.75;
/** How long one request's reading anew keeps others from it. */
const REFRESH_PAUSE_MS: Ms = 5_000;
const NONE = -1;

/** A key that the store is asked for. */
interface Wanted {
  readonly id: string;
  readonly read: CompiledRead;
  readonly key: string;
}

interface Missing extends Wanted {
  readonly cached: CachedRow | undefined;
  /** The first of its places in `found`; the others follow in `#next`. */
  place: number;
}

/** The rows that a request needs: first those in memory, then, where they were taken in, all of them. */
export class Lookup {
  /** The row of read `i` for entity row `r` at `i * rows + r`; null where an id is null. */
  readonly found: (CachedRow | null)[];
  /** The places of `found` that are past their bound, because the store failed. */
  stale: ReadonlySet<number> | null = null;
  /** How old the oldest row is, in ms; 0 when all were read just now. */
  oldestMs: Ms = 0;
  readonly #missing: Missing[] = [];
  /** By group and id, the index in `#missing`; made when one id can come twice. Ids are short: to hash whole keys takes longer. */
  #indexes: Map<string, Map<string, number>> | null = null;
  /** By place, the next place that waits for the same row; made when one does. */
  #next: Int32Array | null = null;
  readonly #aging: Wanted[] = [];
  readonly #cache: RowCache;
  readonly #freshness: Freshness;
  readonly #trace: Trace;

  constructor(plan: CompiledPlan, inputs: Inputs, freshness: Freshness, cache: RowCache, trace: Trace) {
    this.#cache = cache;
    this.#freshness = freshness;
    this.#trace = trace;
    this.found = new Array<CachedRow | null>(plan.reads.length * inputs.rows).fill(null);
    for (let i = 0; i < plan.reads.length; i++) this.#place(plan.reads[i] as CompiledRead, i * inputs.rows, inputs);
    trace.cacheMisses += this.#missing.length;
    trace.cacheRefreshing += this.#aging.length;
  }

  /** True when memory holds every row. */
  get complete(): boolean {
    return this.#missing.length === 0;
  }

  /** True when rows that were taken from memory should be read anew soon. */
  get aging(): boolean {
    return this.#aging.length > 0;
  }

  /** The keys to read for an answer: those missing, each once, and those that would have to be read anew soon. */
  keys(): string[] {
    const keys = this.#missing.map(({ key }) => key);
    for (const { key } of this.#aging) keys.push(key);
    return keys;
  }

  /** The keys of rows to read anew after an answer that needed no read. */
  agingKeys(): string[] {
    return this.#aging.map(({ key }) => key);
  }

  /** Takes in what the store holds under `keys()`. @throws request_too_large, row_corrupt */
  take(texts: readonly (string | null)[]): void {
    const missing = this.#missing;
    checkRead(texts, missing.length);
    const { atMs, readAtMs } = this.#freshness;
    if (missing.length > 0) this.oldestMs = Math.max(this.oldestMs, atMs - readAtMs);
    for (let i = 0; i < missing.length; i++) {
      const { id, read, place } = missing[i] as Missing;
      const text = texts[i] as string | null;
      const row = read.decode(text, readAtMs);
      this.#cache.set(id, read.group, row, text);
      for (let at = place; at !== NONE; at = this.#next?.[at] ?? NONE) this.found[at] = row;
    }
    this.takeAging(texts, missing.length);
  }

  /** Takes in what the store holds under `agingKeys()`: for the requests to come, as this one is answered from memory. */
  takeAging(texts: readonly (string | null)[], from = 0): void {
    for (const [i, { id, read }] of this.#aging.entries()) {
      const text = texts[from + i] as string | null;
      this.#cache.set(id, read.group, read.decode(text, this.#freshness.readAtMs), text);
    }
  }

  /** Takes rows past their bound for those the store did not give. @throws `fault` when memory can't stand in for it whole */
  standIn(fault: EdgefeatError): void {
    const { atMs, staleIfErrorMs } = this.#freshness;
    if (staleIfErrorMs === null) throw fault;
    const stale = new Set<number>();
    for (const { cached, read, place } of this.#missing) {
      const age = cached === undefined ? Infinity : atMs - cached.readAtMs;
      if (cached === undefined || age >= read.cacheMs + staleIfErrorMs) throw fault;
      this.oldestMs = Math.max(this.oldestMs, age);
      for (let at = place; at !== NONE; at = this.#next?.[at] ?? NONE) {
        this.found[at] = cached;
        stale.add(at);
      }
    }
    this.#trace.cacheStale += stale.size;
    this.stale = stale;
  }

  /** Places one read's rows; a key of scalars is looked up once for all of them. */
  #place(read: CompiledRead, from: number, { rows, keys }: Inputs): void {
    const { keyColumns } = read;
    const rowsOf = this.#cache.group(read.group);
    const only = keyColumns.length === 1 ? (keys[keyColumns[0] as number] as IdColumn) : null;
    const scalar = only === null ? keyColumns.every((column) => (keys[column] as IdColumn).scalar) : only.scalar;
    if (scalar) {
      const id = only === null ? compositeId(keyColumns, keys, 0) : (only.ids[0] as string | null);
      if (id !== null) this.#findForAll(read, rowsOf, id, from, rows);
      return;
    }
    const indexes = this.#indexesOf(read.group);
    for (let r = 0; r < rows; r++) {
      const id = only === null ? compositeId(keyColumns, keys, r) : (only.ids[r] as string | null);
      if (id !== null) this.#find(read, rowsOf, indexes, id, from + r);
    }
  }

  #findForAll(read: CompiledRead, rowsOf: CachedGroup, id: string, from: number, rows: number): void {
    const indexes = this.#indexes === null ? null : this.#indexesOf(read.group);
    this.#find(read, rowsOf, indexes, id, from);
    const row = this.found[from] as CachedRow | null;
    if (rows === 1) return;
    if (row !== null) {
      this.found.fill(row, from, from + rows);
      return;
    }
    const waiting = this.#missing[this.#indexOf(read, indexes, id)] as Missing;
    for (let at = from + 1; at < from + rows; at++) this.#wait(waiting, at);
  }

  #find(read: CompiledRead, rowsOf: CachedGroup, indexes: Map<string, number> | null, id: string, at: number): void {
    const cached = rowsOf.get(id);
    if (cached !== undefined && this.#use(read, id, cached)) {
      this.found[at] = cached;
      return;
    }
    const known = this.#indexOf(read, indexes, id);
    if (known !== NONE) {
      this.#wait(this.#missing[known] as Missing, at);
      return;
    }
    indexes?.set(id, this.#missing.length);
    this.#missing.push({ id, read, key: keyOf(read, id), cached, place: at });
  }

  /** Returns whether a cached row is young enough; notes it where it will not be for long. */
  #use(read: CompiledRead, id: string, row: CachedRow): boolean {
    const { atMs, maxAgeMs } = this.#freshness;
    const age = atMs - row.readAtMs;
    if (age >= maxAgeMs || age >= read.cacheMs) return false;
    if (age > this.oldestMs) this.oldestMs = age;
    this.#trace.cacheHits++;
    if (age >= read.cacheMs * REFRESH_AFTER && atMs - row.refreshedAtMs >= REFRESH_PAUSE_MS) {
      row.refreshedAtMs = atMs;
      this.#aging.push({ id, read, key: keyOf(read, id) });
    }
    return true;
  }

  #indexOf({ group }: CompiledRead, indexes: ReadonlyMap<string, number> | null, id: string): number {
    return indexes === null
      ? this.#missing.findIndex((missing) => missing.id === id && missing.read.group === group)
      : (indexes.get(id) ?? NONE);
  }

  /** The indexes of one group; asked for once, those of all are kept. */
  #indexesOf(group: string): Map<string, number> {
    if (this.#indexes === null) {
      this.#indexes = new Map();
      for (const [i, { id, read }] of this.#missing.entries()) this.#indexesOf(read.group).set(id, i);
    }
    let indexes = this.#indexes.get(group);
    if (indexes === undefined) {
      indexes = new Map();
      this.#indexes.set(group, indexes);
    }
    return indexes;
  }

  #wait(missing: Missing, at: number): void {
    this.#next ??= new Int32Array(this.found.length).fill(NONE);
    this.#next[at] = missing.place;
    missing.place = at;
  }
}

function keyOf({ prefix, suffix }: CompiledRead, id: string): string {
  return prefix + id + suffix;
}

/** As keyId joins them; null when one of the ids is, for the key then names no entity. */
function compositeId(columns: readonly number[], keys: readonly IdColumn[], r: number): string | null {
  let id = "";
  for (let i = 0; i < columns.length; i++) {
    const { ids, scalar } = keys[columns[i] as number] as IdColumn;
    const part = ids[scalar ? 0 : r] as string | null;
    if (part === null) return null;
    id += i === 0 ? part : `+${part}`;
  }
  return id;
}
