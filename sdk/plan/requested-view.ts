// The version of a view that a reference means, and what is wrong where it means none.
import { EdgefeatError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { type ProjectionSpec, type Snapshot, type ViewEntry, type ViewSpec, viewVersion } from "../registry/index.ts";

/**
 * Returns the version asked for, by default the active one, which answers whole.
 * @throws unknown_view, unknown_version, view_not_materialized, each with `pointer` where it is not empty
 */
export function resolveView(
  snapshot: Snapshot,
  { view, version }: ProjectionSpec,
  pointer: string,
): { readonly version: number; readonly spec: ViewSpec } {
  const { views } = snapshot;
  if (!Object.hasOwn(views, view) || (views[view] as ViewEntry).latest === null) {
    const known = Object.entries(views)
      .filter(([, { latest }]) => latest !== null)
      .map(([name]) => name);
    throw new EdgefeatError("unknown_view", `there is no view "${view}"`, {
      hint: didYouMean(view, known),
      ...at(pointer),
    });
  }
  const entry = views[view] as ViewEntry;
  const number = version ?? entry.active;
  if (number === null) throw notMaterialized(snapshot, view, entry, pointer);
  if (entry.versions[String(number)] === undefined) {
    throw new EdgefeatError("unknown_version", `view "${view}" has no version ${number}`, {
      hint: `it has ${Object.keys(entry.versions).join(", ")}`,
      ...at(pointer),
    });
  }
  const { spec, materialized } = viewVersion(view, entry, number);
  if (spec.kind !== "onDemand" && !materialized) throw notMaterialized(snapshot, view, entry, pointer);
  return { version: number, spec };
}

/** Returns the error of a feature that the version which answers does not have, though a later one may. */
export function unknownFeature(
  snapshot: Snapshot,
  projection: ProjectionSpec,
  name: string,
  pointer: string,
): EdgefeatError {
  const { view } = projection;
  const { latest, versions } = snapshot.views[view] as ViewEntry;
  const pending =
    latest !== null &&
    projection.version === null &&
    versions[String(latest)]?.spec.features.some((feature) => feature.name === name);
  if (pending) {
    return new EdgefeatError(
      "view_not_materialized",
      `"${view}:${name}" is in version ${latest}, which is not materialized yet`,
      { hint: `run "edgefeat materialize" for ${view}`, ...at(pointer) },
    );
  }
  const known = resolveView(snapshot, projection, pointer).spec.features.map((feature) => feature.name);
  return new EdgefeatError("unknown_feature", `view "${view}" has no feature "${name}"`, {
    hint: didYouMean(name, known),
    ...at(pointer),
  });
}

function notMaterialized(snapshot: Snapshot, view: string, entry: ViewEntry, pointer: string): EdgefeatError {
  const spec = entry.versions[String(entry.latest)]?.spec;
  const waiting =
    spec?.kind === "onDemand"
      ? spec.inputs.map((i) => i.view).filter((name) => snapshot.views[name]?.active === null)
      : [view];
  return new EdgefeatError(
    "view_not_materialized",
    `view "${view}" was applied, but ${waiting.join(", ") || "it"} was never materialized`,
    {
      hint: 'run "edgefeat materialize START END"',
      ...at(pointer),
    },
  );
}

/** Returns the member that places an error in the request; none for a definition. */
export function at(pointer: string): { pointer?: string } {
  return pointer === "" ? {} : { pointer };
}
