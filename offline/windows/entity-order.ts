// Entity rows in the order of their keys and moments, beside their keys' events: every window's ends are found in one pass.
import type { Us } from "../../sdk/time.ts";
import type { WindowEdges } from "../../sdk/windows/index.ts";
import { type KeyOrder, orderByKeyAndTime } from "../join/key-order.ts";
import type { OrderedEvents } from "./ordered-events.ts";

/** Which positions lie in a window, by entity row in its order: `from` up to `to`, not included. */
export interface Ranges {
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** Returns the entity rows with a key, in the order of their keys and moments. */
export function orderEntityRows(kids: Int32Array, keys: number, atUs: Float64Array): KeyOrder {
  return orderByKeyAndTime(kids, keys, atUs, { afterUs: null, untilUs: null });
}

/** Returns the ranges of a window whose edges, for each moment, are `edgesAt`'s; neither moves back as moments move on. */
export function rangesOf(order: KeyOrder, events: OrderedEvents, edgesAt: (at: Us) => WindowEdges): Ranges {
  const { length } = order.rows;
  const ranges = { from: new Int32Array(length), to: new Int32Array(length) };
  const { times } = events;
  for (let kid = 0; kid + 1 < order.starts.length; kid++) {
    const end = events.starts[kid + 1] as number;
    let from = events.starts[kid] as number;
    let to = from;
    for (let i = order.starts[kid] as number; i < (order.starts[kid + 1] as number); i++) {
      const { lowerUs, upperUs } = edgesAt(order.times[i] as number);
      while (from < end && (times[from] as number) <= lowerUs) from++;
      while (to < end && (times[to] as number) <= upperUs) to++;
      ranges.from[i] = from;
      ranges.to[i] = to;
    }
  }
  return ranges;
}
