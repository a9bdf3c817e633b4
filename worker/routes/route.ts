// What a route is: one endpoint, who may call it, how it answers.
import type { EdgefeatError } from "../../sdk/errors.ts";
import type { Clock } from "../../sdk/time.ts";
import type { AppConfig } from "../config.ts";
import type { Access } from "../middleware/auth.ts";
import type { FeatureServer, Later, Registry, RowCache } from "../serve/index.ts";
import type { OnlineStore } from "../store/port.ts";

/** What every route works with; one an isolate. */
export interface Services {
  readonly store: OnlineStore;
  readonly clock: Clock;
  readonly config: Required<AppConfig>;
  readonly registry: Registry;
  readonly cache: RowCache;
  readonly server: FeatureServer;
}

/** One request on its way through a route. */
export interface Call {
  readonly request: Request;
  /** The parts of the path that the route names with a colon. */
  param(name: string): string;
  readonly later: Later;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly access: Access;
  handle(call: Call, services: Services): Promise<Response>;
  /** How this route tells errors; default problem+json. */
  readonly errorResponse?: (error: EdgefeatError) => Response;
}

const JSON_HEADERS = { "content-type": "application/json", "cache-control": "no-store" };

/** Returns an answer of JSON text. */
export function jsonResponse(text: string, status = 200, headers?: Record<string, string>): Response {
  return new Response(text, {
    status,
    headers: headers === undefined ? JSON_HEADERS : { ...JSON_HEADERS, ...headers },
  });
}
