// Packed rows of stored views: their form, which row wins, and which counts at a moment.
import type { Us } from "../time.ts";
import { compareNumbers, compareValues, packValue, type Value, type ValueType, unpackValue } from "../types/index.ts";
import { corrupt, unpackText, unpackTime } from "./unpack.ts";

/** One row of a stored view. Times in µs; a null event time means always valid (a reference table). */
export interface StoredRow {
  readonly eventTimeUs: Us | null;
  readonly createdTimeUs: Us | null;
  /** When the online store took it. */
  readonly writtenAtUs: Us;
  /** In the order of the view's features. */
  readonly values: readonly (Value | null)[];
}

/** The winner, then the rows that were still to come when it was written (SEMANTICS 3.6), from latest to earliest. */
export type StoredRows = readonly [StoredRow, ...StoredRow[]];

/** Compares two rows by SEMANTICS 2.3: > 0 when `a` wins; 0 only when they are the same. */
export function compareRows(types: readonly ValueType[], a: StoredRow, b: StoredRow): number {
  const byTime = compareTimes(a.eventTimeUs, b.eventTimeUs) || compareTimes(a.createdTimeUs, b.createdTimeUs);
  if (byTime !== 0) return byTime;
  for (const [i, type] of types.entries()) {
    const order = compareValues(type, a.values[i] as Value | null, b.values[i] as Value | null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareTimes(a: Us | null, b: Us | null): number {
  return compareNumbers(a ?? Number.NEGATIVE_INFINITY, b ?? Number.NEGATIVE_INFINITY);
}

type Timed = Pick<StoredRow, "eventTimeUs">;

/** Returns the row that counts at `at`: the winner of those with event time ≤ `at`; undefined when all are later. */
export function rowAt<R extends Timed>(rows: readonly [R, ...R[]], at: Us): R | undefined {
  if (rows.length === 1) return isUsable(rows[0], at) ? rows[0] : undefined;
  return rows.find((row) => isUsable(row, at));
}

function isUsable(row: Timed, at: Us): boolean {
  return row.eventTimeUs === null || row.eventTimeUs <= at;
}

/**
 * Returns the rows to keep of those stored and those that come in: all still pending at `now`, and the winner of the
 * rest. Commutative and idempotent (SEMANTICS 3.3). The result is `stored` itself when nothing changed.
 */
export function mergeStoredRows(
  types: readonly ValueType[],
  stored: StoredRows | null,
  incoming: readonly StoredRow[],
  now: Us,
): StoredRows | null {
  const all = [...(stored ?? []), ...incoming].sort((a, b) => compareRows(types, b, a));
  const distinct = all.filter((row, i) => i === 0 || compareRows(types, row, all[i - 1] as StoredRow) !== 0);
  const winner = distinct.findIndex((row) => isUsable(row, now));
  const kept = winner < 0 ? distinct : distinct.slice(0, winner + 1);
  if (kept.length === 0) return null;
  const same = stored !== null && kept.length === stored.length && kept.every((row, i) => row === stored[i]);
  return same ? stored : (kept as unknown as StoredRows);
}

/** Returns the packed text of a row: `[event, written, created, value, …, [pending], …]`, latest row first. */
export function packStoredRows(types: readonly ValueType[], rows: StoredRows): string {
  const parts = rows.map((row) => {
    const values = types.map((type, i) => packValue(type, row.values[i] as Value | null));
    return [row.eventTimeUs, row.writtenAtUs, row.createdTimeUs, ...values].map((p) => p ?? "null").join(",");
  });
  const [first, ...others] = parts;
  return `[${[first, ...others.map((p) => `[${p}]`)].join(",")}]`;
}

/** Returns the rows of a packed text. @throws row_corrupt when it does not have the view's shape. */
export function unpackStoredRows(types: readonly ValueType[], text: string): StoredRows {
  return unpackText(text, (json) => {
    const width = types.length + 3;
    if (!Array.isArray(json)) throw corrupt("a stored row is not a list");
    const [first, ...pending] = [json.slice(0, width), ...json.slice(width)];
    return [unpackOne(types, first), ...pending.map((row) => unpackOne(types, row))];
  });
}

function unpackOne(types: readonly ValueType[], json: unknown): StoredRow {
  if (!Array.isArray(json) || json.length !== types.length + 3)
    throw corrupt(`a stored row has not the ${types.length + 3} fields of its view`);
  return {
    eventTimeUs: json[0] === null ? null : unpackTime(json[0]),
    writtenAtUs: unpackTime(json[1]),
    createdTimeUs: json[2] === null ? null : unpackTime(json[2]),
    values: types.map((type, i) => unpackValue(type, json[i + 3])),
  };
}
