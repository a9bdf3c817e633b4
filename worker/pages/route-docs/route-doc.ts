// What the OpenAPI document says of a route beyond its method, path and access.
import type { ZodMiniType } from "zod/mini";
import type { ErrorCode } from "../../../sdk/errors.ts";
import type { JsonSchema } from "../json-schema.ts";

export interface RouteDoc {
  /** What it does, in a line. */
  readonly summary: string;
  /** Parameters of the query string; a schema of type object stands for any number of them, whatever their names. */
  readonly query?: Readonly<Record<string, JsonSchema>>;
  /** Headers of the request that matter to it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What it checks a JSON body with. */
  readonly body?: ZodMiniType;
  /** What members of the body hold that the schema leaves to the handler. */
  readonly members?: Readonly<Record<string, JsonSchema>>;
  /** By status: the schema of each media type; none for an answer without a body. */
  readonly answers: Readonly<Record<number, Readonly<Record<string, JsonSchema>>>>;
  /** Headers of those answers. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
  /** What it refuses, besides what every route with such an access and a body does. */
  readonly errors?: readonly ErrorCode[];
}

/** By method and path: "POST /v1/features". */
export type RouteDocs = Readonly<Record<string, RouteDoc>>;

/** Returns the content of an answer in JSON. */
export function json(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return { "application/json": schema };
}

/** What naming views, features and services can meet. */
export const NAMING_ERRORS = [
  "registry_not_found",
  "unknown_view",
  "unknown_version",
] as const satisfies readonly ErrorCode[];
