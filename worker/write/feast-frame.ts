// Feast's dataframes in JSON, `{column: [a value a row]}`: checked to be whole, and read as rows of stored views.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { Snapshot, StoredViewSpec } from "../../sdk/registry/index.ts";
import { checkId, type StoredRow } from "../../sdk/rows/index.ts";
import { located, pointerOf } from "../../sdk/shape.ts";
import { parseTime, US_PER_SECOND, type Us } from "../../sdk/time.ts";
import { checkValue, parseTypeName, show, type Value, valueFromJson, type ValueType } from "../../sdk/types/index.ts";
import { keyMaker, WHOLE_ROW, type WritableView } from "./row-shape.ts";
import { refuseFuture } from "./future.ts";
import { refuseLargeRow } from "./row-size.ts";
import type { WriteMoment } from "./stored-rows.ts";

/** The most rows of one frame, for which the body's size is no bound: a single value may stand for a column's. */
export const MAX_FRAME_ROWS = 50_000;

export interface FeastFrame {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, FrameColumn>;
}

/** One value a row, or one for all of them. */
type FrameColumn = { readonly values: readonly unknown[] } | { readonly value: unknown };

export type StoredTarget = WritableView & { readonly spec: StoredViewSpec };

/** What Feast's client calls the times of a row, whatever the source calls them. */
export const EVENT_TIME = "event_timestamp";
export const CREATED_TIME = "created";
const ZONELESS = { zoneless: "utc" } as const;
/** How pandas writes that a time is missing: as text, and as Feast's client sends it among the values. */
const NO_TIME = "NaT";
const NO_TIME_SECONDS = -(2n ** 63n);

/** True for a time that is missing, in whatever way that is written. */
export function isMissingTime(json: unknown): boolean {
  return json === null || json === NO_TIME || json === NO_TIME_SECONDS;
}

/**
 * Returns a frame. A single value in the place of a list stands for every row, as in pandas.
 * @throws bad_request naming the column that has another length; request_too_large
 */
export function parseFrame(df: Readonly<Record<string, unknown>>): FeastFrame {
  const columns = new Map<string, FrameColumn>();
  let first: { readonly name: string; readonly rows: number } | null = null;
  for (const [name, json] of Object.entries(df)) {
    if (!Array.isArray(json)) {
      if (typeof json === "object" && json !== null) throw badColumn(name, "expected a list of values", TO_DICT);
      columns.set(name, { value: json });
      continue;
    }
    columns.set(name, { values: json });
    first ??= { name, rows: json.length };
    if (json.length === first.rows) continue;
    const message = `it has ${json.length} values, but ${fieldOf(first.name)} has ${first.rows}`;
    throw badColumn(name, message, "each column has one value a row");
  }
  const [single] = columns.keys();
  if (first === null && single !== undefined) throw badColumn(single, "expected a list of values", TO_DICT);
  const rows = first?.rows ?? 0;
  if (rows > MAX_FRAME_ROWS) {
    throw new EdgefeatError("request_too_large", `df has ${rows} rows`, {
      hint: `at most ${MAX_FRAME_ROWS}: send it in parts, as Feast's materialization does with an online_write_batch_size`,
      pointer: "/df",
    });
  }
  return { rows, columns };
}

const TO_DICT = 'write a dataframe as df.to_dict("list")';

/** True when a frame has all that makes a row of a version whole, but for its times. */
export function isWholeFor({ spec }: StoredTarget, { columns }: FeastFrame): boolean {
  return [...spec.joinKeys, ...spec.features].every(({ name }) => columns.has(name));
}

/**
 * Returns a frame's rows by store key; the columns that it read are added to `used`.
 * @throws missing_entity_key, missing_value, null_time, bad_time, event_time_in_future, type_mismatch, value_out_of_range,
 *   bad_request, each naming the column and where it is one row's the row
 */
export function readFrame(
  snapshot: Snapshot,
  target: StoredTarget,
  frame: FeastFrame,
  moment: WriteMoment,
  used: Set<string>,
): Map<string, StoredRow[]> {
  const { spec } = target;
  const columnOf = <T>(name: string, read: ReadValue<T>) => {
    used.add(name);
    return columnReader(frame, name, read);
  };
  const ids = spec.joinKeys.map(({ name, type }) => columnOf(name, idReader(parseTypeName(type))));
  const types = spec.features.map(({ type }) => parseTypeName(type));
  const values = spec.features.map(({ name }, i) => columnOf(name, valueReader(types[i] as ValueType)));
  const [eventAt, createdAt] = timeColumns(target, frame, used);
  const eventTime = eventAt === null ? noTime : columnOf(eventAt, (json, field) => eventTimeOf(json, field, moment));
  const createdTime = createdAt === null ? noTime : columnOf(createdAt, timeOf);
  const key = keyMaker(snapshot, target);
  const byKey = new Map<string, StoredRow[]>();
  for (let i = 0; i < frame.rows; i++) {
    const row: StoredRow = {
      eventTimeUs: eventTime(i),
      createdTimeUs: createdTime(i),
      writtenAtUs: moment.nowUs,
      values: values.map((read) => read(i)),
    };
    const at = key(ids.map((read) => read(i)));
    refuseLargeRow(types, at, row, ["df", i]);
    const others = byKey.get(at);
    if (others === undefined) byKey.set(at, [row]);
    else others.push(row);
  }
  return byKey;
}

