// What an app is told: its project, who may call it, how long its cache holds.
import type { KeySpace } from "../sdk/rows/index.ts";
import { type Ms, US_PER_DAY, US_PER_MS, US_PER_SECOND, type Us } from "../sdk/time.ts";
import type { RateLimitRule } from "./middleware/rate-limit.ts";

export interface AppConfig extends KeySpace {
  /** The token with every right; null leaves those that were made by it before. */
  readonly writeToken: string | null;
  /** The one before it, which goes on working until it is taken away; default null. */
  readonly previousToken?: string | null;
  /** True when reads need no token. */
  readonly publicReads: boolean;
  /** How far a cached row may lag behind the store; 0 reads every row anew. */
  readonly cacheTtlMs: Ms;
  /** How much longer a cached row may be served, as STALE, while the store fails. */
  readonly staleIfErrorMs: Ms;
  /**
   * How far what the store answers may lag behind the last acknowledged write, because replicas answer: for reads that
   * serve, and for those that ask for the newest (`ReadOptions.purpose`). Part of SEMANTICS 3.9's bound. Default 0.
   */
  readonly storeLagMs?: { readonly serve: Ms; readonly newest: Ms };
  /** How far ahead of *now* an event time may be (SEMANTICS 3.6); default 5 s. */
  readonly maxSkewUs?: Us;
  /** Default 4,000,000. */
  readonly maxBodyBytes?: number;
  /** How many rows the cache holds; default 50,000. */
  readonly cacheRows?: number;
  /** How much memory the cached rows may take, by estimate; default 32,000,000. */
  readonly cacheBytes?: number;
  /** Requests that take longer are logged; default null, which logs none. */
  readonly slowMs?: Ms | null;
  /** True to log every request; default false. */
  readonly logRequests?: boolean;
  /** Origins whose pages may read, "*" for all; default none. */
  readonly corsOrigins?: readonly string[];
  /** The view that a queue's messages are for, where they name none, by queue; "*" for every queue. Default none. */
  readonly queueViews?: Readonly<Record<string, string>>;
  /** How many requests a token may make of one isolate; default null, any number. */
  readonly rateLimit?: RateLimitRule | null;
  /** Whether acts are recorded in the store, which costs a command each, or in the log alone; default "store". */
  readonly auditIn?: "store" | "log";
  /** How long the store keeps their records; default 90 days. */
  readonly auditKeepMs?: Ms;
}

export const DEFAULTS = {
  cacheTtlMs: 60_000,
  staleIfErrorMs: 300_000,
  storeLagMs: { serve: 0, newest: 0 },
  maxSkewUs: 5 * US_PER_SECOND,
  maxBodyBytes: 4_000_000,
  cacheRows: 50_000,
  cacheBytes: 32_000_000,
  slowMs: null,
  logRequests: false,
  previousToken: null,
  corsOrigins: [],
  queueViews: {},
  rateLimit: null,
  auditIn: "store",
  auditKeepMs: (90 * US_PER_DAY) / US_PER_MS,
} as const;
