// Registering and removing transforms: the snapshot with one under its name, or without it (SEMANTICS 5.3, 7.3).
import { EdgefeatError } from "../errors.ts";
import { lookUp } from "../shape.ts";
import { activate } from "./apply.ts";
import { canonicalJson } from "./canonical.ts";
import { checkReaders, readersOf } from "./check-service.ts";
import { definedVersion } from "./registered.ts";
import { type OnDemandViewSpec, type Snapshot, type ViewEntry, viewVersion } from "./snapshot.ts";
import { compileTransform, type ShownTransform, shownTransform, type TransformDefinition } from "./transform.ts";

/**
 * What a request expects to find under the name: nothing ("new"), nothing but what it would put there itself ("free"),
 * whatever it is ("any"), or one of these versions.
 */
export type ExpectedTransform = "new" | "free" | "any" | readonly string[];

export interface TransformChange {
  readonly snapshot: Snapshot;
  readonly version: number;
  /** False where the name had a version of these values already. */
  readonly created: boolean;
}

/** A transform as it is told. */
export interface TransformDescription {
  readonly name: string;
  readonly version: number;
  /** The version that answers; another than `version`, or null, while inputs wait to be materialized. */
  readonly active: number | null;
  readonly registeredBy: "api" | "definitions";
  /** The version that the definitions hold; null when they hold none. */
  readonly definitions: number | null;
  /** What PUT takes to make it. */
  readonly definition: ShownTransform;
}

/**
 * Returns the snapshot with a definition registered under a name, as a new version or the one that had its fingerprint.
 * It answers at once. Putting what is there changes nothing.
 * @throws as compileTransform; transform_conflict, registry_conflict with the version that is there
 */
export function registerTransform(
  snapshot: Snapshot,
  name: string,
  definition: TransformDefinition,
  expected: ExpectedTransform,
): TransformChange {
  const { spec, fingerprint } = compileTransform(snapshot, name, definition);
  const entry = Object.hasOwn(snapshot.views, name) ? (snapshot.views[name] as ViewEntry) : NONE;
  const { kind } = entry.latest === null ? spec : viewVersion(name, entry, entry.latest).spec;
  if (kind !== "onDemand") {
    throw new EdgefeatError("transform_conflict", `"${name}" is a feature view: ${kind}, not on-demand`, {
      hint: "give the transform another name",
    });
  }
  const known = Object.entries(entry.versions).find(([, version]) => version.fingerprint === fingerprint);
  const version = known === undefined ? nextVersion(entry) : Number(known[0]);
  const next: ViewEntry = {
    latest: version,
    active: version,
    versions: { ...entry.versions, [String(version)]: { fingerprint, materialized: false, spec } },
    registered: { definitions: definedVersion(entry) },
  };
  const repeated = canonicalJson(next) === canonicalJson(entry);
  if (repeated && expected !== "new") return { snapshot, version, created: false };
  checkExpected(name, entry.latest, expected);
  const changed = activate({ ...snapshot, views: { ...snapshot.views, [name]: next } });
  checkReaders(changed, name);
  return { snapshot: changed, version, created: version !== entry.latest };
}

const NONE: ViewEntry = { latest: null, active: null, versions: {} };

function nextVersion({ versions }: ViewEntry): number {
  return Math.max(0, ...Object.keys(versions).map(Number)) + 1;
}

/**
 * Returns the snapshot without the transform that was registered under a name; where the definitions hold one of that
 * name, it answers from now on. Its versions stay, so that a number never comes to mean something else.
 * @throws unknown_view; transform_conflict naming the services that list it, or when the definitions alone hold it;
 *   view_not_materialized when theirs could not answer; registry_conflict with the version that is there
 */
export function removeTransform(snapshot: Snapshot, name: string, expected: ExpectedTransform): Snapshot {
  const { entry } = lookUp(transformsOf(snapshot), name, "transform called", "unknown_view");
  checkExpected(name, entry.latest, expected);
  const { registered, ...rest } = entry;
  if (registered === undefined) {
    throw new EdgefeatError("transform_conflict", `"${name}" is in the definitions, not registered through the API`, {
      hint: 'remove it from the definitions and run "edgefeat apply"',
    });
  }
  const latest = registered.definitions;
  const services = latest === null ? readersOf(snapshot, name) : [];
  if (services.length > 0) {
    throw new EdgefeatError("transform_conflict", `"${name}" is listed by ${services.join(", ")}`, {
      hint: "take it out of these services in the definitions, and apply",
      details: { services },
    });
  }
  const views = { ...snapshot.views, [name]: { ...rest, latest, active: null } };
  const changed = activate({ ...snapshot, views });
  if (latest === null) return changed;
  if (changed.views[name]?.active !== latest) {
    throw new EdgefeatError(
      "view_not_materialized",
      `the definitions' version ${latest} of "${name}" can't answer yet`,
      {
        hint: "materialize its inputs first",
      },
    );
  }
  checkReaders(changed, name);
  return changed;
}

/** Returns every transform of a snapshot by name, those of the definitions too. */
export function listTransforms(snapshot: Snapshot): TransformDescription[] {
  return Object.keys(transformsOf(snapshot))
    .toSorted()
    .map((name) => describeTransform(snapshot, name));
}

/** Returns a transform as it is told. @throws unknown_view */
export function describeTransform(snapshot: Snapshot, name: string): TransformDescription {
  const { entry, version, spec } = lookUp(transformsOf(snapshot), name, "transform called", "unknown_view");
  return {
    name,
    version,
    active: entry.active,
    registeredBy: entry.registered === undefined ? "definitions" : "api",
    definitions: definedVersion(entry),
    definition: shownTransform(snapshot, spec),
  };
}

interface Found {
  readonly entry: ViewEntry;
  readonly version: number;
  readonly spec: OnDemandViewSpec;
}

function transformsOf({ views }: Snapshot): Record<string, Found> {
  return Object.fromEntries(
    Object.entries(views).flatMap(([name, entry]) => {
      const { latest: version } = entry;
      const spec = version === null ? undefined : viewVersion(name, entry, version).spec;
      return version !== null && spec?.kind === "onDemand" ? [[name, { entry, version, spec }] as const] : [];
    }),
  );
}

function checkExpected(name: string, latest: number | null, expected: ExpectedTransform): void {
  if (latest === null) {
    if (expected === "new" || expected === "free") return;
    throw new EdgefeatError("registry_conflict", `there is no transform "${name}" to replace`, {
      hint: "leave If-Match out to register it",
      details: { version: null },
    });
  }
  if (expected === "any" || (Array.isArray(expected) && expected.includes(String(latest)))) return;
  throw new EdgefeatError("registry_conflict", `"${name}" is at version ${latest}`, {
    hint: `to replace it, read it and send If-Match: "${latest}"`,
    details: { version: latest },
  });
}
