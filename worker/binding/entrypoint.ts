// Features for other Workers of the account, over a service binding: a call, no HTTP, no token.
import { WorkerEntrypoint } from "cloudflare:workers";
import type { FeaturesAnswer } from "../../sdk/client/index.ts";
import type { FeatureService, ServiceValues } from "../../sdk/definitions/index.ts";
import { appOf, type WorkerBuild, type WorkerEnv } from "../isolate.ts";
import { asEdgefeatError } from "../middleware/problem.ts";
import { acrossBinding } from "./binding-error.ts";
import type { FeatureQuery } from "./query.ts";

/** The services among a module's exports, by the names they are asked for. */
type ServicesOf<Definitions> = {
  [K in keyof Definitions as Definitions[K] extends FeatureService<any, infer Name> ? Name : never]: Definitions[K];
};
/** Without definitions any name will do. */
type ServiceName<Definitions> = [keyof ServicesOf<Definitions>] extends [never]
  ? string
  : keyof ServicesOf<Definitions> & string;
type RowOf<Definitions, Name> = Name extends keyof ServicesOf<Definitions>
  ? ServiceValues<ServicesOf<Definitions>[Name]>
  : Record<string, unknown>;
type WithoutNames = Omit<FeatureQuery, "service" | "features">;

/**
 * A binding to the entrypoint, typed by the definitions that the server runs on:
 * `FEATURES: FeaturesBinding<typeof import("./features.ts")>`. What `get` returns was copied, so it may be changed.
 */
export interface FeaturesBinding<Definitions = unknown> {
  /** Returns the features of each entity; see FeatureStore.get. @throws BindingError, whose message begins with the code */
  get<Name extends ServiceName<Definitions>>(
    query: { readonly service: Name } & WithoutNames,
  ): Promise<FeaturesAnswer<RowOf<Definitions, Name>>>;
  get(query: { readonly features: readonly string[] } & WithoutNames): Promise<FeaturesAnswer<Record<string, unknown>>>;
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
      try {
        return await appOf(build, this.env, this.ctx).getFeatures(query, this.ctx);
      } catch (fault) {
        throw acrossBinding(asEdgefeatError(fault));
      }
    }
  };
}
