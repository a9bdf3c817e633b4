// The online stores that a workerd test can run over: the Durable Object always, Upstash where there is a redis-server.
import { env } from "cloudflare:workers";
import { createDurableObjectStore } from "../../worker/store/durable-object.ts";
import type { OnlineStore } from "../../worker/store/port.ts";
import { createUpstashStore } from "../../worker/store/upstash.ts";
import { upstash } from "./provided.ts";

export function durableObjectStore(): OnlineStore {
  return createDurableObjectStore(env.STORE);
}

/** [name, factory] of each store. */
export const stores: readonly (readonly [string, () => OnlineStore])[] = [
  ["durable-object", durableObjectStore],
  ...upstashStores(upstash),
];

function upstashStores(credentials: typeof upstash) {
  return credentials === null ? [] : [["upstash", () => createUpstashStore(credentials)] as const];
}
