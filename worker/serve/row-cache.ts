// The local cache: decoded rows and tiles by store key, missing ones too; never a finished value (SEMANTICS 3.9).
import type { StoredRows, TileRow } from "../../sdk/rows/index.ts";
import type { Ms } from "../../sdk/time.ts";
import { BoundedMap } from "./bounded-map.ts";

/** What the store held under a key at a moment; null where there was nothing. */
export interface CachedRow {
  readonly stored: StoredRows | null;
  readonly tiles: TileRow | null;
  /** On the elapsed clock, when the read that brought it began: it shows the store no earlier than that. */
  readonly readAtMs: Ms;
}

/** An isolate's rows, bounded in number and in memory; the least recently used go first. */
export class RowCache {
  readonly #rows: BoundedMap<CachedRow>;
  /** When keys were last written by this isolate: a read that began before must not bring the old row back. */
  readonly #writtenAtMs: BoundedMap<Ms>;

  constructor(maxRows: number, maxBytes: number) {
    this.#rows = new BoundedMap(maxRows, maxBytes);
    this.#writtenAtMs = new BoundedMap(maxRows);
  }

  get(key: string): CachedRow | undefined {
    return this.#rows.get(key);
  }

  /** Keeps a row, unless something newer is known. `text` is the packed row it was decoded from, or null. */
  set(key: string, row: CachedRow, text: string | null): void {
    const newest = Math.max(this.#rows.get(key)?.readAtMs ?? -Infinity, this.#writtenAtMs.get(key) ?? -Infinity);
    if (row.readAtMs < newest) return;
    this.#rows.set(key, row, estimatedBytes(key, text));
  }

  /** Forgets rows that were just written, at `atMs` on the elapsed clock, so that the next read of this isolate sees them. */
  drop(keys: Iterable<string>, atMs: Ms): void {
    for (const key of keys) {
      this.#rows.delete(key);
      this.#writtenAtMs.set(key, atMs);
    }
  }
}

/** A decoded row takes a few times its text: each number in it becomes a heap object or a slot of 8 bytes. */
function estimatedBytes(key: string, text: string | null): number {
  return 200 + 2 * key.length + (text === null ? 0 : 4 * text.length);
}
