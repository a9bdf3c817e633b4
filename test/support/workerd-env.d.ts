// The bindings of test/support/workerd-wrangler.toml.
import type { EdgefeatStore } from "../../worker/store/durable-object.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      STORE: DurableObjectNamespace<EdgefeatStore>;
      /** Many stores, told apart by name: see workerd-named-stores.ts. */
      STORES: DurableObjectNamespace<EdgefeatStore>;
      BUCKET: R2Bucket;
    }
  }
}
