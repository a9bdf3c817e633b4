// Row numbers in the order of their keys and, within a key, of their times: what a join by binary search stands on.
import type { TimeRange } from "./source-rows.ts";

/** Rows by key and time; those of key k stand at `starts[k]` to `starts[k + 1]`. */
export interface KeyOrder {
  readonly starts: Int32Array;
  /** Row numbers. Rows of one key and time are in the order of their numbers, until ties are broken. */
  readonly rows: Int32Array;
  /** By position: the time of the row, µs. */
  readonly times: Float64Array;
}

/** Returns the rows whose key is not negative and whose time is in range, in the order of their keys and times. */
export function orderByKeyAndTime(
  kids: Int32Array,
  keyCount: number,
  us: Float64Array | null,
  { afterUs, untilUs }: TimeRange,
): KeyOrder {
  const after = afterUs === null ? -Infinity : Number(afterUs);
  const until = untilUs === null ? Infinity : Number(untilUs);
  const counts = (row: number) =>
    (kids[row] as number) >= 0 && (us === null || ((us[row] as number) > after && (us[row] as number) <= until));
  const starts = new Int32Array(keyCount + 1);
  for (let row = 0; row < kids.length; row++) if (counts(row)) starts[(kids[row] as number) + 1]!++;
  for (let kid = 0; kid < keyCount; kid++) starts[kid + 1]! += starts[kid] as number;
  const total = starts[keyCount] as number;
  const rows = new Int32Array(total);
  const times = new Float64Array(total);
  const next = starts.slice();
  for (let row = 0; row < kids.length; row++) {
    if (!counts(row)) continue;
    const at = next[kids[row] as number]!++;
    rows[at] = row;
    if (us !== null) times[at] = us[row] as number;
  }
  if (us !== null) sortSegments(starts, rows, times);
  return { starts, rows, times };
}

/** Below this many rows insertion beats merging. */
const SHORT = 24;

/** Sorts each key's rows by time, those of one time in the order they stand. Files mostly are in the order of time already. */
function sortSegments(starts: Int32Array, rows: Int32Array, times: Float64Array): void {
  let scratch: Scratch | undefined;
  for (let kid = 0; kid + 1 < starts.length; kid++) {
    const start = starts[kid] as number;
    const end = starts[kid + 1] as number;
    if (isSorted(times, start, end)) continue;
    for (let from = start; from < end; from += SHORT) insertionSort(rows, times, from, Math.min(from + SHORT, end));
    if (end - start <= SHORT) continue;
    if (scratch === undefined || scratch.rows.length < end - start) {
      scratch = { rows: new Int32Array(end - start), times: new Float64Array(end - start) };
    }
    for (let run = SHORT; run < end - start; run *= 2) {
      for (let from = start; from + run < end; from += 2 * run) {
        merge(rows, times, from, from + run, Math.min(from + 2 * run, end), scratch);
      }
    }
  }
}

interface Scratch {
  readonly rows: Int32Array;
  readonly times: Float64Array;
}

function isSorted(times: Float64Array, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) if ((times[i - 1] as number) > (times[i] as number)) return false;
  return true;
}

function insertionSort(rows: Int32Array, times: Float64Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const time = times[i] as number;
    const row = rows[i] as number;
    let at = i;
    for (; at > start && (times[at - 1] as number) > time; at--) {
      times[at] = times[at - 1] as number;
      rows[at] = rows[at - 1] as number;
    }
    times[at] = time;
    rows[at] = row;
  }
}

/** Merges two sorted runs, start to middle and middle to end. */
function merge(
  rows: Int32Array,
  times: Float64Array,
  start: number,
  middle: number,
  end: number,
  scratch: Scratch,
): void {
  if ((times[middle - 1] as number) <= (times[middle] as number)) return;
  const left = middle - start;
  scratch.rows.set(rows.subarray(start, middle));
  scratch.times.set(times.subarray(start, middle));
  let i = 0;
  let j = middle;
  for (let out = start; i < left; out++) {
    if (j < end && (times[j] as number) < (scratch.times[i] as number)) {
      times[out] = times[j] as number;
      rows[out] = rows[j++] as number;
    } else {
      times[out] = scratch.times[i] as number;
      rows[out] = scratch.rows[i++] as number;
    }
  }
}
