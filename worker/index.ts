// The Worker: its fetch handler, built once an isolate from its variables, and the Durable Object it stores rows in.
import { EdgefeatError } from "../sdk/errors.ts";
import type { Transforms } from "../sdk/plan/index.ts";
import type { Snapshot } from "../sdk/registry/index.ts";
import { type App, createApp } from "./app.ts";
import { frozenClock, systemClock } from "./clock.ts";
import { asEdgefeatError, problemResponse } from "./middleware/problem.ts";
import { readSettings, type Variables } from "./settings.ts";
import { createDurableObjectStore, EdgefeatStore } from "./store/durable-object.ts";
import type { OnlineStore } from "./store/port.ts";
import { createUpstashStore } from "./store/upstash.ts";

export { EdgefeatStore };

/** The bindings of the Worker: its variables, and the Durable Object's namespace. */
export interface WorkerEnv extends Variables {
  readonly STORE?: DurableObjectNamespace<EdgefeatStore>;
}

export interface WorkerBuild {
  /** The TypeScript transforms bundled with this Worker. */
  readonly transforms?: Transforms;
  /** The registry snapshot bundled with it. */
  readonly snapshot?: Snapshot;
}

/**
 * Returns a Worker's default export.
 * @example export default createWorker({ transforms, snapshot });
 */
export function createWorker(build: WorkerBuild = {}): {
  fetch(request: Request, env: WorkerEnv, context: ExecutionContext): Promise<Response>;
} {
  let app: App | undefined;
  return {
    async fetch(request, env, context) {
      try {
        app ??= appOf(env, build);
      } catch (fault) {
        return problemResponse(asEdgefeatError(fault));
      }
      return app.fetch(request, env, context);
    },
  };
}

function appOf(env: WorkerEnv, { transforms = new Map(), snapshot }: WorkerBuild): App {
  const { config, store, frozenNowUs } = readSettings(env, snapshot);
  return createApp({
    store: store.kind === "upstash" ? createUpstashStore(store) : durableObjectStore(env),
    clock: frozenNowUs === null ? systemClock : frozenClock(frozenNowUs),
    config,
    transforms,
    ...(snapshot === undefined ? {} : { snapshot }),
    // oxlint-disable-next-line no-console -- the one place where a Worker's log is written
    onInternalError: (cause) => console.error(cause),
  });
}

function durableObjectStore({ STORE }: WorkerEnv): OnlineStore {
  if (STORE !== undefined) return createDurableObjectStore(STORE);
  throw new EdgefeatError("config_invalid", "the Worker has no Durable Object bound as STORE", {
    hint: "add the binding of wrangler.toml, or set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN",
  });
}

export default createWorker();
