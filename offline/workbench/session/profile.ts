// A column's distribution: bins of numbers and times, counts of categories, and what lies outside both.
import { formatTime } from "../../../sdk/time.ts";
import { isInteger, isNumeric, type ValueType } from "../../../sdk/types/index.ts";
import type { ColumnReader } from "../../datasets/index.ts";

export interface Bin {
  readonly x1: number;
  readonly x2: number;
  readonly n: number;
}

interface Counts {
  readonly column: string;
  readonly type: string;
  readonly rows: number;
  readonly nulls: number;
}

export type ColumnProfile = Counts &
  (
    | {
        readonly kind: "number" | "time";
        /** Times in µs since the epoch. */
        readonly bins: readonly Bin[];
        readonly min: number;
        readonly max: number;
        readonly mean: number;
        readonly median: number;
        /** NaN and infinities. */
        readonly notFinite: number;
      }
    | {
        readonly kind: "category";
        readonly top: readonly { readonly value: string; readonly n: number }[];
        /** Rows of the values that `top` has no room for. */
        readonly others: number;
        /** Different values; at most DISTINCT, where counting stops. */
        readonly distinct: number;
      }
    | { readonly kind: "empty" | "opaque" }
  );

const BINS = 32;
const TOP = 10;
/** An integer of at most as many different values is shown value by value. */
const FEW = 24;
/** Beyond it, only what was met before is counted. */
export const DISTINCT = 100_000;

/** Returns the distribution of a column's `rows` values. */
export function profileColumn(
  column: string,
  type: ValueType,
  typeText: string,
  read: ColumnReader,
  rows: number,
): ColumnProfile {
  if (isNumeric(type) || type.kind === "decimal" || type.kind === "timestamp")
    return numbers(column, type, typeText, read, rows);
  if (type.kind === "string" || type.kind === "bool") return categories(column, typeText, read, rows);
  let nulls = 0;
  for (let row = 0; row < rows; row++) if (read(row) === null) nulls++;
  return { kind: nulls === rows ? "empty" : "opaque", column, type: typeText, rows, nulls };
}

function numbers(column: string, type: ValueType, typeText: string, read: ColumnReader, rows: number): ColumnProfile {
  const values = new Float64Array(rows);
  let [count, nulls, notFinite, sum] = [0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const value = read(row);
    if (value === null) {
      nulls++;
      continue;
    }
    const number = Number(value);
    if (!Number.isFinite(number)) {
      notFinite++;
      continue;
    }
    values[count++] = number;
    sum += number;
  }
  const counts = { column, type: typeText, rows, nulls };
  if (count === 0) return { kind: "empty", ...counts };
  const sorted = values.subarray(0, count).sort();
  const [min, max] = [sorted[0] as number, sorted[count - 1] as number];
  const few = isInteger(type) && max - min < FEW && Number.isSafeInteger(min);
  const bins = few ? binned(sorted, min - 0.5, 1, max - min + 1) : niceBins(sorted, isInteger(type));
  const median = sorted[count >> 1] as number;
  return {
    kind: type.kind === "timestamp" ? "time" : "number",
    ...counts,
    bins,
    min,
    max,
    mean: sum / count,
    median,
    notFinite,
  };
}

/** Returns bins between round numbers, over sorted values. */
function niceBins(sorted: Float64Array, whole: boolean): Bin[] {
  const [min, max] = [sorted[0] as number, sorted[sorted.length - 1] as number];
  if (min === max) {
    const pad = Math.min(Math.abs(min) / 10, 1e300) || 0.5;
    return [{ x1: min - pad, x2: max + pad, n: sorted.length }];
  }
  // Halves, because the whole may be more than a double holds.
  const rough = 2 * ((max / 2 - min / 2) / BINS);
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = ([1, 2, 2.5, 5, 10].find((n) => n * power >= rough) ?? 10) * power;
  const width = whole ? Math.max(1, Math.ceil(nice)) : nice;
  const start = Math.floor(min / width) * width;
  const count = Math.floor((max - start) / width) + 1;
  if (count <= 2 * BINS && start + width > start) return binned(sorted, start, width, count);
  // Numbers at the ends of what doubles hold, or closer to each other than doubles tell apart.
  return min + rough > min ? binned(sorted, min, rough, BINS) : [{ x1: min, x2: max, n: sorted.length }];
}

/** Returns `count` bins of one width, lower edges inclusive. */
export function binned(sorted: Float64Array, start: number, width: number, count: number): Bin[] {
  const counts = new Array<number>(count).fill(0);
  for (const value of sorted) {
    const i = Math.min(count - 1, Math.max(0, Math.floor((value - start) / width)));
    counts[i] = (counts[i] as number) + 1;
  }
  return counts.map((n, i) => ({ x1: start + i * width, x2: start + (i + 1) * width, n }));
}

function categories(column: string, typeText: string, read: ColumnReader, rows: number): ColumnProfile {
  const counts = new Map<string, number>();
  let [nulls, uncounted] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const value = read(row);
    if (value === null) {
      nulls++;
      continue;
    }
    const text = String(value);
    const n = counts.get(text);
    if (n === undefined && counts.size >= DISTINCT) uncounted++;
    else counts.set(text, (n ?? 0) + 1);
  }
  const base = { column, type: typeText, rows, nulls };
  if (counts.size === 0) return { kind: "empty", ...base };
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const top = sorted.slice(0, TOP).map(([value, n]) => ({ value, n }));
  const shown = top.reduce((sum, { n }) => sum + n, 0);
  return {
    kind: "category",
    ...base,
    top,
    others: rows - nulls - shown,
    distinct: counts.size + (uncounted > 0 ? 1 : 0),
  };
}

/** Returns a number or a time of a profile as text. */
export function profileText(kind: "number" | "time", value: number): string {
  if (kind === "time")
    return formatTime(Math.round(value))
      .replace("T", " ")
      .replace(/\.\d+Z$/, "Z");
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e9
    ? value.toLocaleString("en-US", { maximumSignificantDigits: 5 })
    : value.toPrecision(4);
}
