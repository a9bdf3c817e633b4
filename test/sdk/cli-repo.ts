// A small repo for tests of the command line: payments of users, with a view of each kind.

export const CONFIG = `import { defineConfig } from "edgefeat";
export default defineConfig({ project: "pay", definitions: "./features.ts" });
`;

export const FEATURES = `import {
  count, csv, entity, featureService, featureView, float64, int64, onDemandView, requestSource, string, sum,
} from "edgefeat";

const user = entity("user", { joinKey: "user_id", type: int64() });
const payments = csv("payments", { path: "data/payments.csv", eventTime: "at" });

export const lastPayment = featureView("last_payment", {
  entities: [user],
  source: payments,
  ttl: "7d",
  features: { amount: float64(), cents: int64({ default: 0 }), shop: string() },
});

export const paymentStats = featureView("payment_stats", {
  entities: [user],
  source: payments,
  aggregations: { payments_1d: count("1d"), spent_1d: sum("amount", "1d"), cents_1d: sum("cents", "1d") },
});

const request = requestSource("request", { limit: float64() });

export const risk = onDemandView("risk", {
  inputs: [paymentStats, request],
  features: { share: float64() },
  expressions: { share: "spent_1d / limit" },
});

export const riskModel = featureService("risk_model", { features: [lastPayment.pick("amount", "shop"), paymentStats, risk] });
`;

/** Times run from 2001-03-01 to 2001-03-03; user 9007199254740993 is beyond a double. */
export const PAYMENTS = `user_id,at,amount,cents,shop
1,2001-03-01T10:00:00Z,10,1000,books
1,2001-03-02T09:00:00Z,2.5,250,"food, fresh"
2,2001-03-02T12:00:00Z,7,9007199254740993,
9007199254740993,2001-03-03T00:00:00Z,1,100,music
`;

export const ENTITIES = `user_id,event_timestamp,limit,label
1,2001-03-02T09:00:00Z,100,a
1,2001-03-02T08:59:59Z,100,b
2,2001-03-02T11:00:00Z,5,c
9007199254740993,2001-03-04T00:00:00Z,2,d
`;

export const REPO = {
  "edgefeat.config.ts": CONFIG,
  "features.ts": FEATURES,
  "data/payments.csv": PAYMENTS,
  "entities.csv": ENTITIES,
};
