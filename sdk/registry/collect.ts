// Every definition that a module exports, and every one that those refer to.
import { type DefinitionKind, definitionKind } from "../definitions/brand.ts";
import type {
  Artifact,
  Entity,
  FeatureService,
  FeatureView,
  OnDemandView,
  Projection,
  RequestSource,
  Source,
} from "../definitions/index.ts";
import type { ServicePart } from "../definitions/service.ts";
import { EdgefeatError } from "../errors.ts";

export interface Definitions {
  readonly entities: ReadonlyMap<string, Entity>;
  readonly sources: ReadonlyMap<string, Source>;
  readonly views: ReadonlyMap<string, FeatureView>;
  readonly onDemandViews: ReadonlyMap<string, OnDemandView>;
  readonly services: ReadonlyMap<string, FeatureService>;
  readonly artifacts: ReadonlyMap<string, Artifact>;
}

/**
 * Returns the definitions among a module's exports (their names there don't matter), and those that they refer to.
 * @throws definition_invalid when two different definitions of a kind have one name
 */
export function collectDefinitions(exports: Readonly<Record<string, unknown>>): Definitions {
  const found = {
    entities: new Map(),
    sources: new Map(),
    views: new Map(),
    onDemandViews: new Map(),
    services: new Map(),
    artifacts: new Map(),
  };
  for (const value of Object.values(exports)) visit(found, value);
  for (const name of found.views.keys()) {
    if (!found.onDemandViews.has(name)) continue;
    throw new EdgefeatError("definition_invalid", `"${name}" is both a feature view and an on-demand view`, {
      hint: "rename one of them",
    });
  }
  return found;
}

function visit(found: { [K in keyof Definitions]: Map<string, unknown> }, value: unknown): void {
  const kind: DefinitionKind | undefined = definitionKind(value);
  if (kind === "entity") add(found.entities, "entities", value as Entity);
  if (kind === "source") add(found.sources, "sources", value as Source);
  if (kind === "view" || kind === "projection") visitPart(found, value as ServicePart);
  if (kind === "onDemandView") visitPart(found, value as ServicePart);
  if (kind === "artifact") add(found.artifacts, "artifacts", value as Artifact);
  if (kind === "service") {
    const service = value as FeatureService;
    add(found.services, "services", service);
    for (const part of service.parts) visitPart(found, part);
  }
}

function visitPart(found: { [K in keyof Definitions]: Map<string, unknown> }, part: ServicePart): void {
  if ("onDemand" in part) {
    add(found.onDemandViews, "on-demand views", part.onDemand);
    for (const artifact of part.onDemand.artifacts ?? []) add(found.artifacts, "artifacts", artifact);
    for (const input of part.onDemand.inputs) {
      if (isProjection(input)) visitPart(found, input);
    }
    return;
  }
  const { view } = part;
  add(found.views, "feature views", view);
  add(found.sources, "sources", view.source);
  for (const entity of view.entities) add(found.entities, "entities", entity);
}

/** True for a view or a projection of one, false for a request source. */
export function isProjection(input: Projection | RequestSource): input is Projection {
  return definitionKind(input) !== "requestSource";
}

function add(map: Map<string, unknown>, what: string, definition: { readonly name: string }): void {
  const other = map.get(definition.name);
  if (other !== undefined && other !== definition) {
    throw new EdgefeatError("definition_invalid", `two ${what} are called "${definition.name}"`, {
      hint: "rename one of them; to use a view twice, give it another name with .withName(…)",
    });
  }
  map.set(definition.name, definition);
}
