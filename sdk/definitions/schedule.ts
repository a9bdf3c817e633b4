// A view's schedule: a cron line of five fields, in UTC. Only read here; the moments it names are the runner's to know.
import { EdgefeatError } from "../errors.ts";

/** The numbers that each field names; Sunday is 0. */
export interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** True where day and weekday are both more than "*": then a day needs to be of one of them, as cron has it. */
  readonly eitherDay: boolean;
}

interface FieldRange {
  readonly what: string;
  readonly low: number;
  readonly high: number;
  /** What stands for low, low + 1, … */
  readonly names: readonly string[];
}

const FIELDS: readonly FieldRange[] = [
  { what: "minute", low: 0, high: 59, names: [] },
  { what: "hour", low: 0, high: 23, names: [] },
  { what: "day", low: 1, high: 31, names: [] },
  { what: "month", low: 1, high: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { what: "weekday", low: 0, high: 7, names: "sun mon tue wed thu fri sat".split(" ") },
];

const MACROS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const LAST_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Returns the schedule that a cron line names: five fields of numbers, lists, ranges and steps, or @hourly and its like.
 * @throws definition_invalid, saying which field `what` ('view "x"') has wrong
 * @example parseSchedule("15 2 * * mon-fri", 'view "x"') // at 02:15 UTC from Monday to Friday
 */
export function parseSchedule(line: string, what: string): Schedule {
  const text = line.trim().toLowerCase();
  const refuse = (why: string): never => {
    throw new EdgefeatError("definition_invalid", `${what}: schedule "${line.slice(0, 100)}": ${why}`, {
      hint: 'write minute, hour, day, month and weekday, in UTC: "0 * * * *" is every hour, "30 2 * * mon" Mondays at 02:30',
    });
  };
  const parts = (MACROS[text] ?? text).split(/\s+/);
  if (parts.length !== FIELDS.length || text === "") refuse(`expected 5 fields, got ${text === "" ? 0 : parts.length}`);
  const [minutes, hours, days, months, weekdays] = FIELDS.map(
    (field, i) => new Set(parts[i]?.split(",").flatMap((part) => numbersOf(part, field, refuse))),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
  if (weekdays.delete(7)) weekdays.add(0);
  const eitherDay = parts[2] !== "*" && parts[4] !== "*";
  const first = Math.min(...days);
  if (!eitherDay && [...months].every((month) => first > (LAST_DAYS[month - 1] as number))) {
    refuse(`no month that it names has a day ${first}: it would never come`);
  }
  return { minutes, hours, days, months, weekdays, eitherDay };
}

/** Returns the numbers that a part of a field's list names. */
function numbersOf(part: string, { what, low, high, names }: FieldRange, refuse: (why: string) => never): number[] {
  const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
  if (match === null) return refuse(`"${part}" is no ${what}`);
  const [, star, from = "", to, step] = match;
  const numberOf = (word: string, least = low): number => {
    const named = names.indexOf(word);
    const number = named !== -1 ? named + low : /^\d{1,4}$/.test(word) ? Number(word) : Number.NaN;
    if (number >= least && number <= high) return number;
    return refuse(`${what} "${word}" is not from ${least} to ${high}`);
  };
  if (step !== undefined && star === undefined && to === undefined) {
    return refuse(`a step needs a range: write "${from}-${high}/${step}"`);
  }
  const first = star === undefined ? numberOf(from) : low;
  // A week may end with its Sunday.
  const ending = what === "weekday" && first > 0 && to !== undefined && numberOf(to) === 0 ? 7 : undefined;
  const last = star === undefined ? (ending ?? numberOf(to ?? from)) : what === "weekday" ? 6 : high;
  if (last < first) return refuse(`${what} "${from}-${to}" runs backwards`);
  const by = step === undefined ? 1 : numberOf(step, 1);
  return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, i) => first + i * by);
}
