// Structured logs: one JSON object a line, made of names, codes and counts; never a secret, an entity's id or a value.
import { EdgefeatError } from "../../sdk/errors.ts";
import { type Clock, formatTime, type Ms } from "../../sdk/time.ts";

export type LogLevel = "info" | "warn" | "error";

/** What happened, in one word, and what belongs to it. */
export interface LogEntry {
  readonly level: LogLevel;
  readonly event: string;
  readonly [field: string]: string | number | boolean | null | undefined;
}

export type Log = (entry: LogEntry) => void;

/** Where lines go: a console is one. */
export interface LogSink {
  log(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** Returns a log that writes one JSON object a line, its time first, by `clock`. */
export function jsonLog(sink: LogSink, clock: Pick<Clock, "nowUs">): Log {
  return (entry) => {
    const line = JSON.stringify({ time: formatTime(clock.nowUs()), ...entry });
    sink[entry.level === "info" ? "log" : entry.level](line);
  };
}

const MAX_FRAMES = 10;
const FRAME = /^\s+at .*:\d+:\d+\)?$/;

/** Returns what a log may say of a fault that nobody foresaw: its class and where it came from. Its words may quote values. */
export function faultFields(fault: unknown): { readonly error: string; readonly stack: string } {
  if (!(fault instanceof Error)) return { error: typeof fault, stack: "" };
  const frames = (fault.stack ?? "").split("\n").filter((line) => FRAME.test(line));
  const at = frames.slice(0, MAX_FRAMES).map((line) => line.trim());
  return { error: fault instanceof EdgefeatError ? fault.code : fault.name, stack: at.join("\n") };
}

/** Quotes, but for the apostrophes of "database's" and "can't". */
const QUOTE = /["`]|(?<![a-z])'|'(?![a-z]{1,2}\b)/;

/** Returns the words of one of our errors up to the first thing they quote: what follows may be a key or a value. */
export function plainWords(message: string): string {
  return (message.split(QUOTE, 1)[0] as string).trim();
}

const REPEAT_MS: Ms = 10_000;
/** More kinds than there are codes and places in the code to fail at. */
const MAX_KINDS = 1_000;

/** Lets one entry of a kind through every 10 s, and tells how many it held back since. */
export class LogLimiter {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #told = new Map<string, { atMs: Ms; suppressed: number }>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  say(kind: string, entry: LogEntry): void {
    const atMs = this.#clock.elapsedMs();
    const last = this.#told.get(kind);
    if (last !== undefined && atMs - last.atMs < REPEAT_MS) {
      last.suppressed++;
      return;
    }
    if (this.#told.size === MAX_KINDS) this.#told.clear();
    this.#told.set(kind, { atMs, suppressed: 0 });
    this.#log(last === undefined || last.suppressed === 0 ? entry : { ...entry, suppressed: last.suppressed });
  }
}
