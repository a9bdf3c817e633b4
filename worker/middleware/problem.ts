// Errors as problem documents (RFC 9457): the one map from code to HTTP status.
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";

const CLIENT = 400;
const SERVER = 500;

/** What is the server's own fault; and what none tells, but programs that read files, run engines and call servers. */
type ServerCode =
  | "config_invalid"
  | "row_corrupt"
  | "internal_error"
  | "definitions_not_found"
  | "definitions_do_not_compile"
  | "duplicate_column"
  | "file_not_found"
  | "file_unreadable"
  | "file_format_unknown"
  | "sql_error"
  | "engine_failed"
  | "engine_unavailable"
  | "cancelled"
  | "server_unreachable"
  | "server_failed";

const statuses: Readonly<Record<Exclude<ErrorCode, ServerCode>, number>> = {
  definition_invalid: CLIENT,
  expression_syntax_error: 422,
  expression_type_error: 422,
  registry_conflict: 412,
  registry_not_found: 404,
  registry_invalid: CLIENT,
  project_mismatch: 409,
  transform_not_bundled: 409,
  transform_conflict: 409,
  unknown_feature: 404,
  unknown_view: 404,
  unknown_service: 404,
  unknown_source: 404,
  unknown_version: 404,
  unknown_entity_key: CLIENT,
  missing_entity_key: CLIENT,
  missing_request_data: CLIENT,
  unknown_request_data: CLIENT,
  duplicate_feature: CLIENT,
  view_not_materialized: 409,
  type_mismatch: CLIENT,
  value_out_of_range: CLIENT,
  missing_column: CLIENT,
  bad_time: CLIENT,
  null_time: CLIENT,
  event_time_in_future: CLIENT,
  event_conflict: 409,
  missing_value: CLIENT,
  bad_request: CLIENT,
  malformed_json: CLIENT,
  unsupported_media_type: 415,
  body_too_large: 413,
  request_too_large: 413,
  unauthorized: 401,
  forbidden: 403,
  rate_limited: 429,
  not_found: 404,
  method_not_allowed: 405,
  needs_runner: 501,
  lease_lost: 409,
  needs_log: 501,
  assets_not_bound: 501,
  store_unavailable: 503,
  store_conflict: 503,
  log_unavailable: 503,
};

/** Returns the HTTP status of an error's code. */
export function statusOf(code: ErrorCode): number {
  return (statuses as Partial<Record<ErrorCode, number>>)[code] ?? SERVER;
}

/** Returns the error itself when it is one of ours; any other fault is told as internal_error, without its words. */
export function asEdgefeatError(fault: unknown): EdgefeatError {
  if (fault instanceof EdgefeatError) return fault;
  return new EdgefeatError("internal_error", "the server failed in a way that it should not", {
    hint: "try again; if it persists, look in the Worker's log",
    cause: fault,
  });
}

/** Returns the headers that an error's status calls for. */
export function errorHeaders(error: EdgefeatError): Record<string, string> {
  const status = statusOf(error.code);
  const allow = error.details?.["allow"];
  return {
    "cache-control": "no-store",
    ...(status === 401 ? { "www-authenticate": 'Bearer realm="edgefeat"' } : {}),
    ...(status === 503 ? { "retry-after": retryAfterSeconds(error) } : {}),
    ...(status === 429 ? { "retry-after": String(error.details?.["retryAfterSeconds"] ?? 1) } : {}),
    ...(error.code === "method_not_allowed" && Array.isArray(allow) ? { allow: allow.join(", ") } : {}),
  };
}

/** Whole seconds, one at least; as many as the error's `retryAfterMs` comes to, where it tells. */
function retryAfterSeconds({ details }: EdgefeatError): string {
  const ms = details?.["retryAfterMs"];
  return String(typeof ms === "number" ? Math.max(1, Math.ceil(ms / 1_000)) : 1);
}

/** Returns the problem document of an error. */
export function problemResponse(error: EdgefeatError): Response {
  const { code, message, hint, pointer, position, details } = error;
  const status = statusOf(code);
  const title = code.replaceAll("_", " ");
  const problem = {
    type: `urn:edgefeat:problem:${code}`,
    title: title.charAt(0).toUpperCase() + title.slice(1),
    status,
    code,
    detail: shortened(message),
    hint: hint === undefined ? hint : shortened(hint),
    pointer,
    position,
    details,
  };
  return new Response(JSON.stringify(problem, integersAsText), {
    status,
    headers: { "content-type": "application/problem+json", ...errorHeaders(error) },
  });
}

const MAX_CHARACTERS = 2_000;

/** Returns a text as far as it is worth telling: names in it may be as long as the request was. */
export function shortened(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

function integersAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
