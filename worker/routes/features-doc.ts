// What the OpenAPI document says of asking for features: by POST, by GET, and as Feast does.
import type { ErrorCode } from "../../sdk/errors.ts";
import {
  HASH,
  type JsonSchema,
  listOf,
  mapOf,
  object,
  oneOf,
  orNull,
  COUNT,
  TEXT,
  TIME,
  tuple,
  VALUE,
  VERSION_NUMBER,
} from "../pages/json-schema.ts";
import { ARROW_TYPE, MATRIX_TYPE } from "./answer.ts";
import { json, NAMING_ERRORS } from "./doc.ts";

export const READING_HEADERS = { "cache-control": "no-cache reads past every cache" };

const BINARY: JsonSchema = { ...TEXT, format: "binary" };
const STATUS = oneOf("PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE", "STALE", "TRANSFORM_ERROR");

/** JSON, or what Accept names: an Arrow stream, or float32 numbers, little-endian, row after row. */
export const FEATURES_ANSWERS = {
  200: {
    ...json(
      object(
        {
          now: TIME,
          knownAsOf: TIME,
          registry: HASH,
          features: listOf(TEXT),
          rows: listOf(listOf(VALUE)),
          absent: listOf(tuple(COUNT, TEXT, STATUS)),
          errors: listOf(tuple(COUNT, TEXT, TEXT)),
        },
        {
          statuses: listOf(listOf(STATUS)),
          eventTimes: listOf(listOf(orNull(TIME))),
          versions: mapOf(VERSION_NUMBER),
        },
      ),
    ),
    [ARROW_TYPE]: BINARY,
    [MATRIX_TYPE]: BINARY,
  },
};

export const FEATURES_HEADERS = {
  "server-timing": "milliseconds of plan, cache, store, transform, encode",
  "edgefeat-rows": "of a matrix",
  "edgefeat-columns": "of a matrix",
  "edgefeat-features": "of a matrix: a percent-encoded JSON list, where it is short enough",
  "edgefeat-widths": "of a matrix: the columns of each feature, where one is a vector",
  "edgefeat-now": "of a matrix",
  "edgefeat-known-as-of": "of a matrix",
  "edgefeat-registry": "of a matrix",
  "edgefeat-absent": "of a matrix: how many rows of views there were not",
  "edgefeat-errors": "of a matrix: how many values failed",
};

/** What asking for features can meet. */
export const READING_ERRORS = [
  ...NAMING_ERRORS,
  "bad_request",
  "unknown_feature",
  "unknown_service",
  "unknown_entity_key",
  "unknown_request_data",
  "missing_entity_key",
  "missing_request_data",
  "duplicate_feature",
  "type_mismatch",
  "value_out_of_range",
  "bad_time",
  "view_not_materialized",
  "transform_not_bundled",
  "request_too_large",
] as const satisfies readonly ErrorCode[];
