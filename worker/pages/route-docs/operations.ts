// What the OpenAPI document says of what operators use: tokens, the audit trail, health, figures, and the document itself.
import { ACCESS_LEVELS } from "../../auth/index.ts";
import { CONTENT_TYPES } from "../../metrics/index.ts";
import { DEFAULT_LIMIT, MAX_LIMIT } from "../../routes/audit.ts";
import { HTML_TYPE } from "../../routes/reference.ts";
import { rotateBody, tokenBody } from "../../routes/tokens.ts";
import { auditRecord } from "../../write/audit.ts";
import { listOf, object, oneOf, orNull, TEXT, TIME } from "../json-schema.ts";
import { jsonSchemaOf } from "../zod-json-schema.ts";
import { json, type RouteDocs } from "./route-doc.ts";

const TOKEN_MEMBERS = {
  id: TEXT,
  name: TEXT,
  access: oneOf(...ACCESS_LEVELS),
  views: orNull(listOf(TEXT)),
  services: orNull(listOf(TEXT)),
  createdAt: TIME,
  createdBy: TEXT,
  expiresAt: orNull(TIME),
  revokedAt: orNull(TIME),
  replacedBy: orNull(TEXT),
  state: oneOf("active", "expired", "revoked"),
};
const TOKEN = object(TOKEN_MEMBERS);

const OF_STORE = { type: ["number", "boolean", "null"] };
const HEALTH = object(
  {
    status: oneOf("ok", "degraded"),
    project: TEXT,
    environment: TEXT,
    registry: orNull(TEXT),
    store: orNull(TEXT),
    now: TIME,
    frozen: { type: "boolean" },
  },
  {
    keepsRows: OF_STORE,
    usedBytes: OF_STORE,
    limitBytes: OF_STORE,
    usedShare: OF_STORE,
    failing: listOf(TEXT),
    warnings: listOf(TEXT),
    reason: TEXT,
  },
);

export const operationsDocs: RouteDocs = {
  "POST /v1/tokens": {
    summary: "Makes a token; only this answer shows it",
    body: tokenBody,
    answers: { 201: json(object({ ...TOKEN_MEMBERS, token: TEXT })) },
  },
  "GET /v1/tokens": {
    summary: "The project's tokens, without their secrets",
    answers: { 200: json(object({ tokens: listOf(TOKEN) })) },
  },
  "DELETE /v1/tokens/:id": {
    summary: "Ends a token at once",
    answers: { 200: json(TOKEN) },
    errors: ["bad_request", "not_found"],
  },
  "POST /v1/tokens/:id/rotate": {
    summary: "Makes a token in the place of another, which goes on for a while",
    body: rotateBody,
    answers: { 201: json(object({ ...TOKEN_MEMBERS, token: TEXT, replaced: TOKEN })) },
    errors: ["not_found"],
  },
  "GET /v1/audit": {
    summary: "Who changed what, the latest first",
    query: {
      since: { ...TIME, description: "default a day before until" },
      until: { ...TIME, description: "default now" },
      before: { ...TEXT, description: "the next of the answer before" },
      limit: { type: "integer", minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
    },
    answers: { 200: json(object({ records: listOf(jsonSchemaOf(auditRecord)), next: orNull(TEXT) })) },
    errors: ["bad_request", "bad_time", "value_out_of_range"],
  },
  "GET /health": {
    summary: "Whether the server and its store can answer",
    answers: { 200: json(HEALTH), 503: json(HEALTH) },
  },
  "GET /metrics": {
    summary: "Figures of this isolate, for Prometheus",
    answers: { 200: Object.fromEntries(Object.values(CONTENT_TYPES).map((type) => [type, TEXT])) },
  },
  "GET /openapi.json": {
    summary: "This document",
    answers: { 200: json({ type: "object" }) },
    errors: ["assets_not_bound"],
  },
  "GET /docs": {
    summary: "This document as a page",
    answers: { 200: { [HTML_TYPE]: TEXT } },
    errors: ["assets_not_bound"],
  },
};
