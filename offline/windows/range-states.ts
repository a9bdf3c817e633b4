// The state of the events at some positions: what every way of computing windows answers.
import type { Runs } from "./runs.ts";

/** Gives the states of windows. Asked in the order of keys, and within a key of nondecreasing edges. */
export interface RangeStates {
  /** Returns the state of the events of `runs`, of one key; as the accumulator of its kind has it. */
  over(runs: Runs): unknown;
}
