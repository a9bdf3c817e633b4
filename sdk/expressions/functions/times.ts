// Functions of moments. All in UTC.
import { US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND } from "../../time.ts";
import { civilDate, dayNumber, isoWeekday, microsecondOfDay } from "../calendar.ts";
import { type FunctionEntry, overload } from "./entry.ts";

function part(name: string, evaluate: (us: bigint) => number, doc: string): FunctionEntry {
  return { name, parameters: ["t"], overloads: [overload(["timestamp"], "int64", (t) => BigInt(evaluate(t)))], doc };
}

function unitOfDay(us: bigint, unit: number): number {
  const sinceMidnight = microsecondOfDay(us);
  return (sinceMidnight - (sinceMidnight % unit)) / unit;
}

const SECONDS_PER_DAY = US_PER_DAY / US_PER_SECOND;

export const timeFunctions: readonly FunctionEntry[] = [
  {
    name: "request_time",
    parameters: [],
    overloads: [overload([], "timestamp", (context) => BigInt(context.requestTimeUs))],
    doc: "The moment of the request; offline the time of the row's join, less the embargo. Not available to `where`.",
  },
  part("year", (t) => civilDate(dayNumber(t)).year, "The year, UTC."),
  part("month", (t) => civilDate(dayNumber(t)).month, "The month, 1 to 12, UTC."),
  part("day", (t) => civilDate(dayNumber(t)).day, "The day of the month, 1 to 31, UTC."),
  part("weekday", (t) => isoWeekday(dayNumber(t)), "The day of the week by ISO 8601, Monday 1 to Sunday 7, UTC."),
  part("hour", (t) => unitOfDay(t, US_PER_HOUR), "The hour, 0 to 23, UTC."),
  part("minute", (t) => unitOfDay(t, US_PER_MINUTE) % 60, "The minute, 0 to 59."),
  part("second", (t) => unitOfDay(t, US_PER_SECOND) % 60, "The whole second, 0 to 59."),
  part(
    "epoch_seconds",
    (t) => dayNumber(t) * SECONDS_PER_DAY + unitOfDay(t, US_PER_SECOND),
    "Whole seconds since 1970-01-01T00:00:00Z, rounded down; negative before.",
  ),
  {
    name: "seconds_between",
    parameters: ["from", "to"],
    overloads: [overload(["timestamp", "timestamp"], "float64", (from, to) => Number(to - from) / US_PER_SECOND)],
    doc: "Seconds from one moment to another with their fraction, negative when `to` is the earlier.",
  },
];
