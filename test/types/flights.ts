// The definitions that the type tests look at: one of each kind of view, with and without a source schema.
import {
  avg,
  bytes,
  count,
  decimal,
  entity,
  featureService,
  featureView,
  float64,
  int32,
  int64,
  last,
  list,
  max,
  onDemandView,
  parquet,
  requestSource,
  string,
  sum,
  timestamp,
  vector,
} from "edgefeat";

export const airport = entity("airport", { joinKey: "origin", type: string() });
export const departures = parquet("departures", { path: "flights.parquet", eventTime: "date" });
export const typedDepartures = parquet("typed_departures", {
  path: "flights.parquet",
  eventTime: "date",
  schema: {
    origin: string(),
    date: timestamp(),
    delay: int64(),
    distance: float64(),
    seats: int32(),
    carrier: string(),
  },
});

export const lastFlight = featureView("last_flight", {
  entities: [airport],
  source: departures,
  ttl: "6h",
  features: {
    delay: int64({ default: 0 }),
    distance: float64(),
    arrived: timestamp(),
    fare: decimal(10, 2),
    badge: bytes(),
    stops: list(string()),
    embedding: vector(3, { default: [0, 0, 0] }),
  },
});

export const delays = featureView("delays", {
  entities: [airport],
  source: departures,
  aggregations: { events: count("1d"), mean: avg("delay", "1h"), total: sum("delay", "1h"), worst: max("delay", "7d") },
});

export const typedDelays = featureView("typed_delays", {
  entities: [airport],
  source: typedDepartures,
  aggregations: {
    total_delay: sum("delay", "1h"),
    total_distance: sum("distance", "1h"),
    worst_delay: max("delay", "7d"),
    last_carrier: last("carrier", "7d"),
  },
});

export const trip = requestSource("trip", { scheduled_minutes: float64(), departs: timestamp() });

export const risk = onDemandView("risk", {
  inputs: [lastFlight, trip],
  features: { ratio: float64(), rushed: int64({ default: 0 }) },
  expressions: { ratio: "distance / scheduled_minutes", rushed: "scheduled_minutes < 60.0 ? 1 : 0" },
});

export const model = featureService("model", {
  features: [lastFlight.pick("delay", "distance", "badge", "embedding"), delays, typedDelays, risk.pick("ratio")],
});
