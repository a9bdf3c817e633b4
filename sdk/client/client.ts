// The client: feature vectors in one call, typed by the definitions where they are at hand.
import type { FeatureService, ServiceValues } from "../definitions/index.ts";
import type { Ms } from "../time.ts";
import { decodeAnswer, type FeaturesAnswer } from "./answer.ts";
import { type Encodable, encodeAs, encodeJson } from "./encode.ts";
import { requestTypes, serviceColumns } from "./service-columns.ts";
import { type ClientOptions, createTransport } from "./transport.ts";

/** An entity's id; null names none (SEMANTICS 3.4). */
export type EntityId = string | number | bigint | null;

export interface FeaturesQuery {
  /** Ids by join key; a scalar is broadcast over the others (SEMANTICS 3.5). */
  entities: Readonly<Record<string, EntityId | readonly EntityId[]>>;
  /** Request data by field, one value for all rows or one a row. */
  request?: Readonly<Record<string, Encodable>>;
  include?: readonly ("statuses" | "eventTimes" | "versions")[];
  /** The most that cached rows may lag behind the store. */
  maxStalenessMs?: Ms;
  /** Reads past every cache. */
  noCache?: boolean;
}

/** A row whose types nobody told the client: see decodeAnswer. */
export type UntypedRow = Record<string, unknown>;

export interface Client {
  /**
   * Returns the features of each entity. A service's definition as `service` types the rows by its fields: int64 and
   * timestamps (µs) are bigint, bytes Uint8Array, vectors Float32Array; an aggregate of a column that the source's
   * `schema` doesn't type is a number, or a bigint beyond 2^53 (a timestamp stays text).
   * @throws the server's error by its code; server_unreachable; server_failed; duplicate_feature
   * @example const { rows } = await client.getFeatures({ service: delayModel, entities: { origin: ["SEA", "JFK"] } });
   */
  getFeatures<S extends FeatureService<any>>(
    query: { service: S } & FeaturesQuery,
  ): Promise<FeaturesAnswer<ServiceValues<S>>>;
  getFeatures(
    query: ({ service: string } | { features: readonly string[] }) & FeaturesQuery,
  ): Promise<FeaturesAnswer<UntypedRow>>;
}

/** Returns a client of an Edgefeat server. @throws config_invalid for a URL that is none */
export function createClient(options: ClientOptions): Client {
  const call = createTransport(options);
  const getFeatures = async (
    query: ({ service: string | FeatureService } | { features: readonly string[] }) & FeaturesQuery,
  ): Promise<FeaturesAnswer<UntypedRow>> => {
    const service = "service" in query && typeof query.service === "object" ? query.service : undefined;
    const columns = service === undefined ? undefined : serviceColumns(service);
    const json = await call({
      method: "POST",
      path: "/v1/features",
      body: bodyOf(query, service),
      ...(query.noCache === true ? { headers: { "cache-control": "no-cache" } } : {}),
    });
    return decodeAnswer(json, columns);
  };
  return { getFeatures };
}

function bodyOf(
  query: ({ service: string | FeatureService } | { features: readonly string[] }) & FeaturesQuery,
  service: FeatureService | undefined,
): string {
  const { entities, request, include, maxStalenessMs } = query;
  const asked =
    "features" in query ? { features: query.features } : { service: service?.name ?? (query.service as string) };
  const members = [encodeJson({ ...asked, entities, include, maxStalenessMs }).slice(1, -1)];
  if (request !== undefined) members.push(`"request":${requestBody(request, service)}`);
  return `{${members.join(",")}}`;
}

function requestBody(request: Readonly<Record<string, Encodable>>, service: FeatureService | undefined): string {
  const types = service === undefined ? undefined : requestTypes(service);
  const members = Object.entries(request).map(([name, value]) => {
    const type = types?.get(name);
    return `${JSON.stringify(name)}:${type === undefined ? encodeJson(value) : encodeAs(type, value)}`;
  });
  return `{${members.join(",")}}`;
}
