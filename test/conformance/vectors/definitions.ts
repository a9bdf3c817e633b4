// A conformance case's views as definitions of this store, with a service that asks for what the case asks.
import { entity, type Entity, featureService, featureView, onDemandView, parquet, requestSource } from "edgefeat";
import type { Compiled } from "../../../sdk/registry/index.ts";
import { checkValue } from "../../../sdk/types/index.ts";
import { snapshotFrom } from "../../support/snapshots.ts";
import {
  type AggregatedVectorView,
  type Cell,
  type OnDemandVectorView,
  type StoredVectorView,
  valueOf,
  valueTypeOf,
  type VectorCase,
  type VectorUse,
} from "./format.ts";

/** The service that asks for a case's features. */
export const SERVICE = "asked";

/** Returns a case's definitions, compiled. */
export function compiledOf(vector: VectorCase): Compiled {
  const entities = new Map<string, Entity>();
  const entityOf = (keys: Readonly<Record<string, string>>): readonly Entity[] => {
    if (Object.keys(keys).length === 0) return [];
    const id = JSON.stringify(keys);
    const known = entities.get(id) ?? entity(`entity_${entities.size}`, { joinKeys: fieldsOf(keys) });
    entities.set(id, known);
    return [known];
  };
  const sources = new Map(
    Object.entries(vector.sources).map(([name, { columns, rows: _, ...times }]) => [
      name,
      parquet(name, { path: `${name}.parquet`, schema: fieldsOf(columns), ...times }),
    ]),
  );
  const readable = new Map<string, any>();
  const use = ({ view, as, joinKeys, features }: VectorUse): any => {
    let used = readable.get(view);
    if (features !== undefined) used = used.pick(...features);
    if (as !== undefined) used = used.withName(as);
    return joinKeys === undefined ? used : used.withJoinKeyMap(joinKeys);
  };
  for (const [name, view] of Object.entries(vector.views)) {
    if (view.kind === "onDemand") readable.set(name, onDemandOf(name, view, use));
    else {
      const shared = { entities: entityOf(view.keys), source: sources.get(view.source) as never };
      readable.set(
        name,
        featureView(name, { ...shared, ...(view.kind === "stored" ? storedOf(view) : windowsOf(view)) } as never),
      );
    }
  }
  return snapshotFrom({ service: featureService(SERVICE, { features: vector.ask.map(use) }) }).compiled;
}

function fieldsOf(types: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, fieldOf(type, undefined, name)]));
}

function fieldOf(typeName: string, fallback: Cell | undefined, name: string) {
  const type = valueTypeOf(typeName);
  return fallback === undefined ? { type } : { type, default: checkValue(type, valueOf(type, fallback), name) };
}

function storedOf({ ttl, features }: StoredVectorView) {
  const fields = Object.entries(features).map(
    ([name, feature]) => [name, fieldOf(feature.type, feature.default, name)] as const,
  );
  return { ...(ttl === undefined ? {} : { ttl }), features: Object.fromEntries(fields) };
}

function windowsOf({ features }: AggregatedVectorView) {
  return { aggregations: features };
}

function onDemandOf(name: string, { inputs, request, features }: OnDemandVectorView, use: (use: VectorUse) => unknown) {
  const entries = Object.entries(features);
  return onDemandView(name, {
    inputs: [
      ...inputs.map(use),
      ...(request === undefined ? [] : [requestSource(`${name}_request`, fieldsOf(request))]),
    ] as never,
    features: Object.fromEntries(entries.map(([feature, f]) => [feature, fieldOf(f.type, f.default, feature)])),
    expressions: Object.fromEntries(entries.map(([feature, { expression }]) => [feature, expression])),
  });
}
