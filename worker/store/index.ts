// The online store: its port and the adapters that run anywhere. The Durable Object is imported from its own file,
// because only workerd can load it.
export type { OnlineStore, ReadOptions, ScanPage, StoreStats, StoreStatus, StoreWrite } from "./port.ts";
export { runtimeDeps } from "./clock.ts";
export type { FailoverStore } from "./failover.ts";
export { openStore } from "./open.ts";
export type { OpenDeps, StoreChoice, StoreSettings } from "./open.ts";
export { MAX_ROW_BYTES } from "./batches.ts";
export { createUpstashStore } from "./upstash.ts";
export type { UpstashOptions } from "./upstash.ts";
