// Workers Analytics Engine: one data point a request, for the figures of all isolates together.
//
// The columns of its SQL:
//   index1      method and route; points are sampled by it, so that a rare route keeps its own beside a busy one
//   blob1..7    project, environment, method, route, class of status ("2xx"), error code or "", views ("delays@1,prices@2")
//   double1, 2  status; duration in ms
//   double3..7  ms in plan, cache, store, transform, encode
//   double8     entity rows asked for
//   double9..12 rows of views: cache hits, misses, stale, refreshing
//   double13    reads of the store that the answer waited for
//   double14..16 rows of views: PRESENT, NOT_FOUND, OUTSIDE_MAX_AGE
//   double17    values null because of a fault
//   double18, 19 PRESENT rows that have an event time; the sum of their ages in seconds
// Where it samples, a point stands for `_sample_interval` requests: weigh every sum by it.
import type { KeySpace } from "../../sdk/rows/index.ts";
import type { Ms } from "../../sdk/time.ts";
import type { Trace, ViewTally } from "../serve/index.ts";
import type { RouteLabel } from "./request-metrics.ts";

export interface DataPoint {
  readonly indexes: string[];
  readonly blobs: string[];
  readonly doubles: number[];
}

/** A dataset of Workers Analytics Engine: what it is bound as. */
export interface AnalyticsDataset {
  writeDataPoint(point: DataPoint): void;
}

/** Its own limits: an index has 96 bytes, and all blobs of a point together 16 kB. */
const MAX_INDEX = 96;
const MAX_VIEWS_TEXT = 4_000;

/** Returns the data point of one answered request. */
export function dataPoint(
  trace: Trace,
  answer: { route: RouteLabel; status: number; elapsedMs: Ms },
  { project, environment }: KeySpace,
): DataPoint {
  const { route, status, elapsedMs } = answer;
  const { plan, cache, store, transform, encode } = trace.stagesMs;
  const views = trace.views ?? [];
  const sum = (of: (tally: ViewTally) => number) => views.reduce((total, tally) => total + of(tally), 0);
  return {
    indexes: [`${route.method} ${route.path}`.slice(0, MAX_INDEX)],
    blobs: [
      project,
      environment,
      route.method,
      route.path,
      `${Math.floor(status / 100)}xx`,
      trace.errorCode ?? "",
      views
        .map(({ view, version }) => `${view}@${version}`)
        .join(",")
        .slice(0, MAX_VIEWS_TEXT),
    ],
    doubles: [
      status,
      elapsedMs,
      plan,
      cache,
      store,
      transform,
      encode,
      trace.rows,
      trace.cacheHits,
      trace.cacheMisses,
      trace.cacheStale,
      trace.cacheRefreshing,
      trace.storeReads,
      sum(({ statuses }) => statuses.PRESENT),
      sum(({ statuses }) => statuses.NOT_FOUND),
      sum(({ statuses }) => statuses.OUTSIDE_MAX_AGE),
      trace.errors.length,
      sum(({ ages }) => ages.reduce((total, count) => total + count, 0)),
      sum(({ agesUs }) => agesUs) / 1_000_000,
    ],
  };
}
