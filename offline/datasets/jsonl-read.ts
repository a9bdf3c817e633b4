// JSON lines in: an object a line, each column by its declared type, the others as text; a missing member is null.
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import { didYouMean } from "../../sdk/nearest.ts";
import { parseJson, type ValueType, valueFromJson } from "../../sdk/types/index.ts";
import { columnBuilder } from "./build-column.ts";
import { TimeCells } from "./csv-times.ts";
import { EMPTY, sniff } from "./sniff.ts";
import { tableOf } from "./tables.ts";
import { BadCells, type TextOptions } from "./text-options.ts";

type JsonObject = Readonly<Record<string, unknown>>;

interface Cells {
  push(json: unknown): void;
  finish(): Vector;
}

interface Column {
  readonly name: string;
  readonly cells: Cells;
  /** Declared columns may be left out of every line: then they are null. */
  readonly declared: boolean;
  seen: boolean;
}

/**
 * Returns the table of a file of JSON lines in UTF-8: without `columns` those of any member, in the order in which they
 * first come. Values have the JSON forms of SEMANTICS 6, but times may lack a zone (then UTC); blank lines are no rows.
 * A column without a declared type is text: a string as it is, anything else as its JSON. A file without lines has no rows, if
 * the columns are asked for and declared.
 * @throws file_unreadable for a line that is no JSON object; missing_column for one that has no type and no line has;
 * type_mismatch, value_out_of_range or bad_time for a bad value, with its line and column. `name` is the file's.
 */
export function readJsonLines(bytes: Uint8Array, options: TextOptions, name: string): Table {
  const { columns: asked, types = {}, onBadCell } = options;
  const columns = new Map<string, Column>();
  const bad = new BadCells(onBadCell, name);
  let rows = 0;
  const add = (column: string): void => {
    const declared = Object.hasOwn(types, column);
    const cells = declared ? typedCells(types[column] as ValueType) : textCells();
    for (let row = 0; row < rows; row++) cells.push(null);
    columns.set(column, { name: column, cells, declared, seen: false });
  };
  const addNew = (names: readonly string[]) => {
    for (const column of names) if (!columns.has(column)) add(column);
  };
  addNew(asked ?? []);
  for (const [record, line] of recordsOf(bytes, name)) {
    if (asked === undefined) addNew(Object.keys(record));
    for (const column of columns.values()) {
      const has = Object.hasOwn(record, column.name);
      if (has) column.seen = true;
      const json = has ? record[column.name] : null;
      try {
        column.cells.push(json);
      } catch (cause) {
        bad.take(cause, { row: rows, line, column: column.name, text: jsonText(json) });
        column.cells.push(null);
      }
    }
    rows++;
  }
  bad.finish();
  if (rows === 0 && asked === undefined) {
    throw unreadable(name, bytes.length === 0 ? `it is ${EMPTY.what}` : "it has no lines", EMPTY.mend);
  }
  const absent = [...columns.values()].find(({ seen, declared }) => !seen && !declared);
  if (absent !== undefined) throw missing(absent.name, bytes, name);
  return tableOf([...columns.values()].map((column) => [column.name, column.cells.finish()]));
}

function typedCells(type: ValueType): Cells {
  if (type.kind === "timestamp") return timeCells();
  const builder = columnBuilder(type);
  return {
    push: (json) => builder.push(json === null ? null : valueFromJson(type, json, "the value", { zoneless: "utc" })),
    finish: () => builder.finish(),
  };
}

function timeCells(): Cells {
  const cells = new TimeCells();
  return {
    push(json) {
      if (json === null || typeof json === "string") return cells.push(json);
      throw new EdgefeatError("type_mismatch", `expected a timestamp, got ${jsonText(json)}`, {
        hint: 'write times as text, "2001-03-31T00:00:00Z": a number does not say its unit',
      });
    },
    finish: () => cells.finish(),
  };
}

function textCells(): Cells {
  const builder = columnBuilder({ kind: "string" });
  return {
    push: (json) => builder.push(json === null || typeof json === "string" ? json : jsonText(json)),
    finish: () => builder.finish(),
  };
}

/** Returns the JSON of what parseJson returned, integers exact. */
function jsonText(json: unknown): string {
  if (typeof json === "bigint") return String(json);
  if (Array.isArray(json)) return `[${json.map(jsonText).join(",")}]`;
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  return `{${Object.entries(json)
    .map(([key, value]) => `${JSON.stringify(key)}:${jsonText(value)}`)
    .join(",")}}`;
}

/** Yields the objects of a file with the lines they are on, counted from 1. @throws file_unreadable. */
function* recordsOf(bytes: Uint8Array, name: string): Generator<readonly [JsonObject, number]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let from = 0, line = 1; from < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from);
    const to = end < 0 ? bytes.length : end;
    const text = decoded(decoder, bytes.subarray(from, to), bytes, name, line);
    from = to + 1;
    if (text.trim() === "") continue;
    yield [objectOf(text, name, line), line];
  }
}

function decoded(decoder: TextDecoder, line: Uint8Array, file: Uint8Array, name: string, number: number): string {
  try {
    return decoder.decode(line);
  } catch (cause) {
    const found = sniff(file);
    if (number === 1 && found !== null && found.what !== "JSON")
      throw unreadable(name, `it is ${found.what}`, found.mend, cause);
    throw unreadable(name, `line ${number} is not text in UTF-8`, "re-encode the file as UTF-8", cause);
  }
}

function objectOf(text: string, name: string, line: number): JsonObject {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    const found = line === 1 ? sniff(new TextEncoder().encode(text.slice(0, 64))) : null;
    if (found !== null && found.what !== "JSON") throw unreadable(name, `it is ${found.what}`, found.mend, cause);
    // A document that is laid out over lines starts with a bracket alone.
    if (/^\s*[[{]\s*$/.test(text)) throw unreadable(name, `line ${line} is only a part of a value`, ONE_A_LINE, cause);
    const { hint = "", position } = cause as EdgefeatError;
    const where = position === undefined ? `line ${line}` : `line ${line}, character ${position.column},`;
    throw unreadable(name, `${where} is not JSON: ${hint}`, "mend the line or take it away", cause);
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as JsonObject;
  const what = Array.isArray(json) ? "an array" : `the value ${jsonText(json)}`;
  throw unreadable(name, `line ${line} is ${what}, not an object`, ONE_A_LINE);
}

const ONE_A_LINE = 'write one object a line, {"id": 1, "n": 2}; jq -c ".[]" makes that of a JSON array';

function missing(column: string, bytes: Uint8Array, name: string): EdgefeatError {
  const names = new Set<string>();
  for (const [record] of recordsOf(bytes, name)) for (const member in record) names.add(member);
  return new EdgefeatError("missing_column", `${name} has no column "${column}": no line has such a member`, {
    hint: didYouMean(column, [...names]),
    details: { column },
  });
}

function unreadable(name: string, reason: string, hint: string, cause?: unknown): EdgefeatError {
  return new EdgefeatError("file_unreadable", `${name} can't be read as JSON lines: ${reason}`, { hint, cause });
}
