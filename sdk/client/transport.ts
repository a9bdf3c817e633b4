// Calls to the server: its address, their time limit, and as many attempts as they may have.
import { EdgefeatError } from "../errors.ts";
import type { Ms } from "../time.ts";
import { type Call, createAttempt, type Read, readJson } from "./attempt.ts";
import { platformTiming, type Timing } from "./clock.ts";
import { Deadline, type Limits, within } from "./limits.ts";
import { retryDelayMs } from "./retry.ts";

export interface ClientOptions {
  /** Where the Worker answers: "https://features.example.com". */
  url: string;
  token?: string;
  /** Default: the global `fetch`. A service binding's: `(input, init) => env.FEATURES.fetch(input, init)`. */
  fetch?: typeof fetch;
  /** How long a call may take with all its attempts and the waits between them, in milliseconds; default 10,000. */
  timeoutMs?: Ms;
  /**
   * How many more attempts a call gets that may be repeated: when the server can't be reached, and on 429, 502, 503
   * and 504; default 2.
   */
  retries?: number;
  /** Default: the platform's clock, timers and randomness. */
  timing?: Timing;
}

/** Makes calls; the answer's JSON, with integers beyond 2^53 as bigint. @throws what the server says, server_unreachable, server_failed */
export type Transport = (call: Call) => Promise<unknown>;

/** Makes calls and reads their answers; `limits` default to the client's time limit. */
export interface Sender {
  send<T>(call: Call, read: Read<T>, limits?: Limits): Promise<T>;
  /** Returns new limits for one caller: close them. */
  deadline(timeoutMs?: Ms, signal?: AbortSignal): Deadline;
}

/** Returns the transport of a server. @throws config_invalid for a URL that is none */
export function createTransport(options: ClientOptions): Transport {
  const sender = createSender(options);
  return (call) => sender.send(call, readJson);
}

/** Returns the sender of a server. @throws config_invalid for a URL that is none */
export function createSender(options: ClientOptions): Sender {
  const { timing = platformTiming, retries = 2, timeoutMs = 10_000 } = options;
  const base = baseOf(options.url);
  const attempt = createAttempt(base, options, timing);
  const deadline = (ownTimeoutMs = timeoutMs, signal?: AbortSignal) => new Deadline(timing, base, ownTimeoutMs, signal);

  async function sendWithin<T>(call: Call, read: Read<T>, limits: Limits): Promise<T> {
    const attempts = (call.idempotent ?? call.method === "GET") ? 1 + retries : 1;
    for (let failures = 1; ; failures++) {
      const outcome = await within(limits, attempt(call, read, limits.signal));
      if ("value" in outcome) return outcome.value;
      if (limits.signal.aborted) throw limits.error();
      const { error, passing, askedMs } = outcome;
      if (!passing || failures >= attempts) throw error;
      const delayMs = retryDelayMs(failures, askedMs, timing.random);
      if (delayMs >= limits.remainingMs()) throw error;
      limits.failed(error);
      await pause(timing, delayMs, limits);
    }
  }

  return {
    deadline,
    async send(call, read, limits) {
      if (limits !== undefined) return sendWithin(call, read, limits);
      const own = deadline();
      try {
        return await sendWithin(call, read, own);
      } finally {
        own.close();
      }
    },
  };
}

async function pause(timing: Timing, delayMs: Ms, limits: Limits): Promise<void> {
  let forget = () => {};
  const over = new Promise<void>((resolve) => {
    forget = timing.after(delayMs, resolve);
  });
  try {
    await within(limits, over);
  } finally {
    forget();
  }
}

function baseOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw notAnAddress(url);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") throw notAnAddress(url);
  return parsed.href.replace(/[?#].*$/, "").replace(/\/+$/, "");
}

function notAnAddress(url: string): EdgefeatError {
  return new EdgefeatError("config_invalid", `"${url}" is not the address of a server`, {
    hint: 'write it as "https://features.example.com" or "http://127.0.0.1:8787"',
  });
}
