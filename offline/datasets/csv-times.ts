// Times in CSV, digits finer than a microsecond kept: who reads them knows which way to round (SEMANTICS 1.2).
import { TimestampNanosecond, makeData, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { formatTime } from "../../sdk/time.ts";
import { fitsInt64 } from "../../sdk/types/index.ts";
import { type ColumnBuilder, columnBuilder } from "./build-column.ts";
import { valueOfCell } from "./csv-cells.ts";

const FINER_THAN_US = /\.\d{6}(\d+)/;

/** Takes the cells of a timestamp column; its column is in nanoseconds where any cell needs them, else in microseconds. */
export class TimeCells {
  readonly #us: ColumnBuilder = columnBuilder({ kind: "timestamp" });
  /** Nanoseconds beyond the microsecond, by row. */
  readonly #finer = new Map<number, bigint>();
  #rows = 0;

  push(cell: string | null): void {
    const value = cell === null ? null : (valueOfCell({ kind: "timestamp" }, cell) as bigint);
    const digits = cell === null ? undefined : FINER_THAN_US.exec(cell)?.[1];
    if (digits !== undefined && /[1-9]/.test(digits)) this.#finer.set(this.#rows, nanoseconds(value as bigint, digits));
    this.#us.push(value);
    this.#rows++;
  }

  finish(): Vector {
    const us = this.#us.finish();
    if (this.#finer.size === 0) return us;
    const data = us.data[0] as NonNullable<(typeof us.data)[0]>;
    const values = BigInt64Array.from(data.values as BigInt64Array, (value, row) => {
      const ns = value * 1000n + (this.#finer.get(row) ?? 0n);
      if (!fitsInt64(ns)) throw tooFine(value);
      return ns;
    });
    const { length, nullCount, nullBitmap } = data;
    return new Vector([
      makeData({ type: new TimestampNanosecond("UTC"), length, nullCount, nullBitmap, data: values }),
    ]);
  }
}

function nanoseconds(us: bigint, digits: string): bigint {
  if (/[1-9]/.test(digits.slice(3))) throw tooFine(us);
  return BigInt(digits.slice(0, 3).padEnd(3, "0"));
}

function tooFine(us: bigint): EdgefeatError {
  return new EdgefeatError(
    "value_out_of_range",
    `the time near ${formatTime(us)} has more digits than nanoseconds hold`,
    {
      hint: "give times to the microsecond; in a column with nanoseconds they must lie in 1677 to 2262",
    },
  );
}

/** Returns the RFC 3339 text of a time in nanoseconds, with 0, 3, 6 or 9 digits after the second. */
export function timeOfNanoseconds(ns: bigint): string {
  const us = ns / 1000n - (ns % 1000n < 0n ? 1n : 0n);
  const rest = ns - us * 1000n;
  if (rest === 0n) return formatTime(us);
  const second = us - (((us % 1_000_000n) + 1_000_000n) % 1_000_000n);
  const fraction = ns - second * 1000n;
  return `${formatTime(second).slice(0, -1)}.${String(fraction).padStart(9, "0")}Z`;
}
