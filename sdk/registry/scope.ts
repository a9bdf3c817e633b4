// The names that an on-demand view's expressions and transforms can read, with their types.
import { EdgefeatError } from "../errors.ts";
import { lookUp } from "../shape.ts";
import { parseTypeName, type ValueType } from "../types/index.ts";
import type { FeatureSpec, OnDemandViewSpec, ViewSpec } from "./snapshot.ts";

/** Where a name of the scope comes from: a feature of an input, or a field of the request. */
export type ScopeEntry =
  | { readonly from: "feature"; readonly input: number; readonly feature: string; readonly type: ValueType }
  | { readonly from: "request"; readonly field: string; readonly type: ValueType };

/**
 * Returns the scope by name: each input feature by its own name where no other input has that name, and always by
 * `view__feature`; each request field by its name.
 * @throws definition_invalid for a request field that has the name of an input feature, or has two types
 */
export function onDemandEntries(
  name: string,
  spec: OnDemandViewSpec,
  viewSpec: (view: string) => ViewSpec,
): ReadonlyMap<string, ScopeEntry> {
  const entries = new Map<string, ScopeEntry>();
  const ambiguous = new Set<string>();
  for (const [i, input] of spec.inputs.entries()) {
    const inputSpec = viewSpec(input.view);
    if (inputSpec.kind === "onDemand") {
      throw new EdgefeatError("definition_invalid", `on-demand view "${name}": its input "${input.view}" is on-demand too`, {
        hint: "inputs are stored or aggregated views, and request sources",
      });
    }
    const features: Record<string, FeatureSpec> = Object.fromEntries(inputSpec.features.map((f) => [f.name, f]));
    for (const featureName of input.features) {
      const feature = lookUp(features, featureName, `feature in view "${input.view}" called`, "unknown_feature");
      const entry: ScopeEntry = { from: "feature", input: i, feature: featureName, type: parseTypeName(feature.type) };
      if (entries.has(featureName)) ambiguous.add(featureName);
      entries.set(featureName, entry);
      entries.set(`${input.as}__${featureName}`, entry);
    }
  }
  for (const { name: field, type } of spec.request) {
    const other = entries.get(field);
    if (other !== undefined && !(other.from === "request" && JSON.stringify(other.type) === JSON.stringify(parseTypeName(type)))) {
      throw new EdgefeatError("definition_invalid", `on-demand view "${name}": two inputs are called "${field}"`, {
        hint: "rename the request field",
      });
    }
    entries.set(field, { from: "request", field, type: parseTypeName(type) });
  }
  for (const featureName of ambiguous) entries.delete(featureName);
  return entries;
}

/** Returns the types of the scope's names, as expressions are checked against them. */
export function onDemandScope(
  name: string,
  spec: OnDemandViewSpec,
  viewSpec: (view: string) => ViewSpec,
): Record<string, ValueType> {
  return Object.fromEntries([...onDemandEntries(name, spec, viewSpec)].map(([key, entry]) => [key, entry.type]));
}
