// The functions and macros of CEL that this language leaves out, and what to write instead.
import type { EdgefeatError } from "../errors.ts";
import type { Source } from "./source.ts";

const NO_LOOPS = "there are no loops, so that the cost of an expression is bounded";

const REFUSED: Record<string, readonly [message: string, hint: string]> = {
  matches: ["there are no regular expressions", "their cost has no bound: use contains, startsWith, endsWith"],
  all: ["there are no macros", NO_LOOPS],
  exists: ["there are no macros", `${NO_LOOPS}; write x in list`],
  exists_one: ["there are no macros", NO_LOOPS],
  map: ["there are no macros", NO_LOOPS],
  filter: ["there are no macros", NO_LOOPS],
  bind: ["there are no macros", "give the part a view of its own"],
  has: ["there are no macros", "write !is_null(x)"],
  dyn: ["there are no dynamic types", "every value has the type it was declared with"],
  type: ["there are no types as values", "every value has the type it was declared with"],
  uint: ["there are no unsigned integers", "write int(x)"],
  duration: ["there are no durations", "use seconds_between(a, b), which gives seconds"],
  bytes: ["there is no conversion to bytes", 'compare bytes with b"…"'],
  getFullYear: ["a moment has functions, not methods", "write year(t)"],
  getMonth: ["a moment has functions, not methods", "write month(t), which counts from 1"],
  getDate: ["a moment has functions, not methods", "write day(t)"],
  getDayOfMonth: ["a moment has functions, not methods", "write day(t), which counts from 1"],
  getDayOfWeek: ["a moment has functions, not methods", "write weekday(t), Monday 1 to Sunday 7"],
  getHours: ["a moment has functions, not methods", "write hour(t)"],
  getMinutes: ["a moment has functions, not methods", "write minute(t)"],
  getSeconds: ["a moment has functions, not methods", "write second(t)"],
  log: ["its base is not told", "write ln(x) or log10(x)"],
};

/** Returns the error for calling a name that is left out, or undefined; to be looked at before the arguments. */
export function refusal(name: string, at: number, source: Source): EdgefeatError | undefined {
  const entry = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
  return entry && source.syntaxError(at, `"${name}" is not part of the language: ${entry[0]}`, entry[1]);
}
