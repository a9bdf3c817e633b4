// What the OpenAPI document says of writing rows: by our own routes, and by Feast's.
import type { ErrorCode } from "../../../sdk/errors.ts";
import { feastMaterializeBody, feastMaterializeIncrementalBody } from "../../routes/feast-materialize.ts";
import { feastPushBody, feastWriteBody } from "../../routes/feast-writes.ts";
import { MAX_IDS } from "../../routes/row-list.ts";
import { replaceBody } from "../../routes/row-replace.ts";
import { rowsBody } from "../../routes/rows.ts";
import { fillBody } from "../../routes/secondary.ts";
import { pushBody } from "../../push/index.ts";
import { materializationBody } from "../../write/materialization.ts";
import {
  COUNT,
  HASH,
  listOf,
  mapOf,
  object,
  oneOf,
  orNull,
  TEXT,
  TIME,
  VALUE,
  VERSION_NUMBER,
} from "../json-schema.ts";
import { json, NAMING_ERRORS, type RouteDocs } from "./route-doc.ts";

const COUNTS = {
  written: COUNT,
  unchanged: COUNT,
  superseded: COUNT,
  expired: COUNT,
  conflicts: COUNT,
};

/** What rows can be refused for. */
const ERRORS = [
  ...NAMING_ERRORS,
  "unknown_feature",
  "unknown_entity_key",
  "missing_entity_key",
  "missing_value",
  "type_mismatch",
  "value_out_of_range",
  "bad_time",
  "null_time",
  "event_time_in_future",
] as const satisfies readonly ErrorCode[];

const FEAST_WRITTEN = {
  200: json(
    object({
      rows: COUNT,
      views: listOf(object({ view: TEXT, version: VERSION_NUMBER, ...COUNTS })),
      ignoredColumns: listOf(TEXT),
    }),
  ),
};

const MISSED = listOf(object({ version: VERSION_NUMBER, events: COUNT, code: TEXT, message: TEXT }));

const FEAST_PUSHED = {
  200: json(
    object({
      rows: COUNT,
      views: listOf(
        object(
          { view: TEXT, version: VERSION_NUMBER },
          {
            ...COUNTS,
            accepted: COUNT,
            duplicate: COUNT,
            deferred: COUNT,
            logged: { type: "boolean" },
            missed: MISSED,
          },
        ),
      ),
      ignoredColumns: listOf(TEXT),
    }),
  ),
};

const PUSHED = json(
  object(
    {
      accepted: COUNT,
      duplicate: COUNT,
      deferred: COUNT,
      rejected: listOf(object({ index: COUNT, code: TEXT, message: TEXT })),
      logged: { type: "boolean" },
      version: VERSION_NUMBER,
    },
    {
      missed: {
        ...MISSED,
        description: "events that other versions can't take, with what is wrong with the first; absent for none",
      },
    },
  ),
);

const FEAST_ERRORS = [...ERRORS, "missing_column", "needs_runner"] as const satisfies readonly ErrorCode[];

const FEAST_QUEUED = json(object({ status: oneOf("accepted"), feature_views: listOf(TEXT), jobs: listOf(TEXT) }));
const FEAST_MATERIALIZE = {
  summary: "Queues a materialization for a runner; refused where there is none",
  query: { async: { ...oneOf("true"), description: "answers 202 in the place of 200" } },
  answers: { 200: FEAST_QUEUED, 202: FEAST_QUEUED },
  errors: [
    ...NAMING_ERRORS,
    "bad_time",
    "value_out_of_range",
    "event_time_in_future",
    "rate_limited",
    "needs_runner",
  ] as ErrorCode[],
} as const;

/** An id is the join keys' values, percent-escaped, joined by "+"; times that are not known are null. */
const ROW = object(
  { id: TEXT, revision: TEXT, eventTime: orNull(TIME), writtenAt: orNull(TIME) },
  { boundary: orNull(TIME) },
);

const RECORD = {
  ...object(
    { view: TEXT, version: VERSION_NUMBER, start: orNull(TIME), end: TIME, rows: COUNT, completedAt: TIME },
    { covered: listOf(object({ start: orNull(TIME), end: TIME })) },
  ),
  additionalProperties: COUNT,
};

