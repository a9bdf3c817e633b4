// Schedules: which cron lines are taken, what is wrong with the others, and which moments they name, all in UTC.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { lastMoment, nextMoment } from "../../../sdk/cli/runner/moments.ts";
import { parseSchedule, type Schedule } from "../../../sdk/definitions/index.ts";
import {
  EdgefeatError,
  entity,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  requestSource,
  string,
} from "../../../sdk/index.ts";
import { formatTime, parseTime, US_PER_MINUTE } from "../../../sdk/time.ts";

const WHAT = 'view "v"';
const read = (line: string) => parseSchedule(line, WHAT);

describe("moments: the last at or before, the next after", () => {
  it.each<[line: string, at: string, last: string, next: string]>([
    ["* * * * *", "2026-11-21T17:05:30Z", "2026-11-21T17:05:00Z", "2026-11-21T17:06:00Z"],
    ["0 * * * *", "2026-11-21T17:00:00Z", "2026-11-21T17:00:00Z", "2026-11-21T18:00:00Z"],
    ["@hourly", "2026-11-21T16:59:59.999999Z", "2026-11-21T16:00:00Z", "2026-11-21T17:00:00Z"],
    ["*/15 9-17 * * mon-fri", "2026-11-21T17:00:00Z", "2026-11-20T17:45:00Z", "2026-11-23T09:00:00Z"],
    ["30 2 * * *", "2026-01-01T00:00:00Z", "2025-12-31T02:30:00Z", "2026-01-01T02:30:00Z"],
    // Clocks change in Europe and in America on these days, and in UTC on none.
    ["30 2 * * *", "2026-03-29T02:29:59Z", "2026-03-28T02:30:00Z", "2026-03-29T02:30:00Z"],
    ["30 1,2 * * *", "2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"],
    ["30 2 * * *", "2026-03-08T03:00:00Z", "2026-03-08T02:30:00Z", "2026-03-09T02:30:00Z"],
    // Ends of months.
    ["0 0 31 * *", "2026-04-15T00:00:00Z", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"],
    ["0 0 30 * *", "2026-02-28T00:00:00Z", "2026-01-30T00:00:00Z", "2026-03-30T00:00:00Z"],
    ["59 23 28-31 2 *", "2026-02-28T23:59:00Z", "2026-02-28T23:59:00Z", "2027-02-28T23:59:00Z"],
    // Leap days: every four years, but for eight around 2100.
    ["0 0 29 2 *", "2026-11-21T00:00:00Z", "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z"],
    ["0 0 29 2 *", "2100-06-01T00:00:00Z", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"],
    ["0 0 29 2 *", "2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "2004-02-29T00:00:00Z"],
    // Before 1970.
    ["0 12 * * *", "1969-12-31T23:00:00Z", "1969-12-31T12:00:00Z", "1970-01-01T12:00:00Z"],
    ["@weekly", "2026-11-21T00:00:00Z", "2026-11-15T00:00:00Z", "2026-11-22T00:00:00Z"],
    ["0 0 * * 7", "2026-11-21T00:00:00Z", "2026-11-15T00:00:00Z", "2026-11-22T00:00:00Z"],
    ["0 0 * * sat-sun", "2026-11-23T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-28T00:00:00Z"],
    ["@monthly", "2026-11-21T00:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"],
    ["@yearly", "2026-11-21T00:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    // Day and weekday both: either, as cron has it.
    ["0 0 13 * FRI", "2026-11-10T00:00:00Z", "2026-11-06T00:00:00Z", "2026-11-13T00:00:00Z"],
    ["0 0 31 2 mon", "2026-02-27T00:00:00Z", "2026-02-23T00:00:00Z", "2027-02-01T00:00:00Z"],
    ["0 6 1-7/3 jan,jul *", "2026-07-05T00:00:00Z", "2026-07-04T06:00:00Z", "2026-07-07T06:00:00Z"],
    ["  5   4 * * *  ", "2026-11-21T04:05:00Z", "2026-11-21T04:05:00Z", "2026-11-22T04:05:00Z"],
  ])("%j at %s: %s, %s", (line, at, last, next) => {
    const schedule = read(line);
    expect([lastMoment(schedule, parseTime(at)), nextMoment(schedule, parseTime(at))].map(formatTime)).toEqual([
      last,
      next,
    ]);
  });
});

test.each<[line: string, why: string]>([
  ["", "expected 5 fields, got 0"],
  ["   ", "expected 5 fields, got 0"],
  ["0 * * *", "expected 5 fields, got 4"],
  ["0 0 * * * *", "expected 5 fields, got 6"],
  ["every hour", "expected 5 fields, got 2"],
  ["@reboot", "expected 5 fields, got 1"],
  ["60 * * * *", 'minute "60" is not from 0 to 59'],
  ["0 24 * * *", 'hour "24" is not from 0 to 23'],
  ["0 0 0 * *", 'day "0" is not from 1 to 31'],
  ["0 0 32 * *", 'day "32" is not from 1 to 31'],
  ["0 0 1 13 *", 'month "13" is not from 1 to 12'],
  ["0 0 1 foo *", 'month "foo" is not from 1 to 12'],
  ["0 0 * * 8", 'weekday "8" is not from 0 to 7'],
  ["0 0 * jan-mon *", 'month "mon" is not from 1 to 12'],
  ["-5 * * * *", '"-5" is no minute'],
  ["1.5 * * * *", '"1.5" is no minute'],
  ["1,,2 * * * *", '"" is no minute'],
  ["*/0 * * * *", 'minute "0" is not from 1 to 59'],
  ["*/60 * * * *", 'minute "60" is not from 1 to 59'],
  ["*/x * * * *", '"*/x" is no minute'],
  ["5/15 * * * *", 'a step needs a range: write "5-59/15"'],
  ["30-10 * * * *", 'minute "30-10" runs backwards'],
  ["0 0 ? * mon", '"?" is no day'],
  ["0 0 L * *", 'day "l" is not from 1 to 31'],
  ["0 0 31 2 *", "no month that it names has a day 31: it would never come"],
  ["0 0 30-31 feb *", "no month that it names has a day 30: it would never come"],
  ["0 0 31 4,6,9,11 *", "no month that it names has a day 31: it would never come"],
])("%j is refused: %s", (line, why) => {
  expect(() => read(line)).toThrow(
    expect.objectContaining({
      code: "definition_invalid",
      message: `view "v": schedule "${line}": ${why}`,
      hint: expect.stringContaining("0 * * * *"),
    }),
  );
});

test("a view is refused where it is defined", () => {
  const define = (schedule: string) =>
    featureView("daily", {
      entities: [entity("user", { joinKey: "user_id", type: string() })],
      source: parquet("events", { path: "e.parquet", eventTime: "at" }),
      features: { n: int64() },
      schedule,
    });
  expect(define("0 3 * * *").schedule).toBe("0 3 * * *");
  expect(() => define("0 25 * * *")).toThrow(EdgefeatError);
  expect(() => define("0 25 * * *")).toThrow('view "daily": schedule "0 25 * * *": hour "25" is not from 0 to 23');
});

test("an on-demand view, of which nothing is materialized, is refused one where it is defined", () => {
  const define = (more: object) =>
    onDemandView("ratio", {
      inputs: [requestSource("trip", { minutes: float64() })],
      features: { hours: float64() },
      expressions: { hours: "minutes / 60.0" },
      ...more,
    });
  expect(define({ freshness: "1h" }).freshness).toBe("1h");
  expect(() => define({ schedule: "0 3 * * *" })).toThrow(
    expect.objectContaining({
      code: "definition_invalid",
      message: 'on-demand view "ratio": nothing of it is materialized, so it has no schedule',
      hint: "give the schedule to the views among its inputs",
    }),
  );
});

// The oracle reads a field number by number, and walks from minute to minute.
const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

const part = (low: number, high: number) =>
  fc.oneof(
    fc.integer({ min: low, max: high }).map((n) => ({ text: String(n), numbers: [n] })),
    fc
      .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }), fc.integer({ min: 1, max: 9 }))
      .map(([a, b, step]) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const numbers = [];
        for (let n = from; n <= to; n += step) numbers.push(n);
        return { text: `${from}-${to}${step === 1 ? "" : `/${step}`}`, numbers };
      }),
  );

