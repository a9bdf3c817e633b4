// The value of a window from the merged states of its tiles or events: the one place where states become values.
import type { Us } from "../time.ts";
import type { Value } from "../types/index.ts";
import { accumulators } from "./accumulators.ts";
import { aggregates, type OVERFLOW } from "./aggregates.ts";
import { windowLowerEdge } from "./hop.ts";
import type { FeatureLayout, TileLayout } from "./layout.ts";

/** A tile (start, start + hop] with one state a slot of its group; null states are empty. */
export interface Tile {
  readonly startUs: Us;
  readonly states: readonly unknown[];
}

/** Returns a feature's value from its merged states, in the order of the feature's slots. */
export function finishFeature(layout: FeatureLayout, states: readonly unknown[]): Value | null | typeof OVERFLOW {
  return aggregates[layout.feature.fn].finish(states, layout.columnType);
}

/**
 * Returns the values of an aggregated view's features at `at`, from its tiles (by group, in any order). No event later
 * than `at` may be in a tile (SEMANTICS 4.2).
 */
export function windowValues(
  layout: TileLayout,
  tiles: readonly (readonly Tile[])[],
  at: Us,
  features: readonly number[],
): (Value | null | typeof OVERFLOW)[] {
  const merged = new Map<string, unknown>();
  return features.map((index) => {
    const feature = layout.features[index] as FeatureLayout;
    const group = layout.groups[feature.group] as TileLayout["groups"][number];
    const edge = windowLowerEdge(at, feature.feature.windowUs, group.hopUs);
    const states = feature.slots.map((slotIndex) => {
      const key = `${feature.group}/${slotIndex}/${edge}`;
      if (merged.has(key)) return merged.get(key);
      const slot = group.slots[slotIndex] as TileLayout["groups"][number]["slots"][number];
      const accumulator = accumulators[slot.kind];
      let state = accumulator.empty;
      for (const tile of tiles[feature.group] ?? []) {
        const next = tile.states[slotIndex];
        if (tile.startUs < edge || next === null || next === undefined) continue;
        state = state === null ? next : accumulator.merge(state, next, slot.type);
      }
      merged.set(key, state);
      return state;
    });
    return finishFeature(feature, states);
  });
}

/** Returns the values of windows without any event, or of an entity without any row: counts 0, the rest null (SEMANTICS 4.4). */
export function emptyWindowValues(layout: TileLayout, features: readonly number[]): (Value | null)[] {
  return windowValues(layout, [], 0, features) as (Value | null)[];
}
