// Where an aggregated view keeps its states: tiles by hop, each with the accumulators that its windows need.
import type { AggregatedViewSpec, AggregateFeature } from "../registry/snapshot.ts";
import type { Us } from "../time.ts";
import { parseTypeName, type ValueType } from "../types/index.ts";
import type { AccumulatorKind } from "./accumulators.ts";
import { aggregates, EVENTS } from "./aggregates.ts";

/** One state of a tile: an accumulator over a column (null: events) of the events that pass a filter (null: all). */
export interface StateSlot {
  readonly kind: AccumulatorKind;
  readonly column: string | null;
  readonly where: string | null;
  /** The column's type; EVENTS without a column. */
  readonly type: ValueType;
}

/** All the tiles of one hop, shared by every window that moves by it. */
export interface TileGroup {
  readonly hopUs: Us;
  /** The longest window of the group: no tile older than it is ever read. */
  readonly spanUs: Us;
  readonly slots: readonly StateSlot[];
}

/** How one feature finds its states. */
export interface FeatureLayout {
  readonly feature: AggregateFeature;
  readonly columnType: ValueType;
  readonly group: number;
  /** Indices of the group's slots, in the order that the aggregate's finish takes them. */
  readonly slots: readonly number[];
}

export interface TileLayout {
  readonly groups: readonly TileGroup[];
  readonly features: readonly FeatureLayout[];
  /** The longest window of the view. */
  readonly spanUs: Us;
}

/** Returns the layout of an aggregated view; the same for equal specs, so packed rows need not carry it. */
export function tileLayout(spec: AggregatedViewSpec): TileLayout {
  const columnTypes = new Map(spec.columns.map((c) => [c.name, parseTypeName(c.type)]));
  const hops = [...new Set(spec.features.map((f) => f.hopUs))].sort((a, b) => a - b);
  const groups = hops.map((hopUs) => ({ hopUs, spanUs: 0, slots: [] as StateSlot[] }));
  const features = spec.features.map((feature): FeatureLayout => {
    const columnType = feature.column === null ? EVENTS : (columnTypes.get(feature.column) as ValueType);
    const groupIndex = hops.indexOf(feature.hopUs);
    const group = groups[groupIndex] as (typeof groups)[number];
    group.spanUs = Math.max(group.spanUs, feature.windowUs);
    const slots = aggregates[feature.fn].states(columnType).map((kind) => {
      const slot: StateSlot = { kind, column: feature.column, where: feature.where, type: columnType };
      return slotIndex(group.slots, slot);
    });
    return { feature, columnType, group: groupIndex, slots };
  });
  return { groups, features, spanUs: Math.max(...groups.map((g) => g.spanUs)) };
}

/** Returns the index of `slot` in `slots`, adding it where it is new. */
function slotIndex(slots: StateSlot[], slot: StateSlot): number {
  const found = slots.findIndex((s) => s.kind === slot.kind && s.column === slot.column && s.where === slot.where);
  return found >= 0 ? found : slots.push(slot) - 1;
}
