// The local cache: rows and tiles by view and id, missing ones too; never a finished value (SEMANTICS 3.9).
import { splitRowKey, type TileRow } from "../../sdk/rows/index.ts";
import type { Ms } from "../../sdk/time.ts";
import { plainChars } from "../store/compressed-text.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { ServedRows } from "./served-row.ts";

/** What the store held under a key at a moment; null where there was nothing. */
export interface CachedRow {
  readonly stored: ServedRows | null;
  readonly tiles: TileRow | null;
  /** On the elapsed clock, when the read that brought it began: it shows the store no earlier than that. */
  readonly readAtMs: Ms;
  /** When a request last set out to read it anew after its answer; −∞ before. Keeps the next from doing so too. */
  refreshedAtMs: Ms;
}

/** The rows of one read, by id. */
export interface CachedGroup {
  get(id: string): CachedRow | undefined;
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

  /** Returns the rows of one read: `group` is its keys' prefix and suffix. */
  group(group: string): CachedGroup {
    return this.#rows.group(group);
  }

  /** Keeps a row, unless something newer is known. `text` is the packed row it was decoded from, or null. */
  set(id: string, group: string, row: CachedRow, text: string | null): void {
    const known = this.#rows.get(id, group)?.readAtMs ?? -Infinity;
    const written = this.#writtenAtMs.get(id, group) ?? -Infinity;
    // Of a read that began within the tick of a write it is not known which came first.
    if (row.readAtMs < known || row.readAtMs <= written) return;
    this.#rows.set(id, row, estimatedBytes(id, text), group);
  }

  /** Forgets rows that were just written, at `atMs` on the elapsed clock, so that the next read of this isolate sees them. */
  drop(keys: Iterable<string>, atMs: Ms): void {
    for (const key of keys) {
      const { prefix, id, suffix } = splitRowKey(key);
      this.#rows.delete(id, prefix + suffix);
      this.#writtenAtMs.set(id, atMs, 1, prefix + suffix);
    }
  }

  /** How many rows are kept, and their estimated bytes. */
  get size(): { readonly rows: number; readonly bytes: number } {
    return { rows: this.#rows.entries, bytes: this.#rows.size };
  }
}

/** A decoded row takes a few times its text: its numbers become heap objects, and their JSON text may be kept too. */
function estimatedBytes(id: string, text: string | null): number {
  return 300 + 2 * id.length + (text === null ? 0 : 6 * plainChars(text));
}
