// The online store that the settings describe: adapters, each behind a guard, together behind failover where there are several.
import { controlKey, type KeySpace } from "../../sdk/rows/index.ts";
import type { Ms } from "../../sdk/time.ts";
import { abortable } from "./abortable.ts";
import { counted } from "./counted.ts";
import { createFailoverStore, type FailoverStore } from "./failover.ts";
import { type GuardDeps, guarded } from "./guarded.ts";
import type { OnlineStore } from "./port.ts";
import { createUpstashStore } from "./upstash.ts";

export type StoreChoice =
  | { readonly kind: "durable-object"; readonly shards: number }
  | { readonly kind: "upstash"; readonly url: string; readonly token: string };

export interface StoreSettings {
  readonly primary: StoreChoice;
  /** Takes every write too, and answers reads where the primary fails. */
  readonly secondary: StoreChoice | null;
  /** A replica of the primary, to read from; it may lag. */
  readonly replica: { readonly url: string; readonly token: string } | null;
  /** How long a read may take, all the stores that it tries together. */
  readonly readTimeoutMs: Ms;
}

export interface OpenDeps extends GuardDeps {
  /** The project that is served: its control record tells whether a secondary can stand in. */
  readonly space?: KeySpace;
  /** Returns the store in Durable Objects; only workerd has them. @throws config_invalid */
  durableObject(options: { readonly shards: number }): OnlineStore;
}

/** Returns the store; one of several can be told to fill its secondary. @throws config_invalid */
export function openStore(
  { primary, secondary, replica, readTimeoutMs }: StoreSettings,
  deps: OpenDeps,
): OnlineStore & Partial<FailoverStore> {
  const count = 1 + (secondary === null ? 0 : 1) + (replica === null ? 0 : 1);
  const readMs = readTimeoutMs / count;
  const guard = (store: OnlineStore) => guarded(store, deps, { readMs, tryMs: readTimeoutMs });
  // Of the primary and its replica, so that a read there waits for what was written here.
  const sync = { value: null };
  const open = (choice: StoreChoice, more = {}) =>
    guard(
      choice.kind === "upstash"
        ? createUpstashStore({ ...choice, ...more })
        : abortable(counted(deps.durableObject(choice))),
    );
  if (count === 1) return open(primary);
  const parts = {
    primary: open(primary, { sync }),
    ...(replica === null ? {} : { replica: guard(createUpstashStore({ ...replica, sync })) }),
    ...(secondary === null ? {} : { secondary: open(secondary) }),
  };
  return createFailoverStore(parts, deps.space === undefined ? undefined : controlKey(deps.space));
}
