// One attempt at a call: what is sent, and what became of it.
import { EdgefeatError } from "../errors.ts";
import type { Ms } from "../time.ts";
import { parseJson } from "../types/index.ts";
import type { Timing } from "./clock.ts";
import { problemError } from "./problem.ts";
import { isPassing, retryAfterMs } from "./retry.ts";

export interface Call {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Starts with "/". */
  path: string;
  /** JSON text. */
  body?: string;
  headers?: Record<string, string>;
  /** True where a repetition changes nothing; default: for GET alone. */
  idempotent?: boolean;
}

/** Reads a whole answer. @throws server_failed when it is not what it should be */
export type Read<T> = (response: Response) => Promise<T>;
/** A value; or an error, whether it may pass, and how long the server asks to wait. */
export type Outcome<T> = { value: T } | { error: EdgefeatError; passing: boolean; askedMs: Ms };

/** Returns what makes one attempt at a call; it rejects only with what `read` finds wrong in a whole answer. */
export function createAttempt(
  base: string,
  { token, fetch: given }: { token?: string; fetch?: typeof fetch },
  timing: Timing,
): <T>(call: Call, read: Read<T>, signal: AbortSignal) => Promise<Outcome<T>> {
  const request = given ?? ((input, init) => fetch(input, init));
  return async <T>(call: Call, read: Read<T>, signal: AbortSignal): Promise<Outcome<T>> => {
    const { method, path, body, headers } = call;
    const init: RequestInit = {
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
      signal,
    };
    try {
      const response = await request(`${base}${path}`, init);
      if (response.ok) return { value: await read(response) };
      const error = problemError(response.status, await response.text());
      return { error, passing: isPassing(response.status), askedMs: retryAfterMs(response.headers, timing) };
    } catch (cause) {
      if (cause instanceof EdgefeatError) throw cause;
      return { error: unreachable(base, cause), passing: true, askedMs: 0 };
    }
  };
}

function unreachable(base: string, cause: unknown): EdgefeatError {
  return new EdgefeatError("server_unreachable", `${base} cannot be reached`, {
    hint: 'check the URL; on this machine, start the server with "edgefeat serve"',
    cause,
  });
}

/** Reads an answer as JSON; an integer beyond 2^53 as a bigint. @throws server_failed */
export async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return null;
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof EdgefeatError && cause.code === "malformed_json")) throw cause;
    throw new EdgefeatError("server_failed", "the server's answer is not JSON", {
      hint: "check that the URL is Edgefeat's",
      details: { body: text.slice(0, 500) },
      cause,
    });
  }
}
