// The key under which an entity's row of a view lives in the online store.
import { EdgefeatError } from "../errors.ts";
import type { Value } from "../types/index.ts";

/** The most characters an id may take in a key; a longer one is refused rather than cut. */
export const MAX_ID_CHARACTERS = 1024;

export interface KeySpace {
  readonly project: string;
  readonly environment: string;
}

/**
 * Returns what comes before the id in every key of a view's rows:
 * `feature:{project}:{environment}:{entity}:`, each part percent-escaped.
 */
export function keyPrefix({ project, environment }: KeySpace, entities: readonly string[]): string {
  return `feature:${encodeURIComponent(project)}:${encodeURIComponent(environment)}:${joined(entities)}:`;
}

/** Returns what comes after the id: `:{view}@{version}`. */
export function keySuffix(view: string, version: number): string {
  return `:${encodeURIComponent(view)}@${version}`;
}

/**
 * Returns the id part of a key: the join keys' values in order, joined by `+`, each percent-escaped, so that no id can
 * collide with or reach into another key.
 * @throws value_out_of_range for an id too long to be a key
 */
export function keyId(values: readonly Value[]): string {
  const id = values.length === 1 ? encodeURIComponent(String(values[0])) : joined(values.map(String));
  if (id.length > MAX_ID_CHARACTERS) {
    throw new EdgefeatError("value_out_of_range", `an entity id takes ${id.length} characters`, {
      hint: `at most ${MAX_ID_CHARACTERS} once percent-escaped; hash long ids before they become join keys`,
    });
  }
  return id;
}

function joined(parts: readonly string[]): string {
  return parts.map(encodeURIComponent).join("+");
}

/** Returns the key of a project's control record, read with every request. */
export function controlKey({ project, environment }: KeySpace): string {
  return `control:${encodeURIComponent(project)}:${encodeURIComponent(environment)}`;
}

/** Returns the key of a registry snapshot, by its hash. */
export function snapshotKey({ project, environment }: KeySpace, hash: string): string {
  return `registry:${encodeURIComponent(project)}:${encodeURIComponent(environment)}:${hash}`;
}

/** Returns the key of a view version's materialization record. */
export function materializationKey({ project, environment }: KeySpace, view: string, version: number): string {
  return `materialization:${encodeURIComponent(project)}:${encodeURIComponent(environment)}${keySuffix(view, version)}`;
}
