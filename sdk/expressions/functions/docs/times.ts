// The reference's text on functions of moments.
import type { FunctionTexts } from "./function-text.ts";

export const timeTexts: FunctionTexts = {
  timestamp: {
    gives: "The moment that an RFC 3339 text with a zone names; a moment is a whole number of microseconds, UTC.",
    faults: "None: the text is checked when registered.",
    examples: [['timestamp("2001-03-31T02:00:00+02:00")', 'timestamp("2001-03-31T00:00:00Z")']],
  },
  request_time: {
    gives: "The moment of the request; offline the time of the row's join, less the embargo. Not available to where.",
    examples: [["request_time()", 'timestamp("2001-03-31T12:00:00Z")']],
  },
  year: { gives: "The year, UTC.", examples: [["year(departed)", "2001"]] },
  month: { gives: "The month, 1 to 12, UTC.", examples: [["month(departed)", "3"]] },
  day: { gives: "The day of the month, 1 to 31, UTC.", examples: [["day(departed)", "31"]] },
  weekday: {
    gives: "The day of the week by ISO 8601, Monday 1 to Sunday 7, UTC.",
    examples: [["weekday(departed)", "6"]],
  },
  hour: { gives: "The hour, 0 to 23, UTC.", examples: [["hour(departed)", "23"]] },
  minute: { gives: "The minute, 0 to 59.", examples: [["minute(departed)", "59"]] },
  second: { gives: "The whole second, 0 to 59.", examples: [["second(departed)", "58"]] },
  epoch_seconds: {
    gives: "Whole seconds since 1970-01-01T00:00:00Z, rounded down; negative before.",
    examples: [
      ["epoch_seconds(departed)", "986083198"],
      ['epoch_seconds(timestamp("1969-12-31T23:59:59.9Z"))', "-1"],
    ],
  },
  seconds_between: {
    gives:
      "Seconds from one moment to another with their fraction, negative when to is the earlier: the exact count of microseconds as a double, divided by 1,000,000.",
    examples: [["seconds_between(request_time(), departed)", "43198.5"]],
  },
};
