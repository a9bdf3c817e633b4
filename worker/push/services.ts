// What pushes work with: parts of an app, and the definitions that they go by.
import type { Clock, Ms } from "../../sdk/time.ts";
import type { AppConfig } from "../config.ts";
import type { EventLog } from "../log/port.ts";
import type { Metrics } from "../metrics/index.ts";
import type { KnownRegistry, Registry, RowCache } from "../serve/index.ts";
import { runtimeDeps } from "../store/clock.ts";
import type { OnlineStore } from "../store/port.ts";

export interface PushServices {
  readonly registry: Pick<Registry, "key" | "current" | "load" | "isOutdated">;
  readonly store: OnlineStore;
  readonly cache: RowCache;
  readonly clock: Clock;
  readonly config: Required<Pick<AppConfig, "maxSkewUs">>;
  readonly log: EventLog | null;
  readonly metrics: Pick<Metrics, "pushed">;
  sleep(ms: Ms): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

/** Returns what a push works with in an app. */
export function pushServices(
  services: Pick<PushServices, "registry" | "store" | "cache" | "clock" | "config" | "log" | "metrics">,
): PushServices {
  return { ...services, sleep: runtimeDeps.sleep, random: runtimeDeps.random };
}

/** The definitions that pushes go by: those of one push, of a batch of messages or of a frame. */
export interface Definitions {
  known: KnownRegistry | null;
  /** True once the store was seen to point to them. */
  areCurrent: boolean;
  /** True where the events were made by them: once they are others, the push fails. */
  readonly arePinned?: boolean;
}

/** Makes them those that the store points to. @throws registry_not_found, store_unavailable */
export async function renew(definitions: Definitions, registry: PushServices["registry"]): Promise<void> {
  definitions.known = await registry.load();
  definitions.areCurrent = true;
}
