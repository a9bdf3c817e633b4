// Definitions with a feature of every type.
import {
  bool,
  bytes,
  csv,
  decimal,
  entity,
  featureService,
  featureView,
  float32,
  float64,
  int32,
  int64,
  list,
  string,
  timestamp,
  vector,
} from "edgefeat";

const user = entity("user", { joinKey: "user_id", type: int64() });

export const allTypes = featureView("all_types", {
  entities: [user],
  source: csv("none", { path: "none.csv", eventTime: "at" }),
  features: {
    bool: bool(),
    int32: int32(),
    int64: int64(),
    float32: float32(),
    float64: float64(),
    decimal: decimal(10, 2),
    string: string(),
    bytes: bytes(),
    timestamp: timestamp(),
    list: list(int64()),
    vector: vector(2),
  },
});

export const everything = featureService("everything", { features: [allTypes] });
