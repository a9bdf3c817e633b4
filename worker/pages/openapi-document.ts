// The OpenAPI document: made from the route table, and from the zod schemas that the routes check bodies with.
import { type ErrorCode, errorCodes } from "../../sdk/errors.ts";
import { snapshotShape, transformShape } from "../../sdk/registry/index.ts";
import { VERSION } from "../metrics/version.ts";
import { statusOf } from "../middleware/problem.ts";
import type { DocumentedRoute } from "./documented-routes.ts";
import { COUNT, type JsonSchema, object, oneOf, schemaRef, TEXT } from "./json-schema.ts";
import type { RouteDoc } from "./route-docs/route-doc.ts";
import { jsonSchemaOf } from "./zod-json-schema.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}
export type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;
export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  readonly content?: Content;
}
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
}
export interface OpenApi {
  readonly openapi: string;
  readonly info: Readonly<Record<"title" | "version" | "description", string>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

/** A problem document (RFC 9457). */
const PROBLEM = object(
  { type: TEXT, title: TEXT, status: COUNT, code: oneOf(...errorCodes), detail: TEXT },
  { hint: TEXT, pointer: TEXT, position: object({ line: COUNT, column: COUNT }), details: { type: "object" } },
);

/** An error on Feast's routes: a text that is JSON once more. */
const FEAST_ERROR: JsonSchema = {
  ...TEXT,
  contentMediaType: "application/json",
  contentSchema: object({ module: TEXT, class: TEXT, message: TEXT }),
};

const SHARED = new Map<unknown, string>([
  [snapshotShape, "Snapshot"],
  [transformShape, "Transform"],
]);

/** Returns the document of an app's routes. `publicReads`: whether reads need no token. */
export function openApiOf(routes: readonly DocumentedRoute[], publicReads: boolean): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route, path, publicReads);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Edgefeat",
      version: VERSION,
      description: "Feature vectors for models, and the writing of what they are made from.",
    },
    paths,
    components: {
      schemas: {
        Problem: PROBLEM,
        FeastError: FEAST_ERROR,
        Snapshot: jsonSchemaOf(snapshotShape, refTo),
        Transform: jsonSchemaOf(transformShape, refTo),
      },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function refTo(schema: unknown): JsonSchema | undefined {
  const name = SHARED.get(schema);
  return name === undefined ? undefined : schemaRef(name);
}

function operationOf(route: DocumentedRoute, path: string, publicReads: boolean): Operation {
  const { method, access, doc } = route;
  const needed = access === "open" ? [] : [{ token: [access] }];
  return {
    operationId:
      method.toLowerCase() + path.replace(/^\/v1/, "").replace(/\W+(\w?)/g, (_, c: string) => c.toUpperCase()),
    summary: doc.summary,
    description: whoMay(route, publicReads),
    security: access === "read" && publicReads ? [{}, ...needed] : needed,
    parameters: parametersOf(path, doc),
    ...bodyOf(doc),
    responses: responsesOf(route),
  };
}

function whoMay({ access, scope = "project" }: DocumentedRoute, publicReads: boolean): string {
  if (access === "open" || (access === "read" && publicReads)) return "Open to all.";
  const limits = { project: "the whole project", view: "this view", handler: "what it is asked for" };
  return `Takes a token with ${access} access, for ${limits[scope]}.`;
}

function parametersOf(path: string, { query = {}, headers = {} }: RouteDoc): Parameter[] {
  return [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
      name,
      in: "path" as const,
      required: true,
      schema: TEXT,
    })),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: "query" as const, schema })),
    ...Object.entries(headers).map(([name, description]) => ({
      name,
      in: "header" as const,
      description,
      schema: TEXT,
    })),
  ];
}

function bodyOf({ body, members }: RouteDoc): Pick<Operation, "requestBody"> {
  if (body === undefined) return {};
  const schema = refTo(body) ?? jsonSchemaOf(body, refTo);
  const properties = { ...(schema["properties"] as JsonSchema), ...members };
  return {
    requestBody: {
      required: true,
      content: { "application/json": { schema: members === undefined ? schema : { ...schema, properties } } },
    },
  };
}

/** What any route answers, what one that wants a token does, and what one that takes a body does. */
const ANY: readonly ErrorCode[] = ["internal_error", "config_invalid", "row_corrupt", "store_unavailable"];
const GUARDED: readonly ErrorCode[] = ["unauthorized", "forbidden", "rate_limited", "store_conflict"];
const WITH_BODY: readonly ErrorCode[] = [
  "bad_request",
  "malformed_json",
  "unsupported_media_type",
  "body_too_large",
  "request_too_large",
];

/** Returns the codes of every error that a route answers. */
export function errorCodesOf({ access, doc: { body, errors = [] } }: DocumentedRoute): ErrorCode[] {
  return [
    ...new Set([...errors, ...(body === undefined ? [] : WITH_BODY), ...(access === "open" ? [] : GUARDED), ...ANY]),
  ];
}

function responsesOf(route: DocumentedRoute): Record<string, Answer> {
  const { answers, answerHeaders } = route.doc;
  const responses: Record<string, Answer> = {};
  const headersOf = (headers: Readonly<Record<string, string>> = {}) => ({
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, description]) => [name, { description, schema: TEXT }]),
    ),
  });
  for (const [status, content] of Object.entries(answers)) {
    responses[status] = {
      description: "As asked for.",
      ...headersOf(answerHeaders),
      content: contentOf(content),
    };
  }
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorCodesOf(route)) {
    const status = statusOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  for (const [status, codes] of byStatus) {
    const { content = {} } = responses[status] ?? {};
    responses[status] = {
      description: codes.join(", "),
      ...headersOf(status === 429 || status === 503 ? { "retry-after": "seconds" } : {}),
      content: { ...content, ...contentOf(errorContent(route, codes)) },
    };
  }
  return responses;
}

function errorContent(
  { errorResponse }: DocumentedRoute,
  codes: readonly ErrorCode[],
): Readonly<Record<string, JsonSchema>> {
  if (errorResponse !== undefined) return { "application/json": schemaRef("FeastError") };
  return { "application/problem+json": { ...schemaRef("Problem"), properties: { code: { enum: codes } } } };
}

function contentOf(content: Readonly<Record<string, JsonSchema>>): Content {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}
