// The entry of the Worker that workerd tests run beside: it only offers Durable Objects.
import { EdgefeatStore } from "../../worker/store/durable-object.ts";
import { storeNamed, type Stores } from "./workerd-named-stores.ts";

export { EdgefeatStore };

/** An object of one of many stores in one namespace: what comes before the "/" in its name is the store's. */
export class NamedStore extends EdgefeatStore {
  constructor(ctx: DurableObjectState, env: { STORES: Stores }) {
    super(ctx, { STORE: storeNamed(env.STORES, (ctx.id.name ?? "").split("/")[0] as string) });
  }
}

export default { fetch: () => new Response("a test's Worker", { status: 404 }) };