export const rowsDocs: RouteDocs = {
  "POST /v1/rows/:view": {
    summary: "Writes rows of a stored view, or tiles of an aggregated one",
    body: rowsBody,
    members: {
      rows: listOf(
        object(
          { values: mapOf(VALUE) },
          { entities: mapOf(VALUE), eventTime: orNull(TIME), createdTime: orNull(TIME) },
        ),
      ),
      tiles: listOf(object({ packed: TEXT }, { entities: mapOf(VALUE) })),
    },
    answers: {
      200: json(object({ ...COUNTS, version: VERSION_NUMBER }, { contended: COUNT })),
    },
    errors: ERRORS,
  },
  "POST /v1/push/:view": {
    summary:
      "Takes events as they happen: a list, one, or JSON lines; each counts once by its id, however often it is sent",
    body: pushBody,
    members: {
      events: listOf(object({ values: mapOf(VALUE) }, { id: VALUE, time: TIME, created: orNull(TIME) })),
    },
    query: {
      to: { ...oneOf("online", "offline", "both"), description: "where it goes, unless the body says so" },
      rejected: { ...oneOf("fail"), description: "answers 422 in the place of 200 where any event was rejected" },
      version: {
        ...VERSION_NUMBER,
        description: "only into this version, and online: for events that the log has already",
      },
    },
    answers: { 200: PUSHED, 422: PUSHED },
    errors: [...NAMING_ERRORS, "request_too_large", "needs_log", "store_conflict", "log_unavailable"],
  },
  "GET /v1/rows/:view": {
    summary: "The keys that a view has rows under, and what each row says of itself",
    query: {
      version: { ...VERSION_NUMBER, description: "default the one that the definitions hold" },
      cursor: { ...TEXT, description: "that of the page before, until it is null" },
      id: { ...TEXT, description: `only these, as they are listed; to be repeated, at most ${MAX_IDS} times` },
    },
    answers: { 200: json(object({ view: TEXT, version: VERSION_NUMBER, rows: listOf(ROW), cursor: orNull(TEXT) })) },
    errors: [...NAMING_ERRORS, "bad_request"],
  },
  "PUT /v1/rows/:view": {
    summary: "Writes rows in place of others, each while that is still of the revision that was listed",
    body: replaceBody,
    members: {
      rows: listOf(
        object(
          { values: orNull(mapOf(VALUE)), revision: orNull(TEXT) },
          { entities: mapOf(VALUE), eventTime: orNull(TIME), createdTime: orNull(TIME) },
        ),
      ),
      tiles: listOf(object({ packed: orNull(TEXT), revision: orNull(TEXT) }, { entities: mapOf(VALUE) })),
    },
    answers: { 200: json(object({ ...COUNTS, version: VERSION_NUMBER })) },
    errors: ERRORS,
  },
  "POST /write-to-online-store": {
    summary: "Writes rows of a view, as Feast's remote online store sends them",
    body: feastWriteBody,
    answers: FEAST_WRITTEN,
    errors: FEAST_ERRORS,
  },
  "POST /push": {
    summary:
      "Writes rows of all views over a source, as Feast's push does; where they take events, or it goes offline too, as events",
    body: feastPushBody,
    answers: FEAST_PUSHED,
    errors: [...FEAST_ERRORS, "unknown_source", "event_conflict", "needs_log", "log_unavailable", "store_conflict"],
  },
  "POST /materialize": { ...FEAST_MATERIALIZE, body: feastMaterializeBody },
  "POST /materialize-incremental": { ...FEAST_MATERIALIZE, body: feastMaterializeIncrementalBody },
  "POST /v1/materializations/:view": {
    summary: "Tells that a view was materialized, which makes that version answer",
    body: materializationBody,
    answers: {
      200: json(
        object({
          view: TEXT,
          version: VERSION_NUMBER,
          active: orNull(VERSION_NUMBER),
          registry: HASH,
          record: RECORD,
        }),
      ),
    },
    errors: [...NAMING_ERRORS, "bad_time", "value_out_of_range", "event_time_in_future"],
  },
  "GET /v1/materializations": {
    summary: "What was materialized, and up to when",
    answers: { 200: json(object({ registry: HASH, materializations: mapOf(RECORD) })) },
    errors: ["registry_not_found"],
  },
  "POST /v1/secondary/fill": {
    summary: "Copies a page of the primary store to the secondary; again with its cursor, until that is null",
    body: fillBody,
    answers: { 200: json(object({ cursor: orNull(TEXT), copied: COUNT })) },
    errors: ["not_found"],
  },
};
