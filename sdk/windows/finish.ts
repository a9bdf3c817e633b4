// The value of a window from the merged states of its tiles or events: the one place where states become values.
import type { Us } from "../time.ts";
import type { Value } from "../types/index.ts";
import type { WindowEvent } from "./accumulator.ts";
import { accumulators } from "./accumulators.ts";
import { aggregates, type WindowValue } from "./aggregates.ts";
import { type WindowEdges, windowEdges, type WindowShape } from "./hop.ts";
import type { FeatureLayout, StateSlot, TileGroup, TileLayout } from "./layout.ts";
import { mergeColumn, type TileColumns } from "./tile-columns.ts";

/** A tile (start, start + hop] with one state a slot of its group; null states are empty. */
export interface Tile {
  readonly startUs: Us;
  readonly states: readonly unknown[];
}

/** Returns a feature's value at `at` from its merged states, in the order of the feature's slots. */
export function finishFeature({ feature, columnType }: FeatureLayout, states: readonly unknown[], at: Us): WindowValue {
  const aggregate = aggregates[feature.fn];
  if (feature.lastN === undefined) return aggregate.finish(states, feature, at);
  const events = ((states[0] ?? []) as readonly WindowEvent[]).slice(0, feature.lastN);
  const slot = { type: columnType, n: feature.k ?? null };
  const folded = aggregate.states(columnType).map((kind) => {
    const { empty, add } = accumulators[kind];
    return events.reduce<unknown>((state, event) => add(state, event, slot), empty);
  });
  return aggregate.finish(folded, feature, at);
}

/** Returns the values of windows at a moment from tiles (by group, in any order); OVERFLOW for a sum that fits no int64. */
export type WindowReader = (tiles: readonly (readonly Tile[] | TileColumns)[], at: Us) => WindowValue[];

/** One state that features finish from: a slot's, merged over one window. Features that need the same one share it. */
interface Merge {
  readonly group: number;
  readonly slot: number;
  readonly window: WindowShape;
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
    const window = feature.feature;
    const inputs = feature.slots.map((slot) => {
      const key = `${feature.group}/${slot}/${window.windowUs}/${window.tumbling}`;
      const known = merged.get(key) ?? merges.push({ group: feature.group, slot, window }) - 1;
      merged.set(key, known);
      return known;
    });
    return { feature, inputs, states: inputs.map((): unknown => null) };
  });
  const states = merges.map((): unknown => null);
  return (tiles, at) => {
    for (let m = 0; m < merges.length; m++) {
      const { group, slot, window } = merges[m] as Merge;
      const shape = (layout.groups[group] as TileGroup).slots[slot] as StateSlot;
      const of = tiles[group] ?? [];
      const edges = windowEdges(at, window);
      states[m] = "json" in of ? mergeColumn(of, slot, shape, edges) : mergeTiles(of, slot, shape, edges);
    }
    return finishes.map(({ feature, inputs, states: own }) => {
      for (let i = 0; i < inputs.length; i++) own[i] = states[inputs[i] as number];
      return finishFeature(feature, own, at);
    });
  };
}

function mergeTiles(
  tiles: readonly Tile[],
  slot: number,
  shape: StateSlot,
  { lowerUs, upperUs }: WindowEdges,
): unknown {
  const { empty, merge } = accumulators[shape.kind];
  let state: unknown = empty;
  for (let t = 0; t < tiles.length; t++) {
    const tile = tiles[t] as Tile;
    const next = tile.states[slot];
    if (tile.startUs < lowerUs || tile.startUs >= upperUs || next === null || next === undefined) continue;
    state = state === null ? next : merge(state, next, shape);
  }
  return state;
}

/** Returns the values of an aggregated view's features at `at`; see windowReader, which is quicker for many rows. */
export function windowValues(
  layout: TileLayout,
  tiles: readonly (readonly Tile[])[],
  at: Us,
  features: readonly number[],
): WindowValue[] {
  return windowReader(layout, features)(tiles, at);
}

/** Returns the values of windows without any event, or of an entity without any row: counts 0, the rest null (SEMANTICS 4.4). */
export function emptyWindowValues(layout: TileLayout, features: readonly number[]): (Value | null)[] {
  return windowValues(layout, [], 0, features) as (Value | null)[];
}
