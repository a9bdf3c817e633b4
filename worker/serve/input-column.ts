// One column of a request's inputs: typed values, one a row or one for all, from the JSON that was sent.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { InputColumn } from "../../sdk/plan/index.ts";
import { keyId } from "../../sdk/rows/index.ts";
import { located, locatedAt, pointerOf } from "../../sdk/shape.ts";
import type { Value, ValueType } from "../../sdk/types/index.ts";

/** Where in the body a column stands. */
export type Member = "entities" | "request";

/** Returns what was given for a value as that value. @throws type_mismatch, value_out_of_range, bad_time, naming `field` */
export type ReadValue = (type: ValueType, given: unknown, field: string) => Value;

/** One value a row; or a single one for all of them. */
export interface Column {
  readonly values: readonly (Value | null)[];
  readonly scalar: boolean;
}

/** Ids as a key holds them, one a row; or a single one for all of them. A null id names no entity. */
export interface IdColumn {
  readonly ids: readonly (string | null)[];
  readonly scalar: boolean;
}

/** Returns a join key's ids. @throws as bindColumn */
export function bindIds(column: InputColumn, given: Readonly<Record<string, unknown>>, read: ReadValue): IdColumn {
  const { name, type } = column;
  if (!Object.hasOwn(given, name)) throw missing(name, "entities", pointerOf(["entities"]));
  const json = given[name];
  const scalar = isScalar(type, json);
  const list = scalar ? [json] : (json as unknown[]);
  const ids = new Array<string | null>(list.length);
  const plain = type.kind === "int64";
  for (let row = 0; row < list.length; row++) {
    const id = list[row];
    // Most ids are such numbers, which every way leads to these digits.
    if (plain && Number.isSafeInteger(id)) ids[row] = String(id);
    else {
      const value = bindValue(name, type, "entities", id, scalar ? null : row, read);
      ids[row] = value === null ? null : keyId([value]);
    }
  }
  return { ids, scalar };
}

/** Returns a column of typed values. @throws missing_entity_key, missing_request_data, type_mismatch, value_out_of_range, bad_time */
export function bindColumn(
  { name, type }: InputColumn,
  member: Member,
  given: Readonly<Record<string, unknown>>,
  read: ReadValue,
): Column {
  if (!Object.hasOwn(given, name)) throw missing(name, member, pointerOf([member]));
  const json = given[name];
  const scalar = isScalar(type, json);
  const list = scalar ? [json] : (json as unknown[]);
  const values = new Array<Value | null>(list.length);
  for (let row = 0; row < list.length; row++)
    values[row] = bindValue(name, type, member, list[row], scalar ? null : row, read);
  return { values, scalar };
}

function bindValue(
  name: string,
  type: ValueType,
  member: Member,
  json: unknown,
  row: number | null,
  read: ReadValue,
): Value | null {
  if (json === null && member === "entities") return null;
  const path = () => (row === null ? [member, name] : [member, name, row]);
  if (json === null) throw missing(name, member, pointerOf(path()));
  try {
    return read(type, json, name);
  } catch (fault) {
    // Once more, to be told with its row: the label of each value would cost more than all else here.
    if (row === null) throw locatedAt(fault, path());
    return located(path(), () => read(type, json, `${name}[${row}]`));
  }
}

function missing(name: string, member: Member, pointer: string): EdgefeatError {
  return member === "entities"
    ? new EdgefeatError("missing_entity_key", `the join key "${name}" is missing`, {
        hint: `give "${name}" in entities`,
        pointer,
      })
    : new EdgefeatError("missing_request_data", `the request field "${name}" is missing or null`, {
        hint: `give "${name}" in request: an on-demand feature needs it`,
        pointer,
      });
}

/** True for one value, false for a list of one a row: a value of a list type is a list itself, so depth decides. */
export function isScalar(type: ValueType | undefined, json: unknown): boolean {
  return !Array.isArray(json) || listDepth(json) <= (type === undefined ? 0 : typeDepth(type));
}

function listDepth(json: unknown): number {
  let depth = 0;
  for (let at = json; Array.isArray(at); at = at.find((element) => element !== null)) depth++;
  return depth;
}

function typeDepth(type: ValueType): number {
  if (type.kind === "list") return 1 + typeDepth(type.of);
  return type.kind === "vector" ? 1 : 0;
}
