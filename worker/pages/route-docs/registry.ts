// What the OpenAPI document says of the registry and of the transforms in it.
import { snapshotShape, transformShape } from "../../../sdk/registry/index.ts";
import { COUNT, HASH, listOf, object, oneOf, orNull, schemaRef, TEXT, VERSION_NUMBER } from "../json-schema.ts";
import { json, NAMING_ERRORS, type RouteDocs } from "./route-doc.ts";

const REGISTRY = json(object({ registry: HASH }));
const CHANGED = json(object({ name: TEXT, version: orNull(VERSION_NUMBER), registry: HASH, visibleWithinMs: COUNT }));
const DESCRIPTION = {
  name: TEXT,
  version: VERSION_NUMBER,
  active: orNull(VERSION_NUMBER),
  registeredBy: oneOf("api", "definitions"),
  definitions: orNull(VERSION_NUMBER),
  definition: { type: "object", description: "what PUT takes; no expressions where TypeScript computes the features" },
};

export const registryDocs: RouteDocs = {
  "GET /v1/registry": {
    summary: "The registry snapshot that answers, or an earlier one by its hash",
    query: { version: { ...HASH, description: "an earlier registry; without it the one that answers" } },
    headers: { "if-none-match": "the registry known" },
    answers: { 200: json(object({ registry: HASH, snapshot: schemaRef("Snapshot") })), 304: {} },
    answerHeaders: { etag: "the registry" },
    errors: ["bad_request", "registry_not_found"],
  },
  "PUT /v1/registry": {
    summary: "Replaces the registry snapshot",
    headers: { "if-match": "the registry to replace; none, or *, where there is none yet" },
    body: snapshotShape,
    answers: { 200: REGISTRY, 201: REGISTRY },
    answerHeaders: { etag: "the registry" },
    errors: [
      "registry_invalid",
      "registry_conflict",
      "project_mismatch",
      "transform_not_bundled",
      "transform_conflict",
      "definition_invalid",
      "expression_syntax_error",
      "expression_type_error",
    ],
  },
  "PUT /v1/transforms/:name": {
    summary: "Registers an on-demand view of expressions",
    headers: { "if-match": "the version to replace", "if-none-match": "*: only where there is none" },
    body: transformShape,
    answers: { 200: CHANGED, 201: CHANGED },
    answerHeaders: { etag: "the version" },
    errors: [
      ...NAMING_ERRORS,
      "unknown_feature",
      "definition_invalid",
      "type_mismatch",
      "value_out_of_range",
      "bad_time",
      "view_not_materialized",
      "expression_syntax_error",
      "expression_type_error",
      "registry_conflict",
      "transform_conflict",
    ],
  },
  "DELETE /v1/transforms/:name": {
    summary: "Removes what was registered under a name",
    headers: { "if-match": "the version to remove" },
    answers: { 200: CHANGED },
    errors: [
      "bad_request",
      "registry_not_found",
      "unknown_view",
      "registry_conflict",
      "transform_conflict",
      "view_not_materialized",
    ],
  },
  "GET /v1/transforms/:name": {
    summary: "An on-demand view",
    answers: { 200: json(object({ ...DESCRIPTION, registry: HASH })) },
    answerHeaders: { etag: "the version" },
    errors: ["registry_not_found", "unknown_view"],
  },
  "GET /v1/transforms": {
    summary: "All on-demand views",
    answers: { 200: json(object({ registry: HASH, transforms: listOf(object(DESCRIPTION)) })) },
    errors: ["registry_not_found"],
  },
};
