// What the OpenAPI document says of Feast's routes that write.
import type { ErrorCode } from "../../sdk/errors.ts";
import { COUNT, listOf, object, TEXT, VERSION_NUMBER } from "../pages/json-schema.ts";
import { json, NAMING_ERRORS } from "./doc.ts";
import { WRITE_COUNTS, WRITE_ERRORS } from "./rows-doc.ts";

export const FEAST_WRITTEN = {
  200: json(
    object({
      rows: COUNT,
      views: listOf(object({ view: TEXT, version: VERSION_NUMBER, ...WRITE_COUNTS })),
      ignoredColumns: listOf(TEXT),
    }),
  ),
};

export const FEAST_WRITE_ERRORS = [
  ...WRITE_ERRORS,
  "missing_column",
  "needs_runner",
] as const satisfies readonly ErrorCode[];

export const FEAST_MATERIALIZE_ERRORS = [
  ...NAMING_ERRORS,
  "bad_time",
  "value_out_of_range",
  "needs_runner",
] as const satisfies readonly ErrorCode[];
