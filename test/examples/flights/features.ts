// The features of the flights example: how late an airport runs, what a route was like last, and what only a trip knows.
import {
  avg,
  count,
  csv,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  last,
  max,
  onDemandView,
  parquet,
  requestSource,
  string,
  sum,
  timestamp,
} from "edgefeat";

export const airport = entity("airport", { joinKey: "origin", type: string(), description: "where flights depart" });
export const route = entity("route", { joinKeys: { origin: string(), destination: string() } });
export const place = entity("place", { joinKey: "iata", type: string(), description: "a point on the map" });

const data = "../../../node_modules/vega-datasets/data";

/** Three million US flights of early 2001; delay in minutes, distance in miles. */
export const departures = parquet("departures", {
  path: `${data}/flights-3m.parquet`,
  eventTime: "date",
  schema: {
    date: timestamp(),
    delay: int64(),
    distance: int64(),
    origin: string(),
    destination: string(),
  },
});

/** A reference table: no event time, so always valid. */
export const airports = csv("airports", {
  path: `${data}/airports.csv`,
  schema: { iata: string(), latitude: float64(), longitude: float64() },
});

export const lastFlight = featureView("last_flight", {
  entities: [route],
  source: departures,
  ttl: "7d",
  description: "The latest flight of a route",
  features: { delay: int64({ description: "minutes" }), distance: int64({ description: "miles", default: 0 }) },
});

export const airportDelays = featureView("airport_delays", {
  entities: [airport],
  source: departures,
  description: "How late an airport has been running",
  aggregations: {
    departures_1h: count("1h"),
    departures_1d: count("1d"),
    late_departures_1d: count("1d", { where: "delay > 15" }),
    avg_delay_1h: avg("delay", "1h"),
    avg_delay_1d: avg("delay", "1d"),
    avg_delay_7d: avg("delay", "7d"),
    avg_delay_30d: avg("delay", "30d"),
    max_delay_7d: max("delay", "7d"),
    total_distance_30d: sum("distance", "30d"),
    last_destination_1d: last("destination", "1d"),
  },
});

export const coordinates = featureView("coordinates", {
  entities: [place],
  source: airports,
  features: { latitude: float64(), longitude: float64() },
});

const origin = coordinates.withName("origin_place").withJoinKeyMap({ iata: "origin" });
const destination = coordinates.withName("destination_place").withJoinKeyMap({ iata: "destination" });

/** What is known only when someone asks. */
export const trip = requestSource("trip", { departure: timestamp(), scheduled_minutes: float64() });

export const tripRisk = onDemandView("trip_risk", {
  inputs: [airportDelays, origin, destination, trip],
  features: {
    delay_ratio: float64({ description: "expected delay per scheduled minute" }),
    hour_sin: float64(),
    hour_cos: float64(),
    distance_km: float64({ description: "great circle" }),
    is_night: int64(),
  },
  expressions: {
    delay_ratio: "coalesce(avg_delay_1h, avg_delay_1d, avg_delay_7d) / scheduled_minutes",
    hour_sin: "sin_cycle(hour(departure) + minute(departure) / 60.0, 24.0)",
    hour_cos: "cos_cycle(hour(departure) + minute(departure) / 60.0, 24.0)",
    distance_km:
      "haversine_km(origin_place__latitude, origin_place__longitude, destination_place__latitude, destination_place__longitude)",
    is_night: "hour(departure) < 6 || hour(departure) >= 22 ? 1 : 0",
  },
});

export const delayModel = featureService("delay_model", {
  description: "What the delay model takes",
  features: [airportDelays, lastFlight, tripRisk],
});

export const airportModel = featureService("airport_model", {
  description: "What is known of an airport by itself",
  features: [airportDelays, coordinates],
});
