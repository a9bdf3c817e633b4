// A view's fingerprint: the hash of all that changes its values, and of nothing else (SEMANTICS 7.1).
import { hashOf } from "./canonical.ts";
import type { StoredViewSpec, ViewSpec } from "./snapshot.ts";

/**
 * Returns a view's spec without what never changes a value: whom to ask, descriptions, tags, freshness, schedule, caching,
 * and what pushes may bring, which only decides when an event counts.
 */
export function valuesOf(spec: ViewSpec) {
  const {
    owner,
    description,
    tags,
    freshness,
    schedule,
    cacheTtl,
    push,
    latenessUs,
    sourceColumns,
    select,
    ...values
  } = spec as ViewSpec & Pick<StoredViewSpec, "cacheTtl" | "select" | "push" | "latenessUs" | "sourceColumns">;
  const features = values.features.map(({ description: _, ...feature }) => feature);
  if ("source" in values) {
    // How the files are laid out and reached changes no value.
    const { partitions, s3, ...source } = values.source;
    values.source = source;
  }
  // Which columns a query is given changes no value, only whether it can run.
  return { ...values, select: select?.sql, features, artifacts: artifactValues(spec) };
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
