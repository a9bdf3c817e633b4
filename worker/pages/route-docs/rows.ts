// What the OpenAPI document says of writing rows: by our own routes, and by Feast's.
import type { ErrorCode } from "../../../sdk/errors.ts";
import { feastMaterializeBody, feastMaterializeIncrementalBody } from "../../routes/feast-materialize.ts";
import { feastPushBody, feastWriteBody } from "../../routes/feast-writes.ts";
import { rowsBody } from "../../routes/rows.ts";
import { fillBody } from "../../routes/secondary.ts";
import { materializationBody } from "../../write/materialization.ts";
import { COUNT, HASH, listOf, mapOf, object, orNull, TEXT, TIME, VALUE, VERSION_NUMBER } from "../json-schema.ts";
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

const FEAST_ERRORS = [...ERRORS, "missing_column", "needs_runner"] as const satisfies readonly ErrorCode[];

const FEAST_MATERIALIZE = {
  summary: "Refused: a Worker reads no sources",
  answers: {},
  errors: [...NAMING_ERRORS, "bad_time", "value_out_of_range", "needs_runner"],
} as const;

const RECORD = {
  ...object({ view: TEXT, version: VERSION_NUMBER, start: orNull(TIME), end: TIME, rows: COUNT, completedAt: TIME }),
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
      200: json(object({ ...COUNTS, version: VERSION_NUMBER })),
    },
    errors: ERRORS,
  },
  "POST /write-to-online-store": {
    summary: "Writes rows of a view, as Feast's remote online store sends them",
    body: feastWriteBody,
    answers: FEAST_WRITTEN,
    errors: FEAST_ERRORS,
  },
  "POST /push": {
    summary: "Writes rows of all views over a source, as Feast's push does",
    body: feastPushBody,
    answers: FEAST_WRITTEN,
    errors: [...FEAST_ERRORS, "unknown_source"],
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
