// An error as it crosses a service binding: what survives depends on both Workers' compatibility dates.
import type { EdgefeatError, ErrorCode } from "../../sdk/errors.ts";

/** What a call over a service binding rejects with. */
export interface BindingError extends Error {
  /** From the compatibility date 2026-05-01 on, in both Workers, like the rest; before, the message alone crosses. */
  readonly code?: ErrorCode;
  readonly hint?: string;
  readonly pointer?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Returns an error to throw across a binding: `unknown_service: there is no … (did you mean …)`. The message begins with
 * the code because it is all that some callers get: no class crosses, and a name of its own would be put before it.
 */
export function acrossBinding({ code, message, hint, pointer, details }: EdgefeatError): BindingError {
  const told = { ...(hint === undefined ? {} : { hint }), ...(pointer === undefined ? {} : { pointer }) };
  const error = new Error(`${code}: ${message}${hint === undefined ? "" : ` (${hint})`}`);
  return Object.assign(error, { code, ...told, ...(details === undefined ? {} : { details }) });
}
