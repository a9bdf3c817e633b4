// What the Feast client asks for, as Edgefeat defines it; its twin for Feast's own registry is feast-client.py.
import {
  bool,
  bytes,
  entity,
  featureService,
  featureView,
  float32,
  float64,
  int32,
  int64,
  list,
  onDemandView,
  parquet,
  requestSource,
  string,
  timestamp,
  vector,
} from "edgefeat";

const user = entity("user", { joinKey: "user_id", type: int64() });
const driver = entity("driver", { joinKey: "driver_id", type: int64() });
const trip = entity("trip", { joinKeys: { driver_id: int64(), city: string() } });

const types = {
  a_bool: bool(),
  an_int32: int32(),
  an_int64: int64(),
  a_float32: float32(),
  a_float64: float64(),
  a_string: string(),
  a_time: timestamp(),
  strings: list(string()),
  integers: list(int64()),
  floats: list(float64()),
  embedding: vector(3),
};

/** A feature of each type that both sides have. The source calls its times otherwise than Feast's client does. */
export const everything = featureView("everything", {
  entities: [user],
  source: parquet("events", {
    path: "events.parquet",
    eventTime: "at",
    createdTime: "made",
    schema: { user_id: int64(), at: timestamp(), made: timestamp(), ...types },
  }),
  features: types,
});

export const blobs = featureView("blobs", {
  entities: [user],
  source: parquet("files", {
    path: "files.parquet",
    eventTime: "event_timestamp",
    schema: { user_id: int64(), event_timestamp: timestamp(), some_bytes: bytes() },
  }),
  features: { some_bytes: bytes() },
});

const hourly = parquet("driver_stats", {
  path: "driver_stats.parquet",
  eventTime: "event_timestamp",
  createdTime: "created",
});

export const driverHourlyStats = featureView("driver_hourly_stats", {
  entities: [driver],
  source: hourly,
  features: { conv_rate: float32(), acc_rate: float32(), avg_daily_trips: int32() },
});

export const tripsInCity = featureView("trips_in_city", {
  entities: [trip],
  source: parquet("trips", {
    path: "trips.parquet",
    eventTime: "event_timestamp",
    schema: { driver_id: int64(), city: string(), event_timestamp: timestamp(), trips: int64() },
  }),
  features: { trips: int64() },
});

/** Without an entity: Feast gives it a dummy one. */
export const rates = featureView("rates", {
  entities: [],
  source: parquet("rate_log", {
    path: "rates.parquet",
    eventTime: "event_timestamp",
    schema: { event_timestamp: timestamp(), rate: float64() },
  }),
  features: { rate: float64() },
});

const request = requestSource("request", { val_to_add: float64() });

export const adjusted = onDemandView("adjusted", {
  inputs: [driverHourlyStats, request],
  features: { conv_rate_plus: float64() },
  expressions: { conv_rate_plus: "conv_rate + val_to_add" },
});

export const driverModel = featureService("driver_model", {
  features: [driverHourlyStats.pick("conv_rate", "avg_daily_trips"), adjusted],
});
