// What DuckDB says when it fails, as an Edgefeat error: the query's fault, the caller's wish, or the engine's end.
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";

const BROKEN = /^(INTERNAL|FATAL) Error|memory access out of bounds|unreachable|table index is out of bounds|Aborted\(/;
/** The last two: there is no room on the disk for what is spilled. */
const NO_MEMORY =
  /^Out of Memory Error|Array buffer allocation failed|Cannot enlarge memory|bad_alloc|failed to (allocate|offload) data|No space left on device/i;

const OUT_OF_MEMORY =
  "take fewer rows or features at a time, or raise memoryLimitBytes where it was set: the engine and its tables are as they were. " +
  "WebAssembly has 3.1 GiB at most; the native engine (npm install @duckdb/node-api) has what the machine has, and spills to disk (spillFolder)";

/** True when the engine can't be trusted after this failure: its memory or its catalog may be damaged. */
export function isFatal(cause: unknown): boolean {
  return cause instanceof Error && (cause.name === "RuntimeError" || BROKEN.test(messageOf(cause)));
}

/** Returns the error of a failed call; `what` says what was being done, `sql` the statement as the caller wrote it. */
export function engineError(cause: unknown, what: string, sql?: string): EdgefeatError {
  if (cause instanceof EdgefeatError) return cause;
  const message = messageOf(cause);
  const about = { cause, ...(sql === undefined ? {} : { details: { sql } }) };
  if (NO_MEMORY.test(message)) {
    return new EdgefeatError("engine_failed", `out of memory while ${what}: ${firstLine(message)}`, {
      ...about,
      hint: OUT_OF_MEMORY,
    });
  }
  if (isFatal(cause)) {
    return new EdgefeatError("engine_failed", `the SQL engine broke while ${what}: ${firstLine(message)}`, {
      ...about,
      hint: "open a new engine and load its tables again",
    });
  }
  if (message.startsWith("INTERRUPT Error")) return cancelled(what);
  const code: ErrorCode = /^Not implemented Error: Unsupported.*Arrow/.test(message) ? "type_mismatch" : "sql_error";
  return new EdgefeatError(code, `DuckDB failed ${what}: ${message}`, about);
}

export function cancelled(what: string): EdgefeatError {
  return new EdgefeatError("cancelled", `cancelled while ${what}`);
}

/** Some calls of duckdb-wasm report their error as JSON, most as text. */
function messageOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (!text.startsWith("{")) return text.trim();
  try {
    const parsed = JSON.parse(text) as { exception_type?: string; exception_message?: string };
    return `${parsed.exception_type} Error: ${parsed.exception_message}`;
  } catch {
    return text;
  }
}

function firstLine(message: string): string {
  return message.split("\n")[0] as string;
}
