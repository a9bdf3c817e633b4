// The moments that a schedule names: the last one before a time, and the next one after it. In UTC no hour is skipped or comes twice.
import type { Schedule } from "../../definitions/index.ts";
import { floorTo, US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_MS, type Us } from "../../time.ts";

/** Around 1900 and 2100, which are no leap years, eight years lie between two 29th of February. */
const MAX_DAYS = 8 * 366;

/** Returns the last moment at or before `atUs`. */
export function lastMoment(schedule: Schedule, atUs: Us): Us {
  return found(schedule, atUs, -1);
}

/** Returns the first moment after `afterUs`. */
export function nextMoment(schedule: Schedule, afterUs: Us): Us {
  return found(schedule, afterUs, 1);
}

/** Goes from day to day; every schedule that parseSchedule takes has a moment within MAX_DAYS. */
function found(schedule: Schedule, atUs: Us, direction: 1 | -1): Us {
  const times = timesOf(schedule);
  const ordered = direction === 1 ? times : times.toReversed();
  let dayUs = floorTo(atUs, US_PER_DAY);
  for (let days = 0; days <= MAX_DAYS; days++, dayUs += direction * US_PER_DAY) {
    if (!hasDay(schedule, dayUs)) continue;
    const time = ordered.find((timeUs) => (direction === 1 ? dayUs + timeUs > atUs : dayUs + timeUs <= atUs));
    if (time !== undefined) return dayUs + time;
  }
  throw new RangeError("a schedule without a moment in eight years");
}

/** The moments of a day, from its start, in order. */
function timesOf({ hours, minutes }: Schedule): Us[] {
  const all = [...hours].flatMap((hour) => [...minutes].map((minute) => hour * US_PER_HOUR + minute * US_PER_MINUTE));
  return all.toSorted((a, b) => a - b);
}

function hasDay({ days, months, weekdays, eitherDay }: Schedule, dayUs: Us): boolean {
  const date = new Date(dayUs / US_PER_MS);
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const [day, weekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return eitherDay ? day || weekday : day && weekday;
}
