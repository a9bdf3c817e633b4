// The one error of Edgefeat: a stable code, what happened, and how to mend it.

/** Every code an Edgefeat error can carry. Codes are part of the public interface; messages are not. */
export const errorCodes = [
  // definitions and registry
  "config_invalid",
  "definitions_not_found",
  "definitions_do_not_compile",
  "definition_invalid",
  "expression_syntax_error",
  "expression_type_error",
  "registry_conflict",
  "registry_not_found",
  "registry_invalid",
  "project_mismatch",
  "transform_not_bundled",
  "transform_conflict",
  // naming things that are not there
  "unknown_feature",
  "unknown_view",
  "unknown_service",
  "unknown_source",
  "unknown_version",
  "unknown_entity_key",
  "missing_entity_key",
  "missing_request_data",
  "unknown_request_data",
  "duplicate_feature",
  "view_not_materialized",
  // values, times, rows
  "type_mismatch",
  "value_out_of_range",
  "missing_column",
  "duplicate_column",
  "bad_time",
  "null_time",
  "event_time_in_future",
  "event_conflict",
  "missing_value",
  // files
  "file_not_found",
  "file_unreadable",
  "file_format_unknown",
  "sql_error",
  "engine_failed",
  "engine_unavailable",
  "cancelled",
  // requests
  "bad_request",
  "malformed_json",
  "unsupported_media_type",
  "body_too_large",
  "request_too_large",
  "unauthorized",
  "forbidden",
  "rate_limited",
  "not_found",
  "method_not_allowed",
  "needs_runner",
  "lease_lost",
  "needs_log",
  "assets_not_bound",
  // stores and servers
  "store_unavailable",
  "store_conflict",
  "log_unavailable",
  "row_corrupt",
  "server_unreachable",
  "server_failed",
  "internal_error",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorInfo {
  /** What to do about it, as a full sentence or a "did you mean …". */
  hint?: string;
  /** RFC 6901 pointer into the JSON body or definition at fault. */
  pointer?: string;
  /** Where in an expression or a file the fault is; both count from 1. */
  position?: { line: number; column: number };
  /** Counts, names and first offending rows, for programs. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** The error every part of Edgefeat throws for bad input and failed work: match on `code`, never on the message. */
export class EdgefeatError extends Error {
  override readonly name = "EdgefeatError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly pointer: string | undefined;
  readonly position: { line: number; column: number } | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, info: ErrorInfo = {}) {
    super(message, info.cause === undefined ? undefined : { cause: info.cause });
    this.code = code;
    this.hint = info.hint;
    this.pointer = info.pointer;
    this.position = info.position;
    this.details = info.details;
  }
}
