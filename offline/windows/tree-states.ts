// Folded states of windows of several runs: a tree over each key's events.
import type { StateSlot } from "../../sdk/windows/index.ts";
import { Folding } from "./folding.ts";
import type { RangeStates } from "./range-states.ts";
import type { Runs } from "./runs.ts";
import type { SlotEvents } from "./slot-events.ts";

/** Events of one leaf: these are added one by one. */
const LEAF = 32;

/**
 * A tree of states over the events of a key after another, for windows of several runs, whose events are in no order of
 * being known. Nodes are made when they are first asked for.
 */
export function treeStates(slot: SlotEvents, shape: StateSlot): RangeStates {
  const fold = new Folding(slot, shape);
  const { starts } = slot.events;
  let kid = -1;
  let [start, end, leaves] = [0, 0, 1];
  let nodes: unknown[] = [];

  const open = (position: number): void => {
    if (kid >= 0 && position >= start && position < end) return;
    kid = Math.max(kid, 0);
    while ((starts[kid + 1] as number) <= position) kid++;
    [start, end] = [starts[kid] as number, starts[kid + 1] as number];
    leaves = 1;
    while (leaves * LEAF < end - start) leaves *= 2;
    nodes = Array.from({ length: 2 * leaves });
  };
  /** Returns the state of a node, whose events begin at `from`. */
  const stateOf = (node: number, from: number, size: number): unknown => {
    if (nodes[node] === undefined) {
      nodes[node] =
        node >= leaves
          ? fold.add(fold.empty, from, Math.min(from + size, end))
          : fold.merge(stateOf(2 * node, from, size / 2), stateOf(2 * node + 1, from + size / 2, size / 2));
    }
    return nodes[node];
  };
  const visit = (node: number, at: number, size: number, from: number, to: number): unknown => {
    if (at >= to || at + size <= from) return fold.empty;
    if (from <= at && Math.min(at + size, end) <= to) return stateOf(node, at, size);
    if (node >= leaves) return fold.add(fold.empty, Math.max(at, from), Math.min(at + size, to));
    const half = size / 2;
    return fold.merge(visit(2 * node, at, half, from, to), visit(2 * node + 1, at + half, half, from, to));
  };
  return {
    over: ({ n, from, to }: Runs) => {
      let state = fold.empty;
      for (let i = 0; i < n; i++) {
        open(from[i] as number);
        state = fold.merge(state, visit(1, start, leaves * LEAF, from[i] as number, to[i] as number));
      }
      return state;
    },
  };
}
