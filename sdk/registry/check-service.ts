// Whether one request can ask for all that a service lists: no feature twice, and one type for each column it takes.
import { EdgefeatError } from "../errors.ts";
import type { ServiceSpec, ViewSpec } from "./snapshot.ts";

/**
 * Checks a service against the specs of its views, so that what no request could be answered by is refused when it is
 * registered.
 * @throws duplicate_feature; definition_invalid when two views want one join key or request field as two types
 */
export function checkService(name: string, service: ServiceSpec, specOf: (view: string) => ViewSpec): void {
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
    const spec = specOf(part.view);
    for (const read of spec.kind === "onDemand" ? spec.inputs : [part]) {
      const { joinKeys } = specOf(read.view) as Exclude<ViewSpec, { kind: "onDemand" }>;
      for (const key of joinKeys) keys.add(read.joinKeyMap[key.name] ?? key.name, key.type, read.as);
    }
    for (const field of spec.kind === "onDemand" ? spec.request : []) request.add(field.name, field.type, part.as);
  }
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
