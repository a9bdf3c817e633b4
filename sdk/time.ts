// Time as integers: microseconds since the epoch in UTC, and the texts that stand for times and durations.
import { EdgefeatError } from "./errors.ts";

/** Microseconds since 1970-01-01T00:00:00Z, a safe integer (SEMANTICS 1.1). */
export type Us = number;
/** Milliseconds, of a duration or an elapsed clock. */
export type Ms = number;

export const US_PER_MS = 1_000;
export const US_PER_SECOND = 1_000_000;
export const US_PER_MINUTE = 60 * US_PER_SECOND;
export const US_PER_HOUR = 60 * US_PER_MINUTE;
export const US_PER_DAY = 24 * US_PER_HOUR;

/** Reads the time. Injected everywhere, so that a frozen or simulated clock gives the same answers. */
export interface Clock {
  /** Event-time *now*, µs since the epoch. */
  nowUs(): Us;
  /** A clock that only measures elapsed time (cache ages, timeouts); its origin means nothing. */
  elapsedMs(): Ms;
  /** True when *now* stands still: then nothing in a store may expire (SEMANTICS 3.7). */
  readonly frozen: boolean;
}

const RFC3339 = /^(\d{4}|[+-]\d{6})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})?$/;
/** After 400 years the calendar repeats; a Date alone would not reach all the years of 64-bit microseconds. */
const ERA_YEARS = 400;
const ERA_US = 146_097n * BigInt(US_PER_DAY);
const DATE_ONLY = /^(\d{4})-(\d{2})-(\d{2})$/;

export interface ParseTimeOptions {
  /** What a text without a zone means: refused (arguments, JSON bodies) or UTC (data files, Feast-shaped routes). Default "refuse". */
  zoneless?: "refuse" | "utc";
  /** How digits finer than a microsecond are rounded: up for feature times, down for entity-row times (SEMANTICS 1.2). Default "down". */
  round?: "up" | "down";
}

/**
 * Returns the microseconds since the epoch that an RFC 3339 text stands for, exactly, as a bigint.
 * @throws bad_time when the text is no time, has no zone where one is needed, or names a day that does not exist.
 */
export function parseTimeExact(text: string, options: ParseTimeOptions = {}): bigint {
  const match = RFC3339.exec(text.trim()) ?? (options.zoneless === "utc" ? dateOnly(text.trim()) : null);
  if (match === null) {
    throw new EdgefeatError("bad_time", `"${shown(text)}" is not an RFC 3339 time`, {
      hint: 'write it as "2001-03-31T00:00:00Z", with a zone',
    });
  }
  const [, year, month, day, hour, minute, second, fraction = "", zone] = match;
  if (zone === undefined && options.zoneless !== "utc") {
    throw new EdgefeatError("bad_time", `"${shown(text)}" has no time zone`, {
      hint: `write "${shown(text.trim())}Z" if it is UTC, or add an offset such as +02:00`,
    });
  }
  const era = Math.floor((Number(year) - 1970) / ERA_YEARS);
  const date = new Date(
    Date.UTC(
      Number(year) - era * ERA_YEARS,
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    ),
  );
  const [offsetHours, offsetMinutes] =
    zone === undefined || zone.length === 1 ? [0, 0] : zone.slice(1).split(":").map(Number);
  const valid =
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    (offsetHours as number) < 24 &&
    (offsetMinutes as number) < 60;
  if (!valid) throw new EdgefeatError("bad_time", `"${shown(text)}" names a moment that does not exist`);
  let us = BigInt(date.getTime()) * 1000n + BigInt(era) * ERA_US + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
  if (options.round === "up" && /[1-9]/.test(fraction.slice(6))) us += 1n;
  const offset =
    BigInt(offsetHours as number) * BigInt(US_PER_HOUR) + BigInt(offsetMinutes as number) * BigInt(US_PER_MINUTE);
  return zone?.startsWith("-") === true ? us + offset : us - offset;
}

/** A text of any length, for a message. */
function shown(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}

function dateOnly(text: string): RegExpExecArray | null {
  return DATE_ONLY.test(text) ? RFC3339.exec(`${text}T00:00:00`) : null;
}

/**
 * Returns the microseconds since the epoch that an RFC 3339 text stands for.
 * @throws bad_time as parseTimeExact; value_out_of_range beyond ±2^53 µs (years 1684 to 2255).
 * @example parseTime("2001-03-31T00:00:00Z") // 985996800000000
 */