const field = ([low, high]: readonly [number, number]) =>
  fc.oneof(
    fc.constant({ text: "*", numbers: Array.from({ length: high - low + 1 }, (_, i) => low + i) }),
    fc.array(part(low, high), { minLength: 1, maxLength: 3 }).map((parts) => ({
      text: parts.map(({ text }) => text).join(","),
      numbers: parts.flatMap(({ numbers }) => numbers),
    })),
  );

test("random lines name the moments that a walk from minute to minute finds", () => {
  const lines = fc.tuple(...RANGES.map((range) => field(range)));
  const from = parseTime("2023-12-30T00:00:00Z");
  const minutes = fc.integer({ min: 0, max: 500_000 });
  let checked = 0;
  fc.assert(
    fc.property(lines, minutes, (fields, minute) => {
      const line = fields.map(({ text }) => text).join(" ");
      let schedule: Schedule;
      try {
        schedule = read(line);
      } catch {
        return true;
      }
      const [minutesIn, hours, days, months, weekdays] = fields.map(({ numbers }) => numbers);
      const [, , day, , weekday] = fields.map(({ text }) => text !== "*");
      const names = (us: number) => {
        const date = new Date(us / 1_000);
        const [isDay, isWeekday] = [days?.includes(date.getUTCDate()), weekdays?.includes(date.getUTCDay())];
        const thatDay = day === true && weekday === true ? isDay === true || isWeekday : isDay === true && isWeekday;
        return (
          thatDay === true &&
          minutesIn?.includes(date.getUTCMinutes()) === true &&
          hours?.includes(date.getUTCHours()) === true &&
          months?.includes(date.getUTCMonth() + 1) === true
        );
      };
      const at = from + minute * US_PER_MINUTE;
      // No further than a fortnight: the rest is in the table.
      const walk = (step: 1 | -1, first: number) => {
        for (let i = first; i < 20_000; i++)
          if (names(at + step * i * US_PER_MINUTE)) return at + step * i * US_PER_MINUTE;
        return null;
      };
      const [last, next] = [walk(-1, 0), walk(1, 1)];
      if (last !== null) expect([line, formatTime(lastMoment(schedule, at + 7))]).toEqual([line, formatTime(last)]);
      if (next !== null) expect([line, formatTime(nextMoment(schedule, at))]).toEqual([line, formatTime(next)]);
      if (last !== null && next !== null) checked++;
      return true;
    }),
    { numRuns: 150 },
  );
  expect(checked).toBeGreaterThan(20);
});
