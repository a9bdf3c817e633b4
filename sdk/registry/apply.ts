// What applying definitions would change, and the snapshot that results (SEMANTICS 7.1, 7.2).
import { isStream } from "../definitions/place.ts";
import { lookUp } from "../shape.ts";
import { canonicalJson } from "./canonical.ts";
import type { Compiled, CompiledView } from "./compile.ts";
import { valuesOf } from "./fingerprint.ts";
import {
  behindRegistered,
  definedVersion,
  type RegisteredView,
  registeredViews,
  withoutRegistered,
} from "./registered.ts";
import {
  type ProjectionSpec,
  type ServiceSpec,
  type Snapshot,
  type ViewEntry,
  type ViewSpec,
  viewVersion,
} from "./snapshot.ts";

export type ChangeKind = "add" | "new-version" | "restore" | "metadata" | "remove" | "change";

export interface Change {
  readonly what: "entity" | "view" | "service";
  readonly name: string;
  readonly kind: ChangeKind;
  /** Views: the version that the change makes or restores. */
  readonly version?: number;
  /** Views with a new version: whether readers of the old one may notice more than added features. */
  readonly breaking?: boolean;
  /** Views: the services that list it, directly or through an on-demand view. */
  readonly services?: readonly string[];
  /** Views: true when it must be materialized before it answers. */
  readonly needsMaterialization?: boolean;
  /** Views: the version registered through the API that goes on answering in the place of the definitions' version. */
  readonly registered?: number;
}

export interface Plan {
  readonly changes: readonly Change[];
  readonly registered: readonly RegisteredView[];
  readonly snapshot: Snapshot;
}

/**
 * Returns the plan of bringing `current` to the compiled definitions. Pure: nothing is written. A version that was
 * registered through the API stays what it is, and the definitions' version of that view waits behind it.
 * @throws transform_conflict when the definitions leave no room for one
 */
export function planApply(current: Snapshot, compiled: Compiled): Plan {
  const views: Record<string, ViewEntry> = {};
  const changes: Change[] = [];
  const services = (view: string) => servicesOf(compiled, view);
  for (const [name, view] of Object.entries(compiled.views)) {
    const before = current.views[name];
    const planned = planView(withoutRegistered(before), pinned(view, views), {
      breaking: breaks(current, compiled, name),
      complete: missedNothing(current, view.spec),
    });
    const { entry, change } = before?.registered === undefined ? planned : behindRegistered(name, before, planned);
    views[name] = entry;
    if (change !== null) changes.push({ what: "view", name, ...change, services: services(name) });
  }
  for (const [name, entry] of Object.entries(current.views)) {
    if (views[name] !== undefined) continue;
    const { registered, latest } = entry;
    views[name] =
      registered === undefined
        ? { ...entry, latest: null, active: null }
        : { ...entry, registered: { definitions: null } };
    if (definedVersion(entry) === null) continue;
    const stays = registered === undefined || latest === null ? {} : { registered: latest };
    changes.push({ what: "view", name, kind: "remove", services: [], ...stays });
  }
  const snapshot: Snapshot = {
    ...current,
    entities: { ...compiled.entities },
    views,
    services: Object.fromEntries(
      Object.entries(compiled.services).map(([name, service]) => [name, awaiting(current.services[name], service)]),
    ),
  };
  const wanted = Object.entries(current.services).map(([name, service]) => [name, target(service)]);
  changes.push(...recordChanges("entity", current.entities, compiled.entities));
  changes.push(...recordChanges("service", Object.fromEntries(wanted), compiled.services));
  const applied = activate(snapshot);
  return { changes, registered: registeredViews(applied), snapshot: applied };
}

/** Returns an on-demand view with its inputs pinned to their latest versions, so that a later version never reaches it. */
function pinned(view: CompiledView, views: Readonly<Record<string, ViewEntry>>): CompiledView {
  if (view.spec.kind !== "onDemand") return view;
  const inputs = view.spec.inputs.map((input) => ({ ...input, version: views[input.view]?.latest ?? null }));
  return { ...view, spec: { ...view.spec, inputs } };
}

