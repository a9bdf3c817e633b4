// Folded states of windows that slide: two stacks of tiles.
import type { Us } from "../../sdk/time.ts";
import { type StateSlot, tileStart } from "../../sdk/windows/index.ts";
import { Folding } from "./folding.ts";
import type { RangeStates } from "./range-states.ts";
import type { SlotEvents } from "./slot-events.ts";

interface TileState {
  /** Where its events begin. */
  readonly position: number;
  readonly state: unknown;
}

/**
 * Slides over the events of a key after another, as both edges of its windows only move on: two stacks, of tiles as
 * long as the hop. `front` holds, for each tile up to `middle`, the state from it to there; `back` all tiles from there on;
 * `open` the events of the tile that is not whole yet. So an event is added once, a tile merged twice, and a window
 * merged from two states: the cost grows with events plus windows, and memory with the tiles of one window.
 */
export function slidingStates(slot: SlotEvents, shape: StateSlot, hopUs: Us): RangeStates {
  const fold = new Folding(slot, shape);
  const { times } = slot.events;
  const tileOf = (position: number) => tileStart(times[position] as number, hopUs);
  /** From the last tile to the first. */
  let front: TileState[] = [];
  /** The tiles that `back` is made of. */
  let tiles: TileState[] = [];
  let back = fold.empty;
  /** front and back together; undefined where that is to be made. */
  let whole: unknown;
  let open: unknown = fold.empty;
  let [middle, opened, end] = [0, 0, 0];

  const restart = (from: number): void => {
    front = [];
    tiles = [];
    [back, whole, open] = [fold.empty, undefined, fold.empty];
    middle = opened = end = from;
  };
  const dropBefore = (from: number): void => {
    if (from > middle) {
      front = [];
      let state = fold.empty;
      for (let tile = tiles.pop(); tile !== undefined && tile.position >= from; tile = tiles.pop()) {
        state = fold.merge(tile.state, state);
        front.push({ position: tile.position, state });
      }
      tiles = [];
      [back, whole] = [fold.empty, undefined];
      middle = opened;
    }
    while (front.length > 0 && (front.at(-1) as TileState).position < from) {
      front.pop();
      whole = undefined;
    }
  };
  const growTo = (to: number): void => {
    while (end < to) {
      const tile = tileOf(end);
      if (end > opened && tileOf(end - 1) !== tile) {
        tiles.push({ position: opened, state: open });
        back = fold.merge(back, open);
        [whole, open] = [undefined, fold.empty];
        opened = end;
      }
      let next = end + 1;
      while (next < to && (times[next] as number) <= tile + hopUs) next++;
      open = fold.add(open, end, next);
      end = next;
    }
  };
  return {
    over: ({ n, from, to }) => {
      if (n === 0) return fold.empty;
      const [first, last] = [from[0] as number, to[0] as number];
      if (first >= end || last < end) restart(first);
      dropBefore(first);
      growTo(last);
      whole ??= fold.merge(front.at(-1)?.state ?? null, back);
      return fold.merge(whole, open);
    },
  };
}
