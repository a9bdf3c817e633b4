// What the rows of a view look like where they enter: their join keys, read from JSON, as store keys.
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";
import { didYouMean } from "../../sdk/nearest.ts";
import type { AggregatedViewSpec, Snapshot, StoredViewSpec } from "../../sdk/registry/index.ts";
import { takesPushes, viewVersion } from "../../sdk/registry/index.ts";
import { checkId, keyId, keyPrefix, keySuffix } from "../../sdk/rows/index.ts";
import { isObject, located, lookUp, pointerOf } from "../../sdk/shape.ts";
import type { ParseTimeOptions } from "../../sdk/time.ts";
import { parseTypeName, show, type Value, valueFromJson, type ValueType } from "../../sdk/types/index.ts";

/** What is said of a row that lacks a column. */
export const WHOLE_ROW = "a write is a whole row: send null for what is not known";

export interface WritableView {
  readonly view: string;
  readonly version: number;
  readonly spec: StoredViewSpec | AggregatedViewSpec;
}

/**
 * Returns the version of a view that rows are written to; null takes the one that the definitions hold now.
 * @throws unknown_view, unknown_version, bad_request for an on-demand view
 */
export function writableView(snapshot: Snapshot, view: string, version: number | null): WritableView {
  const entry = lookUp(snapshot.views, view, "view called", "unknown_view");
  const number = version ?? entry.latest;
  if (number === null) {
    throw new EdgefeatError("unknown_view", `the view "${view}" was removed`, {
      hint: 'name the version to write to as "version"',
    });
  }
  const { spec } = viewVersion(view, entry, number);
  if (spec.kind !== "onDemand") return { view, version: number, spec };
  throw new EdgefeatError("bad_request", `"${view}" is an on-demand view: it is computed at each request`, {
    hint: "write to its input views",
  });
}

/**
 * Returns the version of a view that pushes are read by: the one that the definitions hold now, or where that takes none the
 * one that answers; where that takes none either, the first again. @throws as writableView
 */
export function pushedView(snapshot: Snapshot, view: string): WritableView {
  const latest = writableView(snapshot, view, null);
  const { active = null, versions = {} } = snapshot.views[view] ?? {};
  const spec = active === null ? undefined : versions[active]?.spec;
  if (active === null || takesPushes(latest.spec) || !takesPushes(spec)) return latest;
  return { view, version: active, spec };
}

/** Returns what makes the store key of a row from its ids, which are in the order of the view's join keys. */
export function keyMaker(snapshot: Snapshot, { view, version, spec }: WritableView): (ids: readonly Value[]) => string {
  const prefix = keyPrefix(snapshot, spec.entities);
  const suffix = keySuffix(view, version);
  return (ids) => prefix + keyId(ids) + suffix;
}

/** Returns a reader of store keys from the `entities` of a row's JSON, which a view without join keys needs none of. */
export function keyReader(snapshot: Snapshot, target: WritableView): (json: unknown, path: PropertyKey[]) => string {
  const { view, spec } = target;
  const key = keyMaker(snapshot, target);
  const joinKeys = spec.joinKeys.map(({ name, type }) => ({ name, type: parseTypeName(type) }));
  const names = joinKeys.map(({ name }) => name);
  return (json, path) => {
    const entities = json === undefined && names.length === 0 ? {} : objectOf(json, path);
    for (const name of Object.keys(entities)) {
      if (names.includes(name)) continue;
      throw faultAt("unknown_entity_key", path, `view "${view}" has no join key "${name.slice(0, 200)}"`, {
        hint: names.length === 0 ? "it has one row for all: leave entities out" : didYouMean(name, names),
        member: name,
      });
    }
    return key(joinKeys.map(({ name, type }) => idOf(entities, name, type, path)));
  };
}

function idOf(entities: Readonly<Record<string, unknown>>, name: string, type: ValueType, path: PropertyKey[]) {
  const json = Object.hasOwn(entities, name) ? entities[name] : null;
  if (json === null) throw missingKey(name, path, "a row names its entity");
  return located([...path, name], () => checkId(valueAt(type, json, name, path), `${pathText(path)}.${name}`));
}

/** Returns a JSON object as it is. @throws bad_request naming its place */
export function objectOf(json: unknown, path: readonly PropertyKey[]): Readonly<Record<string, unknown>> {
  if (isObject(json)) return json;
  throw faultAt("bad_request", path, `expected an object, got ${show(json)}`);
}

/** Refuses members that are not among `names`. @throws bad_request */
export function onlyMembers(
  object: Readonly<Record<string, unknown>>,
  names: readonly string[],
  path: readonly PropertyKey[],
): void {
  for (const name of Object.keys(object)) {
    if (names.includes(name)) continue;
    throw faultAt("bad_request", path, `there is no member "${name.slice(0, 200)}"`, {
      hint: didYouMean(name, names),
      member: name,
    });
  }
}

/** Returns a path as messages write it: rows[3].values. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join("");
}

/** Returns a fault of what is at a path, or of a member of it. */
export function faultAt(
  code: ErrorCode,
  path: readonly PropertyKey[],
  what: string,
  { hint, member, cause }: { hint?: string | undefined; member?: string; cause?: unknown } = {},
): EdgefeatError {
  return new EdgefeatError(code, `${pathText(path)}: ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    pointer: pointerOf(member === undefined ? path : [...path, member]),
    cause,
  });
}

export function missingKey(name: string, path: readonly PropertyKey[], hint: string): EdgefeatError {
  return faultAt("missing_entity_key", path, `the join key "${name}" is missing or null`, { hint });
}

export function missingColumn(name: string, path: readonly PropertyKey[], hint: string): EdgefeatError {
  return faultAt("missing_value", path, `the column "${name}" is missing`, { hint });
}

/** Returns a member's value. @throws type_mismatch, value_out_of_range, bad_time, naming its place */
export function valueAt(
  type: ValueType,
  json: unknown,
  name: string,
  path: readonly PropertyKey[],
  time?: ParseTimeOptions,
): Value {
  return located([...path, name], () => valueFromJson(type, json, `${pathText(path)}.${name}`, time));
}