/** Returns a service that goes on as it was until what it is to be can answer; see activate. */
function awaiting(before: ServiceSpec | undefined, after: ServiceSpec): ServiceSpec {
  if (before === undefined) return after;
  const { pending: _, ...serving } = before;
  return canonicalJson(serving) === canonicalJson(after) ? after : { ...serving, pending: after };
}

/** Returns what a service is to be, once it can. */
function target({ pending, ...serving }: ServiceSpec): ServiceSpec {
  return pending ?? serving;
}

export interface PlannedView {
  readonly entry: ViewEntry;
  readonly change: Omit<Change, "what" | "name"> | null;
}

function planView(
  entry: ViewEntry | undefined,
  view: CompiledView,
  { breaking, complete }: { breaking: boolean; complete: boolean },
): PlannedView {
  const stored = view.spec.kind !== "onDemand";
  if (entry === undefined) {
    const first = { fingerprint: view.fingerprint, materialized: complete, spec: view.spec };
    return {
      entry: { latest: 1, active: null, versions: { "1": first } },
      change: { kind: "add", version: 1, needsMaterialization: stored && !complete },
    };
  }
  const known = Object.entries(entry.versions).find(([, v]) => v.fingerprint === view.fingerprint);
  if (known !== undefined) {
    const [number, version] = known;
    const latest = Number(number);
    const changedMeta = canonicalJson(version.spec) !== canonicalJson(view.spec);
    const next: ViewEntry = {
      latest,
      active: entry.active,
      versions: { ...entry.versions, [number]: { ...version, spec: view.spec } },
    };
    if (latest !== entry.latest) {
      return {
        entry: next,
        change: { kind: "restore", version: latest, needsMaterialization: stored && !version.materialized },
      };
    }
    return { entry: next, change: changedMeta ? { kind: "metadata", version: latest } : null };
  }
  const latest = Math.max(...Object.keys(entry.versions).map(Number)) + 1;
  return {
    entry: {
      latest,
      active: entry.active,
      versions: {
        ...entry.versions,
        [latest]: { fingerprint: view.fingerprint, materialized: false, spec: view.spec },
      },
    },
    change: {
      kind: "new-version",
      version: latest,
      breaking,
      needsMaterialization: stored,
    },
  };
}

/**
 * True when a new view has all that there is from the start: its source is a stream that no view, and none that was removed,
 * had before, so that nothing was pushed yet.
 */
function missedNothing({ views }: Snapshot, spec: ViewSpec): boolean {
  if (spec.kind === "onDemand" || !isStream(spec.source)) return false;
  return !Object.values(views).some(({ versions }) =>
    Object.values(versions).some(
      (known) => known.spec.kind !== "onDemand" && known.spec.source.name === spec.source.name,
    ),
  );
}

/** True when readers of a view's latest version may notice more than added features: it changes, or an input of it does. */
function breaks(current: Snapshot, compiled: Compiled, name: string): boolean {
  const entry = current.views[name];
  const before = entry?.versions[String(definedVersion(entry))]?.spec;
  const after = compiled.views[name]?.spec;
  if (before === undefined || after === undefined) return false;
  if (!onlyAddsFeatures(before, after)) return true;
  return inputsOf(after).some((input) => breaks(current, compiled, input.view));
}

/** True when `after` is `before` with more features, so that every reader of the old ones still finds them unchanged. */
function onlyAddsFeatures(before: ViewSpec, after: ViewSpec): boolean {
  // Columns follow from the features that read them; inputs of an on-demand view may grow with its features.
  const rest = (spec: ViewSpec) =>
    canonicalJson({ ...valuesOf(spec), features: [], columns: [], inputs: [], artifacts: {} });
  const features = new Set(valuesOf(after).features.map(canonicalJson));
  return (
    rest(before) === rest(after) &&
    valuesOf(before).features.every((feature) => features.has(canonicalJson(feature))) &&
    inputsOf(before).every((input) => inputsOf(after).some((other) => holds(other, input))) &&
    artifactsOf(before).every((artifact) => artifactsOf(after).includes(artifact))
  );
}

/** Returns each artifact of a view with its name, as text. */
function artifactsOf(spec: ViewSpec): readonly string[] {
  return Object.entries(valuesOf(spec).artifacts ?? {}).map(canonicalJson);
}

