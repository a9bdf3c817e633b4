// The key under which an entity's row of a view lives in the online store.
import { EdgefeatError } from "../errors.ts";
import type { Value } from "../types/index.ts";

/** The most bytes of UTF-8 that one id may have; a longer one is refused rather than cut. */
export const MAX_ID_BYTES = 1024;

export interface KeySpace {
  readonly project: string;
  readonly environment: string;
}

/**
 * Returns what comes before the id in every key of a view's rows:
 * `feature:{project}:{environment}:{entity}:`, each part percent-escaped. A view without entities has an empty part there,
 * which no entity's name can be, and the empty id: its one key is `feature:{project}:{environment}:::{view}@{version}`.
 */
export function keyPrefix({ project, environment }: KeySpace, entities: readonly string[]): string {
  return `feature:${encodeURIComponent(project)}:${encodeURIComponent(environment)}:${joined(entities)}:`;
}

/** Returns the three parts of a row's key; no part of it but these holds a colon. */
export function splitRowKey(key: string): { readonly prefix: string; readonly id: string; readonly suffix: string } {
  let from = 0;
  for (let colons = 0; colons < 4; colons++) from = key.indexOf(":", from) + 1;
  const to = key.lastIndexOf(":");
  return { prefix: key.slice(0, from), id: key.slice(from, to), suffix: key.slice(to) };
}

/** Returns what comes after the id: `:{view}@{version}`. */
export function keySuffix(view: string, version: number): string {
  return `:${encodeURIComponent(view)}@${version}`;
}

/**
 * Returns the id part of a key: the join keys' values in order, joined by `+`, each percent-escaped, so that no id can
 * collide with or reach into another key. Of no join keys it is empty.
 * @throws value_out_of_range for an id that checkId refuses
 */
export function keyId(values: readonly Value[]): string {
  for (let i = 0; i < values.length; i++) checkId(values[i] as Value, "an entity's id");
  return values.length === 1 ? encodeURIComponent(String(values[0])) : joined(values.map(String));
}

/**
 * Returns an id that can be part of a key: of MAX_ID_BYTES at most, and without half a surrogate pair.
 * @throws value_out_of_range, naming `field`
 */
export function checkId(id: Value, field: string): Value {
  if (typeof id !== "string") return id;
  // A UTF-16 unit takes three bytes at most: short ids, which nearly all are, need no counting.
  if (id.length > MAX_ID_BYTES || (id.length > MAX_ID_BYTES / 3 && utf8Bytes(id) > MAX_ID_BYTES)) {
    throw new EdgefeatError("value_out_of_range", `${field}: an id has at most ${MAX_ID_BYTES} bytes of UTF-8`, {
      hint: "hash long ids before they become join keys",
    });
  }
  if (!id.isWellFormed()) {
    throw new EdgefeatError("value_out_of_range", `${field}: the id holds half a surrogate pair`, {
      hint: "text must be valid Unicode; re-encode it as UTF-8 at its source",
    });
  }
  return id;
}

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

function joined(parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join("+");
}

/** How the keys begin that hold a row's companion: what reads of features don't need. */
export const SEEN_PREFIX = "seen:";

/** Returns the key of the companion of a row: the ids of the events that its tiles hold. */
export function seenKey(rowKey: string): string {
  return SEEN_PREFIX + rowKey;
}

/** Returns the key of a project's control record, read with every request. */
export function controlKey({ project, environment }: KeySpace): string {
  return `control:${encodeURIComponent(project)}:${encodeURIComponent(environment)}`;
}

/** True for the key of a control record, of whatever project. */
export function isControlKey(key: string): boolean {
  return key.startsWith("control:");
}

/** Returns the key of a registry snapshot, by its hash. */
export function snapshotKey({ project, environment }: KeySpace, hash: string): string {
  return `registry:${encodeURIComponent(project)}:${encodeURIComponent(environment)}:${hash}`;
}

/** Returns the key of a view version's materialization record. */
export function materializationKey({ project, environment }: KeySpace, view: string, version: number): string {
  return `materialization:${encodeURIComponent(project)}:${encodeURIComponent(environment)}${keySuffix(view, version)}`;
}

/** Returns the key of a project's jobs: of those that are not done, with who runs them, or of those that are. */
export function jobsKey({ project, environment }: KeySpace, which: "open" | "done"): string {
  return `job:${encodeURIComponent(project)}:${encodeURIComponent(environment)}:${which}`;
}

/** True for the key of a document of jobs, of whatever project. */
export function isJobsKey(key: string): boolean {
  return key.startsWith("job:");
}

/** Returns the key of a project's token set. */
export function tokensKey({ project, environment }: KeySpace): string {
  return `tokens:${encodeURIComponent(project)}:${encodeURIComponent(environment)}`;
}

/** Returns the key of an audit record: the `n`-th of a lane in an hour, both counting from 0, the hour from the epoch. */
export function auditKey({ project, environment }: KeySpace, hour: number, lane: number, n: number): string {
  return `audit:${encodeURIComponent(project)}:${encodeURIComponent(environment)}:${hour}:${lane}:${n}`;
}
