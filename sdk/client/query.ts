// What a read asks for, as the JSON texts that its request is made of.
import type { FeatureService } from "../definitions/index.ts";
import type { Ms } from "../time.ts";
import type { ValueType } from "../types/index.ts";
import { type Encodable, encodeAs, encodeJson } from "./encode.ts";

/** An entity's id; null names none (SEMANTICS 3.4). */
export type EntityId = string | number | bigint | null;

export interface FeaturesQuery {
  /** Ids by join key; a scalar is broadcast over the others (SEMANTICS 3.5). Views without entities need none. */
  entities?: Readonly<Record<string, EntityId | readonly EntityId[]>>;
  /** Request data by field, one value for all rows or one a row. */
  request?: Readonly<Record<string, Encodable>>;
  include?: readonly ("statuses" | "eventTimes" | "versions")[];
  /** The most that cached rows may lag behind the store. */
  maxStalenessMs?: Ms;
  /** Reads past every cache. */
  noCache?: boolean;
  /** How long this read may take; default: the client's. */
  timeoutMs?: Ms;
  /** Gives the read up: it fails with `cancelled`. */
  signal?: AbortSignal;
}

/** A service's definition or its name, or features as `view:feature`. */
export type Asked = { service: string | FeatureService } | { features: readonly string[] };

/** A column's JSON text by its name: of one value, or of one a row. */
export type ColumnTexts = readonly (readonly [name: string, json: string])[];

export interface EncodedColumns {
  readonly entities: ColumnTexts;
  readonly request: ColumnTexts;
}

export interface EncodedQuery extends EncodedColumns {
  /** The members that stand before and after `entities`. */
  readonly asked: string;
  readonly options: string;
  readonly noCache: boolean;
  /** True where every column holds one value: the answer then has one row. */
  readonly single: boolean;
}

/** Returns a query's texts; `requestTypes` are those of its service, where its definition is at hand. */
export function encodeQuery(query: Asked & FeaturesQuery, requestTypes?: ReadonlyMap<string, ValueType>): EncodedQuery {
  const { include, maxStalenessMs, noCache = false } = query;
  const entities = given(query.entities ?? {});
  const request = given(query.request ?? {});
  return {
    entities: entities.map(([name, value]) => [name, encodeJson(value)]),
    request: request.map(([name, value]) => {
      const type = requestTypes?.get(name);
      return [name, type === undefined ? encodeJson(value) : encodeAs(type, value)];
    }),
    asked: membersOf("features" in query ? { features: query.features } : { service: nameOf(query.service) }),
    options: membersOf({ include, maxStalenessMs }),
    noCache,
    single: entities.length + request.length > 0 && [...entities, ...request].every(([, value]) => !isList(value)),
  };
}

/** Returns the body of a request for features, with these columns in place of the query's own. */
export function queryBody({ asked, options }: EncodedQuery, { entities, request }: EncodedColumns): string {
  const members = [asked, `"entities":${objectText(entities)}`];
  if (options !== "") members.push(options);
  if (request.length > 0) members.push(`"request":${objectText(request)}`);
  return `{${members.join(",")}}`;
}

function given<V>(columns: Readonly<Record<string, V>>): [string, V][] {
  return Object.entries(columns).filter(([, value]) => value !== undefined);
}

function nameOf(service: string | FeatureService): string {
  return typeof service === "string" ? service : service.name;
}

function membersOf(object: { readonly [name: string]: Encodable }): string {
  return encodeJson(object).slice(1, -1);
}

function objectText(columns: ColumnTexts): string {
  return `{${columns.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || value instanceof Float32Array;
}
