// Segments of the event log: the files that a Worker appends and the offline side reads, JSON lines of one source each.
import { EdgefeatError } from "../errors.ts";
import type { KeySpace } from "../rows/index.ts";
import { formatTime, parseTime, type Us } from "../time.ts";
import { parseJson } from "../types/index.ts";

/** One event that push accepted or deferred. */
export interface LogRecord {
  readonly source: string;
  /** The view that it was pushed to. */
  readonly view: string;
  /** null: the source names no event id. */
  readonly id: string | null;
  readonly eventTimeUs: Us;
  /** null: the event has none, or the source declares none. */
  readonly createdTimeUs: Us | null;
  /** The *now* that the online store takes it at. */
  readonly writtenAtUs: Us;
  /** True for an event that the online store did not take (SEMANTICS 4.6). */
  readonly deferred: boolean;
  /** True where the online store holds another event of that id: this one came into the log before that was known. */
  readonly refused?: boolean;
  /** True where the online store had no need of it: it holds the same, or a later row. When it took that, an earlier record may tell. */
  readonly repeat?: boolean;
  /** A JSON object of its join keys and columns of the source, as SEMANTICS 6 writes values. A column left out is unknown. */
  readonly valuesJson: string;
}

/** A record as it is read: its values as parseJson gives them. */
export interface ReadRecord extends Omit<LogRecord, "source" | "valuesJson"> {
  readonly values: Readonly<Record<string, unknown>>;
}

/** What a segment's name tells: when the last of its records was written, and how many it holds. */
export interface SegmentName {
  readonly writtenAtUs: Us;
  readonly records: number;
}

const SEGMENT = /^(-?\d{16})-(\d{1,7})-[0-9a-f]{16}\.jsonl$/;

/** Returns the folder of a project's log, without slashes at its ends; the one of a source is `${logFolder(space)}/${source}`. */
export function logFolder({ project, environment }: KeySpace): string {
  return `${folder(project)}/${folder(environment)}`;
}

/** No name may hide a folder or lead out of it. */
function folder(name: string): string {
  return name.replace(/^\./, "~.");
}

/** Returns the name of a segment; `suffix` is 16 hexadecimal digits that no other has. */
export function segmentName({ writtenAtUs, records }: SegmentName, suffix: string): string {
  return `${paddedUs(writtenAtUs)}-${records}-${suffix}.jsonl`;
}

/** Returns a time as 16 digits, so that names of later times come later; one before 1970 with a sign. */
export function paddedUs(us: Us): string {
  return `${us < 0 ? "-" : ""}${String(Math.abs(us)).padStart(16, "0")}`;
}

/** Returns what a segment's name tells; null for any other file's. */
export function parseSegmentName(name: string): SegmentName | null {
  const match = SEGMENT.exec(name);
  return match === null ? null : { writtenAtUs: Number(match[1]), records: Number(match[2]) };
}

/** Returns a record as a line, its end included; the source is told by the folder. */
export function segmentLine(record: LogRecord): string {
  const { view, id, eventTimeUs, createdTimeUs, writtenAtUs, deferred, refused, repeat, valuesJson } = record;
  const created = createdTimeUs === null ? "" : `,"created":"${formatTime(createdTimeUs)}"`;
  return `{"id":${JSON.stringify(id)},"view":${JSON.stringify(view)},"time":"${formatTime(eventTimeUs)}"${created},"written":"${formatTime(writtenAtUs)}"${deferred ? ',"deferred":true' : ""}${refused === true ? ',"refused":true' : ""}${repeat === true ? ',"repeat":true' : ""},"values":${valuesJson}}\n`;
}

/** Returns the record of a line without its end. @throws malformed_json, bad_request, bad_time for a line that none was written as */
export function parseSegmentLine(line: string): ReadRecord {
  const json = parseJson(line);
  if (!isObject(json)) throw bad("it is no JSON object");
  const { id, view, time, created = null, written, deferred = false, refused = false, repeat = false, values } = json;
  if (typeof view !== "string") throw bad('"view" is no text');
  if (id !== null && typeof id !== "string") throw bad('"id" is neither text nor null');
  if (typeof deferred !== "boolean") throw bad('"deferred" is neither true nor false');
  if (typeof refused !== "boolean") throw bad('"refused" is neither true nor false');
  if (typeof repeat !== "boolean") throw bad('"repeat" is neither true nor false');
  if (!isObject(values)) throw bad('"values" is no JSON object');
  return {
    view,
    id,
    eventTimeUs: timeOf(time, "time"),
    createdTimeUs: created === null ? null : timeOf(created, "created"),
    writtenAtUs: timeOf(written, "written"),
    deferred,
    ...(refused ? { refused } : {}),
    ...(repeat ? { repeat } : {}),
    values,
  };
}

function timeOf(json: unknown, member: string): Us {
  if (typeof json === "string") return parseTime(json);
  throw bad(`"${member}" is no time`);
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function bad(what: string): EdgefeatError {
  return new EdgefeatError("bad_request", what);
}
