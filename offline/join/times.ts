// Time columns as integers: microseconds since the epoch, rounded so that they can only hide, never leak (SEMANTICS 1.1 to 1.3).
import type { Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime, safeUs } from "../../sdk/time.ts";
import { columnReader, countFinerThanUs } from "../datasets/index.ts";

export interface TimeColumn {
  /** µs since the epoch by row; 0 where `nulls` allows null and the row is null. */
  readonly us: BigInt64Array;
  /** By row: 1 where the time is null. Only when nulls are allowed and there are some. */
  readonly isNull: Uint8Array | null;
  /** How many were finer than a microsecond. */
  readonly rounded: number;
}

export interface ReadTimesOptions {
  column: string;
  /** What the column belongs to, for errors: `source "departures"`, `the entity rows`. */
  of: string;
  round: "up" | "down";
  /** Created times may be null; event and entity times may not. */
  nulls?: "refuse" | "keep";
}

/** Returns a column of times. @throws type_mismatch, null_time naming the count and the first rows, value_out_of_range */
export function readTimes(vector: Vector, options: ReadTimesOptions): TimeColumn {
  const { column, of, round } = options;
  const nulls = vector.nullCount;
  if (nulls > 0 && options.nulls !== "keep") throw nullTimes(vector, options);
  const read = columnReader(vector, { kind: "timestamp" }, { column, round });
  const us = new BigInt64Array(vector.length);
  const isNull = nulls > 0 ? new Uint8Array(vector.length) : null;
  let least = 0n;
  let greatest = 0n;
  for (let i = 0; i < us.length; i++) {
    const time = read(i) as bigint | null;
    if (time === null) {
      (isNull as Uint8Array)[i] = 1;
      continue;
    }
    us[i] = time;
    if (time < least) least = time;
    if (time > greatest) greatest = time;
  }
  for (const edge of [least, greatest]) safeUs(edge, `${formatTime(edge)} in column "${column}" of ${of}`);
  return { us, isNull, rounded: countFinerThanUs(vector) };
}

/** Returns the first rows, at most three, in which a column is null. */
export function firstNulls(vector: Vector): number[] {
  const rows: number[] = [];
  for (let i = 0; i < vector.length && rows.length < 3; i++) if (!vector.isValid(i)) rows.push(i);
  return rows;
}

function nullTimes(vector: Vector, { column, of }: ReadTimesOptions): EdgefeatError {
  const rows = firstNulls(vector);
  return new EdgefeatError(
    "null_time",
    `${vector.nullCount} rows of ${of} have no time in "${column}", first ${rows.join(", ")}`,
    {
      hint: "a row without a time can't be joined: give it one, or leave it out of the file",
      details: { column, count: vector.nullCount, rows },
    },
  );
}
