// The page that /metrics answers: what this isolate counted, and how its cache, its store and its registry stand now.
import { US_PER_SECOND, type Us } from "../../sdk/time.ts";
import type { StoreStats } from "../store/port.ts";
import { Exposition, type Format } from "./exposition.ts";
import type { Metrics } from "./metrics.ts";
import type { ProjectState } from "./project-state.ts";
import { writeStoreStats } from "./store-stats.ts";
import { VERSION } from "./version.ts";

export interface PageParts {
  readonly metrics: Metrics;
  readonly project: string;
  readonly environment: string;
  readonly nowUs: Us;
  readonly cache: { readonly rows: number; readonly bytes: number };
  readonly cacheLimits: { readonly rows: number; readonly bytes: number };
  readonly registry: {
    readonly hash: string;
    /** null before the store was asked. */ readonly ageS: number | null;
  } | null;
  readonly state: ProjectState;
  /** null where the store does not count. */
  readonly stats: StoreStats | null;
}

/** Returns the page in a format of Prometheus. */
export function metricsPage(format: Format, parts: PageParts): string {
  const page = new Exposition(format);
  parts.metrics.write(page);
  writeCache(page, parts);
  writeStore(page, parts);
  writeFreshness(page, parts);
  writeIsolate(page, parts);
  return page.end();
}

function writeCache(page: Exposition, { cache, cacheLimits }: PageParts): void {
  page.gauge("edgefeat_cache_rows", "Rows in the local cache.").sample(cache.rows);
  page.gauge("edgefeat_cache_limit_rows", "The most rows in the local cache.").sample(cacheLimits.rows);
  page.gauge("edgefeat_cache_bytes", "Bytes of the local cache, by estimate.").sample(cache.bytes);
  page.gauge("edgefeat_cache_limit_bytes", "The most bytes of the local cache.").sample(cacheLimits.bytes);
}

function writeStore(page: Exposition, { state: { storeUp, status }, stats }: PageParts): void {
  const up = page.gauge("edgefeat_store_up", "Whether the store answered /metrics last.");
  if (storeUp !== null) up.sample(storeUp ? 1 : 0);
  const evicts = page.gauge(
    "edgefeat_store_may_evict",
    "Whether the store may evict rows, which then read as NOT_FOUND. Absent where it can't tell.",
  );
  if (status !== null && status.keepsRows !== null) evicts.sample(status.keepsRows ? 0 : 1);
  const used = page.gauge("edgefeat_store_used_bytes", "What the store holds. Absent where it can't tell.");
  const limit = page.gauge("edgefeat_store_limit_bytes", "What fits into the store. Absent where it can't tell.");
  if (status !== null && status.usedBytes !== null) used.sample(status.usedBytes);
  if (status !== null && status.limitBytes !== null) limit.sample(status.limitBytes);
  const unreachable = page.gauge("edgefeat_store_part_unreachable", "1 for a part of the store that does not answer.");
  for (const store of status?.unreachable ?? []) unreachable.sample(1, { store });
  const warnings = page.gauge("edgefeat_store_warnings", "Things the store warns of; the log has their words.");
  if (status !== null) warnings.sample(status.warnings.length);
  writeStoreStats(page, stats);
}

function writeFreshness(page: Exposition, { state: { views }, nowUs }: PageParts): void {
  const behind = page.gauge(
    "edgefeat_view_freshness_seconds",
    "Now less the end of the view's materialization that reached furthest.",
  );
  for (const { view, version, endUs } of views) behind.sample((nowUs - endUs) / US_PER_SECOND, { view, version });
  const declared = views.flatMap(({ limitUs, ...view }) => (limitUs === null ? [] : [{ ...view, limitUs }]));
  const limits = page.gauge(
    "edgefeat_view_freshness_limit_seconds",
    "How far an active view may be behind, as declared.",
  );
  for (const { view, version, limitUs } of declared) limits.sample(limitUs / US_PER_SECOND, { view, version });
  const exceeded = page.gauge("edgefeat_view_freshness_exceeded", "Whether an active view is further behind.");
  for (const { view, version, endUs, limitUs } of declared) {
    exceeded.sample(nowUs - endUs > limitUs ? 1 : 0, { view, version });
  }
}

function writeIsolate(page: Exposition, { metrics, project, environment, registry }: PageParts): void {
  page.info("edgefeat_build", "The build that answers.").sample({ version: VERSION });
  const known = page.info("edgefeat_registry", "The registry snapshot that answers.");
  if (registry !== null) known.sample({ project, environment, hash: registry.hash });
  const age = page.gauge(
    "edgefeat_registry_snapshot_age_seconds",
    "Time since the store was last seen to point to that snapshot.",
  );
  if (registry !== null && registry.ageS !== null) age.sample(registry.ageS);
  page
    .gauge("edgefeat_isolate_start_time_seconds", "When this isolate began, since the epoch.")
    .sample(metrics.startedAtUs / US_PER_SECOND);
}
