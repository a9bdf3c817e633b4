// Errors as Feast's clients expect them: a JSON string that holds the module, the class and the message of an exception.
import type { EdgefeatError, ErrorCode } from "../../sdk/errors.ts";
import { errorHeaders, shortened, statusOf } from "./problem.ts";

/** The exceptions of `feast.errors` that our codes stand for; FeastError for the rest. */
const FEAST_CLASSES: Partial<Record<ErrorCode, string>> = {
  unknown_view: "FeatureViewNotFoundException",
  unknown_service: "FeatureServiceNotFoundException",
  unknown_source: "PushSourceNotFoundException",
  unknown_feature: "FeastObjectNotFoundException",
  unknown_version: "FeastObjectNotFoundException",
  registry_not_found: "FeastObjectNotFoundException",
  unknown_entity_key: "EntityNotFoundException",
  missing_request_data: "RequestDataNotFoundInEntityRowsException",
  duplicate_feature: "FeatureNameCollisionError",
  unauthorized: "FeastPermissionError",
  forbidden: "FeastPermissionError",
};

/** Returns an error in Feast's form, with the status that our own routes give it. */
export function feastErrorResponse(error: EdgefeatError): Response {
  const message = error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  const detail = {
    module: "feast.errors",
    class: FEAST_CLASSES[error.code] ?? "FeastError",
    message: shortened(message),
  };
  return new Response(JSON.stringify(JSON.stringify(detail)), {
    status: statusOf(error.code),
    headers: { "content-type": "application/json", ...errorHeaders(error) },
  });
}
