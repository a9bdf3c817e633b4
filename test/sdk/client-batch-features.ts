// Definitions whose rows can fail one by one: ids of a type, typed request data, integers that overflow.
import { csv, entity, featureService, featureView, int64, onDemandView, requestSource, string } from "edgefeat";

const user = entity("user", { joinKey: "user_id", type: int64() });

export const totals = featureView("totals", {
  entities: [user],
  source: csv("none", { path: "none.csv", eventTime: "at" }),
  ttl: "1d",
  features: { n: int64(), note: string() },
});

const factors = requestSource("factors", { factor: int64() });

const scaled = onDemandView("scaled", {
  inputs: [totals, factors],
  features: { product: int64() },
  expressions: { product: "n * factor" },
});

export const scaling = featureService("scaling", { features: [totals, scaled] });
