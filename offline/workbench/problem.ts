// What went wrong, in a form that crosses from the worker to the page and is shown with what to do about it.
import { EdgefeatError } from "../../sdk/errors.ts";

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Returns a fault's code, words and mend. */
export function problemOf(fault: unknown): Problem {
  if (fault instanceof EdgefeatError) {
    const { code, message, hint } = fault;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }
  const words = fault instanceof Error ? fault.message : String(fault);
  if (isOutOfMemory(fault, words)) {
    return {
      code: "engine_failed",
      message: `the page ran out of memory: ${words}`,
      hint: "close other tabs, choose fewer features or fewer entity rows, or run the same with edgefeat historical in Node; your files and choices are kept",
    };
  }
  return {
    code: "internal_error",
    message: words,
    hint: "try again; if it stays, reload the page: files and choices are kept",
  };
}

function isOutOfMemory(fault: unknown, words: string): boolean {
  return (
    (fault instanceof RangeError && /array (buffer )?(length|allocation)|invalid (typed )?array/i.test(words)) ||
    /out of memory|memory allocation|allocation failed/i.test(words)
  );
}
