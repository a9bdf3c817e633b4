// The files of a new repo: orders of three customers, and one view of each kind on them.
import { formatTime, US_PER_DAY, type Us } from "../time.ts";

/** Returns the files' texts by path; the sample's times lie in the days before `todayUs`, so that its windows are not empty. */
export function initFiles(project: string, todayUs: Us): Record<string, string> {
  const daysAgo = (days: number, time: string) => `${formatTime(todayUs - days * US_PER_DAY).slice(0, 10)}T${time}Z`;
  return {
    "edgefeat.config.ts": config(project),
    "features.ts": FEATURES,
    "data/orders.csv": orders(daysAgo),
    "entities.csv": entities(daysAgo),
    ".gitignore": ".edgefeat/\nlog/\nnode_modules/\n",
  };
}

const config = (project: string) => `import { defineConfig } from "edgefeat";

export default defineConfig({
  project: ${JSON.stringify(project)},
  definitions: "./features.ts",
  // The server that "edgefeat serve" runs here. Deployed: url, and token: env("EDGEFEAT_TOKEN").
  online: { type: "durable-object" },
});
`;

const FEATURES = `import {
  avg, count, csv, entity, featureService, featureView, float64, int64, onDemandView, requestSource, string, timestamp,
} from "edgefeat";

export const customer = entity("customer", { joinKey: "customer_id", type: int64() });

export const orders = csv("orders", {
  path: "data/orders.csv",
  eventTime: "ordered_at",
  schema: { customer_id: int64(), ordered_at: timestamp(), amount: float64(), channel: string() },
});

// Stored: the customer's latest order, as it was.
export const lastOrder = featureView("last_order", {
  entities: [customer],
  source: orders,
  ttl: "90d",
  features: { amount: float64({ description: "in euros" }), channel: string({ default: "none" }) },
});

// Aggregated: windows over the customer's orders.
export const orderStats = featureView("order_stats", {
  entities: [customer],
  source: orders,
  aggregations: { orders_30d: count("30d"), average_30d: avg("amount", "30d") },
});

// On demand: computed from features and from what only the request knows.
const basket = requestSource("basket", { amount: float64() });

export const basketRisk = onDemandView("basket_risk", {
  inputs: [orderStats, basket],
  features: { times_average: float64() },
  expressions: { times_average: "amount / average_30d" },
});

export const orderModel = featureService("order_model", { features: [lastOrder.pick("channel"), orderStats, basketRisk] });
`;

type DaysAgo = (days: number, time: string) => string;

const orders = (at: DaysAgo) => `customer_id,ordered_at,amount,channel
1,${at(58, "09:15:00")},40,web
2,${at(56, "18:40:00")},12.5,app
1,${at(41, "11:05:00")},60,app
3,${at(28, "07:55:00")},200,shop
2,${at(20, "20:30:00")},17.5,app
1,${at(16, "13:00:00")},80,web
`;

const entities = (at: DaysAgo) => `customer_id,event_timestamp,amount,returned
1,${at(40, "00:00:00")},80,false
2,${at(19, "00:00:00")},30,false
3,${at(29, "00:00:00")},10,true
1,${at(1, "00:00:00")},20,false
`;
