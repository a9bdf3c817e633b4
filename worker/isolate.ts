// The app of an isolate: built once from the Worker's bindings and what was bundled with it, whoever asks first.
import { EdgefeatError } from "../sdk/errors.ts";
import type { Transforms } from "../sdk/plan/index.ts";
import type { Snapshot } from "../sdk/registry/index.ts";
import { type App, type Background, createApp } from "./app.ts";
import type { Assets } from "./assets.ts";
import { frozenClock, systemClock, systemMs } from "./clock.ts";
import { type LogBinding, openEventLog } from "./log/open.ts";
import { type AnalyticsDataset, jsonLog } from "./metrics/index.ts";
import { bindingLimiter, type RateLimitBinding } from "./middleware/rate-limit.ts";
import { readSettings, type Variables } from "./settings.ts";
import { runtimeDeps } from "./store/clock.ts";
import { createDurableObjectStore, type EdgefeatStore } from "./store/durable-object.ts";
import { openStore } from "./store/open.ts";
import type { OnlineStore } from "./store/port.ts";

/** The bindings of the Worker: its variables, the Durable Object's namespace, and what else there is. */
export interface WorkerEnv extends Variables {
  readonly STORE?: DurableObjectNamespace<EdgefeatStore>;
  /** A dataset of Workers Analytics Engine: figures of all isolates together. */
  readonly ANALYTICS?: AnalyticsDataset;
  /** Cloudflare's rate limiting: what it is set to holds for each token, over all isolates of a location. */
  readonly RATE_LIMITER?: RateLimitBinding;
  /** The static assets of the package: the reference of its routes, and the workbench. */
  readonly ASSETS?: Assets;
  /** Where pushed events are kept for the offline side: an R2 bucket, or workerd's service of a folder. */
  readonly LOG?: LogBinding;
}

export interface WorkerBuild {
  /** The TypeScript transforms bundled with this Worker. */
  readonly transforms?: Transforms;
  /** The registry snapshot bundled with it. */
  readonly snapshot?: Snapshot;
}

const apps = new WeakMap<WorkerBuild, App>();

/**
 * Returns the app of this isolate and build; its first caller's bindings build it, and what its store warns of is logged in
 * that caller's `background`. Its cache and registry are shared by all ways in: HTTP, service bindings, and the Worker's own
 * code. @throws config_invalid
 */
export function appOf(build: WorkerBuild, env: WorkerEnv, background?: Background): App {
  const known = apps.get(build);
  if (known !== undefined) return known;
  const app = newApp(env, build);
  apps.set(build, app);
  const logging = app.logWarnings();
  background?.waitUntil(logging);
  return app;
}

export const log = jsonLog(console, systemClock);

function newApp(env: WorkerEnv, { transforms = new Map(), snapshot }: WorkerBuild): App {
  const { config, store, frozenNowUs } = readSettings(env, snapshot);
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
  return createApp({
    store: openStore(store, {
      ...runtimeDeps,
      space: config,
      durableObject: (options) => durableObjectStore(env, options),
    }),
    clock: frozenNowUs === null ? systemClock : frozenClock(frozenNowUs),
    systemMs,
    config,
    transforms,
    ...(snapshot === undefined ? {} : { snapshot }),
    log,
    random,
    ...(env.RATE_LIMITER === undefined ? {} : { limiter: bindingLimiter(env.RATE_LIMITER) }),
    ...(env.ANALYTICS === undefined ? {} : { analytics: env.ANALYTICS }),
    ...(env.ASSETS === undefined ? {} : { assets: env.ASSETS }),
    ...(env.LOG === undefined ? {} : { eventLog: openEventLog(env.LOG, config, random) }),
  });
}

function durableObjectStore({ STORE }: WorkerEnv, options: { shards: number }): OnlineStore {
  if (STORE !== undefined) return createDurableObjectStore(STORE, options);
  throw new EdgefeatError("config_invalid", "the Worker has no Durable Object bound as STORE", {
    hint: "add the binding of wrangler.toml, or set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN",
  });
}
