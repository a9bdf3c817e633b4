// Views registered through the API, as applying definitions goes around them: they stay, the definitions' versions wait.
import { EdgefeatError } from "../errors.ts";
import type { PlannedView } from "./apply.ts";
import { checkReaders } from "./check-service.ts";
import { type OnDemandViewSpec, type Snapshot, type ViewEntry, viewVersion } from "./snapshot.ts";

/** A view that was registered through the API, which applying leaves alone. */
export interface RegisteredView {
  readonly name: string;
  readonly version: number;
  /** The version that the definitions hold, and that does not answer; null when they hold none. */
  readonly definitions: number | null;
  /** The inputs that it reads in another version than the definitions hold. */
  readonly behind: readonly { readonly view: string; readonly version: number; readonly latest: number }[];
}

/** Returns the version of a view that the definitions hold; null when they hold none. */
export function definedVersion({ latest, registered }: ViewEntry): number | null {
  return registered === undefined ? latest : registered.definitions;
}

/** Returns an entry as it would be without what was registered through the API. */
export function withoutRegistered(entry: ViewEntry | undefined): ViewEntry | undefined {
  if (entry?.registered === undefined) return entry;
  return { latest: definedVersion(entry), active: null, versions: entry.versions };
}

/** Returns a planned view as it waits behind the version that was registered through the API. */
export function behindRegistered(name: string, before: ViewEntry, { entry, change }: PlannedView): PlannedView {
  const { latest } = before;
  const { spec } = viewVersion(name, entry, entry.latest as number);
  if (spec.kind !== "onDemand") {
    throw new EdgefeatError(
      "transform_conflict",
      `the definitions hold "${name}" as a feature view, but a transform of that name is registered through the API`,
      { hint: `rename it, or delete the transform: DELETE /v1/transforms/${name}` },
    );
  }
  const versions = { ...entry.versions, [String(latest)]: viewVersion(name, before, latest as number) };
  const same = entry.latest === latest && change?.kind === "metadata";
  return {
    entry: { ...before, versions, registered: { definitions: entry.latest } },
    change: change === null || same ? null : { ...change, registered: latest as number },
  };
}

/** Returns what was registered through the API, checked against what is around it. @throws transform_conflict */
export function registeredViews(snapshot: Snapshot): RegisteredView[] {
  return Object.entries(snapshot.views).flatMap(([name, entry]) => {
    const { registered, latest } = entry;
    if (registered === undefined || latest === null) return [];
    checkReaders(snapshot, name);
    const { inputs } = viewVersion(name, entry, latest).spec as OnDemandViewSpec;
    const behind = inputs.flatMap(({ view, version }) => {
      const newest = snapshot.views[view]?.latest ?? null;
      if (newest === null) {
        throw new EdgefeatError(
          "transform_conflict",
          `the definitions no longer hold "${view}", which the transform "${name}", registered through the API, reads`,
          { hint: `keep the view, or delete the transform: DELETE /v1/transforms/${name}` },
        );
      }
      return version === null || version === newest ? [] : [{ view, version, latest: newest }];
    });
    return [{ name, version: latest, definitions: registered.definitions, behind }];
  });
}
