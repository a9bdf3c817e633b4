// One call to the server: address, token, time limit, and every failure as an Edgefeat error.
import { EdgefeatError } from "../errors.ts";
import type { Ms } from "../time.ts";
import { parseJson } from "../types/index.ts";
import { problemError } from "./problem.ts";

export interface ClientOptions {
  /** Where the Worker answers: "https://features.example.com". */
  url: string;
  token?: string;
  /** Default: the global `fetch`. A service binding's: `(input, init) => env.FEATURES.fetch(input, init)`. */
  fetch?: typeof fetch;
  /** How long a call may take, in milliseconds; default 10,000. */
  timeoutMs?: Ms;
}

export interface Call {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Starts with "/". */
  path: string;
  /** JSON text. */
  body?: string;
  headers?: Record<string, string>;
}

/** Makes calls; the answer's JSON, with integers beyond 2^53 as bigint. @throws what the server says, server_unreachable, server_failed */
export type Transport = (call: Call) => Promise<unknown>;

/** Returns the transport of a server. @throws config_invalid for a URL that is none */
export function createTransport(options: ClientOptions): Transport {
  const { token, timeoutMs = 10_000 } = options;
  const request = options.fetch ?? ((input, init) => fetch(input, init));
  const base = baseOf(options.url);
  return async ({ method, path, body, headers }) => {
    const init: RequestInit = {
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(timeoutMs),
    };
    let response: Response;
    let text: string;
    try {
      response = await request(`${base}${path}`, init);
      text = await response.text();
    } catch (cause) {
      throw unreachable(base, timeoutMs, cause);
    }
    if (!response.ok) throw problemError(response.status, text);
    return text === "" ? null : parseAnswer(text);
  };
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

function unreachable(base: string, timeoutMs: Ms, cause: unknown): EdgefeatError {
  if (cause instanceof EdgefeatError) return cause;
  const late = cause instanceof Error && cause.name === "TimeoutError";
  const message = late ? `${base} did not answer within ${timeoutMs} ms` : `${base} cannot be reached`;
  return new EdgefeatError("server_unreachable", message, {
    hint: late
      ? "try again, or raise timeoutMs"
      : 'check the URL; on this machine, start the server with "edgefeat serve"',
    cause,
  });
}

function parseAnswer(text: string): unknown {
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
