// What a route is: one endpoint, who may call it, how it answers.
import type { EdgefeatError } from "../../sdk/errors.ts";
import type { Clock } from "../../sdk/time.ts";
import type { Assets } from "../assets.ts";
import type { AppConfig } from "../config.ts";
import type { Access, Caller, Random, TokenGate } from "../auth/index.ts";
import type { JobBoard } from "../jobs/board.ts";
import type { EventLog } from "../log/port.ts";
import type { Metrics, Observer } from "../metrics/index.ts";
import type { FeatureServer, Later, Registry, RowCache, Trace } from "../serve/index.ts";
import type { FillableStore } from "../store/failover.ts";
import type { AuditTrail } from "../write/audit.ts";

/** What every route works with; one an isolate. */
export interface Services {
  readonly store: FillableStore;
  readonly clock: Clock;
  readonly config: Required<AppConfig>;
  readonly registry: Registry;
  readonly cache: RowCache;
  readonly server: FeatureServer;
  readonly metrics: Metrics;
  readonly observer: Observer;
  readonly gate: TokenGate;
  readonly audit: AuditTrail;
  readonly jobs: JobBoard;
  readonly random: Random;
  /** null: none are bound. */
  readonly assets: Assets | null;
  /** Where pushed events are kept for the offline side; null: none is bound. */
  readonly log: EventLog | null;
}

/** One request on its way through a route. */
export interface Call {
  readonly request: Request;
  /** The parts of the path that the route names with a colon. */
  param(name: string): string;
  readonly later: Later;
  /** What the request does, for Server-Timing, metrics and logs. */
  readonly trace: Trace;
  readonly caller: Caller;
  /** For the audit record of a route that writes: filled by its handler as it learns what is done. */
  readonly act: Act;
}

/** What an act was about. Names and counts, never an entity's id or a value. */
export interface Act {
  /** A view that there is; the path's `:view` is taken where the handler tells none. */
  view?: string;
  version?: number;
  /** What else was changed: a service's, a transform's or a token's name or id, the hash of a registry. */
  name?: string;
  counts?: Readonly<Record<string, number>>;
  /** True for a sign of life, which changes nothing that anybody asks about: where it is done, no record is kept. */
  quiet?: boolean;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly access: Access;
  /**
   * What a token may do here that is limited to views or services. "project", the default: nothing. "view": what its views
   * allow, by the path's `:view`. "handler": the handler sees to it, by its caller.
   */
  readonly scope?: "project" | "view" | "handler";
  /** True when the handler judges its caller along with its own read of the store; else that is done before it is called. */
  readonly judgesCaller?: boolean;
  handle(call: Call, services: Services): Promise<Response>;
  /** How this route tells errors; default problem+json. */
  readonly errorResponse?: (error: EdgefeatError) => Response;
}

const JSON_HEADERS = { "content-type": "application/json", "cache-control": "no-store" };
const PLAIN_HEADERS = new Headers(JSON_HEADERS);

/** Returns an answer of JSON text. */
export function jsonResponse(text: string, status = 200, headers?: Record<string, string>): Response {
  return new Response(text, {
    status,
    headers: headers === undefined ? PLAIN_HEADERS : { ...JSON_HEADERS, ...headers },
  });
}

/** Returns an answer of a value as JSON. */
export function answerJson(value: unknown, status?: number, headers?: Record<string, string>): Response {
  return jsonResponse(JSON.stringify(value), status, headers);
}
