// Pushes a file: its rows are read as events of the view's source, sent in the order of their times, and what was refused is told.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { formatOf } from "../../offline/datasets/index.ts";
import type { Encodable, PushEvent, PushOptions } from "../client/index.ts";
import { EdgefeatError } from "../errors.ts";
import { type ColumnTypes, eventColumns, type Snapshot, typesInSnapshot, viewVersion } from "../registry/index.ts";
import { isObject, lookUp } from "../shape.ts";
import { formatTime } from "../time.ts";
import { parseJson, parseTypeName, type Value, type ValueType } from "../types/index.ts";
import { type Context, ToldFailure } from "./command.ts";
import { appliedRegistry, connect } from "./connection.ts";
import { loadConfig } from "./load/config.ts";
import { readFileIn } from "./load/sources.ts";
import { counted } from "./output.ts";

/** How many of the events that were refused are shown. */
const SHOWN = 10;
const TIMESTAMP: ValueType = { kind: "timestamp" };

/** An event, and the row of the file that it is, from 1. */
interface FileEvent {
  readonly row: number;
  readonly timeUs: bigint | null;
  readonly event: PushEvent;
}

/** Pushes a file and reports. @throws ToldFailure where any event was refused, when the others are taken */
export async function pushFile(
  { repo, env, out, signal }: Context,
  view: string,
  file: string,
  to: PushOptions["to"],
): Promise<void> {
  const loaded = await loadConfig(repo);
  const connection = await connect(loaded, env);
  const { snapshot } = await appliedRegistry(connection, loaded);
  const source = pushSource(snapshot, view);
  const progress = out.progress();
  const started = performance.now();
  try {
    progress.update(`reading ${file}`, 0, 0);
    const events = await eventsOf(file, source);
    const answer = await connection.client.push(
      view,
      events.map(({ event }) => event),
      {
        signal,
        timeoutMs: 60_000,
        onProgress: (done) => progress.update(`pushing to ${view}`, done, events.length),
        ...(to === undefined ? {} : { to }),
      },
    );
    progress.stop();
    const seconds = (performance.now() - started) / 1000;
    const rejected = answer.rejected
      .map(({ index, ...why }) => ({ row: events[index]?.row ?? index + 1, ...why }))
      .toSorted((a, b) => a.row - b.row);
    const n = (count: number) => count.toLocaleString("en-US");
    const parts = [
      `${n(answer.accepted)} accepted`,
      ...(answer.duplicate > 0 ? [`${n(answer.duplicate)} there before`] : []),
      ...(answer.deferred > 0 ? [`${n(answer.deferred)} deferred${answer.logged ? ", in the log" : ""}`] : []),
      ...(rejected.length > 0 ? [`${n(rejected.length)} refused`] : []),
    ];
    out.say(`${view}: ${counted(events.length, "event")}, ${parts.join(", ")}, ${seconds.toFixed(1)} s`);
    for (const { row, code, message } of rejected.slice(0, SHOWN)) out.note(`row ${row}: ${code}: ${message}`);
    if (rejected.length > SHOWN) out.note(`… and ${counted(rejected.length - SHOWN, "row")} more`);
    const { accepted, duplicate, deferred, logged, missed = [] } = answer;
    for (const { version, events: some, message } of missed)
      out.note(`warning: ${view}@${version} can't take ${counted(some, "event")}: ${message}`);
    out.result({ view, events: events.length, accepted, duplicate, deferred, rejected, logged, missed, seconds });
    if (rejected.length > 0) throw new ToldFailure();
  } finally {
    progress.stop();
  }
}

/** What a file of events is read by. */
interface PushSource {
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

function pushSource(snapshot: Snapshot, view: string): PushSource {
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

async function eventsOf(file: string, source: PushSource): Promise<FileEvent[]> {
  const events = (await jsonEvents(file)) ?? (await rowEvents(file, source));
  // What is late depends on what came before: in the order of time the least is.
  return events.toSorted((a, b) => compareTimes(a.timeUs, b.timeUs) || a.row - b.row);
}

function compareTimes(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return a < b ? -1 : Number(a > b);
}

/** Returns the events of JSON lines that are events already, in their order; null where the file is none of those. */
async function jsonEvents(file: string): Promise<FileEvent[] | null> {
  if (/^https?:\/\//.test(file) || formatOf(file) !== "jsonl") return null;
  const text = await readFile(resolve(file), "utf8").catch(() => "");
  const lines = text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [{ line, row: i + 1 }]));
  const first = lines[0] === undefined ? null : parseJson(lines[0].line);
  if (!isObject(first) || !isObject(first["values"])) return null;
  return lines.map(({ line, row }) => ({ row, timeUs: null, event: parseJson(line) as PushEvent }));
}

/** Returns the rows of a file as events. @throws as reading a file; missing_column */
async function rowEvents(file: string, source: PushSource): Promise<FileEvent[]> {
  const { columnReader, columnOf, namesOf } = await import("../../offline/datasets/index.ts");
  const { eventTime, createdTime, eventId, types } = source;
  const table = await readFileIn(process.cwd(), file, { types });
  const names = namesOf(table.schema);
  const reader = (column: string, type: ValueType) => {
    const vector = columnOf(table, column);
    return columnReader(vector, type, { column, round: "up" });
  };
  const timeOf = eventTime === null ? null : reader(eventTime, TIMESTAMP);
  const createdOf = createdTime === null ? null : reader(createdTime, TIMESTAMP);
  const idType = eventId === null ? undefined : types[eventId];
  const idOf = eventId === null ? null : reader(eventId, idType ?? { kind: "string" });
  const carried = source.values
    .filter((name) => source.needed.has(name) || names.includes(name))
    .map((name) => ({ name, type: types[name] as ValueType, read: reader(name, types[name] as ValueType) }));
  return Array.from({ length: table.numRows }, (_, row): FileEvent => {
    const timeUs = (timeOf?.(row) ?? null) as bigint | null;
    const createdUs = (createdOf?.(row) ?? null) as bigint | null;
    const id = idOf?.(row) ?? null;
    const values = Object.fromEntries(carried.map(({ name, type, read }) => [name, encodable(type, read(row))]));
    return {
      row: row + 1,
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

/** A value as a request has it: times as text. */
function encodable(type: ValueType, value: Value | null): Encodable {
  if (value === null) return null;
  if (type.kind === "timestamp") return formatTime(value as bigint);
  if (type.kind === "list" && type.of.kind === "timestamp") {
    return (value as readonly Value[]).map((one) => formatTime(one as bigint));
  }
  return value;
}
