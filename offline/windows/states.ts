// Which way each kind of state is computed over a window.
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import type { StateSlot } from "../../sdk/windows/index.ts";
import { latestStates, newestStates, pickStates } from "./nearest.ts";
import type { OrderedEvents } from "./ordered-events.ts";
import type { RangeStates } from "./range-states.ts";
import { slidingStates } from "./sliding-states.ts";
import { slotEventsOf } from "./slot-events.ts";
import { countStates, sumStates } from "./sums.ts";
import { treeStates } from "./tree-states.ts";

/** Returns the states of a slot over windows that move by `hopUs`. */
export type StatesOf = (slot: StateSlot, hopUs: Us) => RangeStates;

/**
 * Returns the states of a view's events. What can be subtracted is a difference of running sums, what is an event itself
 * is looked up from an end of the window, and the rest is folded; each costs what grows with events plus windows.
 * `known`: windows may be of several runs.
 */
export function statesOf(spec: AggregatedViewSpec, events: OrderedEvents, known: boolean): StatesOf {
  const eventsOf = slotEventsOf(spec, events);
  const shared = new Map<string, RangeStates | null>();
  const make = (slot: StateSlot): RangeStates | null => {
    switch (slot.kind) {
      case "count":
        return countStates(eventsOf(slot));
      case "sumInt":
      case "sumFloat":
      case "sumSquares":
        return sumStates(eventsOf(slot), slot.kind);
      case "first":
      case "last":
        return pickStates(eventsOf(slot), slot);
      case "newest":
        return newestStates(eventsOf(slot));
      case "latest":
      case "lastK":
        return latestStates(eventsOf(slot), slot);
      default:
        return null;
    }
  };
  return (slot, hopUs) => {
    const key = JSON.stringify([slot.kind, slot.column, slot.where, slot.n]);
    if (!shared.has(key)) shared.set(key, make(slot));
    return shared.get(key) ?? (known ? treeStates(eventsOf(slot), slot) : slidingStates(eventsOf(slot), slot, hopUs));
  };
}
