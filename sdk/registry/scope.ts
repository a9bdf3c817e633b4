// The names that an on-demand view's expressions and transforms can read, with their types.
import { EdgefeatError } from "../errors.ts";
import { lookUp } from "../shape.ts";
import { parseTypeName, sameType, type ValueType } from "../types/index.ts";
import type { FeatureSpec, OnDemandViewSpec, ViewSpec } from "./snapshot.ts";

/** Where a name of the scope comes from: a feature of an input, or a field of the request. */
export type ScopeEntry =
  | { readonly from: "feature"; readonly input: number; readonly feature: string; readonly type: ValueType }
  | { readonly from: "request"; readonly field: string; readonly type: ValueType };

/**
 * Returns the scope by name: each input feature by its own name where no other input has that name, and always by
 * `view__feature`; each request field by its name.
 * @throws definition_invalid for two features of one `view__feature`, and for a request field that has the name of an
 *   input feature, or has two types
 */
export function onDemandEntries(
  name: string,
  spec: OnDemandViewSpec,
  viewSpec: (view: string, input: number) => ViewSpec,
): ReadonlyMap<string, ScopeEntry> {
  const byName = new Map<string, ScopeEntry>();
  const byFullName = new Map<string, ScopeEntry>();
  const ambiguous = new Set<string>();
  for (const [i, input] of spec.inputs.entries()) {
    const inputSpec = viewSpec(input.view, i);
    if (inputSpec.kind === "onDemand") {
      throw new EdgefeatError(
        "definition_invalid",
        `on-demand view "${name}": its input "${input.view}" is on-demand too`,
        { hint: "inputs are stored or aggregated views, and request sources" },
      );
    }
    const features: Record<string, FeatureSpec> = Object.fromEntries(inputSpec.features.map((f) => [f.name, f]));
    for (const featureName of input.features) {
      const feature = lookUp(features, featureName, `feature in view "${input.view}" called`, "unknown_feature");
      const entry: ScopeEntry = { from: "feature", input: i, feature: featureName, type: parseTypeName(feature.type) };
      const fullName = `${input.as}__${featureName}`;
      if (byFullName.has(fullName)) throw twoInputs(name, fullName, "give one of them another name with .withName(…)");
      if (byName.has(featureName)) ambiguous.add(featureName);
      byName.set(featureName, entry);
      byFullName.set(fullName, entry);
    }
  }
  const request = new Map<string, ScopeEntry>();
  for (const { name: field, type: text } of spec.request) {
    const type = parseTypeName(text);
    const other = byName.get(field) ?? byFullName.get(field) ?? request.get(field);
    if (other !== undefined && !(other.from === "request" && sameType(other.type, type)))
      throw twoInputs(name, field, "rename the request field");
    request.set(field, { from: "request", field, type });
  }
  for (const featureName of ambiguous) byName.delete(featureName);
  return new Map([...byName, ...byFullName, ...request]);
}

function twoInputs(view: string, name: string, hint: string): EdgefeatError {
  return new EdgefeatError("definition_invalid", `on-demand view "${view}": two inputs are called "${name}"`, { hint });
}

/** Returns the types of the scope's names, as expressions are checked against them. */
export function onDemandScope(
  name: string,
  spec: OnDemandViewSpec,
  viewSpec: (view: string, input: number) => ViewSpec,
): Record<string, ValueType> {
  return Object.fromEntries([...onDemandEntries(name, spec, viewSpec)].map(([key, entry]) => [key, entry.type]));
}
