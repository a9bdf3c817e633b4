// What an app is told: its project, who may call it, how long its cache holds.
import type { KeySpace } from "../sdk/rows/index.ts";
import { type Ms, US_PER_SECOND, type Us } from "../sdk/time.ts";

export interface AppConfig extends KeySpace {
  /** The token of writes; null refuses them all. */
  readonly writeToken: string | null;
  /** True when reads need no token. */
  readonly publicReads: boolean;
  /** How far a cached row may lag behind the store; 0 reads every row anew. */
  readonly cacheTtlMs: Ms;
  /** How much longer a cached row may be served, as STALE, while the store fails. */
  readonly staleIfErrorMs: Ms;
  /** How far ahead of *now* an event time may be (SEMANTICS 3.6); default 5 s. */
  readonly maxSkewUs?: Us;
  /** Default 4,000,000. */
  readonly maxBodyBytes?: number;
  /** How many rows the cache holds; default 50,000. */
  readonly cacheRows?: number;
  /** How much memory the cached rows may take, by estimate; default 32,000,000. */
  readonly cacheBytes?: number;
}

export const DEFAULTS = {
  cacheTtlMs: 60_000,
  staleIfErrorMs: 300_000,
  maxSkewUs: 5 * US_PER_SECOND,
  maxBodyBytes: 4_000_000,
  cacheRows: 50_000,
  cacheBytes: 32_000_000,
} as const;
