// A view's fingerprint: the hash of all that changes its values, and of nothing else (SEMANTICS 7.1).
import { hashOf } from "./canonical.ts";
import type { ViewSpec } from "./snapshot.ts";

/** Returns the fingerprint of a view. `inputs` are the fingerprints of an on-demand view's input views, in order. */
export function fingerprint(spec: ViewSpec, inputs: readonly string[] = []): string {
  const { owner, description, tags, freshness, schedule, ...values } = spec;
  const features = values.features.map(({ description: _, ...feature }) => feature);
  return hashOf({ ...values, features, inputFingerprints: inputs });
}
