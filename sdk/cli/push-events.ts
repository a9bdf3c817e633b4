// The rows of a file as events of a view's source: those that can be read, and what is wrong with each of the others.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import * as z from "zod/mini";
import { type BadCell, formatOf } from "../../offline/datasets/index.ts";
import type { Encodable, PushEvent } from "../client/index.ts";
import { EdgefeatError } from "../errors.ts";
import { type ColumnTypes, eventColumns, type Snapshot, typesInSnapshot, viewVersion } from "../registry/index.ts";
import { checkShape, isObject, lookUp } from "../shape.ts";
import { formatTime, parseTime } from "../time.ts";
import { parseJson, parseTypeName, type Value, type ValueType } from "../types/index.ts";
import { readFileIn } from "./load/sources.ts";

const TIMESTAMP: ValueType = { kind: "timestamp" };

/** An event, and the row of the file that it is, from 1. */
export interface FileEvent {
  readonly row: number;
  readonly timeUs: bigint | null;
  readonly event: PushEvent;
}

/** A row of a file, from 1, that is no event, and why. */
export interface RefusedRow {
  readonly row: number;
  readonly code: string;
  readonly message: string;
}

export interface FileEvents {
  /** In the order of their times: what is late depends on what came before. */
  readonly events: readonly FileEvent[];
  readonly refused: readonly RefusedRow[];
}

/** What a file of events is read by. */
export interface PushSource {
  readonly view: string;
  readonly eventTime: string | null;
  readonly createdTime: string | null;
  readonly eventId: string | null;
  /** The join keys and what the view reads: a file must have them. */
  readonly needed: ReadonlySet<string>;
  /** All that an event may carry among its values. */
  readonly values: readonly string[];
  /** What a file's columns are read by. */
  readonly types: ColumnTypes;
}

/** Returns what a file of events of a view is read by. @throws unknown_view, bad_request for an on-demand one */
export function pushSource(snapshot: Snapshot, view: string): PushSource {
  const entry = lookUp(snapshot.views, view, "view called", "unknown_view");
  const { spec } = viewVersion(view, entry, entry.latest ?? entry.active ?? 1);
  if (spec.kind === "onDemand") {
    throw new EdgefeatError("bad_request", `"${view}" is an on-demand view: it is computed at each request`, {
      hint: "push to its input views",
    });
  }
  const { eventTime, createdTime, eventId } = spec.source;
  const used = [...spec.joinKeys, ...(spec.kind === "stored" ? spec.features : spec.columns)];
  const columns = eventColumns(spec);
  const declared = columns.map(({ name, type }) => [name, parseTypeName(type)] as const);
  const types = { ...typesInSnapshot(snapshot, spec.source), ...Object.fromEntries(declared) };
  const values = columns.flatMap(({ name, member }) => (member === null ? [name] : []));
  return { view, eventTime, createdTime, eventId, needed: new Set(used.map(({ name }) => name)), values, types };
}

/**
 * Reads a file's rows as events; `refused` are in the order of the file.
 * @throws as reading a file does, but for cells and rows that can't be read; missing_column
 */
export async function readEvents(file: string, source: PushSource): Promise<FileEvents> {
  const { events, refused } = (await jsonEvents(file)) ?? (await rowEvents(file, source));
  return { events: events.toSorted((a, b) => compareTimes(a.timeUs, b.timeUs) || a.row - b.row), refused };
}

function compareTimes(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return a < b ? -1 : Number(a > b);
}

/** Reads each row by `read`; one that throws is refused, its message after `place`. */
function eachRow(
  rows: number,
  read: (row: number) => Omit<FileEvent, "row">,
  place: (row: number) => string = () => "",
): FileEvents {
  const events: FileEvent[] = [];
  const refused: RefusedRow[] = [];
  for (let row = 0; row < rows; row++) {
    try {
      events.push({ row: row + 1, ...read(row) });
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      refused.push({ row: row + 1, code: fault.code, message: `${place(row)}${fault.message}` });
    }
  }
  return { events, refused };
}

/** An event as a line has it; what its members hold the server says. */
const eventShape = z.strictObject({
  id: z.optional(z.unknown()),
  time: z.optional(z.unknown()),
  created: z.optional(z.unknown()),
  values: z.looseObject({}),
});

