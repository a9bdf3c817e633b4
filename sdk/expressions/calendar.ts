// Days, months and years of a timestamp by integer arithmetic: UTC, proleptic Gregorian, before 1970 as after.
import { floorTo, US_PER_DAY } from "../time.ts";

/** Returns the number of whole days from 1970-01-01 to the day of `us`, negative before it. */
export function dayNumber(us: bigint): number {
  const number = Number(us);
  if (Number.isSafeInteger(number)) return floorTo(number, US_PER_DAY) / US_PER_DAY;
  return Number((us - BigInt(microsecondOfDay(us))) / BigInt(US_PER_DAY));
}

/** Returns the microseconds since midnight, 0 to 86,399,999,999. */
export function microsecondOfDay(us: bigint): number {
  const number = Number(us);
  if (Number.isSafeInteger(number)) return number - floorTo(number, US_PER_DAY);
  const day = BigInt(US_PER_DAY);
  return Number(((us % day) + day) % day);
}

export interface CivilDate {
  /** Astronomical: the year before 1 is 0. */
  year: number;
  /** 1 to 12. */
  month: number;
  /** 1 to 31. */
  day: number;
}

/** Returns the date of a day number. */
export function civilDate(days: number): CivilDate {
  // Counted from 0000-03-01 a leap day is the last of its year, and months have lengths of a regular pattern.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** Returns the ISO weekday of a day number: Monday 1 … Sunday 7. */
export function isoWeekday(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1;
}
