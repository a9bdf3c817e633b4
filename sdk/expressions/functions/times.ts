// Functions of moments. All in UTC.
import { parseTimeExact, US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND } from "../../time.ts";
import { civilDate, dayNumber, isoWeekday, microsecondOfDay } from "../calendar.ts";
import { showType, TIMESTAMP } from "../expression-type.ts";
import { constant, type Operand } from "../operand.ts";
import type { Source } from "../source.ts";
import { type FormEntry, type FunctionEntry, overload } from "./entry.ts";

function part(name: string, evaluate: (us: bigint) => number): FunctionEntry {
  return { name, parameters: ["t"], overloads: [overload(["timestamp"], "int64", (t) => BigInt(evaluate(t)))] };
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
  },
  part("year", (t) => civilDate(dayNumber(t)).year),
  part("month", (t) => civilDate(dayNumber(t)).month),
  part("day", (t) => civilDate(dayNumber(t)).day),
  part("weekday", (t) => isoWeekday(dayNumber(t))),
  part("hour", (t) => unitOfDay(t, US_PER_HOUR)),
  part("minute", (t) => unitOfDay(t, US_PER_MINUTE) % 60),
  part("second", (t) => unitOfDay(t, US_PER_SECOND) % 60),
  part("epoch_seconds", (t) => dayNumber(t) * SECONDS_PER_DAY + unitOfDay(t, US_PER_SECOND)),
  {
    name: "seconds_between",
    parameters: ["from", "to"],
    overloads: [overload(["timestamp", "timestamp"], "float64", (from, to) => Number(to - from) / US_PER_SECOND)],
  },
];

export const timeForms: readonly FormEntry[] = [
  {
    name: "timestamp",
    signatures: ["timestamp(text: literal string): timestamp"],
    arity: [1, 1],
    build: ({ operands, start }, { source }) => moment(operands[0] as Operand, start, source),
  },
];

function moment(operand: Operand, start: number, source: Source): Operand {
  if (typeof operand.constant !== "string") {
    const message = `timestamp() takes a text literal, not ${operand.type.kind === "string" ? "a computed text" : showType(operand.type)}`;
    throw source.typeError(operand.start, message, 'write it as timestamp("2001-03-31T00:00:00Z")');
  }
  try {
    return constant(TIMESTAMP, parseTimeExact(operand.constant), start);
  } catch (cause) {
    const { message, hint } = cause as { message: string; hint?: string };
    throw source.typeError(operand.start, message, hint);
  }
}
