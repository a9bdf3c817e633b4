// Features in-process: what a Worker's own code reads, in its own isolate, without HTTP.
import type { FeaturesAnswer } from "../../sdk/client/index.ts";
import type { FeatureService, ServiceValues } from "../../sdk/definitions/index.ts";
import type { App, Background } from "../app.ts";
import { appOf, type WorkerBuild, type WorkerEnv } from "../isolate.ts";
import type { FeatureQuery } from "./query.ts";

type WithoutNames = Omit<FeatureQuery, "service" | "features">;

export interface FeatureStore {
  /**
   * Returns the features of each entity, in one command of the store. A service's definition as `service` types the rows:
   * int64 and timestamps (µs) are bigint, bytes Uint8Array, vectors Float32Array.
   * @throws as POST /v1/features answers
   */
  get<S extends FeatureService<any>>(
    query: { readonly service: S } & WithoutNames,
  ): Promise<FeaturesAnswer<ServiceValues<S>>>;
  get(query: FeatureQuery): Promise<FeaturesAnswer<Record<string, unknown>>>;
}

/**
 * Returns how a Worker's code gets its feature store: by its bindings, which are those of the Worker that `createWorker`
 * makes, and the context that background work goes to. Make it once, at the top of the module: it holds the isolate's cache.
 * @example
 * const features = createFeatureStore({ transforms });
 * export default {
 *   async fetch(request: Request, env: WorkerEnv, context: ExecutionContext) {
 *     const { rows } = await features(env, context).get({ service: delayModel, entities: { origin: "SEA" } });
 *     return Response.json(rows[0]?.delay_ratio);
 *   },
 * };
 */
export function createFeatureStore(build: WorkerBuild = {}): (env: WorkerEnv, context?: Background) => FeatureStore {
  return (env, context) => featureStore(appOf(build, env, context), context);
}

function featureStore(app: App, context: Background | undefined): FeatureStore {
  const get = (query: { readonly service?: unknown } & WithoutNames) => {
    const service: unknown = query?.service;
    const named = isService(service) ? { ...query, service: service.name } : query;
    return app.getFeatures(named as FeatureQuery, context);
  };
  return { get };
}

function isService(service: unknown): service is FeatureService {
  return typeof service === "object" && service !== null && "name" in service;
}
