// What the OpenAPI document says of writing rows: by our own route, and by Feast's.
import type { ErrorCode } from "../../sdk/errors.ts";
import { COUNT } from "../pages/json-schema.ts";
import { NAMING_ERRORS } from "./doc.ts";

export const WRITE_COUNTS = {
  written: COUNT,
  unchanged: COUNT,
  superseded: COUNT,
  expired: COUNT,
  conflicts: COUNT,
};

/** What rows can be refused for. */
export const WRITE_ERRORS = [
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
