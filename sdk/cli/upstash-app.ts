// The Worker's own code in this process, on Upstash: one code path whether a server or the command line writes.
import { createApp } from "../../worker/app.ts";
import { systemClock } from "../../worker/clock.ts";
import type { EventLog } from "../../worker/log/port.ts";
import { openStore, runtimeDeps } from "../../worker/store/index.ts";
import type { Config } from "../definitions/index.ts";
import { EdgefeatError } from "../errors.ts";
import type { Transforms } from "../plan/index.ts";
import type { Ms } from "../time.ts";

/** A database's REST address. */
export interface Database {
  readonly url: string;
  readonly token: string;
}

/** A command has more time than a request. */
const READ_TIMEOUT_MS: Ms = 10_000;

/**
 * Returns a fetch that answers as the Worker would, on this database, whose token is also the token of writes, and on the
 * secondary that takes every write too; pushed events go to the log.
 */
export function upstashFetch(
  { project, environment }: Config,
  { primary, secondary }: { primary: Database; secondary: Database | null },
  transforms: Transforms,
  eventLog: EventLog | null,
): typeof fetch {
  const space = { project, environment };
  const upstash = (database: Database) => ({ kind: "upstash", ...database }) as const;
  const app = createApp({
    store: openStore(
      {
        primary: upstash(primary),
        secondary: secondary === null ? null : upstash(secondary),
        replica: null,
        readTimeoutMs: READ_TIMEOUT_MS,
      },
      { ...runtimeDeps, space, durableObject: noDurableObject },
    ),
    clock: systemClock,
    // One command line is one read: there is nothing to cache for.
    config: { ...space, writeToken: primary.token, publicReads: true, cacheTtlMs: 0, staleIfErrorMs: 0 },
    transforms,
    ...(eventLog === null ? {} : { eventLog }),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
  return (input, init) => app.fetch(new Request(input, init));
}

function noDurableObject(): never {
  throw new EdgefeatError("config_invalid", "the command line has no Durable Object of its own");
}
