// The Worker's own code in this process, on Upstash: one code path whether a server or the command line writes.
import { createApp } from "../../worker/app.ts";
import { systemClock } from "../../worker/clock.ts";
import { createUpstashStore } from "../../worker/store/index.ts";
import type { Config } from "../definitions/index.ts";
import type { Transforms } from "../plan/index.ts";

/** Returns a fetch that answers as the Worker would, on this database, whose token is also the token of writes. */
export function upstashFetch(
  { project, environment }: Config,
  database: { url: string; token: string },
  transforms: Transforms,
): typeof fetch {
  const app = createApp({
    store: createUpstashStore(database),
    clock: systemClock,
    // One command line is one read: there is nothing to cache for.
    config: { project, environment, writeToken: database.token, publicReads: true, cacheTtlMs: 0, staleIfErrorMs: 0 },
    transforms,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
  return (input, init) => app.fetch(new Request(input, init));
}
