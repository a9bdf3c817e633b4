// A map that forgets what was not used lately: two generations, of which the old one is dropped when the young is full.
// lru-cache keeps a stricter order, at 6 kB gzipped of a bundle that aims at 100, and at a longer way for each hit.

interface Entry<V> {
  readonly value: V;
  readonly size: number;
}

/** Entries by group and key, so that a key within a group can be short: hashing long texts is most of a look-up's cost. */
class Generation<V> {
  readonly #groups = new Map<string, Map<string, Entry<V>>>();
  entries = 0;
  size = 0;

  get(key: string, group: string): Entry<V> | undefined {
    return this.#groups.get(group)?.get(key);
  }

  group(group: string): ReadonlyMap<string, Entry<V>> | undefined {
    return this.#groups.get(group);
  }

  add(key: string, group: string, entry: Entry<V>): void {
    const entries = this.#groups.get(group);
    if (entries === undefined) this.#groups.set(group, new Map([[key, entry]]));
    else entries.set(key, entry);
    this.entries++;
    this.size += entry.size;
  }

  /** Takes out what `get` has found. */
  remove(key: string, group: string, { size }: Entry<V>): void {
    this.#groups.get(group)?.delete(key);
    this.entries--;
    this.size -= size;
  }
}

/**
 * Bounded in entries and in the sum of their sizes. What was used last, up to half of either bound, is always kept; an
 * entry larger than half the size bound never is.
 */
export class BoundedMap<V> {
  readonly #halfEntries: number;
  readonly #halfSize: number;
  #young = new Generation<V>();
  #old = new Generation<V>();

  constructor(maxEntries: number, maxSize = Infinity) {
    this.#halfEntries = Math.max(1, Math.floor(maxEntries / 2));
    this.#halfSize = maxSize / 2;
  }

  get(key: string, group = ""): V | undefined {
    const young = this.#young.get(key, group);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key, group);
    if (old === undefined) return undefined;
    this.#old.remove(key, group, old);
    this.#add(key, group, old);
    return old.value;
  }

  /** Returns `get` of one group, which finds what was used lately without looking for the group each time. */
  group(group: string): { get(key: string): V | undefined } {
    let generation = this.#young;
    let entries = generation.group(group);
    return {
      get: (key) => {
        if (generation !== this.#young) {
          generation = this.#young;
          entries = generation.group(group);
        }
        const found = entries?.get(key);
        if (found !== undefined) return found.value;
        const old = this.get(key, group);
        // What was found in the old generation is in the young one now, which may have had no such group before.
        entries ??= this.#young.group(group);
        return old;
      },
    };
  }

  set(key: string, value: V, size = 1, group = ""): void {
    this.delete(key, group);
    if (size <= this.#halfSize) this.#add(key, group, { value, size });
  }

  delete(key: string, group = ""): void {
    for (const generation of [this.#young, this.#old]) {
      const entry = generation.get(key, group);
      if (entry !== undefined) generation.remove(key, group, entry);
    }
  }

  /** How many entries are kept now. */
  get entries(): number {
    return this.#young.entries + this.#old.entries;
  }

  /** The sum of the kept entries' sizes. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #add(key: string, group: string, entry: Entry<V>): void {
    if (this.#young.entries === this.#halfEntries || this.#young.size + entry.size > this.#halfSize) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.add(key, group, entry);
  }
}
