// The two documents that a project's jobs are kept in: their shape, and how one is altered.
import { EdgefeatError } from "../../sdk/errors.ts";
import { changedByOthers } from "../store/faults.ts";
import type { OnlineStore } from "../store/port.ts";
import type { KeptJob } from "./job.ts";
import type { RunnerSign } from "./signs.ts";

const MAX_ATTEMPTS = 32;

/** What is not done, and what has ended but is not in the other document yet. */
export interface OpenJobs {
  next: number;
  jobs: KeptJob[];
  /** By view, the last moment of its schedule that was queued. */
  due: Record<string, string>;
  runners: Record<string, RunnerSign>;
}

/** Alters a document, and anew what others have made of it meanwhile; without a change nothing is written. @throws store_conflict */
export async function alterDocument<D, T>(
  store: OnlineStore,
  key: string,
  none: () => D,
  alter: (document: D) => T,
): Promise<T> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [expected = null] = await store.read([key], { purpose: "write" });
    const document = parsed(expected, none);
    const result = alter(document);
    const value = JSON.stringify(document);
    if (value === (expected ?? JSON.stringify(none()))) return result;
    const [written] = await store.compareAndSet([{ key, expected, value, expireInMs: null }]);
    if (written === true) return result;
  }
  throw changedByOthers("the jobs were");
}

export function noneOpen(): OpenJobs {
  return { next: 1, jobs: [], due: {}, runners: {} };
}

export function noneDone(): KeptJob[] {
  return [];
}

/** Returns the document of a text; of none what `none` makes. @throws row_corrupt */
export function parsed<D>(text: string | null, none: () => D): D {
  if (text === null) return none();
  try {
    return JSON.parse(text) as D;
  } catch {
    throw new EdgefeatError("row_corrupt", "the jobs in the store are not readable", {
      hint: "was their key written by another program?",
    });
  }
}

/** Returns the size of a value's JSON in UTF-8. */
export function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** Returns a member by a name that may be anything: "constructor" too. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