function inputsOf(spec: ViewSpec): readonly ProjectionSpec[] {
  return spec.kind === "onDemand" ? spec.inputs : [];
}

function holds(projection: ProjectionSpec, part: ProjectionSpec): boolean {
  const rest = (of: ProjectionSpec) => canonicalJson({ ...of, features: [], version: null });
  return rest(projection) === rest(part) && part.features.every((feature) => projection.features.includes(feature));
}

function recordChanges(
  what: "entity" | "service",
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Change[] {
  const changes: Change[] = [];
  for (const [name, value] of Object.entries(after)) {
    if (before[name] === undefined) changes.push({ what, name, kind: "add" });
    else if (canonicalJson(before[name]) !== canonicalJson(value)) changes.push({ what, name, kind: "change" });
  }
  for (const name of Object.keys(before)) {
    if (after[name] === undefined) changes.push({ what, name, kind: "remove" });
  }
  return changes;
}

function servicesOf(compiled: Compiled, view: string): string[] {
  const readers = new Set([view]);
  for (const [name, { spec }] of Object.entries(compiled.views)) {
    if (spec.kind === "onDemand" && spec.inputs.some((input) => input.view === view)) readers.add(name);
  }
  return Object.entries(compiled.services)
    .filter(([, service]: [string, ServiceSpec]) => service.features.some((part) => readers.has(part.view)))
    .map(([name]) => name);
}

/**
 * Returns the snapshot with all that can answer by now active: a view's latest version once it is materialized, an
 * on-demand view's once the versions of its inputs are, and what a service is to be once all its views can answer it,
 * so that no answer mixes versions or serves holes, and applying takes nothing down.
 */
export function activate(snapshot: Snapshot): Snapshot {
  const views: Record<string, ViewEntry> = {};
  const ready = (entry: ViewEntry) =>
    entry.latest !== null && entry.versions[String(entry.latest)]?.materialized === true;
  for (const [name, entry] of Object.entries(snapshot.views)) {
    views[name] = ready(entry) ? { ...entry, active: entry.latest } : entry;
  }
  for (const [name, entry] of Object.entries(views)) {
    if (entry.latest === null) continue;
    const { spec } = viewVersion(name, entry, entry.latest);
    if (spec.kind !== "onDemand") continue;
    const inputsReady = spec.inputs.every((input) => views[input.view]?.versions[String(input.version)]?.materialized);
    if (inputsReady) views[name] = { ...entry, active: entry.latest };
  }
  const services = Object.entries(snapshot.services).map(([name, service]) => {
    const wanted = target(service);
    const keeps = service.pending !== undefined && canAnswer(service, views) && !canAnswer(wanted, views);
    return [name, keeps ? service : wanted] as const;
  });
  return { ...snapshot, views, services: Object.fromEntries(services) };
}

/** True when every feature that a service lists is in the version of its view that answers. */
function canAnswer({ features }: ServiceSpec, views: Readonly<Record<string, ViewEntry>>): boolean {
  return features.every((part) => {
    const entry = views[part.view];
    const known = entry?.versions[String(part.version ?? entry.active)]?.spec.features.map((f) => f.name) ?? [];
    return part.features.every((feature) => known.includes(feature));
  });
}

/** Returns the snapshot after `version` of a view was materialized whole. @throws unknown_view, unknown_version */
export function markMaterialized(snapshot: Snapshot, view: string, version: number): Snapshot {
  const entry = lookUp(snapshot.views, view, "view called", "unknown_view");
  const found = viewVersion(view, entry, version);
  const versions = { ...entry.versions, [String(version)]: { ...found, materialized: true } };
  return activate({ ...snapshot, views: { ...snapshot.views, [view]: { ...entry, versions } } });
}

/** Returns a snapshot of definitions alone, with every view active: what a join without any registry works from. */
export function snapshotOf(project: string, environment: string, compiled: Compiled): Snapshot {
  const views = Object.fromEntries(
    Object.entries(compiled.views).map(([name, { spec, fingerprint }]) => [
      name,
      { latest: 1, active: 1, versions: { "1": { fingerprint, materialized: true, spec } } },
    ]),
  );
  return {
    format: 1,
    project,
    environment,
    entities: { ...compiled.entities },
    views,
    services: { ...compiled.services },
  };
}
