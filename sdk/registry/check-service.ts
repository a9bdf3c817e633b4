// Whether one request can ask for all that a service lists: no feature twice, and one type for each column it takes.
import { EdgefeatError } from "../errors.ts";
import { type ServiceSpec, type Snapshot, type ViewEntry, type ViewSpec, viewVersion } from "./snapshot.ts";

/**
 * Checks a service against the specs of its views, so that what no request could be answered by is refused when it is
 * registered.
 * @throws duplicate_feature; definition_invalid when two views want one join key or request field as two types
 */
export function checkService(
  name: string,
  service: Pick<ServiceSpec, "features">,
  specOf: (view: string, version: number | null) => ViewSpec,
): void {
  const features = new Set<string>();
  const keys = new ColumnTypes(name, "join key");
  const request = new ColumnTypes(name, "request field");
  for (const part of service.features) {
    for (const feature of part.features) {
      const reference = `${part.as}:${feature}`;
      if (features.has(reference)) {
        throw new EdgefeatError("duplicate_feature", `service "${name}" lists "${reference}" twice`, {
          hint: "list it once; to use a view twice, give it another name with .withName(…)",
        });
      }
      features.add(reference);
    }
    const spec = specOf(part.view, part.version);
    for (const read of spec.kind === "onDemand" ? spec.inputs : [part]) {
      const { joinKeys } = specOf(read.view, read.version) as Exclude<ViewSpec, { kind: "onDemand" }>;
      for (const key of joinKeys) keys.add(read.joinKeyMap[key.name] ?? key.name, key.type, read.as);
    }
    for (const field of spec.kind === "onDemand" ? spec.request : []) request.add(field.name, field.type, part.as);
  }
}

/** Returns the services that list a view, in what they are or in what they wait to be. */
export function readersOf({ services }: Snapshot, view: string): string[] {
  const lists = (service: Pick<ServiceSpec, "features"> | undefined) =>
    service?.features.some((part) => part.view === view) === true;
  return Object.entries(services)
    .filter(([, service]) => lists(service) || lists(service.pending))
    .map(([name]) => name);
}

/**
 * Checks that the services that list a view can still be answered from its latest version.
 * @throws transform_conflict naming the service and the feature that is missing; as checkService
 */
export function checkReaders(snapshot: Snapshot, view: string): void {
  const entry = snapshot.views[view] as ViewEntry;
  const latest = entry.latest as number;
  const features = viewVersion(view, entry, latest).spec.features.map((feature) => feature.name);
  for (const name of readersOf(snapshot, view)) {
    const { pending, ...serving } = snapshot.services[name] as ServiceSpec;
    for (const service of pending === undefined ? [serving] : [serving, pending]) {
      const parts = service.features.filter((part) => part.view === view && part.version === null);
      const missing = parts.flatMap((part) => part.features).find((feature) => !features.includes(feature));
      if (missing !== undefined) {
        throw new EdgefeatError(
          "transform_conflict",
          `service "${name}" lists "${view}:${missing}", which version ${latest} does not have`,
          {
            hint: "give the transform that feature, or take it out of the service",
            details: { services: [name], feature: missing },
          },
        );
      }
      const by = service === pending ? "latest" : "active";
      if (parts.length > 0) checkService(name, service, (read, version) => specBy(by, snapshot, read, version));
    }
  }
}

function specBy(by: "active" | "latest", { views }: Snapshot, view: string, version: number | null): ViewSpec {
  const entry = views[view] as ViewEntry;
  const newest = Math.max(...Object.keys(entry.versions).map(Number));
  return viewVersion(view, entry, version ?? entry[by] ?? entry.latest ?? newest).spec;
}

/** The columns of one kind that a service's rows come with. */
class ColumnTypes {
  readonly #service: string;
  readonly #what: string;
  readonly #owners = new Map<string, { type: string; view: string }>();

  constructor(service: string, what: string) {
    this.#service = service;
    this.#what = what;
  }

  add(column: string, type: string, view: string): void {
    const other = this.#owners.get(column);
    if (other !== undefined && other.type !== type) {
      const wanted = `"${other.view}" takes as ${other.type}, but "${view}" as ${type}`;
      throw new EdgefeatError(
        "definition_invalid",
        `service "${this.#service}": the ${this.#what} "${column}" ${wanted}`,
        {
          hint: "rename one of them, or map a join key with .withJoinKeyMap(…)",
        },
      );
    }
    this.#owners.set(column, { type, view });
  }
}
