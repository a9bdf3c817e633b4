// The HTTP app: routes wired with a store, a clock and a configuration. Runs in workerd and in Node alike.
import { HonoBase } from "hono/hono-base";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { EdgefeatError } from "../sdk/errors.ts";
import type { Transforms } from "../sdk/plan/index.ts";
import type { Snapshot } from "../sdk/registry/index.ts";
import type { Clock } from "../sdk/time.ts";
import { type AppConfig, DEFAULTS } from "./config.ts";
import { authorize } from "./middleware/auth.ts";
import { asEdgefeatError, problemResponse } from "./middleware/problem.ts";
import { createRoutes } from "./routes/index.ts";
import type { Route, Services } from "./routes/route.ts";
import { FeatureServer, type Later, Registry, RowCache } from "./serve/index.ts";
import type { OnlineStore } from "./store/port.ts";

export interface AppDeps {
  readonly store: OnlineStore;
  readonly clock: Clock;
  readonly config: AppConfig;
  /** The TypeScript transforms of this build, by on-demand view. */
  readonly transforms: Transforms;
  /** The snapshot that was current when this build was made: it saves a cold isolate a read. */
  readonly snapshot?: Snapshot;
  /** Hears of faults that are answered as internal_error. */
  readonly onInternalError?: (cause: unknown) => void;
}

/** What keeps background work alive after the answer; a Worker's execution context is one. */
export interface Background {
  waitUntil(work: Promise<unknown>): void;
}

export interface App {
  /** Answers a request; never rejects. `env` is ignored. Without `background`, work goes on by itself. */
  fetch(request: Request, env?: unknown, background?: Background): Promise<Response>;
}

/**
 * Returns the app of a project. One an isolate: it holds the row cache and the registry known here.
 * @throws config_invalid when the bundled snapshot is another project's
 */
export function createApp(deps: AppDeps): App {
  const { store, clock, transforms, snapshot, onInternalError = () => {} } = deps;
  const config = { ...DEFAULTS, ...deps.config };
  if (snapshot !== undefined) checkProject(snapshot, config);
  const cache = new RowCache(config.cacheRows, config.cacheBytes);
  const bundled = snapshot === undefined ? {} : { bundled: snapshot };
  const registry = new Registry({ store, clock, space: config, transforms, ...bundled });
  const server = new FeatureServer({ registry, cache, store, clock, config });
  const services: Services = { store, clock, config, registry, cache, server };

  const routes = createRoutes();
  // It finds a fixed path by one look-up, where the preset "tiny" tries a pattern a route.
  const hono = new HonoBase<{ Bindings: { later: Later } }>({ router: new RegExpRouter() });
  for (const route of routes) {
    const tell = (fault: unknown) => told(fault, route);
    hono.on(route.method, route.path, ({ req, env: { later } }) => {
      try {
        authorize(route.access, req.raw, config);
      } catch (fault) {
        return tell(fault);
      }
      return route.handle({ request: req.raw, param: (name) => req.param(name) ?? "", later }, services).catch(tell);
    });
  }
  hono.notFound(({ req }) => problemResponse(notFound(routes, req.path)));
  hono.onError((fault) => told(fault));

  function told(fault: unknown, route?: Route): Response {
    const error = asEdgefeatError(fault);
    if (error.code === "internal_error") onInternalError(error.cause ?? error);
    return (route?.errorResponse ?? problemResponse)(error);
  }

  return {
    fetch(request, _env, background) {
      // A fault of background work is met again, and told, by the request that needs its result.
      const later: Later = (work) => {
        const handled = work.catch(() => {});
        background?.waitUntil(handled);
      };
      return Promise.resolve(hono.fetch(request, { later }));
    },
  };
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

function notFound(routes: readonly Route[], path: string): EdgefeatError {
  const methods = routes.filter((route) => matches(route.path, path)).map(({ method }) => method);
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

function matches(pattern: string, path: string): boolean {
  const parts = pattern.split("/");
  const given = path.split("/");
  return (
    parts.length === given.length &&
    parts.every((part, i) => part === given[i] || (part.startsWith(":") && given[i] !== ""))
  );
}
