// Extremes of created times over runs of positions, as a tree: what lets a search pass by rows that were not known yet.

/** Positions of one leaf: these are looked at one by one. */
export const LEAF = 16;

/** Returns how many leaves hold so many positions: a power of two. */
export function leavesOf(positions: number): number {
  let leaves = 1;
  while (leaves * LEAF < positions) leaves *= 2;
  return leaves;
}

/**
 * Returns a tree over leaves of 16 positions: node 1 is the root, those below node n are 2n and 2n + 1, and the leaves
 * begin at their count. A node holds the least or the greatest time below it; one without positions holds `empty`.
 */
export function extremesOf(
  created: Float64Array,
  better: (a: number, b: number) => number,
  empty: number,
): Float64Array {
  const leaves = leavesOf(created.length);
  const tree = new Float64Array(2 * leaves).fill(empty);
  for (let i = 0; i < created.length; i++) {
    const leaf = leaves + Math.floor(i / LEAF);
    tree[leaf] = better(tree[leaf] as number, created[i] as number);
  }
  for (let node = leaves - 1; node > 0; node--) {
    tree[node] = better(tree[2 * node] as number, tree[2 * node + 1] as number);
  }
  return tree;
}
