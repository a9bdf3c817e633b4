// An error as people read it, and as programs do.
import { EdgefeatError } from "../errors.ts";

/** Where in a file the fault is; `file` relative to the repo folder, line and column counting from 1. */
export interface FilePlace {
  file: string;
  line: number;
  column: number;
  /** The line's text, where it helps. */
  text?: string;
}

const places = new WeakMap<EdgefeatError, FilePlace>();

/** Returns `error`, remembering the place in a file that it is about. */
export function atPlace(error: EdgefeatError, place: FilePlace | undefined): EdgefeatError {
  if (place !== undefined) places.set(error, place);
  return error;
}

/** Returns anything thrown as an EdgefeatError; what is none is a fault of Edgefeat itself. */
export function asEdgefeatError(fault: unknown): EdgefeatError {
  if (fault instanceof EdgefeatError) return fault;
  if (fault instanceof Error && fault.name === "AbortError")
    return new EdgefeatError("cancelled", "stopped before it was done");
  const message = fault instanceof Error ? fault.message : String(fault);
  return new EdgefeatError("internal_error", message, {
    hint: "this is a bug in edgefeat; set EDGEFEAT_DEBUG=1 to see where",
    cause: fault,
  });
}

/** Returns the lines that tell an error to a person. */
export function errorText(error: EdgefeatError, debug: boolean): string {
  const place = places.get(error);
  const lines = [`error[${error.code}]: ${error.message}`];
  if (place !== undefined) lines.push(`  at ${place.file}:${place.line}:${place.column}`, ...excerpt(place));
  else if (error.position !== undefined)
    lines.push(`  at ${error.pointer ?? ""}:${error.position.line}:${error.position.column}`);
  if (error.hint !== undefined) lines.push(`  hint: ${error.hint}`);
  if (debug) lines.push(String((error.cause as Error | undefined)?.stack ?? error.stack));
  return lines.join("\n");
}

function excerpt({ line, column, text }: FilePlace): string[] {
  if (text === undefined || text.length > 200) return [];
  return [`  ${String(line).padStart(5)} | ${text}`, `        | ${" ".repeat(column - 1)}^`];
}

/** Returns the error as a member of a JSON answer. */
export function errorJson(error: EdgefeatError): Record<string, unknown> {
  const { code, message, hint, pointer, position, details } = error;
  const place = places.get(error);
  return {
    code,
    message,
    hint,
    pointer,
    position: place === undefined ? position : { line: place.line, column: place.column },
    file: place?.file,
    details,
  };
}
