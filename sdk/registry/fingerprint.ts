// A view's fingerprint: the hash of all that changes its values, and of nothing else (SEMANTICS 7.1).
import { hashOf } from "./canonical.ts";
import type { ViewSpec } from "./snapshot.ts";

/** Returns a view's spec without what never changes a value: whom to ask, descriptions, tags, freshness, schedule. */
export function valuesOf(spec: ViewSpec) {
  const { owner, description, tags, freshness, schedule, ...values } = spec;
  return { ...values, features: values.features.map(({ description: _, ...feature }) => feature) };
}

/** Returns the fingerprint of a view. `inputs` are the fingerprints of an on-demand view's input views, in order. */
export function fingerprint(spec: ViewSpec, inputs: readonly string[] = []): string {
  return hashOf({ ...valuesOf(spec), inputFingerprints: inputs });
}
