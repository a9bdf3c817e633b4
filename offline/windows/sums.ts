// Counts and sums of windows: differences of running sums, which are exact because every term is a whole number.
import { exactSum, NAN_SEEN, NEGATIVE_INFINITY_SEEN, POSITIVE_INFINITY_SEEN } from "../../sdk/windows/exact-sum.ts";
import type { AccumulatorKind } from "../../sdk/windows/index.ts";
import type { RangeStates } from "./range-states.ts";
import type { Runs } from "./runs.ts";
import type { SlotEvents } from "./slot-events.ts";
import { wholeSums } from "./whole-sums.ts";

/** Returns a counter of the events that count, as a number. */
function counter({ counts }: SlotEvents): (runs: Runs) => number {
  const running = counts === null ? null : runningCount(counts.length, (i) => counts[i] === 1);
  return ({ n, from, to }) => {
    let count = 0;
    for (let i = 0; i < n; i++) {
      const [a, b] = [from[i] as number, to[i] as number];
      count += running === null ? b - a : (running[b] as number) - (running[a] as number);
    }
    return count;
  };
}

function runningCount(length: number, counts: (i: number) => boolean): Int32Array {
  const running = new Int32Array(length + 1);
  for (let i = 0; i < length; i++) running[i + 1] = (running[i] as number) + (counts(i) ? 1 : 0);
  return running;
}

export function countStates(slot: SlotEvents): RangeStates {
  const count = counter(slot);
  return { over: (runs) => BigInt(count(runs)) };
}

/** Returns the sums of a slot; null where its values span too many bits, or are integers beyond 2^53. */
export function sumStates(slot: SlotEvents, kind: AccumulatorKind): RangeStates | null {
  const values = finiteValues(slot);
  if (values === null) return null;
  const sums = wholeSums(values.finite, kind === "sumSquares");
  if (sums === null) return null;
  const count = counter(slot);
  const { over, exponent } = sums;
  if (kind === "sumInt") {
    const shift = BigInt(exponent);
    return { over: (runs) => (count(runs) === 0 ? null : over(runs) << shift) };
  }
  const specials = values.special.map(([isOne, bit]) => ({ running: runningCount(values.finite.length, isOne), bit }));
  const special = ({ n, from, to }: Runs) => {
    let seen = 0;
    for (const { running, bit } of specials) {
      for (let i = 0; i < n; i++) if (running[to[i] as number] !== running[from[i] as number]) seen |= bit;
    }
    // As exactSquareOf has it.
    return kind === "sumSquares" && seen !== 0 ? NAN_SEEN : seen;
  };
  return { over: (runs) => (count(runs) === 0 ? null : exactSum(over(runs), exponent, special(runs))) };
}

interface Values {
  /** By position: the value; 0 where it is not finite, or does not count. */
  readonly finite: Float64Array;
  readonly special: readonly (readonly [(position: number) => boolean, number])[];
}

/** Returns null for an integer that no double holds. */
function finiteValues({ counts, events, value }: SlotEvents): Values | null {
  const length = events.rows.length;
  const finite = new Float64Array(length);
  let other: Uint8Array | null = null;
  for (let i = 0; i < length; i++) {
    if (counts !== null && counts[i] === 0) continue;
    const x = value(i) as number | bigint;
    const double = Number(x);
    if (typeof x === "bigint" && !Number.isSafeInteger(double)) return null;
    if (Number.isFinite(double)) finite[i] = double;
    else (other ??= new Uint8Array(length))[i] = specialBit(double);
  }
  if (other === null) return { finite, special: [] };
  const bits = other;
  const one = (bit: number) => [(i: number) => bits[i] === bit, bit] as const;
  return { finite, special: [NAN_SEEN, POSITIVE_INFINITY_SEEN, NEGATIVE_INFINITY_SEEN].map(one) };
}

function specialBit(x: number): number {
  if (Number.isNaN(x)) return NAN_SEEN;
  return x > 0 ? POSITIVE_INFINITY_SEEN : NEGATIVE_INFINITY_SEEN;
}
