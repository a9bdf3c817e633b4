// What a request gives for a plan: names that are known, lists of one length, columns of the plan's types.
import { EdgefeatError, type ErrorCode, type ErrorInfo } from "../../sdk/errors.ts";
import { didYouMean } from "../../sdk/nearest.ts";
import type { InputColumn } from "../../sdk/plan/index.ts";
import { checkId } from "../../sdk/rows/index.ts";
import { pointerOf } from "../../sdk/shape.ts";
import type { ParseTimeOptions } from "../../sdk/time.ts";
import type { CompiledPlan } from "./compiled-plan.ts";
import { checkValue, valueFromJson } from "../../sdk/types/index.ts";
import {
  bindColumn,
  bindIds,
  type Column,
  type IdColumn,
  isScalar,
  type Member,
  type ReadValue,
} from "./input-column.ts";
import type { KnownNames } from "./known-registry.ts";
import { checkAsked } from "./read-limits.ts";

export interface Inputs {
  readonly rows: number;
  /** By the plan's keys. */
  readonly keys: readonly IdColumn[];
  /** By the plan's request fields; never null. */
  readonly request: readonly Column[];
}

/** By name: a scalar, or a list with one element a row. */
export interface GivenInputs {
  /** Whether they are parsed JSON, or values as SEMANTICS 6 has them in TypeScript; default JSON. */
  readonly form?: "json" | "values";
  /** A name among the entities that a caller's protocol sends for views without entities, and that is no join key. */
  readonly placeholder?: string;
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
  length.clear();
  addLengths("entities", given.entities, plan.keys);
  addLengths("request", given.request, plan.request);
  refuseNoRows(length.rows);
  checkAsked(length.rows, plan.reads.length, plan.valuesPerRow);
  const read: ReadValue =
    given.form === "values" ? checkValue : (type, json, field) => valueFromJson(type, json, field, time);
  const readId: ReadValue = (type, id, field) => checkId(read(type, id, field), field);
  return {
    rows: length.rows,
    keys: plan.keys.map((column) => bindIds(column, given.entities, readId)),
    request: plan.request.map((column) => bindColumn(column, "request", given.request, read)),
  };
}

function addLengths(member: Member, columns: Readonly<Record<string, unknown>>, needed: readonly InputColumn[]): void {
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

  clear(): void {
    this.#length = -1;
  }

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

/** One for all requests: they are bound one at a time. */
const length = new CommonLength();

function refuseNoRows(rows: number): void {
  if (rows > 0) return;
  throw new EdgefeatError("bad_request", "the request asks for no rows: its lists are empty", {
    hint: "give at least one entity",
  });
}

function refuseUnknown({ keys, request }: CompiledPlan, given: GivenInputs, known: () => KnownNames): void {
  for (const name of Object.keys(given.entities)) {
    if (columnCalled(keys, name) !== undefined || name === given.placeholder || known().joinKeys.has(name)) continue;
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
