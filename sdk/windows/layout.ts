// Where an aggregated view keeps its states: tiles by hop, each with the accumulators that its windows need.
import type { AggregatedViewSpec, AggregateFeature } from "../registry/snapshot.ts";
import type { Us } from "../time.ts";
import { parseTypeName, type ValueType } from "../types/index.ts";
import type { AccumulatorKind } from "./accumulator.ts";
import { EVENTS } from "./aggregate-types.ts";
import { aggregates } from "./aggregates.ts";

/** One state of a tile: an accumulator over a column (null: events) of the events that pass a filter (null: all). */
export interface StateSlot {
  readonly kind: AccumulatorKind;
  readonly column: string | null;
  readonly where: string | null;
  /** The column's type; EVENTS without a column. */
  readonly type: ValueType;
  /** How many events latest and lastK keep: the most that a feature asks for; null for the rest. */
  readonly n: number | null;
}

/** All the tiles of one hop, shared by every window that moves by it; windows without a lower edge have their own. */
export interface TileGroup {
  readonly hopUs: Us;
  /** True where windows have no lower edge: what lies at or before the row's boundary is one tile, which starts at NO_BOUNDARY. */
  readonly unbounded: boolean;
  /** The longest window of the group: no tile older than it is ever read. Infinity where `unbounded`. */
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
  /** The longest window of the view; Infinity where one has no lower edge. */
  readonly spanUs: Us;
}

/** Returns the layout of an aggregated view; the same for equal specs, so packed rows need not carry it. */
export function tileLayout(spec: AggregatedViewSpec): TileLayout {
  const columnTypes = new Map(spec.columns.map((c) => [c.name, parseTypeName(c.type)]));
  const groups: { hopUs: Us; unbounded: boolean; spanUs: Us; slots: Writable<StateSlot>[] }[] = [];
  for (const { hopUs, windowUs } of spec.features) {
    const known = groups.find((group) => sameGroup(group, hopUs, windowUs));
    const spanUs = windowUs === 0 ? Infinity : windowUs;
    if (known === undefined) groups.push({ hopUs, unbounded: windowUs === 0, spanUs, slots: [] });
    else known.spanUs = Math.max(known.spanUs, spanUs);
  }
  groups.sort((a, b) => a.hopUs - b.hopUs || Number(a.unbounded) - Number(b.unbounded));
  const features = spec.features.map((feature): FeatureLayout => {
    const { fn, column, where, lastN, k } = feature;
    const columnType = column === null ? EVENTS : (columnTypes.get(column) as ValueType);
    const group = groups.findIndex((g) => sameGroup(g, feature.hopUs, feature.windowUs));
    const { slots } = groups[group] as (typeof groups)[number];
    const kinds = lastN === undefined ? aggregates[fn].states(columnType) : (["latest"] as const);
    const places = kinds.map((kind) => {
      const n = kind === "latest" || kind === "lastK" ? ((lastN ?? k) as number) : null;
      return slotIndex(slots, { kind, column, where, type: columnType, n });
    });
    return { feature, columnType, group, slots: places };
  });
  return { groups, features, spanUs: Math.max(...groups.map((g) => g.spanUs)) };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function sameGroup(group: Pick<TileGroup, "hopUs" | "unbounded">, hopUs: Us, windowUs: Us): boolean {
  return group.hopUs === hopUs && group.unbounded === (windowUs === 0);
}

/** Returns the index of `slot` in `slots`, adding it where it is new; a list grows to the longest that is asked for. */
function slotIndex(slots: Writable<StateSlot>[], slot: StateSlot): number {
  const i = slots.findIndex((s) => s.kind === slot.kind && s.column === slot.column && s.where === slot.where);
  const found = slots[i];
  if (found === undefined) return slots.push(slot) - 1;
  if (found.n !== null) found.n = Math.max(found.n, slot.n as number);
  return i;
}
