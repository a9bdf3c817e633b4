// The definitions that the Worker's tests serve: one view of each kind, and one with a feature of every type.
import {
  avg,
  bool,
  bytes,
  count,
  decimal,
  entity,
  featureService,
  featureView,
  float32,
  float64,
  int32,
  int64,
  list,
  max,
  onDemandView,
  parquet,
  requestSource,
  string,
  sum,
  timestamp,
  vector,
} from "../../../sdk/index.ts";
import { collectDefinitions, type Compiled, compileDefinitions } from "../../../sdk/registry/index.ts";

const airport = entity("airport", { joinKey: "origin", type: string() });
const user = entity("user", { joinKey: "user_id", type: int64() });
const pair = entity("pair", { joinKeys: { user_id: int64(), item: string() } });

const flights = parquet("flights", {
  path: "flights.parquet",
  eventTime: "date",
  createdTime: "created",
  schema: {
    origin: string(),
    date: timestamp(),
    created: timestamp(),
    delay: int64(),
    distance: float64(),
    carrier: string(),
  },
});
const airports = parquet("airports", { path: "airports.parquet", schema: { origin: string(), city: string() } });
const ratings = parquet("ratings", {
  path: "ratings.parquet",
  eventTime: "at",
  schema: { user_id: int64(), item: string(), at: timestamp(), stars: int32() },
});

/** Stored, with a TTL, and a default for one of its features. */
export const lastFlight = featureView("last_flight", {
  entities: [airport],
  source: flights,
  ttl: "6h",
  features: { delay: int64(), distance: float64({ default: -1 }), carrier: string() },
});

/** A reference table: no event time, so always valid. */
export const airportInfo = featureView("airport_info", {
  entities: [airport],
  source: airports,
  features: { city: string() },
});

/** Stored, by a composite key, without TTL. */
export const rating = featureView("rating", { entities: [pair], source: ratings, features: { stars: int32() } });

export const delays = featureView("delays", {
  entities: [airport],
  source: flights,
  aggregations: {
    events_1h: count("1h"),
    delay_mean_1h: avg("delay", "1h"),
    delay_sum_1d: sum("delay", "1d"),
    distance_max_1d: max("distance", "1d", { default: 0 }),
  },
});

const trip = requestSource("trip", { scheduled: float64(), seats: int64() });

export const risk = onDemandView("risk", {
  inputs: [lastFlight, delays, trip],
  features: { ratio: float64(), per_seat: int64(), asked_at: timestamp(), far: bool({ default: false }) },
  expressions: {
    ratio: "delay_mean_1h / scheduled",
    per_seat: "delay / seats",
    asked_at: "request_time()",
    far: "distance > 1000.0",
  },
});

export const shout = onDemandView("shout", {
  inputs: [lastFlight],
  features: { loud: string() },
  transform: (row) => {
    if (row["carrier"] === "boom") throw new Error("secret of the transform");
    return { loud: row["carrier"] === null ? null : `${row["carrier"]}!` };
  },
});

/** The transform as it is bundled with a Worker. */
export const shoutTransform = shout.transform as NonNullable<typeof shout.transform>;

export const everything = featureView("everything", {
  entities: [user],
  source: parquet("all_types", {
    path: "all.parquet",
    eventTime: "at",
    schema: {
      user_id: int64(),
      at: timestamp(),
      a_bool: bool(),
      an_int32: int32(),
      an_int64: int64(),
      a_float32: float32(),
      a_float64: float64(),
      a_decimal: decimal(20, 4),
      a_string: string(),
      some_bytes: bytes(),
      a_time: timestamp(),
      names: list(string()),
      numbers: list(int64()),
      embedding: vector(3),
    },
  }),
  features: {
    a_bool: bool(),
    an_int32: int32(),
    an_int64: int64(),
    a_float32: float32(),
    a_float64: float64(),
    a_decimal: decimal(20, 4),
    a_string: string(),
    some_bytes: bytes(),
    a_time: timestamp(),
    names: list(string()),
    numbers: list(int64()),
    embedding: vector(3),
  },
});

export const model = featureService("model", {
  features: [delays, lastFlight.pick("delay"), risk.pick("ratio", "per_seat")],
});
export const route = featureService("route", {
  features: [airportInfo, airportInfo.withName("destination_info").withJoinKeyMap({ origin: "destination" })],
});

const all = { lastFlight, airportInfo, rating, delays, risk, shout, everything, model, route };

/** Returns definitions compiled; all of the above unless others are given. */
export function compiled(definitions: Record<string, unknown> = all): Compiled {
  return compileDefinitions(collectDefinitions(definitions), { columnsOf: () => undefined });
}
