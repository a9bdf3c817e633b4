// What the OpenAPI document says of asking for features: by POST, by GET, and as Feast does.
import type { ErrorCode } from "../../../sdk/errors.ts";
import { ARROW_TYPE, MATRIX_TYPE } from "../../routes/answer.ts";
import { feastReadBody } from "../../routes/feast-online-features.ts";
import { featuresBody } from "../../routes/features.ts";
import { INCLUDES } from "../../serve/index.ts";
import {
  COUNT,
  HASH,
  type JsonSchema,
  listOf,
  mapOf,
  object,
  oneOf,
  orNull,
  TEXT,
  TIME,
  tuple,
  VALUE,
  VERSION_NUMBER,
} from "../json-schema.ts";
import { json, NAMING_ERRORS, type RouteDocs } from "./route-doc.ts";

const HEADERS = { "cache-control": "no-cache reads past every cache" };

const BINARY: JsonSchema = { ...TEXT, format: "binary" };
const STATUS = oneOf("PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE", "STALE", "TRANSFORM_ERROR");

/** JSON, or what Accept names: an Arrow stream, or float32 numbers, little-endian, row after row. */
const ANSWERS = {
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

const ANSWER_HEADERS = {
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
const ERRORS = [
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

export const featuresDocs: RouteDocs = {
  "POST /v1/features": {
    summary: "Feature vectors of 1 to 1,000 entities",
    body: featuresBody,
    headers: HEADERS,
    answers: ANSWERS,
    answerHeaders: ANSWER_HEADERS,
    errors: ERRORS,
  },
  "GET /v1/features": {
    summary: "The feature vector of one entity",
    query: {
      service: TEXT,
      features: { ...TEXT, description: "view:feature,…" },
      include: { ...TEXT, description: INCLUDES.join() },
      maxStalenessMs: { type: "number", minimum: 0 },
      entities: { ...mapOf(TEXT), description: "each join key and request field, by its name" },
    },
    headers: HEADERS,
    answers: ANSWERS,
    answerHeaders: ANSWER_HEADERS,
    errors: ERRORS,
  },
  "POST /get-online-features": {
    summary: "Feature vectors, as Feast asks for them and takes them",
    body: feastReadBody,
    headers: HEADERS,
    answers: {
      200: json(
        object({
          metadata: object(
            { feature_names: listOf(TEXT) },
            { feature_view_metadata: listOf(object({ name: TEXT, version: VERSION_NUMBER })) },
          ),
          results: listOf(
            object({
              values: listOf(VALUE),
              statuses: listOf(oneOf("PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE", "INVALID")),
              event_timestamps: listOf(TIME),
            }),
          ),
        }),
      ),
    },
    errors: ERRORS,
  },
};
