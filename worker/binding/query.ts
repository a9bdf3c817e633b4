// What code in a Worker asks for: as the client does over HTTP, but with values as they are.
import type { FeaturesQuery } from "../../sdk/client/index.ts";
import { EdgefeatError } from "../../sdk/errors.ts";
import { isObject } from "../../sdk/shape.ts";
import { planRequest } from "../routes/features.ts";
import { type Asked, INCLUDES, type Include } from "../serve/index.ts";

/** One read; see FeaturesQuery of the client for its members. */
export type FeatureQuery = ({ readonly service: string } | { readonly features: readonly string[] }) &
  Pick<FeaturesQuery, "entities" | "include" | "maxStalenessMs" | "noCache"> & {
    /** Request data by field, one value for all rows or one a row: timestamps as bigint µs, bytes as Uint8Array. */
    readonly request?: Readonly<Record<string, unknown>>;
  };

/** Returns a query as the feature server takes it. A query comes from code that may be anything: its shape is checked. @throws bad_request */
export function askedOf(query: FeatureQuery): { asked: Asked; include: readonly Include[] } {
  if (!isObject(query)) throw refused("the query is not an object", 'write { service: "…", entities: { … } }');
  const { entities = {}, request = {}, include = [], maxStalenessMs = null } = query;
  const { service, features, noCache } = query as { service?: unknown; features?: unknown; noCache?: unknown };
  if (!isObject(entities) || !isObject(request))
    throw refused("entities and request must be objects", "give a value, or a list of one value a row, for each name");
  if (service !== undefined && typeof service !== "string")
    throw refused("service is not a name", "over a binding a service is asked for by its name");
  if (features !== undefined && !(Array.isArray(features) && features.every((name) => typeof name === "string")))
    throw refused("features is not a list of names", 'name them as "view:feature"');
  if (!Array.isArray(include) || !include.every((name) => (INCLUDES as readonly unknown[]).includes(name)))
    throw refused("include holds what can't be included", `one of ${INCLUDES.join(", ")}`);
  if (maxStalenessMs !== null && !(typeof maxStalenessMs === "number" && maxStalenessMs >= 0))
    throw refused("maxStalenessMs is not a number of milliseconds", "write maxStalenessMs: 1000");
  const given = { form: "values", entities, request } as const;
  const asked = {
    request: planRequest(service, features),
    given: () => given,
    noCache: noCache === true,
    maxStalenessMs,
  };
  return { asked, include };
}

function refused(message: string, hint: string): EdgefeatError {
  return new EdgefeatError("bad_request", message, { hint });
}
