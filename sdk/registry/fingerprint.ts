// A view's fingerprint: the hash of all that changes its values, and of nothing else (SEMANTICS 7.1).
import { hashOf } from "./canonical.ts";
import type { ViewSpec } from "./snapshot.ts";

/** Returns a view's spec without what never changes a value: whom to ask, descriptions, tags, freshness, schedule, caching. */
export function valuesOf(spec: ViewSpec) {
  const { owner, description, tags, freshness, schedule, cacheTtl, ...values } = spec as ViewSpec & {
    cacheTtl?: string;
  };
  const features = values.features.map(({ description: _, ...feature }) => feature);
  return { ...values, features, artifacts: artifactValues(spec) };
}

/** None at all hash as they did before there were any. */
function artifactValues(spec: ViewSpec): Readonly<Record<string, object>> | undefined {
  const artifacts = Object.entries(spec.kind === "onDemand" ? (spec.artifacts ?? {}) : {});
  if (artifacts.length === 0) return undefined;
  return Object.fromEntries(artifacts.map(([name, { description: _, ...artifact }]) => [name, artifact]));
}

/** Returns the fingerprint of a view. `inputs` are the fingerprints of an on-demand view's input views, in order. */
export function fingerprint(spec: ViewSpec, inputs: readonly string[] = []): string {
  return hashOf({ ...valuesOf(spec), inputFingerprints: inputs });
}
