// What requests come to: by route and status, how long they and their stages took, what the cache spared.
import type { ErrorCode } from "../../sdk/errors.ts";
import type { Ms } from "../../sdk/time.ts";
import { type Stage, STAGES, type Trace } from "../serve/index.ts";
import type { Exposition } from "./exposition.ts";
import { Histogram } from "./histogram.ts";

/** What a route is called in metrics and logs: its pattern, never a path that somebody asked for. */
export interface RouteLabel {
  readonly method: string;
  readonly path: string;
}

/** Stands for what no route takes. Patterns begin with a slash, so none can be called so. */
export const UNMATCHED: RouteLabel = { method: "any", path: "unmatched" };

/**
 * Upper bounds of the latency buckets, from an answer out of memory to one that waited for a store's time limit. Those
 * below 1 ms are Node's: workerd's clock counts whole milliseconds, so what is shorter shows as 0 or as 1.
 */
export const LATENCY_BOUNDS_S = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
] as const;
const BOUNDS_MS: readonly Ms[] = LATENCY_BOUNDS_S.map((seconds) => seconds * 1_000);

/** Codes that alerts watch: told as 0 from the beginning, because a series that begins at 1 shows no increase. */
const WATCHED_CODES: readonly ErrorCode[] = ["internal_error", "store_unavailable", "store_conflict", "row_corrupt"];

const FIRST_STATUS = 100;
const STATUSES = 500;
const CLASSES = 6;

interface RouteCounts {
  readonly label: RouteLabel;
  /** By status less 100. */
  readonly statuses: Float64Array;
  /** By the status's first digit; null where it was never answered. */
  readonly durations: (Histogram | null)[];
}

export class RequestMetrics {
  /** By index in the app's routes, plus one: the first stands for what no route takes. */
  readonly #routes: readonly RouteCounts[];
  readonly #stages: Readonly<Record<Stage, Histogram>> = {
    plan: new Histogram(BOUNDS_MS),
    cache: new Histogram(BOUNDS_MS),
    store: new Histogram(BOUNDS_MS),
    transform: new Histogram(BOUNDS_MS),
    encode: new Histogram(BOUNDS_MS),
  };
  readonly #codes = new Map<ErrorCode, number>(WATCHED_CODES.map((code) => [code, 0]));
  #rows = 0;
  #hits = 0;
  #refreshing = 0;
  #misses = 0;
  #stale = 0;
  #storeReads = 0;

  constructor(routes: readonly RouteLabel[]) {
    this.#routes = [UNMATCHED, ...routes].map(({ method, path }) => ({
      label: { method, path },
      statuses: new Float64Array(STATUSES),
      durations: new Array<Histogram | null>(CLASSES).fill(null),
    }));
  }

  /** Counts one answered request. */
  record(trace: Trace, status: number, elapsedMs: Ms): void {
    const { statuses, durations } = this.#routes[trace.route + 1] as RouteCounts;
    statuses[status - FIRST_STATUS] = (statuses[status - FIRST_STATUS] as number) + 1;
    const histogram = (durations[Math.floor(status / 100)] ??= new Histogram(BOUNDS_MS));
    histogram.observe(elapsedMs);
    const { errorCode, stagesMs } = trace;
    if (errorCode !== null) this.#codes.set(errorCode, (this.#codes.get(errorCode) ?? 0) + 1);
    if (trace.views !== null) {
      this.#stages.plan.observe(stagesMs.plan);
      this.#stages.cache.observe(stagesMs.cache);
      this.#stages.transform.observe(stagesMs.transform);
      this.#stages.encode.observe(stagesMs.encode);
    }
    if (trace.storeReads > 0) this.#stages.store.observe(stagesMs.store);
    this.#rows += trace.rows;
    this.#hits += trace.cacheHits;
    this.#refreshing += trace.cacheRefreshing;
    this.#misses += trace.cacheMisses;
    this.#stale += trace.cacheStale;
    this.#storeReads += trace.storeReads;
  }

  write(page: Exposition): void {
    const requests = page.counter("edgefeat_http_requests", "Requests answered, by route and status.");
    for (const { label, statuses } of this.#routes) {
      for (const [i, count] of statuses.entries()) {
        if (count > 0) requests.sample(count, { method: label.method, route: label.path, status: FIRST_STATUS + i });
      }
    }
    const durations = page.histogram(
      "edgefeat_http_request_duration_seconds",
      "Time from a request to its answer, by route and class of status.",
    );
    for (const { label, durations: byClass } of this.#routes) {
      for (const [digit, histogram] of byClass.entries()) {
        if (histogram === null) continue;
        const labels = { method: label.method, route: label.path, status_class: `${digit}xx` };
        durations.series(labels, LATENCY_BOUNDS_S, histogram.counts, histogram.sum / 1_000);
      }
    }
    const errors = page.counter("edgefeat_http_errors", "Errors answered, by code.");
    for (const [code, count] of this.#codes) errors.sample(count, { code });
    const stages = page.histogram(
      "edgefeat_stage_duration_seconds",
      "Time of requests for features in a stage; of the store, those that waited for it.",
    );
    for (const stage of STAGES) {
      const { counts, sum } = this.#stages[stage];
      stages.series({ stage }, LATENCY_BOUNDS_S, counts, sum / 1_000);
    }
    const counted: readonly [name: string, count: number, help: string][] = [
      ["edgefeat_entity_rows", this.#rows, "Entity rows asked for."],
      ["edgefeat_cache_hits", this.#hits, "Rows of views taken from memory."],
      ["edgefeat_cache_misses", this.#misses, "Rows of views that were not in memory, or past their bound."],
      ["edgefeat_cache_refreshing", this.#refreshing, "Hits so old that they were read anew after the answer."],
      ["edgefeat_cache_stale", this.#stale, "Rows of views served past their bound because the store failed."],
      ["edgefeat_answer_store_reads", this.#storeReads, "Reads of the store that answers waited for."],
    ];
    for (const [name, count, help] of counted) page.counter(name, help).sample(count);
  }
}
