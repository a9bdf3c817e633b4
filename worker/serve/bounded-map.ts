// A map that forgets what was not used lately: two generations, of which the old one is dropped when the young is full.
// lru-cache keeps a stricter order, at 6 kB gzipped of a bundle that aims at 100, and at a longer way for each hit.

interface Entry<V> {
  readonly value: V;
  readonly size: number;
}

/**
 * Bounded in entries and in the sum of their sizes. What was used last, up to half of either bound, is always kept; an
 * entry larger than half the size bound never is.
 */
export class BoundedMap<V> {
  readonly #halfEntries: number;
  readonly #halfSize: number;
  #young = new Map<string, Entry<V>>();
  #youngSize = 0;
  #old = new Map<string, Entry<V>>();

  constructor(maxEntries: number, maxSize = Infinity) {
    this.#halfEntries = Math.max(1, Math.floor(maxEntries / 2));
    this.#halfSize = maxSize / 2;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#add(key, old);
    return old.value;
  }

  set(key: string, value: V, size = 1): void {
    this.delete(key);
    if (size <= this.#halfSize) this.#add(key, { value, size });
  }

  delete(key: string): void {
    const young = this.#young.get(key);
    if (young !== undefined) this.#youngSize -= young.size;
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #add(key: string, entry: Entry<V>): void {
    if (this.#young.size === this.#halfEntries || this.#youngSize + entry.size > this.#halfSize) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngSize = 0;
    }
    this.#young.set(key, entry);
    this.#youngSize += entry.size;
  }
}