/** Returns the events of JSON lines that are events already, a blank line being none; null where the file is none of those. */
async function jsonEvents(file: string): Promise<FileEvents | null> {
  if (/^https?:\/\//.test(file) || formatOf(file.replace(GZIPPED, "")) !== "jsonl") return null;
  const lines = (await textOf(file))
    .split("\n")
    .flatMap((line, i) => (line.trim() === "" ? [] : [{ line, number: i + 1 }]));
  const lineOf = (row: number) => lines[row] as (typeof lines)[number];
  if (lines.length === 0 || !isEvent(lineOf(0).line)) return null;
  return eachRow(
    lines.length,
    (row) => {
      const json = jsonOf(lineOf(row).line);
      checkShape(eventShape, json, "the event", "bad_request");
      const event = json as PushEvent;
      return { timeUs: timeOrNull(event.time), event };
    },
    (row) => `line ${lineOf(row).number}: `,
  );
}

/** The parser's own words are of a request. */
function jsonOf(line: string): unknown {
  try {
    return parseJson(line);
  } catch (cause) {
    const { hint = "", position } = cause as EdgefeatError;
    const where = position === undefined ? "" : ` from character ${position.column} on`;
    throw new EdgefeatError("malformed_json", `it is not JSON${where}: ${hint}`, { cause });
  }
}

const GZIPPED = /\.gz$/i;

/** Returns a file's text; none where it can't be read, which the reader of rows tells of. */
async function textOf(file: string): Promise<string> {
  try {
    const bytes = await readFile(resolve(file));
    return (GZIPPED.test(file) ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch {
    return "";
  }
}

function isEvent(line: string): boolean {
  try {
    const json = parseJson(line);
    return isObject(json) && isObject(json["values"]);
  } catch {
    return false;
  }
}

/** One that can't be read is the server's to refuse. */
function timeOrNull(time: unknown): bigint | null {
  try {
    return typeof time === "string" ? BigInt(parseTime(time)) : null;
  } catch {
    return null;
  }
}

/** Returns the rows of a file as events. @throws as reading a file; missing_column */
async function rowEvents(file: string, source: PushSource): Promise<FileEvents> {
  const { columnReader, columnOf, namesOf } = await import("../../offline/datasets/index.ts");
  const { eventTime, createdTime, eventId, types } = source;
  const badCells: BadCell[] = [];
  const table = await readFileIn(process.cwd(), file, { types, onBadCell: (cell) => void badCells.push(cell) });
  const names = namesOf(table.schema);
  const used = new Set<string>();
  const reader = (column: string, type: ValueType) => {
    used.add(column);
    return columnReader(columnOf(table, column), type, { column, round: "up" });
  };
  const timeOf = eventTime === null ? null : reader(eventTime, TIMESTAMP);
  const createdOf = createdTime === null ? null : reader(createdTime, TIMESTAMP);
  const idType = eventId === null ? undefined : types[eventId];
  const idOf = eventId === null ? null : reader(eventId, idType ?? { kind: "string" });
  const carried = source.values
    .filter((name) => source.needed.has(name) || names.includes(name))
    .map((name) => ({ name, type: types[name] as ValueType, read: reader(name, types[name] as ValueType) }));
  // Of what does not go along it makes no difference.
  const bad = Map.groupBy(
    badCells.filter(({ column }) => used.has(column)),
    ({ row }) => row,
  );
  return eachRow(table.numRows, (row) => {
    const cells = bad.get(row);
    if (cells !== undefined) throw cellsError(cells);
    const timeUs = (timeOf?.(row) ?? null) as bigint | null;
    const createdUs = (createdOf?.(row) ?? null) as bigint | null;
    const id = idOf?.(row) ?? null;
    const values = Object.fromEntries(carried.map(({ name, type, read }) => [name, encodable(type, read(row))]));
    return {
      timeUs,
      event: {
        ...(id === null ? {} : { id: id as string | number | bigint }),
        ...(timeUs === null ? {} : { time: formatTime(timeUs) }),
        ...(createdUs === null ? {} : { created: formatTime(createdUs) }),
        values,
      },
    };
  });
}

/** Without the file's name, which who pushes knows. */
function cellsError(cells: readonly BadCell[]): EdgefeatError {
  const [{ line, error }] = cells as [BadCell];
  const told = cells.map(({ column, error: { message } }) => message.slice(message.indexOf(`column "${column}": `)));
  return new EdgefeatError(error.code, `line ${line}, ${told.join("; ")}`, { cause: error });
}

/** A value as a request has it: times as text. */
function encodable(type: ValueType, value: Value | null): Encodable {
  if (value === null) return null;
  if (type.kind === "timestamp") return formatTime(value as bigint);
  if (type.kind === "list" && type.of.kind === "timestamp") {
    return (value as readonly Value[]).map((one) => formatTime(one as bigint));
  }
  return value;
}
