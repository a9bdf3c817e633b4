// A set of definitions in which each test can change one thing: a view of each kind, and two services.
import {
  type Aggregation,
  avg,
  count,
  entity,
  featureService,
  type FeatureView,
  featureView,
  type Field,
  float64,
  int64,
  onDemandView,
  parquet,
  requestSource,
  string,
  sum,
  timestamp,
} from "../../../sdk/index.ts";
import { collectDefinitions, type Compiled, compileDefinitions } from "../../../sdk/registry/index.ts";
import type { ValueType } from "../../../sdk/types/index.ts";

const schema = { user_id: int64(), at: timestamp(), amount: float64(), cents: int64(), shop: string() };
type Meta = Parameters<typeof featureView>[1] extends infer O ? Partial<O> : never;

export interface Changes {
  path?: string;
  key?: string;
  entityDescription?: string;
  ttl?: string | undefined;
  profileFeatures?: Record<string, Field>;
  profileMeta?: Partial<Meta>;
  aggregations?: Record<string, Aggregation>;
  spendMeta?: Partial<Meta>;
  inputs?: (spend: FeatureView, profile: FeatureView) => readonly any[];
  request?: Record<string, Field>;
  riskFeatures?: Record<string, Field>;
  expressions?: Record<string, string>;
  transform?: (row: Record<string, unknown>) => Record<string, unknown>;
  riskMeta?: object;
  services?: (views: { profile: FeatureView; spend: FeatureView; risk: any }) => Record<string, readonly any[]>;
  serviceMeta?: object;
}

/** Returns the definitions: `profile` stored, `spend` aggregated, `risk` on-demand over spend, services `model` and `shop`. */
export function define(changes: Changes = {}): Record<string, unknown> {
  const key = changes.key ?? "user_id";
  const user = entity("user", {
    joinKey: key,
    type: int64(),
    ...(changes.entityDescription === undefined ? {} : { description: changes.entityDescription }),
  });
  const events = parquet("events", {
    path: changes.path ?? "events.parquet",
    eventTime: "at",
    schema: { [key]: int64(), ...schema },
  });
  const ttl = "ttl" in changes ? changes.ttl : "7d";
  const profile = featureView("profile", {
    entities: [user],
    source: events,
    ...(ttl === undefined ? {} : { ttl }),
    features: changes.profileFeatures ?? { shop: string(), cents: int64({ default: 0 }) },
    ...(changes.profileMeta as object),
  });
  const spend = featureView("spend", {
    entities: [user],
    source: events,
    aggregations: changes.aggregations ?? { events_1d: count("1d"), spent_1d: sum("amount", "1d") },
    ...(changes.spendMeta as object),
  });
  const given = requestSource("given", changes.request ?? { limit: float64() });
  const views = changes.inputs?.(spend, profile) ?? [spend];
  const risk = onDemandView("risk", {
    inputs: [...views, given],
    features: changes.riskFeatures ?? { share: float64() },
    ...(changes.transform === undefined
      ? { expressions: changes.expressions ?? { share: "spent_1d / limit" } }
      : { transform: changes.transform }),
    ...changes.riskMeta,
  });
  const parts = changes.services?.({ profile: profile, spend: spend, risk }) ?? {
    model: [profile, risk],
    shop: [profile.pick("shop" as never)],
  };
  const services = Object.entries(parts).map(([name, features]) =>
    featureService(name, { features: features as never, ...changes.serviceMeta }),
  );
  return Object.fromEntries([profile, spend, risk, ...services].map((definition, i) => [`d${i}`, definition]));
}

/** Returns definitions compiled; `columns` are the files' columns by source. */
export function compile(
  definitions: Record<string, unknown>,
  columns: Record<string, Record<string, ValueType>> = {},
): Compiled {
  return compileDefinitions(collectDefinitions(definitions), { columnsOf: (source) => columns[source.name] });
}

export const moreAggregations = { events_1d: count("1d"), spent_1d: sum("amount", "1d"), mean_1d: avg("amount", "1d") };
