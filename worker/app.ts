// The HTTP app: routes wired with a store, a clock and a configuration. Runs in workerd and in Node alike.
import { EdgefeatError } from "../sdk/errors.ts";
import type { Transforms } from "../sdk/plan/index.ts";
import type { Snapshot } from "../sdk/registry/index.ts";
import { type Clock, type Ms, US_PER_MS } from "../sdk/time.ts";
import { type Assets, workbenchFile } from "./assets.ts";
import { type Random, TokenGate, TRUSTED } from "./auth/index.ts";
import { askedOf, type FeatureQuery } from "./binding/query.ts";
import { type AppConfig, DEFAULTS } from "./config.ts";
import { JobBoard } from "./jobs/board.ts";
import type { EventLog } from "./log/port.ts";
import { type AnalyticsDataset, type Log, Metrics, Observer } from "./metrics/index.ts";
import { Cors } from "./middleware/cors.ts";
import { Guard } from "./middleware/guard.ts";
import { asEdgefeatError, problemResponse, statusOf } from "./middleware/problem.ts";
import { chargeBy, isolateLimiter, type RateLimiter } from "./middleware/rate-limit.ts";
import { consumeQueue, pushServices, type QueueBatch } from "./push/index.ts";
import { createRoutes } from "./routes/index.ts";
import type { Route, Services } from "./routes/route.ts";
import { pathOf, RouteTable } from "./routing.ts";
import {
  encodeValues,
  FeatureServer,
  type Later,
  Registry,
  RowCache,
  Trace,
  type ValuesAnswer,
} from "./serve/index.ts";
import { runtimeDeps } from "./store/clock.ts";
import type { FillableStore } from "./store/failover.ts";
import { AuditTrail } from "./write/audit.ts";

export interface AppDeps {
  readonly store: FillableStore;
  readonly clock: Clock;
  /** The system's time, which goes on where `clock` stands still: by it leases run out. Default by `clock`. */
  readonly systemMs?: () => Ms;
  readonly config: AppConfig;
  /** The TypeScript transforms of this build, by on-demand view. */
  readonly transforms: Transforms;
  /** The snapshot that was current when this build was made: it saves a cold isolate a read. */
  readonly snapshot?: Snapshot;
  /** Hears of faults that are answered as internal_error, with their words. */
  readonly onInternalError?: (cause: unknown) => void;
  /** Takes entries without secrets, ids or values; by default they are dropped. */
  readonly log?: Log;
  /** Gets a data point a request. */
  readonly analytics?: AnalyticsDataset;
  /** Makes tokens. */
  readonly random: Random;
  /** The files that come with the Worker; default none. */
  readonly assets?: Assets;
  /** Where pushed events are kept for the offline side; default nowhere. */
  readonly eventLog?: EventLog;
  /** Counts requests by token; default what the configuration's rateLimit says. */
  readonly limiter?: RateLimiter;
}

/** How metrics name the way in that is no HTTP. */
const IN_PROCESS = { method: "RPC", path: "get" } as const;

/** What keeps background work alive after the answer; a Worker's execution context is one. */
export interface Background {
  waitUntil(work: Promise<unknown>): void;
}

export interface App {
  /** Answers a request; never rejects. `env` is ignored. Without `background`, work goes on by itself. */
  fetch(request: Request, env?: unknown, background?: Background): Promise<Response>;
  /** Answers code that runs in the Worker itself, or is bound to it: it may ask all. @throws as POST /v1/features answers */
  getFeatures(query: FeatureQuery, background?: Background): Promise<ValuesAnswer>;
  /** Takes a queue's batch of events; each message is acknowledged or retried. Never rejects. */
  consume(batch: QueueBatch): Promise<void>;
  /** Asks the store what it warns of, and logs that: for the start of an isolate. Never rejects. */
  logWarnings(): Promise<void>;
}

/**
 * Returns the app of a project. One an isolate: it holds the row cache and the registry known here.
 * @throws config_invalid when the bundled snapshot is another project's
 */
