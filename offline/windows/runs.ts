// Which events of a key a window holds: one run of positions, or several where events between them were not known yet.
import { extremesOf, LEAF, leavesOf } from "../join/known-tree.ts";

/** Events by position: those from `from[i]` up to `to[i]`, not included, for i < n; in order, no two runs touch, none is empty. */
export class Runs {
  n = 0;
  readonly from: number[] = [];
  readonly to: number[] = [];

  /** Adds the positions from `from` up to `to`, after those there are. */
  add(from: number, to: number): void {
    if (from >= to) return;
    if (this.n > 0 && this.to[this.n - 1] === from) {
      this.to[this.n - 1] = to;
      return;
    }
    this.from[this.n] = from;
    this.to[this.n++] = to;
  }
}

/**
 * Finds the runs of known events (SEMANTICS 2.2): a tree of the least and greatest created times over leaves of 16
 * positions. The cost of a search grows with the runs it finds, and the logarithm of what lies between; where events
 * become known in the order of their times, the runs are few.
 */
export class KnownRuns {
  private readonly created: Float64Array;
  private readonly leaves: number;
  private readonly least: Float64Array;
  private readonly greatest: Float64Array;

  /** `created` by position, µs. */
  constructor(created: Float64Array) {
    this.created = created;
    this.leaves = leavesOf(created.length);
    this.least = extremesOf(created, Math.min, Infinity);
    this.greatest = extremesOf(created, Math.max, -Infinity);
  }

  /** Adds to `runs` the positions from `from` up to `to`, not included, with a created time ≤ `known`. */
  find(runs: Runs, from: number, to: number, known: number): void {
    if (from < to) this.visit(runs, 1, 0, this.leaves * LEAF, from, to, known);
  }

  private visit(runs: Runs, node: number, start: number, end: number, from: number, to: number, known: number): void {
    if ((this.least[node] as number) > known) return;
    const [low, high] = [Math.max(start, from), Math.min(end, to)];
    if ((this.greatest[node] as number) <= known) {
      runs.add(low, high);
      return;
    }
    if (node >= this.leaves) {
      for (let i = low; i < high; i++) if ((this.created[i] as number) <= known) runs.add(i, i + 1);
      return;
    }
    const middle = (start + end) / 2;
    if (from < middle) this.visit(runs, 2 * node, start, middle, from, to, known);
    if (to > middle) this.visit(runs, 2 * node + 1, middle, end, from, to, known);
  }
}
