// What the plan's tests ask for: a stored and an aggregated view of airports, one of routes, and views computed from them.
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
  requestSource,
  string,
  sum,
  timestamp,
} from "../../../sdk/index.ts";
import { type FeaturePlan, planFeatures, type Transforms } from "../../../sdk/plan/index.ts";
import {
  collectDefinitions,
  compileDefinitions,
  type Snapshot,
  snapshotOf,
  transformHash,
} from "../../../sdk/registry/index.ts";

export const airport = entity("airport", { joinKey: "origin", type: string() });
export const route = entity("route", { joinKeys: { origin: string(), destination: string() } });
export const flights = csv("flights", {
  path: "flights.csv",
  eventTime: "date",
  schema: {
    origin: string(),
    destination: string(),
    date: timestamp(),
    delay: int64(),
    distance: float64(),
    carrier: string(),
  },
});
export const last = featureView("last", {
  entities: [airport],
  source: flights,
  features: { delay: int64({ default: -1 }), distance: float64(), carrier: string() },
});
export const recent = featureView("recent", {
  entities: [airport],
  source: flights,
  aggregations: {
    flights_1d: count("1d"),
    mean_1d: avg("delay", "1d", { default: 0 }),
    miles_1d: sum("distance", "1d"),
  },
});
export const pairs = featureView("pairs", { entities: [route], source: flights, features: { distance: float64() } });
export const trip = requestSource("trip", { minutes: float64(), pet: string() });
export const risk = onDemandView("risk", {
  inputs: [recent, pairs, trip],
  features: { ratio: float64(), busy: int64({ default: 7 }), named: string() },
  expressions: { ratio: "mean_1d / minutes", busy: "flights_1d > 100 ? 1 : null", named: "pet + '!'" },
});
export const far = onDemandView("far", {
  inputs: [last, last.withName("there").withJoinKeyMap({ origin: "destination" })],
  features: { gap: float64(), sum: int64() },
  expressions: { gap: "there__distance - last__distance", sum: "last__delay + there__delay" },
});
export const coded = onDemandView("coded", {
  inputs: [last, trip],
  features: { twice: int64(), label: string({ default: "none" }) },
  transform: (row) => ({
    twice: (row.delay ?? 0n) * 2n,
    label: row.carrier === null ? null : `${row.carrier} ${row.minutes}`,
  }),
});
export const model = featureService("model", { features: [recent.pick("mean_1d"), last, risk.pick("ratio"), far] });
export const both = featureService("both", {
  features: [
    last.pick("delay"),
    last.withName("dest").withJoinKeyMap({ origin: "destination" }).pick("delay", "carrier"),
  ],
});
export const definitions = { last, recent, pairs, risk, far, coded, model, both };
export const compile = (exports: Record<string, unknown>) =>
  compileDefinitions(collectDefinitions(exports), { columnsOf: () => undefined });
/** Returns a snapshot of these definitions, every view active. */
export const snapshotFrom = (exports: Record<string, unknown>): Snapshot => snapshotOf("p", "dev", compile(exports));
export const snapshot = snapshotFrom(definitions);
export const NONE: Transforms = new Map();
export const transform = coded.transform as NonNullable<typeof coded.transform>;
export const BUNDLED: Transforms = new Map([["coded", { codeHash: transformHash(transform), transform }]]);

/** Returns the plan of features of the fixture. */
export const plan = (...features: string[]): FeaturePlan => planFeatures(snapshot, { features }, BUNDLED);