export function createApp(deps: AppDeps): App {
  const {
    store,
    clock,
    transforms,
    snapshot,
    onInternalError = () => {},
    log = () => {},
    analytics,
    random,
    assets = null,
    eventLog = null,
  } = deps;
  const config = { ...DEFAULTS, ...deps.config };
  if (snapshot !== undefined) checkProject(snapshot, config);
  const cache = new RowCache(config.cacheRows, config.cacheBytes);
  const bundled = snapshot === undefined ? {} : { bundled: snapshot };
  const registry = new Registry({ store, clock, space: config, transforms, cacheTtlMs: config.cacheTtlMs, ...bundled });
  const server = new FeatureServer({ registry, cache, store, clock, config });
  const routes = createRoutes();
  const observedRoutes = [...routes, IN_PROCESS];
  const metrics = new Metrics(observedRoutes, clock.nowUs());
  const observed = analytics === undefined ? {} : { analytics };
  const observer = new Observer({ metrics, routes: observedRoutes, config, clock, log, ...observed });
  const { writeToken: rootToken, previousToken: previousRootToken, publicReads, rateLimit } = config;
  const gate = new TokenGate({ space: config, clock, rootToken, previousRootToken, publicReads });
  const { sleep } = runtimeDeps;
  const audit = new AuditTrail({ store, clock, space: config, random, keepMs: config.auditKeepMs, sleep });
  const { systemMs = () => clock.nowUs() / US_PER_MS } = deps;
  const jobs = new JobBoard({ store, clock, space: config, systemMs });
  const known = { store, clock, config, registry, cache, server, metrics, observer, gate, audit, jobs };
  const services: Services = { ...known, random, assets, log: eventLog };
  const limiter = deps.limiter ?? (rateLimit === null ? null : isolateLimiter(rateLimit, clock));
  const guard = new Guard({
    callers: {
      gate,
      store,
      clock,
      charge: limiter === null ? null : chargeBy(limiter, config),
      maxStaleMs: config.cacheTtlMs + config.staleIfErrorMs,
    },
    services,
    log,
    audit: config.auditIn === "store" ? audit : null,
    tell: (error, { trace }, route) => told(error, trace, route),
  });
  const cors = new Cors(config.corsOrigins);

  const table = new RouteTable(routes);

  function answer(request: Request, later: Later, trace: Trace): Promise<Response> {
    const { method } = request;
    const path = pathOf(request);
    const found = table.find(method, path);
    if (found === null) return unmatched(request, path, trace);
    const { route, index, param } = found;
    trace.route = index;
    const answering = guard.answer(route, { request, param, later, trace });
    // Most answers go out as they are: each wait would cost them a turn of the event loop.
    if (!cors.isOn && method !== "HEAD") return answering;
    return answering.then((response) => {
      if (cors.isOn && isRead(route)) cors.allow(request, response);
      return method === "HEAD" ? new Response(null, response) : response;
    });
  }

  async function unmatched(request: Request, path: string, trace: Trace): Promise<Response> {
    const file = await workbenchFile(assets, request, path);
    if (file !== null) return file;
    const reads = cors.isOn && request.method === "OPTIONS" ? table.at(path).filter(isRead) : [];
    const methods = reads.map(({ method }) => method);
    const preflight = methods.length === 0 ? null : cors.preflight(request, methods);
    return preflight ?? told(notFound(table, path), trace);
  }

  /** Returns a fault as an error of ours, of which everybody has been told who has to know. */
  function noted(fault: unknown, trace: Trace): EdgefeatError {
    const error = asEdgefeatError(fault);
    observer.told(error, statusOf(error.code), trace);
    if (error.code === "internal_error") onInternalError(error.cause ?? error);
    return error;
  }

  function told(fault: unknown, trace: Trace, route?: Route): Response {
    return (route?.errorResponse ?? problemResponse)(noted(fault, trace));
  }

  return {
    async fetch(request, _env, background) {
      const later = laterOn(background);
      const trace = new Trace();
      const fromMs = clock.elapsedMs();
      let response: Response;
      try {
        response = await answer(request, later, trace);
      } catch (fault) {
        response = told(fault, trace);
      }
      observer.answered(trace, response.status, clock.elapsedMs() - fromMs, later);
      return response;
    },
    async getFeatures(query, background) {
      const later = laterOn(background);
      const trace = new Trace();
      trace.route = routes.length;
      const fromMs = clock.elapsedMs();
      let status = 200;
      try {
        const { asked, include } = askedOf(query);
        return encodeValues(await server.serve(asked, { later, trace, caller: TRUSTED }), include);
      } catch (fault) {
        const error = noted(fault, trace);
        status = statusOf(error.code);
        throw error;
      } finally {
        observer.answered(trace, status, clock.elapsedMs() - fromMs, later);
      }
    },
    consume(batch) {
      return consumeQueue(batch, { services: pushServices(services), log, views: config.queueViews });
    },
    async logWarnings() {
      try {
        observer.warn("store_warning", (await store.status()).warnings);
      } catch (fault) {
        observer.failed("start", asEdgefeatError(fault));
      }
    },
  };
}

/** A fault of background work is met again, and told, by the request that needs its result. */
function laterOn(background: Background | undefined): Later {
  return (work) => {
    const handled = work.catch(() => {});
    background?.waitUntil(handled);
  };
}

function isRead({ access }: Route): boolean {
  return access === "read" || access === "open";
}

function checkProject(snapshot: Snapshot, { project, environment }: AppConfig): void {
  if (snapshot.project === project && snapshot.environment === environment) return;
  const bundled = `${snapshot.project}/${snapshot.environment}`;
  throw new EdgefeatError(
    "config_invalid",
    `the Worker carries the snapshot of ${bundled}, but serves ${project}/${environment}`,
    {
      hint: "set EDGEFEAT_PROJECT and EDGEFEAT_ENVIRONMENT to the snapshot's, or to nothing",
    },
  );
}

function notFound(table: RouteTable, path: string): EdgefeatError {
  const methods = table.at(path).map(({ method }) => method);
  const allow = methods.includes("GET") ? [...methods, "HEAD"] : methods;
  if (allow.length === 0) {
    return new EdgefeatError("not_found", `there is nothing at ${path.slice(0, 200)}`, {
      hint: "see the README for the routes: POST /v1/features, GET /health, …",
    });
  }
  return new EdgefeatError("method_not_allowed", `${path.slice(0, 200)} does not take this method`, {
    hint: `it takes ${allow.join(", ")}`,
    details: { allow },
  });
}
