// States that are some events themselves, the first, the last, the n latest: found from the ends of a window by links from
// each position to the nearest event that counts.
import { accumulators, comparePicks, type Listed, type StateSlot } from "../../sdk/windows/index.ts";
import type { RangeStates } from "./range-states.ts";
import type { Runs } from "./runs.ts";
import type { SlotEvents } from "./slot-events.ts";

/** Returns the states of first and last: of events of one time, the accumulator says which it is (SEMANTICS 4.8). */
export function pickStates(slot: SlotEvents, shape: StateSlot): RangeStates {
  const { add } = accumulators[shape.kind];
  const { times } = slot.events;
  const walk = shape.kind === "first" ? forward(slot) : backward(slot);
  return {
    over: (runs) => {
      let state: unknown = null;
      let time = 0;
      walk(runs, (position) => {
        if (state !== null && times[position] !== time) return false;
        time = times[position] as number;
        state = add(state, slot.event(position), shape);
        return true;
      });
      return state;
    },
  };
}

/** Returns the states of newest: the time of the last event that counts. */
export function newestStates(slot: SlotEvents): RangeStates {
  const { times } = slot.events;
  const walk = backward(slot);
  return {
    over: (runs) => {
      let state: number | null = null;
      walk(runs, (position) => {
        state = times[position] as number;
        return false;
      });
      return state;
    },
  };
}

/** Returns the states of latest and lastK: the n latest events that count, latest first. */
export function latestStates(slot: SlotEvents, { type, n }: StateSlot): RangeStates {
  const { times } = slot.events;
  const walk = backward(slot);
  const kept = new KeptEvents(slot);
  const most = n as number;
  return {
    over: (runs) => {
      const found: Listed[] = [];
      let time = 0;
      let tied = false;
      walk(runs, (position) => {
        const same = found.length > 0 && times[position] === time;
        // Events of the n-th one's time may come before it.
        if (found.length >= most && !same) return false;
        tied ||= same;
        time = times[position] as number;
        found.push(kept.at(position));
        return true;
      });
      if (tied) found.sort((a, b) => comparePicks(type, b, a));
      return found.length === 0 ? null : found.slice(0, most);
    },
  };
}

/** Events of the last positions asked for: windows of neighbouring entity rows hold the same ones. */
class KeptEvents {
  private readonly slot: SlotEvents;
  private readonly positions: Int32Array;
  private readonly events: Listed[] = [];

  constructor(slot: SlotEvents) {
    this.slot = slot;
    this.positions = new Int32Array(4096).fill(-1);
  }

  at(position: number): Listed {
    const place = position & 4095;
    if (this.positions[place] !== position) {
      this.positions[place] = position;
      this.events[place] = this.slot.event(position);
    }
    return this.events[place] as Listed;
  }
}

/** Visits the positions of runs that count until `visit` returns false. */
type Walk = (runs: Runs, visit: (position: number) => boolean) => void;

/** From the last to the first. */
function backward({ counts, events }: SlotEvents): Walk {
  // By position: the greatest one before it that counts; −1 for none.
  const links = counts === null ? null : new Int32Array(events.rows.length + 1).fill(-1);
  if (links !== null) {
    for (let i = 1; i < links.length; i++) links[i] = counts?.[i - 1] === 1 ? i - 1 : (links[i - 1] as number);
  }
  return ({ n, from, to }, visit) => {
    for (let i = n - 1; i >= 0; i--) {
      const start = from[i] as number;
      for (let at = to[i] as number; ;) {
        at = links === null ? at - 1 : (links[at] as number);
        if (at < start) break;
        if (!visit(at)) return;
      }
    }
  };
}

/** From the first to the last. */
function forward({ counts, events }: SlotEvents): Walk {
  const length = events.rows.length;
  // By position: the least one at or after it that counts; the number of positions for none.
  const links = counts === null ? null : new Int32Array(length + 1).fill(length);
  if (links !== null) {
    for (let i = length - 1; i >= 0; i--) links[i] = counts?.[i] === 1 ? i : (links[i + 1] as number);
  }
  return ({ n, from, to }, visit) => {
    for (let i = 0; i < n; i++) {
      const end = to[i] as number;
      for (let at = from[i] as number; ; at++) {
        if (links !== null) at = links[at] as number;
        if (at >= end) break;
        if (!visit(at)) return;
      }
    }
  };
}
