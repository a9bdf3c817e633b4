// The online store: its port and the adapters that run anywhere. The Durable Object is imported from its own file,
// because only workerd can load it.
export type { OnlineStore, ScanPage, StoreStatus, StoreWrite } from "./port.ts";
export { MAX_ROW_BYTES } from "./batches.ts";
export { createUpstashStore } from "./upstash.ts";
export type { UpstashOptions } from "./upstash.ts";
