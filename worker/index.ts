// The Worker: its fetch handler, the Durable Object it stores rows in, and its other ways in.
import { createEntrypoint } from "./binding/entrypoint.ts";
import type { App } from "./app.ts";
import { appOf, log, type WorkerBuild, type WorkerEnv } from "./isolate.ts";
import type { QueueBatch } from "./push/index.ts";
import { plainWords } from "./metrics/index.ts";
import { asEdgefeatError, problemResponse } from "./middleware/problem.ts";
import { EdgefeatStore } from "./store/durable-object.ts";

export { createEntrypoint, EdgefeatStore };
export type { Background } from "./app.ts";
export type { BindingError } from "./binding/binding-error.ts";
export type { FeaturesBinding } from "./binding/entrypoint.ts";
export { createFeatureStore, type FeatureStore } from "./binding/feature-store.ts";
export type { QueueBatch } from "./push/index.ts";
export type { FeatureQuery } from "./binding/query.ts";
export type { WorkerBuild, WorkerEnv };

/**
 * Returns a Worker's default export.
 * @example export default createWorker({ transforms, snapshot });
 */
export function createWorker(build: WorkerBuild = {}): {
  fetch(request: Request, env: WorkerEnv, context: ExecutionContext): Promise<Response>;
  /** Takes the batches of the queues that the Worker consumes. */
  queue(batch: QueueBatch, env: WorkerEnv, context: ExecutionContext): Promise<void>;
} {
  let app: App | undefined;
  return {
    fetch(request, env, context) {
      if (app === undefined) {
        try {
          app = appOf(build, env, context);
        } catch (fault) {
          const error = asEdgefeatError(fault);
          log({ level: "error", event: "start_failed", code: error.code, message: plainWords(error.message) });
          return Promise.resolve(problemResponse(error));
        }
      }
      return app.fetch(request, env, context);
    },
    /** A Worker that can't start rejects, which leaves the batch in its queue. */
    async queue(batch, env, context) {
      app ??= appOf(build, env, context);
      await app.consume(batch);
    },
  };
}

const build: WorkerBuild = {};

export default createWorker(build);
/** For service bindings: `entrypoint = "Features"`. */
export const Features = createEntrypoint(build);
