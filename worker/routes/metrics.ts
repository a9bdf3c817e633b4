// GET /metrics: this isolate's figures for Prometheus. In Workers a scrape meets one isolate of many, and the next scrape
// perhaps another; figures of all of them come from Analytics Engine.
import { acceptedFormat, CONTENT_TYPES, metricsPage, ProjectProbe } from "../metrics/index.ts";
import type { Route } from "./route.ts";

/** Returns the route; it remembers what the store said. */
export function createMetricsRoute(): Route {
  let probe: ProjectProbe | undefined;
  return {
    method: "GET",
    path: "/metrics",
    access: "read",
    async handle({ request, later }, { store, registry, cache, clock, config, metrics, observer }) {
      probe ??= new ProjectProbe({ store, registry, space: config, clock });
      const state = await probe.look(later);
      observer.warn("store_warning", state.status?.warnings ?? []);
      const { current, checkedAtMs } = registry;
      const ageS = (clock.elapsedMs() - checkedAtMs) / 1_000;
      const format = acceptedFormat(request.headers.get("accept"));
      const page = metricsPage(format, {
        metrics,
        project: config.project,
        environment: config.environment,
        nowUs: clock.nowUs(),
        cache: cache.size,
        cacheLimits: { rows: config.cacheRows, bytes: config.cacheBytes },
        registry: current === null ? null : { hash: current.hash, ageS: Number.isFinite(ageS) ? ageS : null },
        state,
        stats: store.stats?.() ?? null,
      });
      return new Response(page, { headers: { "content-type": CONTENT_TYPES[format], "cache-control": "no-store" } });
    },
  };
}
