// Reading a packed text: whatever is wrong with it, one error says so.
import { EdgefeatError } from "../errors.ts";
import type { Us } from "../time.ts";

/** Returns what `read` makes of a packed row's JSON. @throws row_corrupt for a text that `read` can make nothing of */
export function unpackText<R>(text: string, read: (json: unknown) => R): R {
  try {
    return read(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof EdgefeatError && cause.code === "row_corrupt") throw cause;
    throw corrupt("a stored row is not readable", cause);
  }
}

/** Returns the error of a text that is no row of its view. */
export function corrupt(what: string, cause?: unknown): EdgefeatError {
  return new EdgefeatError("row_corrupt", what, { hint: "materialize the view again", cause });
}

/** Returns a packed time. @throws row_corrupt when it is none */
export function unpackTime(json: unknown): Us {
  if (Number.isSafeInteger(json)) return json as Us;
  throw corrupt("a stored row has a time that is not a whole number of microseconds");
}
