// Features for other Workers of the account, over a service binding: a call, no HTTP, no token.
import { WorkerEntrypoint } from "cloudflare:workers";
import type { FeaturesAnswer } from "../../sdk/client/index.ts";
import type { FeatureService, ServiceValues } from "../../sdk/definitions/index.ts";
import { isolateOf, type WorkerBuild, type WorkerEnv } from "../isolate.ts";
import type { FeatureQuery } from "./query.ts";

/** The services among a module's exports, by the names they are asked for. */
type ServicesOf<Definitions> = {
  [K in keyof Definitions as Definitions[K] extends FeatureService<any, infer Name> ? Name : never]: Definitions[K];
};

/**
 * A binding to the entrypoint, typed by the definitions that the server runs on:
 * `FEATURES: FeaturesBinding<typeof import("./features.ts")>`. What `get` returns was copied, so it may be changed.
 */
export interface FeaturesBinding<Definitions = Record<never, never>> {
  /** Returns the features of each entity; see FeatureStore.get. @throws an Error whose message begins with the code */
  get<Name extends keyof ServicesOf<Definitions> & string>(
    query: { readonly service: Name } & Omit<FeatureQuery, "service" | "features">,
  ): Promise<FeaturesAnswer<ServiceValues<ServicesOf<Definitions>[Name]>>>;
  get(query: FeatureQuery): Promise<FeaturesAnswer<Record<string, unknown>>>;
}

type FeaturesEntrypoint = new (
  context: ExecutionContext,
  env: WorkerEnv,
) => WorkerEntrypoint<WorkerEnv> & { get(query: FeatureQuery): Promise<FeaturesAnswer<Record<string, unknown>>> };

/**
 * Returns the class to export from a Worker for service bindings to name as their `entrypoint`. With the same `build` as
 * `createWorker` it shares that one's cache.
 * @example export const Features = createEntrypoint(build);
 */
export function createEntrypoint(build: WorkerBuild = {}): FeaturesEntrypoint {
  return class extends WorkerEntrypoint<WorkerEnv> {
    async get(query: FeatureQuery): Promise<FeaturesAnswer<Record<string, unknown>>> {
      return isolateOf(build, this.env).app.getFeatures(query, this.ctx);
    }
  };
}
