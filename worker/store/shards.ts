// Which of the embedded store's objects holds a key: by the key's hash, over a count that never changes.
import { isControlKey, SEEN_PREFIX } from "../../sdk/rows/index.ts";

/** A request may have six connections open at once, and reads all shards that it needs at once. */
export const MAX_SHARDS = 6;

/** The shard that a call is meant for. */
export interface Shard {
  readonly index: number;
  /** How many there are. */
  readonly count: number;
}

/** Returns an object's name. The first is "store" whatever the count, so that it is met, and can object, under another count. */
export function shardName(index: number): string {
  return index === 0 ? "store" : `store-${index}`;
}

/**
 * Returns the index of the shard that holds a key: its 32-bit FNV-1a hash over UTF-8, mixed by the finalizer of
 * MurmurHash3 (a sum of bytes alone decides FNV's low bit), scaled to the count. Rows are found by it: it must never change.
 * A companion is where its row is.
 */
export function shardOf(key: string, count: number): number {
  if (count === 1) return 0;
  let hash = 0x811c9dc5;
  const from = key.startsWith(SEEN_PREFIX) ? SEEN_PREFIX.length : 0;
  for (let i = from; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit >= 0x80) return scaled(fnv1a(new TextEncoder().encode(key.slice(from))), count);
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  return scaled(hash, count);
}

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

function scaled(hash: number, count: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed = (mixed ^ (mixed >>> 16)) >>> 0;
  return Math.floor((mixed / 2 ** 32) * count);
}

/** What one shard is asked of a call, and where in the call it stood. */
export interface Part<T> {
  readonly index: number;
  readonly items: T[];
  readonly places: number[];
}

/** Returns the items of a call by shard, their order kept; only shards that have any. `indices` is each item's shard. */
export function partsOf<T>(items: readonly T[], indices: readonly number[]): Part<T>[] {
  const parts: (Part<T> | undefined)[] = [];
  for (let place = 0; place < items.length; place++) {
    const index = indices[place] as number;
    const part = (parts[index] ??= { index, items: [], places: [] });
    part.items.push(items[place] as T);
    part.places.push(place);
  }
  return parts.filter((part) => part !== undefined);
}

/**
 * Returns where to read each key. A control record is read from its own shard where that is asked anyway, or where
 * nothing else is; else from the copy that the first shard asked for has, so that a small request asks one shard only.
 */
export function readParts(keys: readonly string[], count: number): Part<string>[] {
  const own = keys.map((key) => shardOf(key, count));
  const asked = new Set(own.filter((_, i) => !isControlKey(keys[i] as string)));
  const [first] = asked;
  const from = own.map((index, i) =>
    first === undefined || asked.has(index) || !isControlKey(keys[i] as string) ? index : first,
  );
  return partsOf(keys, from);
}

/** Returns the parts' answers in the order of the call. */
export function together<A>(parts: readonly Part<unknown>[], answers: readonly (readonly A[])[]): A[] {
  const all: A[] = [];
  for (const [p, { places }] of parts.entries()) {
    for (const [i, place] of places.entries()) all[place] = (answers[p] as readonly A[])[i] as A;
  }
  return all;
}

/** Returns the cursor of a scan that goes on in a shard; null starts with it. */
export function scanCursor(index: number, inShard: string | null): string {
  return `${index}:${inShard ?? ""}`;
}

/** Returns the shard that a scan goes on in, NaN where the cursor is none, and the cursor there. */
export function readCursor(cursor: string | null): { index: number; inShard: string | null } {
  if (cursor === null) return { index: 0, inShard: null };
  const index = /^\d:/.test(cursor) ? Number(cursor[0]) : Number.NaN;
  return { index, inShard: cursor.length === 2 ? null : cursor.slice(2) };
}