type ReadValue<T> = (json: unknown, field: string) => T;

/** Returns what reads a column's value of a row. A fault is told with its place, which costs nothing while there is none. */
function columnReader<T>({ columns }: FeastFrame, name: string, read: ReadValue<T>): (row: number) => T {
  const column = columns.get(name);
  const field = fieldOf(name);
  if (column === undefined) {
    throw new EdgefeatError("missing_value", `${field}: the column is missing`, {
      hint: WHOLE_ROW,
      pointer: "/df",
    });
  }
  if ("value" in column) {
    const value = located(["df", name], () => read(column.value, field));
    return () => value;
  }
  const { values } = column;
  return (row) => {
    try {
      return read(values[row], field);
    } catch {
      return located(["df", name, row], () => read(values[row], `${field}[${row}]`));
    }
  };
}

/** Returns the columns of the event and created times; null for a time that the source does not have, or the frame need not. */
function timeColumns(
  { view, spec }: StoredTarget,
  frame: FeastFrame,
  used: Set<string>,
): [eventTime: string | null, createdTime: string | null] {
  const { rows, columns } = frame;
  const { eventTime, createdTime } = spec.source;
  const others = new Set([...spec.joinKeys, ...spec.features].map(({ name }) => name));
  const given = (declared: string | null, usual: string): string | null => {
    if (declared !== null && columns.has(declared)) return declared;
    if (others.has(usual) || !columns.has(usual)) return null;
    if (declared !== null) return usual;
    // A time that means something to the sender must not be dropped unsaid.
    const read = columnReader(frame, usual, timeOf);
    for (let i = 0; i < rows; i++) {
      if (read(i) === null) continue;
      throw badColumn(usual, `the source of "${view}" declares no such time`, "declare its column, or send null");
    }
    used.add(usual);
    return null;
  };
  return [given(eventTime, EVENT_TIME) ?? eventTime, given(createdTime, CREATED_TIME)];
}

function noTime(): null {
  return null;
}

function timeOf(json: unknown, field: string): Us | null {
  if (json === null || json === NO_TIME) return null;
  if (typeof json === "string") return parseTime(json, { ...ZONELESS, round: "up" });
  throw new EdgefeatError("bad_time", `${field}: expected a time as text, got ${show(json)}`, {
    hint: 'write it as "2001-03-31T00:00:00", which is UTC, or with an offset',
  });
}

function eventTimeOf(json: unknown, field: string, moment: WriteMoment): Us {
  const us = timeOf(json, field);
  if (us === null) throw new EdgefeatError("null_time", `${field}: the event time is null`);
  refuseFuture(us, moment, field);
  return us;
}

function idReader(type: ValueType): ReadValue<Value> {
  return (json, field) => {
    if (json !== null) return checkId(valueFromJson(type, json, field, ZONELESS), field);
    throw new EdgefeatError("missing_entity_key", `${field}: the join key is null`, { hint: "a row names its entity" });
  };
}

function valueReader(type: ValueType): ReadValue<Value | null> {
  const isTime = type.kind === "timestamp";
  return (json, field) => {
    if (json === null || (isTime && isMissingTime(json))) return null;
    return valueOf(type, json, field);
  };
}

/** A value in Feast's JSON: its client sends times as whole seconds. */
function valueOf(type: ValueType, json: unknown, field: string): Value {
  if (type.kind === "list" && type.of.kind === "timestamp" && Array.isArray(json)) {
    return json.map((one, i) => valueOf(type.of, one, `${field}[${i}]`));
  }
  if (type.kind !== "timestamp" || !isInteger(json)) return valueFromJson(type, json, field, ZONELESS);
  return checkValue(type, BigInt(json) * BigInt(US_PER_SECOND), field);
}

function isInteger(json: unknown): json is number | bigint {
  return typeof json === "bigint" || Number.isInteger(json);
}

function fieldOf(column: string): string {
  return `df.${column.slice(0, 200)}`;
}

function badColumn(name: string, message: string, hint: string): EdgefeatError {
  return new EdgefeatError("bad_request", `${fieldOf(name)}: ${message}`, { hint, pointer: pointerOf(["df", name]) });
}
