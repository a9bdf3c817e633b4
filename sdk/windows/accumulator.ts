// What an accumulator is: a mergeable, exact state that aggregates are made of. Merging is commutative and associative to the bit.
import { EdgefeatError } from "../errors.ts";
import type { Us } from "../time.ts";
import type { Value, ValueType } from "../types/index.ts";

export type AccumulatorKind =
  | "count"
  | "sumInt"
  | "sumFloat"
  | "sumSquares"
  | "min"
  | "max"
  | "first"
  | "last"
  | "newest"
  | "latest"
  | "lastK"
  | "distinct"
  | "quantiles";

/** One event as an accumulator sees it; `value` is null when the column is, and true where there is no column. Times in µs. */
export interface WindowEvent {
  value: Value | null;
  eventTimeUs: Us;
  createdTimeUs: Us | null;
  eventId: string | null;
}

/** What of a slot its accumulator has to know. */
export interface SlotShape {
  /** The column's type. */
  readonly type: ValueType;
  /** How many events latest and lastK keep; null for the rest. */
  readonly n: number | null;
}

/**
 * How one kind of state begins, grows, merges and travels. A state of null is empty: no value that is not null yet
 * (count is never null). States are never changed in place. `pack` gives JSON that plain JSON.parse and `unpack` read
 * back exactly.
 */
export interface Accumulator<S> {
  readonly empty: S | null;
  add(state: S | null, event: WindowEvent, slot: SlotShape): S | null;
  merge(a: S, b: S, slot: SlotShape): S;
  pack(state: S, slot: SlotShape): string;
  unpack(json: unknown, slot: SlotShape): S;
}

/** Returns the error of a packed state that its accumulator never wrote. */
export function noState(kind: AccumulatorKind): EdgefeatError {
  return new EdgefeatError("row_corrupt", `a stored state is none of ${kind}`, { hint: "materialize the view again" });
}
