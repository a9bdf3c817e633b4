// The stored join outside the engine: rows sorted by key and time once, then a binary search for each entity row. Exact,
// the same on every engine, and the one form that can look rows up by what was known (SEMANTICS 2.2).
import type { StoredViewSpec } from "../../sdk/registry/index.ts";
import { compareRows, type StoredRow } from "../../sdk/rows/index.ts";
import { parseTypeName } from "../../sdk/types/index.ts";
import { type KeyOrder, orderByKeyAndTime } from "./key-order.ts";
import { KnownIndex } from "./known-index.ts";
import type { Moments } from "./moments.ts";
import { knownTimes, type SourceRows, type TimeRange } from "./source-rows.ts";
import { rowReader } from "./stored-history.ts";

/** The rows of a source as a sweep takes them. */
export interface SweptSource {
  /** By row: the number of its key, −1 for a key that no entity row has. */
  readonly kids: Int32Array;
  /** How many keys there are. */
  readonly keys: number;
  /** By row: its event time, µs; null for a reference table. */
  readonly times: Float64Array | null;
  /** Rows outside it are no candidates. */
  readonly range: TimeRange;
}

/** What is looked up, by entity row: the number of its key, −1 where a key is null, and its moment. */
export interface Points extends Moments {
  readonly kids: Int32Array;
}

export interface Swept {
  /** By entity row: the number of the winning source row, whatever its age; −1 for none. */
  readonly found: Int32Array;
  /** How many source rows in the range have one of the keys. */
  readonly candidates: number;
  readonly ambiguousTies: number;
}

/** Returns the winner of every point. */
export function sweep(
  spec: StoredViewSpec,
  source: SourceRows,
  { kids, keys, times, range }: SweptSource,
  points: Points,
): Swept {
  const order = orderByKeyAndTime(kids, keys, times, range);
  const ambiguousTies = orderTies(order, spec, source);
  const known = points.knownUs === null ? null : new KnownIndex(knownByPosition(order, source));
  const found = new Int32Array(points.kids.length).fill(-1);
  for (let i = 0; i < found.length; i++) {
    const kid = points.kids[i] as number;
    if (kid < 0) continue;
    const start = order.starts[kid] as number;
    const end = order.starts[kid + 1] as number;
    let at = times === null ? end - 1 : lastAtMost(order.times, start, end, points.atUs[i] as number);
    if (known !== null && at >= start) at = known.lastKnown(start, at, (points.knownUs as Float64Array)[i] as number);
    if (at >= start) found[i] = order.rows[at] as number;
  }
  return { found, candidates: order.rows.length, ambiguousTies };
}

/** Returns the last position from `start`, before `end`, whose time is ≤ `at`; one less than `start` if there is none. */
function lastAtMost(times: Float64Array, start: number, end: number, at: number): number {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Orders rows of one key and time by SEMANTICS 2.3, the winner last, and returns how many groups of them are ambiguous. */
function orderTies({ starts, rows, times }: KeyOrder, spec: StoredViewSpec, source: SourceRows): number {
  const types = spec.features.map((f) => parseTypeName(f.type));
  const read = rowReader(spec, source);
  let ambiguous = 0;
  for (let kid = 0; kid + 1 < starts.length; kid++) {
    const end = starts[kid + 1] as number;
    for (let from = starts[kid] as number; from < end;) {
      let to = from + 1;
      while (to < end && times[to] === times[from]) to++;
      if (to - from > 1) ambiguous += orderGroup(rows.subarray(from, to), types, read);
      from = to;
    }
  }
  return ambiguous;
}

/** Returns 1 where rows that time can't tell from the winner differ from it. */
function orderGroup(
  rows: Int32Array,
  types: Parameters<typeof compareRows>[0],
  read: (row: number) => StoredRow,
): number {
  const group = Array.from(rows, (number) => ({ number, row: read(number) }));
  group.sort((a, b) => compareRows(types, a.row, b.row) || a.number - b.number);
  for (const [i, { number }] of group.entries()) rows[i] = number;
  const best = (group.at(-1) as (typeof group)[number]).row;
  const differs = ({ row }: (typeof group)[number]) =>
    row.createdTimeUs === best.createdTimeUs && compareRows(types, row, best) !== 0;
  return group.some(differs) ? 1 : 0;
}

function knownByPosition({ rows }: KeyOrder, source: SourceRows): Float64Array {
  const known = knownTimes(source);
  return Float64Array.from(rows, (row) => known[row] as number);
}
