// Finds the latest row that was already known: the last position at or before another whose created time is early enough.
import { extremesOf, LEAF, leavesOf } from "./known-tree.ts";

/**
 * An index over created times by position: a tree of minima over leaves of 16. Rows that became known late, backfills say,
 * may stand anywhere before the position asked about; a search takes logarithmic time wherever they are.
 */
export class KnownIndex {
  private readonly created: Float64Array;
  private readonly leaves: number;
  private readonly least: Float64Array;

  /** `created` by position: µs, Infinity for a row that never counts as known. */
  constructor(created: Float64Array) {
    this.created = created;
    this.leaves = leavesOf(created.length);
    this.least = extremesOf(created, Math.min, Infinity);
  }

  /** Returns the last position from `start` to `end`, both included, with a created time ≤ `known`; −1 if there is none. */
  lastKnown(start: number, end: number, known: number): number {
    const near = this.inLeaf(Math.floor(end / LEAF), end, known);
    if (near >= 0) return near >= start ? near : -1;
    let node = this.leaves + Math.floor(end / LEAF);
    // Up, until there is a left neighbour that holds one.
    while (node > 1 && (node % 2 === 0 || (this.least[node - 1] as number) > known)) node >>= 1;
    if (node <= 1) return -1;
    node -= 1;
    while (node < this.leaves) {
      node = (this.least[2 * node + 1] as number) <= known ? 2 * node + 1 : 2 * node;
    }
    const leaf = node - this.leaves;
    const found = this.inLeaf(leaf, leaf * LEAF + LEAF - 1, known);
    return found >= start ? found : -1;
  }

  private inLeaf(leaf: number, end: number, known: number): number {
    const begin = leaf * LEAF;
    for (let i = Math.min(end, this.created.length - 1); i >= begin; i--) {
      if ((this.created[i] as number) <= known) return i;
    }
    return -1;
  }
}
