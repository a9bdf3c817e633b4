// The entity ids and request data of a request, typed by the plan: one column each, broadcast where it is a scalar.
import { EdgefeatError, type ErrorCode, type ErrorInfo } from "../../sdk/errors.ts";
import { didYouMean } from "../../sdk/nearest.ts";
import type { InputColumn } from "../../sdk/plan/index.ts";
import { pointerOf } from "../../sdk/shape.ts";
import type { ParseTimeOptions } from "../../sdk/time.ts";
import { type Value, valueFromJson, type ValueType } from "../../sdk/types/index.ts";
import type { CompiledPlan } from "./compiled-plan.ts";
import type { KnownNames } from "./known-registry.ts";

/** The most rows that one request may ask for. */
export const MAX_ROWS = 1_000;
/** The most rows × views that one request may read. */
export const MAX_LOOKUPS = 10_000;

/** One value a row; or a single one for all of them. */
export interface Column {
  readonly values: readonly (Value | null)[];
  readonly scalar: boolean;
}

export interface Inputs {
  readonly rows: number;
  /** By the plan's keys. A null id names no entity. */
  readonly keys: readonly Column[];
  /** By the plan's request fields; never null. */
  readonly request: readonly Column[];
}

/** Parsed JSON by name: a scalar, or a list with one element a row. */
export interface GivenInputs {
  readonly entities: Readonly<Record<string, unknown>>;
  readonly request: Readonly<Record<string, unknown>>;
}

/**
 * Returns the columns that a plan takes from what a request gave. Join keys and request fields of the project that this
 * plan does not need are allowed, so that one set of inputs serves many services.
 * @throws unknown_entity_key, unknown_request_data, missing_entity_key, missing_request_data, type_mismatch,
 *   value_out_of_range, bad_time, bad_request, request_too_large
 */
export function bindInputs(
  plan: CompiledPlan,
  given: GivenInputs,
  known: () => KnownNames,
  time: ParseTimeOptions = {},
): Inputs {
  refuseUnknown(plan, given, known);
  const length = new CommonLength();
  addLengths(length, "entities", given.entities, plan.keys);
  addLengths(length, "request", given.request, plan.request);
  checkSize(length.rows, plan.reads.length);
  return {
    rows: length.rows,
    keys: plan.keys.map((column) => bindColumn(column, "entities", given.entities, time)),
    request: plan.request.map((column) => bindColumn(column, "request", given.request, time)),
  };
}

type Member = "entities" | "request";

function addLengths(
  length: CommonLength,
  member: Member,
  columns: Readonly<Record<string, unknown>>,
  needed: readonly InputColumn[],
): void {
  for (const name of Object.keys(columns)) {
    const json = columns[name];
    if (Array.isArray(json) && !isScalar(columnCalled(needed, name)?.type, json)) length.add(member, name, json.length);
  }
}

function columnCalled(columns: readonly InputColumn[], name: string): InputColumn | undefined {
  for (const column of columns) if (column.name === name) return column;
  return undefined;
}

/** The one length that all lists of a request share. */
class CommonLength {
  #member: Member = "entities";
  #name = "";
  #length = -1;

  get rows(): number {
    return this.#length < 0 ? 1 : this.#length;
  }

  add(member: Member, name: string, length: number): void {
    if (this.#length >= 0 && this.#length !== length) {
      const message = `${this.#member}.${this.#name} has ${this.#length} values, but ${member}.${name} has ${length}`;
      throw new EdgefeatError("bad_request", message, {
        hint: "lists have one value a row; a single value, not in a list, is taken for all rows",
        pointer: pointerOf([member, name]),
      });
    }
    this.#member = member;
    this.#name = name;
    this.#length = length;
  }
}

function checkSize(rows: number, reads: number): void {
  if (rows === 0) {
    throw new EdgefeatError("bad_request", "the request asks for no rows: its lists are empty", {
      hint: "give at least one entity",
    });
  }
  if (rows <= MAX_ROWS && rows * reads <= MAX_LOOKUPS) return;
  throw new EdgefeatError("request_too_large", `the request asks for ${rows} rows of ${reads} views`, {
    hint: `at most ${MAX_ROWS} rows, and ${MAX_LOOKUPS} rows × views: send it in parts`,
  });
}

function refuseUnknown({ keys, request }: CompiledPlan, given: GivenInputs, known: () => KnownNames): void {
  for (const name of Object.keys(given.entities)) {
    if (columnCalled(keys, name) !== undefined || known().joinKeys.has(name)) continue;
    const misplaced = columnCalled(request, name) !== undefined;
    throw unknown("unknown_entity_key", name, "join key", "entities", {
      hint: misplaced ? `"${name}" is request data: move it to "request"` : didYouMean(name, known().joinKeys),
    });
  }
  for (const name of Object.keys(given.request)) {
    if (columnCalled(request, name) !== undefined || known().requestFields.has(name)) continue;
    const misplaced = columnCalled(keys, name) !== undefined;
    throw unknown("unknown_request_data", name, "request field", "request", {
      hint: misplaced ? `"${name}" is a join key: move it to "entities"` : didYouMean(name, known().requestFields),
    });
  }
}

function unknown(code: ErrorCode, name: string, what: string, member: string, info: ErrorInfo): EdgefeatError {
  return new EdgefeatError(code, `there is no ${what} "${name.slice(0, 200)}"`, {
    ...info,
    pointer: pointerOf([member, name]),
  });
}

function bindColumn(
  { name, type }: InputColumn,
  member: Member,
  given: Readonly<Record<string, unknown>>,
  time: ParseTimeOptions,
): Column {
  if (!Object.hasOwn(given, name)) throw missing(name, member, pointerOf([member]));
  const json = given[name];
  const scalar = isScalar(type, json);
  const list = scalar ? [json] : (json as unknown[]);
  const values = new Array<Value | null>(list.length);
  for (let row = 0; row < list.length; row++)
    values[row] = bindValue(name, type, member, list[row], scalar ? null : row, time);
  return { values, scalar };
}

function bindValue(
  name: string,
  type: ValueType,
  member: Member,
  json: unknown,
  row: number | null,
  time: ParseTimeOptions,
): Value | null {
  if (json === null && member === "entities") return null;
  const path = () => (row === null ? [member, name] : [member, name, row]);
  if (json === null) throw missing(name, member, pointerOf(path()));
  try {
    return valueFromJson(type, json, name, time);
  } catch (fault) {
    // Once more, to be told with its row: the label of each value would cost more than all else here.
    if (row === null) throw locatedAt(fault, path());
    return located(path(), () => valueFromJson(type, json, `${name}[${row}]`, time));
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

/** Adds to an error where in the body its value is. */
export function located<T>(path: readonly PropertyKey[], work: () => T): T {
  try {
    return work();
  } catch (fault) {
    throw locatedAt(fault, path);
  }
}

function locatedAt(fault: unknown, path: readonly PropertyKey[]): unknown {
  if (!(fault instanceof EdgefeatError) || fault.pointer !== undefined) return fault;
  const { code, message, hint, position, details, cause } = fault;
  return new EdgefeatError(code, message, {
    pointer: pointerOf(path),
    cause,
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position }),
    ...(details === undefined ? {} : { details }),
  });
}

/** True for one value, false for a list of one a row: a value of a list type is a list itself, so depth decides. */
function isScalar(type: ValueType | undefined, json: unknown): boolean {
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
