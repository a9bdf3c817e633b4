// The error that work must end in.
import { EdgefeatError } from "../../sdk/errors.ts";

/** Returns the EdgefeatError that `work` throws; fails when it throws another, or none. */
export function faultOf(work: () => unknown): EdgefeatError {
  let result: unknown;
  try {
    result = work();
  } catch (error) {
    if (error instanceof EdgefeatError) return error;
    throw error;
  }
  throw new Error(`expected an EdgefeatError, got ${String(result)}`);
}
