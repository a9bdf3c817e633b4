// What the parity suite serves: a stored, an aggregated and an on-demand view over one history, and every value type.
import {
  avg,
  bool,
  bytes,
  count,
  decimal,
  entity,
  featureService,
  featureView,
  first,
  float32,
  float64,
  int32,
  int64,
  last,
  list,
  max,
  min,
  onDemandView,
  parquet,
  requestSource,
  string,
  sum,
  timestamp,
  vector,
} from "edgefeat";

export const pair = entity("pair", { joinKeys: { k1: string(), k2: int64() } });

const schema = {
  k1: string(),
  k2: int64(),
  event_time: timestamp(),
  created: timestamp(),
  x: float64(),
  n: int64(),
  s: string(),
};
export const history = parquet("history", {
  path: "history.parquet",
  eventTime: "event_time",
  createdTime: "created",
  schema,
});

export const latest = featureView("latest", {
  entities: [pair],
  source: history,
  ttl: "1d",
  features: { x: float64(), n: int64({ default: -1 }), s: string() },
});

export const windows = featureView("windows", {
  entities: [pair],
  source: history,
  aggregations: {
    events_1h: count("1h"),
    n_sum_1d: sum("n", "1d"),
    x_sum_6h: sum("x", "6h", { where: "n > 0 || s == 'a'" }),
    x_avg_1d: avg("x", "1d"),
    x_min_1h: min("x", "1h", { default: 0 }),
    n_max_7s: max("n", "7s"),
    s_first_1d: first("s", "1d"),
    s_last_1d: last("s", "1d"),
    n_first_6h: first("n", "6h"),
    n_last_6h: last("n", "6h"),
    x_max_1h: max("x", "1h"),
    x_last_2h: last("x", "2h", { hop: "2h" }),
  },
});

const asked = requestSource("asked", { scale: float64() });

export const computed = onDemandView("computed", {
  inputs: [latest, windows, asked],
  features: { ratio: float64(), next: int64({ default: 0 }), shout: string(), wave: float64() },
  expressions: {
    ratio: "x_avg_1d / scale",
    // Overflows for the greatest integers: a fault online and offline alike.
    next: "n + 1",
    shout: "coalesce(s, s_first_1d, 'none') + '!'",
    wave: "sin(coalesce(x, 0.5) * scale)",
  },
});

export const model = featureService("model", { features: [latest, windows, computed] });

export const thing = entity("thing", { joinKey: "id", type: string() });
export const everything = featureView("everything", {
  entities: [thing],
  source: parquet("values", { path: "values.parquet", eventTime: "event_time" }),
  features: {
    a_bool: bool(),
    an_int32: int32(),
    an_int64: int64(),
    a_float32: float32(),
    a_float64: float64(),
    a_decimal: decimal(38, 5),
    a_string: string(),
    some_bytes: bytes(),
    a_timestamp: timestamp(),
    int64s: list(int64()),
    strings: list(string()),
    a_vector: vector(3),
  },
});
export const everythingModel = featureService("everything_model", { features: [everything] });
