// The features of the notebook example, of which the command line, the Worker and the notebook's tab read this one file.
import {
  avg,
  count,
  entity,
  featureService,
  featureView,
  int64,
  onDemandView,
  parquet,
  requestSource,
  string,
  timestamp,
  float64,
} from "edgefeat";

export const airport = entity("airport", { joinKey: "origin", type: string(), description: "where flights depart" });
export const route = entity("route", { joinKeys: { origin: string(), destination: string() } });

/** Three million US flights of early 2001; delay in minutes, distance in miles. */
export const departures = parquet("departures", {
  path: "../../../node_modules/vega-datasets/data/flights-3m.parquet",
  eventTime: "date",
  schema: { date: timestamp(), delay: int64(), distance: int64(), origin: string(), destination: string() },
});

export const lastFlight = featureView("last_flight", {
  entities: [route],
  source: departures,
  ttl: "7d",
  description: "The latest flight of a route",
  features: { delay: int64({ description: "minutes" }), distance: int64({ description: "miles" }) },
});

export const airportDelays = featureView("airport_delays", {
  entities: [airport],
  source: departures,
  description: "How late an airport has been running",
  aggregations: { departures_1h: count("1h"), avg_delay_1h: avg("delay", "1h"), avg_delay_1d: avg("delay", "1d") },
});

/** What is known only when someone asks. */
export const trip = requestSource("trip", { scheduled_minutes: float64() });

export const tripRisk = onDemandView("trip_risk", {
  inputs: [airportDelays, trip],
  features: { delay_ratio: float64({ description: "expected delay per scheduled minute" }) },
  expressions: { delay_ratio: "coalesce(avg_delay_1h, avg_delay_1d) / scheduled_minutes" },
});

export const departureModel = featureService("departure_model", {
  description: "What the departure model takes",
  features: [airportDelays, lastFlight.withName("previous"), tripRisk],
});
