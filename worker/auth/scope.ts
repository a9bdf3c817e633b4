// What a limited token may ask for, write and learn. Nothing here tells a name that is there from one that isn't.
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";
import { parseReference, type PlanRequest } from "../../sdk/plan/index.ts";
import type { ProjectionSpec, Snapshot } from "../../sdk/registry/index.ts";
import type { Limits, Principal } from "./principal.ts";

/** How many of a token's own limits an error repeats. */
const MAX_LISTED = 8;

/** Checks that a principal may use a view. @throws forbidden */
export function checkView({ limits }: Principal, view: string): void {
  if (limits === null || limits.views.has(view)) return;
  throw forbidden(`the token is not for the view "${view.slice(0, 200)}"`, limits);
}

/**
 * Checks that a principal may use all the views that a name stands for; none when there is no such name.
 * @throws forbidden, in the same words whether there is the name or not
 */
export function checkNamed({ limits }: Principal, name: string, views: readonly string[]): void {
  if (limits === null || (views.length > 0 && views.every((view) => limits.views.has(view)))) return;
  throw forbidden(`the token is not for what "${name.slice(0, 200)}" stands for`, limits);
}

/** Checks that a principal is not limited to a part of the project. @throws forbidden */
export function checkUnlimited({ limits }: Principal): void {
  if (limits === null) return;
  throw forbidden("this takes a token for the whole project", limits);
}

/**
 * Checks that a principal may ask for features: by name those of its views; a service that is among its services, or
 * all of whose views are its own. @throws forbidden; bad_request for a text that names no feature
 */
export function checkRequest({ limits }: Principal, request: PlanRequest, snapshot: Snapshot): void {
  if (limits === null) return;
  if ("features" in request) {
    const views = request.features.map((text, i) => parseReference(text, i).view);
    const at = views.findIndex((view) => !limits.views.has(view));
    if (at === -1) return;
    const view = (views[at] as string).slice(0, 200);
    throw forbidden(`the token is not for the view "${view}"`, limits, `/features/${at}`);
  }
  const { service } = request;
  if (limits.services.has(service) || isOfViews(service, snapshot, limits)) return;
  throw forbidden(`the token is not for the service "${service.slice(0, 200)}"`, limits, "/service");
}

function isOfViews(service: string, { services }: Snapshot, { views }: Limits): boolean {
  if (!Object.hasOwn(services, service)) return false;
  return (services[service] as Snapshot["services"][string]).features.every(({ view }) => views.has(view));
}

/** Returns the part of a snapshot that a principal may know: its views and services, and what these are computed from. */
export function visibleSnapshot({ limits }: Principal, snapshot: Snapshot): Snapshot {
  if (limits === null) return snapshot;
  const services = Object.entries(snapshot.services).filter(
    ([name]) => limits.services.has(name) || isOfViews(name, snapshot, limits),
  );
  const views = new Set<string>();
  const add = (view: string): void => {
    if (views.has(view) || !Object.hasOwn(snapshot.views, view)) return;
    views.add(view);
    const { versions } = snapshot.views[view] as Snapshot["views"][string];
    for (const { spec } of Object.values(versions)) if (spec.kind === "onDemand") addAll(spec.inputs);
  };
  const addAll = (projections: readonly ProjectionSpec[]): void => {
    for (const { view } of projections) add(view);
  };
  for (const view of limits.views) add(view);
  for (const [, { features, pending }] of services) addAll([...features, ...(pending?.features ?? [])]);
  const kept = Object.entries(snapshot.views).filter(([view]) => views.has(view));
  const entities = new Set(
    kept.flatMap(([, { versions }]) =>
      Object.values(versions).flatMap(({ spec }) => (spec.kind === "onDemand" ? [] : spec.entities)),
    ),
  );
  // Member by member: what a later version adds is not shown before somebody has thought about it.
  const { format, project, environment } = snapshot;
  return {
    format,
    project,
    environment,
    entities: Object.fromEntries(Object.entries(snapshot.entities).filter(([name]) => entities.has(name))),
    views: Object.fromEntries(kept),
    services: Object.fromEntries(services),
  };
}

/** Errors whose hints name what else the project has. */
const TELLING: ReadonlySet<ErrorCode> = new Set([
  "unknown_view",
  "unknown_service",
  "unknown_entity_key",
  "unknown_request_data",
] satisfies ErrorCode[]);

/** Returns an error as a principal may hear it: a limited one gets no hints at names outside its limits. */
export function redacted(error: EdgefeatError, principal: Principal | null): EdgefeatError {
  if (principal === null || principal.limits === null || error.hint === undefined || !TELLING.has(error.code))
    return error;
  const { code, message, pointer, position, details, cause } = error;
  return new EdgefeatError(code, message, {
    ...(pointer === undefined ? {} : { pointer }),
    ...(position === undefined ? {} : { position }),
    ...(details === undefined ? {} : { details }),
    cause,
  });
}

function forbidden(message: string, { views, services }: Limits, pointer?: string): EdgefeatError {
  const held = [listed("views", views), listed("services", services)].filter((part) => part !== "");
  return new EdgefeatError("forbidden", message, {
    hint: `it is for ${held.join(" and ")}: ask an admin for another token`,
    ...(pointer === undefined ? {} : { pointer }),
  });
}

function listed(what: string, names: ReadonlySet<string>): string {
  if (names.size === 0) return "";
  const shown = [...names].slice(0, MAX_LISTED).join(", ");
  return `the ${what} ${shown}${names.size > MAX_LISTED ? `, and ${names.size - MAX_LISTED} more` : ""}`;
}
