// The server's problem documents (RFC 9457) as the errors they were.
import { EdgefeatError, type ErrorCode, errorCodes, type ErrorInfo } from "../errors.ts";
import { parseJson } from "../types/index.ts";

/** Returns the error that an answer with a failing status stands for; `body` is its text. */
export function problemError(status: number, body: string): EdgefeatError {
  const problem = problemOf(body);
  if (problem === undefined || typeof problem["code"] !== "string") {
    return new EdgefeatError("server_failed", `the server answered ${status} without saying why`, {
      hint: "check that the URL is Edgefeat's, and what stands between it and you",
      details: { status, body: body.slice(0, 500) },
    });
  }
  const { type: _type, title, detail, status: _status, code, hint, pointer, position, details, ...rest } = problem;
  const known = (errorCodes as readonly string[]).includes(code);
  const message =
    typeof detail === "string" ? detail : typeof title === "string" ? title : `the server answered ${status}`;
  const info: ErrorInfo = {
    details: { ...(details as object | undefined), ...rest, status, ...(known ? {} : { code }) },
  };
  if (typeof hint === "string") info.hint = hint;
  if (typeof pointer === "string") info.pointer = pointer;
  if (isPosition(position)) info.position = position;
  return new EdgefeatError(known ? (code as ErrorCode) : "server_failed", message, info);
}

function problemOf(body: string): Record<string, unknown> | undefined {
  try {
    const json = parseJson(body);
    return typeof json === "object" && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isPosition(position: unknown): position is { line: number; column: number } {
  const { line, column } = (position ?? {}) as Record<string, unknown>;
  return typeof line === "number" && typeof column === "number";
}
