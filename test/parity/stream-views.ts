// The views of a stream: windows of random aggregations whose hops nest, a stored view, and what is computed of both.
import fc from "fast-check";
import {
  type Aggregation,
  count,
  entity,
  featureView,
  float64,
  int32,
  int64,
  lifetime,
  onDemandView,
  parquet,
  string,
  timestamp,
} from "../../sdk/index.ts";
import {
  type AggregatedViewSpec,
  collectDefinitions,
  type Compiled,
  compileDefinitions,
} from "../../sdk/registry/index.ts";
import { US_PER_DAY } from "../../sdk/time.ts";
import { randomAggregation } from "../support/random-aggregations.ts";

/** Returns the views, called windows, latest and computed, each with `_${own}`; the feature f0 never loses a row. */
export function streamViews(seed: number, own: string): Compiled {
  const key = entity("key", { joinKey: "key", type: string() });
  const source = parquet(`events_${own}`, {
    path: "events.parquet",
    eventTime: "event_time",
    createdTime: "created",
    eventId: "id",
    schema: {
      id: string(),
      key: string(),
      event_time: timestamp(),
      created: timestamp(),
      x: float64(),
      cents: float64(),
      n: int64(),
      i: int32(),
      s: string(),
    },
  });
  const windows = (aggregations: Record<string, Aggregation>, push: boolean) =>
    featureView(`windows_${own}`, {
      entities: [key],
      source,
      aggregations,
      ...(push ? { push, lateness: "1h" } : {}),
    });
  const asked = fc.sample(randomAggregation, { seed: seed, numRuns: 9 });
  const all = Object.fromEntries([count(lifetime()), ...asked].map((aggregation, i) => [`f${i}`, aggregation]));
  const { features } = specOf(compiledOf({ key, source, view: windows(all, false) }), `windows_${own}`);
  const nested = features.filter(
    ({ hopUs }, i) =>
      features.slice(0, i + 1).every((other) => other.hopUs % hopUs === 0 || hopUs % other.hopUs === 0) &&
      US_PER_DAY % hopUs === 0,
  );
  const kept = Object.fromEntries(nested.map(({ name }) => [name, all[name] as Aggregation]));
  const view = windows(kept, true);
  const latest = featureView(`latest_${own}`, {
    entities: [key],
    source,
    push: true,
    ttl: "1d",
    features: { x: float64(), n: int64({ default: -7 }), s: string() },
  });
  const computed = onDemandView(`computed_${own}`, {
    inputs: [view, latest],
    features: { both: int64() },
    expressions: { both: "coalesce(f0, 0) + (is_null(x) ? 0 : 1)" },
  });
  return compiledOf({ key, source, view, latest, computed });
}

function compiledOf(definitions: Record<string, unknown>) {
  return compileDefinitions(collectDefinitions(definitions), { columnsOf: () => undefined });
}

function specOf({ views }: Compiled, view: string): AggregatedViewSpec {
  return views[view]?.spec as AggregatedViewSpec;
}
