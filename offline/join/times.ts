// Time columns as integers: microseconds since the epoch, rounded so that they can only hide, never leak (SEMANTICS 1.1 to 1.3).
import type { Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime, parseTimeExact } from "../../sdk/time.ts";
import { columnReader, type ColumnReader, countFinerThanUs, valueTypeOfArrow } from "../datasets/index.ts";
import { type BadTime, badTimeReason, badTimesError, type Reasons } from "./bad-rows.ts";

export interface TimeColumn {
  /** µs since the epoch by row; 0 where the time is null or bad. */
  readonly us: BigInt64Array;
  /** By row: 1 where the time is null or bad; null where none is. */
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

/**
 * Returns a column of times: of timestamps or dates, or of RFC 3339 text, which is UTC without a zone.
 * @throws type_mismatch; null_time, bad_time, value_out_of_range naming the count and the first rows
 */
export function readTimes(vector: Vector, options: ReadTimesOptions): TimeColumn {
  const { times, bad } = scanTimes(vector, options);
  if (bad.length > 0) throw badTimesError(bad, options.column, options.of);
  return times;
}

/** Adds a reason for each time of a column that can't be used; of a missing column none, which whoever reads it tells. */
export function addBadTimes(reasons: Reasons, vector: Vector | null, options: ReadTimesOptions): void {
  if (vector === null) return;
  // A cell that could not be read has its reason already: the null in its place is none of its own.
  for (const time of scanTimes(vector, options).bad)
    if (time.kind !== "null" || !reasons.has(time.row)) reasons.add(time.row, badTimeReason(time, options.column));
}

/** Returns a column of times, and those that can't be used, in the order of their rows. @throws type_mismatch */
export function scanTimes(vector: Vector, options: ReadTimesOptions): { times: TimeColumn; bad: readonly BadTime[] } {
  const isText = valueTypeOfArrow(vector.type)?.kind === "string";
  return isText ? scanTexts(vector, options) : scanTimestamps(vector, options);
}

function scanTimestamps(vector: Vector, { column, round, nulls }: ReadTimesOptions) {
  const read = columnReader(vector, { kind: "timestamp" }, { column, round });
  const scan = new Scan(vector.length, nulls);
  for (let row = 0; row < vector.length; row++) scan.add(row, read, beyondInt64);
  return scan.finish(countFinerThanUs(vector));
}

/** Of a timestamp only what no integer of microseconds holds can't be read. */
function beyondInt64(): string {
  return "";
}

const FINER_THAN_US = /\.\d{6}\d*[1-9]/;

function scanTexts(vector: Vector, { column, round, nulls }: ReadTimesOptions) {
  const text = columnReader(vector, { kind: "string" }, { column }) as (row: number) => string | null;
  const scan = new Scan(vector.length, nulls);
  let rounded = 0;
  const read = (row: number) => {
    const found = text(row);
    if (found === null) return null;
    const us = parseTimeExact(found, { zoneless: "utc", round });
    if (FINER_THAN_US.test(found)) rounded++;
    return us;
  };
  const shown = (row: number) => JSON.stringify((text(row) as string).slice(0, 60));
  for (let row = 0; row < vector.length; row++) scan.add(row, read, shown);
  return scan.finish(rounded);
}

/** Fills a time column row by row. */
class Scan {
  readonly #us: BigInt64Array;
  readonly #keepsNulls: boolean;
  readonly #bad: BadTime[] = [];
  #isNull: Uint8Array | null = null;

  constructor(rows: number, nulls: "refuse" | "keep" = "refuse") {
    this.#us = new BigInt64Array(rows);
    this.#keepsNulls = nulls === "keep";
  }

  add(row: number, read: ColumnReader, shown: (row: number) => string): void {
    let time: bigint | null;
    try {
      time = read(row) as bigint | null;
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      this.#refuse({ row, kind: fault.code === "bad_time" ? "unreadable" : "outOfRange", text: shown(row) });
      return;
    }
    if (time === null) {
      if (this.#keepsNulls) this.#mark(row);
      else this.#refuse({ row, kind: "null", text: "" });
    } else if (time > GREATEST || time < -GREATEST) {
      this.#refuse({ row, kind: "outOfRange", text: formatTime(time) });
    } else this.#us[row] = time;
  }

  finish(rounded: number): { times: TimeColumn; bad: readonly BadTime[] } {
    return { times: { us: this.#us, isNull: this.#isNull, rounded }, bad: this.#bad };
  }

  #refuse(bad: BadTime): void {
    this.#mark(bad.row);
    this.#bad.push(bad);
  }

  #mark(row: number): void {
    this.#isNull ??= new Uint8Array(this.#us.length);
    this.#isNull[row] = 1;
  }
}

const GREATEST = BigInt(Number.MAX_SAFE_INTEGER);

/** Returns the first rows, at most three, in which a column is null. */
export function firstNulls(vector: Vector): number[] {
  const rows: number[] = [];
  for (let i = 0; i < vector.length && rows.length < 3; i++) if (!vector.isValid(i)) rows.push(i);
  return rows;
}