export function parseTime(text: string, options: ParseTimeOptions = {}): Us {
  return safeUs(parseTimeExact(text, options), shown(text));
}

/** Returns a bigint of microseconds as a safe integer. @throws value_out_of_range beyond ±2^53 µs. */
export function safeUs(us: bigint, shown: string = String(us)): Us {
  if (us > BigInt(Number.MAX_SAFE_INTEGER) || us < BigInt(Number.MIN_SAFE_INTEGER)) {
    throw new EdgefeatError("value_out_of_range", `the time ${shown} lies outside the years 1684 to 2255`, {
      hint: "event, created and entity times must be within ±2^53 microseconds of 1970; put sentinels such as 9999-12-31 in a feature instead",
    });
  }
  return Number(us);
}

/**
 * Returns RFC 3339 with `Z`, with as many fraction digits (0, 3 or 6) as the value needs; a year before 0 or after 9999
 * as ISO 8601 has it, with a sign and six digits. parseTimeExact reads every one back.
 */
export function formatTime(us: Us | bigint): string {
  if (typeof us === "number") return formatSafeTime(us);
  const exact = us;
  const inEra = ((exact % ERA_US) + ERA_US) % ERA_US;
  const subSecond = inEra % 1_000_000n;
  const date = new Date(Number((inEra - subSecond) / 1000n));
  const year = date.getUTCFullYear() + Number((exact - inEra) / ERA_US) * ERA_YEARS;
  return `${yearText(year)}${date.toISOString().slice(4, 19)}${fractionText(Number(subSecond))}Z`;
}

/** Returns a formatTime for moments that mostly are of the same second as the one before: it costs a tenth of it then. */
export function timeFormatter(): (us: Us) => string {
  let lastSecond = Number.NaN;
  let lastText = "";
  return (us) => {
    const second = Math.floor(us / US_PER_SECOND);
    if (second !== lastSecond) {
      lastText = secondText(second);
      lastSecond = second;
    }
    return `${lastText}${fractionText(us - second * US_PER_SECOND)}Z`;
  };
}

/** As formatTime, for the years 1684 to 2255 that a safe integer reaches. */
function formatSafeTime(us: Us): string {
  const second = Math.floor(us / US_PER_SECOND);
  return `${secondText(second)}${fractionText(us - second * US_PER_SECOND)}Z`;
}

function secondText(second: number): string {
  return new Date(second * 1_000).toISOString().slice(0, 19);
}

/** The digits of less than a second: none, 3 or 6, with their point. */
function fractionText(us: Us): string {
  if (us === 0) return "";
  return us % US_PER_MS === 0 ? `.${String(us / US_PER_MS).padStart(3, "0")}` : `.${String(us).padStart(6, "0")}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, "0");
  return `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`;
}

const DURATION = /^(\d+)\s*(us|ms|s|m|min|h|d|w)$/;
const DURATION_US: Record<string, number> = {
  us: 1,
  ms: US_PER_MS,
  s: US_PER_SECOND,
  m: US_PER_MINUTE,
  min: US_PER_MINUTE,
  h: US_PER_HOUR,
  d: US_PER_DAY,
  w: 7 * US_PER_DAY,
};

/**
 * Returns a duration in microseconds.
 * @throws definition_invalid when the text is not a whole number and a unit.
 * @example parseDuration("6h") // 21600000000
 */
export function parseDuration(text: string): Us {
  const match = DURATION.exec(text.trim());
  const us = match === null ? Number.NaN : Number(match[1]) * (DURATION_US[match[2] as string] as number);
  if (!Number.isSafeInteger(us)) {
    throw new EdgefeatError("definition_invalid", `"${shown(text)}" is not a duration`, {
      hint: 'write a whole number and a unit: "30s", "5m", "1h", "7d"',
    });
  }
  return us;
}

/** Returns a duration in its largest whole unit, as parseDuration reads it. */
export function formatDuration(us: Us): string {
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size = DURATION_US[unit] as number;
    if (us !== 0 && us % size === 0) return `${us / size}${unit}`;
  }
  return `${us}us`;
}

/** Returns the largest multiple of `step` counted from the epoch that is ≤ x, for negative x too. */
export function floorTo(x: Us, step: Us): Us {
  const r = x % step;
  return r === 0 ? x : r < 0 ? x - r - step : x - r;
}
