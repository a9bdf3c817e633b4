// A file of payments with a column of most types, and definitions of one view over it.
import {
  entity,
  featureView,
  float64,
  int64,
  onDemandView,
  parquet,
  requestSource,
  string,
} from "../../../sdk/index.ts";
import { parseTypeName, type ValueType } from "../../../sdk/types/index.ts";

export const types = (columns: Record<string, string>): Record<string, ValueType> =>
  Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, parseTypeName(type)]));

export const user = entity("user", { joinKey: "user_id", type: int64() });
export const events = parquet("events", { path: "events.parquet", eventTime: "at" });
export const columns = {
  events: types({
    user_id: "int64",
    at: "timestamp",
    amount: "float64",
    cents: "int64",
    small: "int32",
    ratio: "float32",
    shop: "string",
    paid: "bool",
    due: "timestamp",
    price: "decimal(10,2)",
    tags: "list<string>",
  }),
};
export const stored = (
  features: Parameters<typeof featureView>[1] extends infer _ ? Record<string, any> : never,
  more: object = {},
) => ({
  v: featureView("v", { entities: [user], source: events, features, ...more }),
});
export const windows = (aggregations: Record<string, any>, source = events) => ({
  v: featureView("v", { entities: [user], source, aggregations }),
});
export const profile = featureView("profile", {
  entities: [user],
  source: events,
  features: { amount: float64(), shop: string() },
});
export const given = requestSource("given", { limit: float64() });
export const onDemand = (expression: string, inputs: readonly any[] = [profile, given], type = float64() as any) => ({
  o: onDemandView("o", { inputs, features: { r: type }, expressions: { r: expression } }),
});
