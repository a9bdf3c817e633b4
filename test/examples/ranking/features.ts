// What is known of a flight before it leaves: how its airports and its route have been running, and its airports' habits.
import {
  avg,
  count,
  csv,
  entity,
  featureService,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  requestSource,
  string,
  timestamp,
  vector,
} from "edgefeat";

const origin = entity("origin", { type: string() });
const destination = entity("destination", { type: string() });
const route = entity("route", { joinKeys: { origin: string(), destination: string() } });
const airport = entity("airport", { joinKey: "iata", type: string() });

/** An event is a landing: how late a flight is nobody knows before. */
const landings = parquet("landings", {
  path: ".edgefeat/landings.parquet",
  eventTime: "landed",
  schema: { landed: timestamp(), origin: string(), destination: string(), delay: int64() },
});

const LATE = { where: "delay > 15" };

export const fromAirport = featureView("from_airport", {
  entities: [origin],
  source: landings,
  description: "Flights from the airport that have landed",
  aggregations: {
    from_delay_3h: avg("delay", "3h"),
    from_flights_1d: count("1d"),
    from_late_1d: count("1d", LATE),
  },
});

export const toAirport = featureView("to_airport", {
  entities: [destination],
  source: landings,
  description: "Flights to the airport that have landed",
  aggregations: {
    to_delay_3h: avg("delay", "3h"),
    to_flights_1d: count("1d"),
    to_late_1d: count("1d", LATE),
  },
});

export const onRoute = featureView("on_route", {
  entities: [route],
  source: landings,
  aggregations: {
    route_delay_1d: avg("delay", "1d"),
    route_flights_7d: count("7d"),
    route_late_7d: count("7d", LATE),
    route_delay_7d: avg("delay", "7d"),
  },
});

/** An airport's embedding: the coefficients of how late its flights are by the hour, which profiles.ts fits. */
export const habits = featureView("habits", {
  entities: [airport],
  source: parquet("profiles", { path: ".edgefeat/profiles.parquet", eventTime: "fitted" }),
  features: {
    leaving: vector(7, { description: "of flights from the airport, by the hour they leave" }),
    bound: vector(7, { description: "of flights to the airport, by the hour they leave" }),
  },
});

export const places = featureView("places", {
  entities: [airport],
  source: csv("airports", {
    path: "../../../node_modules/vega-datasets/data/airports.csv",
    schema: { iata: string(), latitude: float64(), longitude: float64() },
  }),
  features: { latitude: float64(), longitude: float64() },
});

const trip = requestSource("trip", { departure: timestamp() });

const HOUR = "(hour(departure) + minute(departure) / 60.0)";
/** The hour as profiles.ts has it: a constant, and three waves a day. */
const WAVES = `[1.0, ${[24, 12, 8].map((hours) => `sin_cycle(${HOUR}, ${hours}.0), cos_cycle(${HOUR}, ${hours}.0)`).join(", ")}]`;

export const flight = onDemandView("flight", {
  inputs: [
    onRoute,
    fromAirport,
    toAirport,
    habits.withName("origin_habits").withJoinKeyMap({ iata: "origin" }),
    habits.withName("destination_habits").withJoinKeyMap({ iata: "destination" }),
    places.withName("origin_place").withJoinKeyMap({ iata: "origin" }),
    places.withName("destination_place").withJoinKeyMap({ iata: "destination" }),
    trip,
  ],
  features: {
    hour: float64(),
    hours_ahead: float64({ description: "until departure" }),
    leaving_at_hour: float64({ description: "how late flights from the origin are at that hour" }),
    bound_at_hour: float64({ description: "how late flights to the destination are at that hour" }),
    alike: float64({ description: "of the two airports' habits" }),
    kilometres: float64(),
    from_late_rate: float64(),
    to_late_rate: float64(),
    route_late_rate: float64({ description: "drawn towards the network's where flights are few" }),
  },
  expressions: {
    hour: HOUR,
    hours_ahead: "seconds_between(request_time(), departure) / 3600.0",
    leaving_at_hour: `dot(origin_habits__leaving, ${WAVES})`,
    bound_at_hour: `dot(destination_habits__bound, ${WAVES})`,
    alike: "cosine_similarity(origin_habits__leaving, destination_habits__bound)",
    kilometres:
      "haversine_km(origin_place__latitude, origin_place__longitude, destination_place__latitude, destination_place__longitude)",
    from_late_rate: "(from_late_1d + 2.0) / (from_flights_1d + 10.0)",
    to_late_rate: "(to_late_1d + 2.0) / (to_flights_1d + 10.0)",
    route_late_rate: "(route_late_7d + 4.0) / (route_flights_7d + 20.0)",
  },
});

export const lateness = featureService("lateness", {
  description: "What the model of late flights takes",
  features: [
    fromAirport.pick("from_delay_3h"),
    toAirport.pick("to_delay_3h"),
    onRoute.pick("route_delay_1d", "route_delay_7d"),
    habits.withName("destination_habits").withJoinKeyMap({ iata: "destination" }).pick("bound"),
    flight,
  ],
});
