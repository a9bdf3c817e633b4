// States that can't be subtracted, extremes and sketches, folded with their accumulators.
import { type Accumulator, accumulators, type StateSlot, type WindowEvent } from "../../sdk/windows/index.ts";
import type { SlotEvents } from "./slot-events.ts";

/** Folds events into states. What it folds must need values alone: all events are one object. */
export class Folding {
  readonly empty: unknown;
  private readonly shape: StateSlot;
  private readonly accumulator: Accumulator<unknown>;
  private readonly slot: SlotEvents;
  private readonly event: WindowEvent = { value: null, eventTimeUs: 0, createdTimeUs: null, eventId: null };

  constructor(slot: SlotEvents, shape: StateSlot) {
    this.shape = shape;
    this.slot = slot;
    this.accumulator = accumulators[shape.kind];
    this.empty = this.accumulator.empty;
  }

  add(state: unknown, from: number, to: number): unknown {
    const { counts } = this.slot;
    let folded = state;
    for (let i = from; i < to; i++) {
      if (counts !== null && counts[i] === 0) continue;
      this.event.value = this.slot.value(i);
      folded = this.accumulator.add(folded, this.event, this.shape);
    }
    return folded;
  }

  merge(a: unknown, b: unknown): unknown {
    if (a === null) return b;
    return b === null ? a : this.accumulator.merge(a, b, this.shape);
  }
}
