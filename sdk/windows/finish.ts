// The value of a window from the merged states of its tiles or events: the one place where states become values.
import type { Us } from "../time.ts";
import type { Value, ValueType } from "../types/index.ts";
import { type Accumulator, accumulators } from "./accumulators.ts";
import { aggregates, type OVERFLOW } from "./aggregates.ts";
import { windowLowerEdge } from "./hop.ts";
import type { FeatureLayout, StateSlot, TileGroup, TileLayout } from "./layout.ts";

/** A tile (start, start + hop] with one state a slot of its group; null states are empty. */
export interface Tile {
  readonly startUs: Us;
  readonly states: readonly unknown[];
}

/** Returns a feature's value from its merged states, in the order of the feature's slots. */
export function finishFeature(layout: FeatureLayout, states: readonly unknown[]): Value | null | typeof OVERFLOW {
  return aggregates[layout.feature.fn].finish(states, layout.columnType);
}

/** Returns the values of windows at a moment from tiles (by group, in any order); OVERFLOW for a sum that fits no int64. */
export type WindowReader = (tiles: readonly (readonly Tile[])[], at: Us) => (Value | null | typeof OVERFLOW)[];

/** One state that features finish from: a slot's, merged over one window. Features that need the same one share it. */
interface Merge {
  readonly group: number;
  readonly slot: number;
  readonly hopUs: Us;
  readonly windowUs: Us;
}

/**
 * Returns the reader of an aggregated view's features, in the order asked for. No event later than the moment it is
 * asked about may be in a tile (SEMANTICS 4.2).
 */
export function windowReader(layout: TileLayout, features: readonly number[]): WindowReader {
  const merges: Merge[] = [];
  const merged = new Map<string, number>();
  const finishes = features.map((index) => {
    const feature = layout.features[index] as FeatureLayout;
    const { hopUs } = layout.groups[feature.group] as TileGroup;
    const { windowUs } = feature.feature;
    const inputs = feature.slots.map((slot) => {
      const key = `${feature.group}/${slot}/${windowUs}`;
      const known = merged.get(key) ?? merges.push({ group: feature.group, slot, hopUs, windowUs }) - 1;
      merged.set(key, known);
      return known;
    });
    return { feature, inputs, states: inputs.map((): unknown => null) };
  });
  const states = merges.map((): unknown => null);
  return (tiles, at) => {
    for (let m = 0; m < merges.length; m++) {
      const { group, slot, hopUs, windowUs } = merges[m] as Merge;
      const { kind, type } = (layout.groups[group] as TileGroup).slots[slot] as StateSlot;
      states[m] = mergeFrom(tiles[group] ?? [], slot, windowLowerEdge(at, windowUs, hopUs), accumulators[kind], type);
    }
    return finishes.map(({ feature, inputs, states: own }) => {
      for (let i = 0; i < inputs.length; i++) own[i] = states[inputs[i] as number];
      return finishFeature(feature, own);
    });
  };
}

function mergeFrom(
  tiles: readonly Tile[],
  slot: number,
  edge: Us,
  { empty, merge }: Accumulator<unknown>,
  type: ValueType,
): unknown {
  let state = empty;
  for (let t = 0; t < tiles.length; t++) {
    const tile = tiles[t] as Tile;
    const next = tile.states[slot];
    if (tile.startUs < edge || next === null || next === undefined) continue;
    state = state === null ? next : merge(state, next, type);
  }
  return state;
}

/** Returns the values of an aggregated view's features at `at`; see windowReader, which is quicker for many rows. */
export function windowValues(
  layout: TileLayout,
  tiles: readonly (readonly Tile[])[],
  at: Us,
  features: readonly number[],
): (Value | null | typeof OVERFLOW)[] {
  return windowReader(layout, features)(tiles, at);
}

/** Returns the values of windows without any event, or of an entity without any row: counts 0, the rest null (SEMANTICS 4.4). */
export function emptyWindowValues(layout: TileLayout, features: readonly number[]): (Value | null)[] {
  return windowValues(layout, [], 0, features) as (Value | null)[];
}
