// Hive partitions: values told by folders, `date=2001-03-31/hour=05/part-0.parquet`, and the event times they allow.
import type { Partitions } from "../../sdk/definitions/index.ts";
import { EdgefeatError } from "../../sdk/errors.ts";
import { parseTimeExact, US_PER_DAY, US_PER_HOUR } from "../../sdk/time.ts";
import type { ValueType } from "../../sdk/types/index.ts";

/** What Hive and Spark call a null. */
const NULL = "__HIVE_DEFAULT_PARTITION__";

/** By the names of a file's folders; null for a null. */
export type PartitionValues = ReadonlyMap<string, string | null>;

/** Event times in µs, from ≤ e < to. */
export interface EventInterval {
  readonly fromUs: bigint;
  readonly toUs: bigint;
}

/** Which rows of a source matter, by event time in µs: `after` < e ≤ `until`; null leaves an end open. */
export interface TimeRange {
  readonly afterUs: bigint | null;
  readonly untilUs: bigint | null;
}

/** Returns the values that the folders of a path tell, unescaped. */
export function partitionValues(path: string): PartitionValues {
  const values = new Map<string, string | null>();
  for (const folder of path.split("/").slice(0, -1)) {
    const at = folder.indexOf("=");
    if (at <= 0) continue;
    const value = folder.slice(at + 1);
    values.set(unescaped(folder.slice(0, at)), value === NULL ? null : unescaped(value));
  }
  return values;
}

/** Hive writes characters that a folder's name can't have as %3A. */
function unescaped(text: string): string {
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
}

/** Returns the type of a partition's column where none is declared. */
export function partitionType(name: string, roles: Partitions, values: readonly (string | null)[]): ValueType {
  const isDay = roles[name] === "event day" && values.every((value) => value === null || DAY.test(value));
  return { kind: isDay ? "timestamp" : "string" };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MONTH = /^(\d{4})-(\d{2})$/;

/**
 * Returns the event times that a file's folders allow, by the roles that the source gives them; null where they allow any.
 * @throws bad_time for folders that name no such time, missing_column for a role whose folder the path lacks; `file` is its path.
 */
export function eventInterval(values: PartitionValues, roles: Partitions, file: string): EventInterval | null {
  for (const name of Object.keys(roles)) {
    if (values.has(name)) continue;
    throw new EdgefeatError(
      "missing_column",
      `${file} lies in no folder "${name}=…", by which the source is partitioned`,
      {
        hint: "move the file, or take the name out of the source's partitions",
      },
    );
  }
  const folderOf = (role: string) => Object.keys(roles).find((name) => roles[name] === role);
  const told = (role: string) => {
    const name = folderOf(role);
    return name === undefined ? undefined : values.get(name);
  };
  const parts = ["event year", "event month", "event day", "event hour"].map(told);
  if (parts.every((part) => part === undefined) || parts.includes(null)) return null;
  const interval = intervalOf(...(parts as Parts));
  if (interval !== undefined) return interval;
  const folders = [...values].map(([name, value]) => `${name}=${value ?? NULL}`).join("/");
  throw new EdgefeatError("bad_time", `${file}: its folders ${folders} name no time`, {
    hint: "years are written 2001, months 03 or 2001-03, days 31 or 2001-03-31, hours 05; else say that they are values",
  });
}

type Part = string | undefined;
type Parts = [year: Part, month: Part, day: Part, hour: Part];

/** Returns the interval of the finest part that, with the coarser ones, names a time; undefined where none does. */
function intervalOf(year: Part, month: Part, day: Part, hour: Part): EventInterval | undefined {
  const whole = day !== undefined && DAY.test(day) ? day : undefined;
  const [, yearOfMonth = year, monthOfYear = month] = MONTH.exec(month ?? "") ?? [];
  const y = whole?.slice(0, 4) ?? yearOfMonth;
  const m = whole?.slice(5, 7) ?? monthOfYear;
  const d = whole?.slice(8) ?? day;
  if (y === undefined || !/^\d{4}$/.test(y)) return undefined;
  if (![m, d, hour].every((part) => part === undefined || /^\d{1,2}$/.test(part))) return undefined;
  if ((d !== undefined && m === undefined) || (year !== undefined && year !== y)) return undefined;
  const fromUs = dayStart(Number(y), m === undefined ? 1 : Number(m), d === undefined ? 1 : Number(d));
  if (fromUs === undefined) return undefined;
  if (m === undefined) return { fromUs, toUs: dayStart(Number(y) + 1, 1, 1) as bigint };
  if (d === undefined) {
    const next = m === "12" ? ([Number(y) + 1, 1] as const) : ([Number(y), Number(m) + 1] as const);
    return { fromUs, toUs: dayStart(...next, 1) as bigint };
  }
  if (hour === undefined) return { fromUs, toUs: fromUs + BigInt(US_PER_DAY) };
  if (Number(hour) > 23) return undefined;
  const hourUs = fromUs + BigInt(Number(hour) * US_PER_HOUR);
  return { fromUs: hourUs, toUs: hourUs + BigInt(US_PER_HOUR) };
}

/** Returns when a day starts, in µs, or undefined for a day that does not exist. */
function dayStart(year: number, month: number, day: number): bigint | undefined {
  const part = (value: number, digits: number) => String(value).padStart(digits, "0");
  try {
    return parseTimeExact(`${part(year, 4)}-${part(month, 2)}-${part(day, 2)}T00:00:00Z`);
  } catch {
    return undefined;
  }
}

/** True when no row of the interval can lie in the range. A time at the interval's very end is a finer one, rounded up. */
export function isOutside({ fromUs, toUs }: EventInterval, { afterUs, untilUs }: TimeRange): boolean {
  return (afterUs !== null && toUs <= afterUs) || (untilUs !== null && fromUs > untilUs);
}
