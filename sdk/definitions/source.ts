// Sources: the files that history is read from, and the values that only a request knows.
import * as z from "zod/mini";
import { EdgefeatError } from "../errors.ts";
import { checkShape, lookUp } from "../shape.ts";
import { brand } from "./brand.ts";
import { checkField, checkFields, type Field } from "./fields.ts";
import { checkName } from "./names.ts";
import { checkPartitions, type Partitions, partitionsShape, type S3Options, s3Shape } from "./place.ts";

export type SourceFormat = "parquet" | "csv" | "jsonl" | "arrow";
export type Schema = Readonly<Record<string, Field>>;

export interface Source<S extends Schema = Schema> {
  readonly name: string;
  readonly format: SourceFormat;
  /** A file, folder or pattern relative to the config file's folder, or a URL; "" where there is none, but pushed events alone. */
  readonly path: string;
  readonly eventTime?: string;
  readonly createdTime?: string;
  readonly eventId?: string;
  readonly schema?: S;
  readonly partitions?: Partitions;
  readonly s3?: S3Options;
}

export interface SourceOptions<S extends Schema> {
  /**
   * The file, relative to the config file's folder; or a folder (`data/flights/`, of which every file is read but those whose
   * name starts with _ or .), or a pattern (`data/**\/*.parquet`). Also `https://…`, one file, and `s3://bucket/…`, all three.
   * A definition is no place for secrets: it is published with the registry, a signature in a URL too.
   */
  path: string;
  /** The column of the event time. Without one the source is a reference table: always valid. */
  eventTime?: string;
  /** The column of the time at which a row was written; breaks ties between rows of one event time. */
  createdTime?: string;
  /** The column that identifies an event, for aggregated views. */
  eventId?: string;
  /** Column types, where the file has none (CSV, JSON lines), or so that the compiler knows them. */
  schema?: S;
  /**
   * What the folders `name=value` in the path stand for: `{ date: "event day", hour: "event hour", shard: "value" }`. Every
   * such folder is a column, declared here or not, unless the file has one of that name: of the type that `schema` or a view
   * gives it, else a day's timestamp for an event day in one piece, else text; `__HIVE_DEFAULT_PARTITION__` is null.
   */
  partitions?: Partitions;
  /** How a path `s3://bucket/key` is reached. */
  s3?: S3Options;
}

const sourceShape = z.strictObject({
  path: z.string().check(z.minLength(1)),
  eventTime: z.optional(z.string()),
  createdTime: z.optional(z.string()),
  eventId: z.optional(z.string()),
  schema: z.optional(z.record(z.string(), z.any())),
  partitions: z.optional(partitionsShape),
  s3: z.optional(s3Shape),
});

const streamShape = z.strictObject({
  eventTime: z.string(),
  createdTime: z.optional(z.string()),
  eventId: z.optional(z.string()),
  schema: z.record(z.string(), z.any()),
});

function source<const S extends Schema>(format: SourceFormat, name: string, options: SourceOptions<S>): Source<S> {
  checkName("a source", name);
  checkShape(sourceShape, options, `source "${name}"`, "definition_invalid");
  if (options.createdTime !== undefined && options.eventTime === undefined) {
    throw new EdgefeatError("definition_invalid", `source "${name}": createdTime needs an eventTime`);
  }
  checkPartitions(`source "${name}"`, options.partitions ?? {}, options.eventTime);
  if (options.s3 !== undefined && !options.path.startsWith("s3://")) {
    throw new EdgefeatError("definition_invalid", `source "${name}": s3 is for a path that starts with s3://`);
  }
  // Columns of a file may be called anything.
  for (const [column, field] of Object.entries(options.schema ?? {})) checkField(`source "${name}"`, column, field);
  return brand("source", { name, format, ...options });
}

/** Defines a Parquet file as a source. @example parquet("departures", { path: "data/flights.parquet", eventTime: "date" }) */
export function parquet<const S extends Schema = {}>(name: string, options: SourceOptions<S>): Source<S> {
  return source("parquet", name, options);
}
/** Defines a CSV file with a header row as a source; columns without a type in `schema` or a view are text. */
export function csv<const S extends Schema = {}>(name: string, options: SourceOptions<S>): Source<S> {
  return source("csv", name, options);
}
/** Defines a file of JSON lines as a source: an object a line; columns without a type in `schema` or a view are text. */
export function jsonl<const S extends Schema = {}>(name: string, options: SourceOptions<S>): Source<S> {
  return source("jsonl", name, options);
}
/** Defines an Arrow IPC file or stream as a source. */
export function arrow<const S extends Schema = {}>(name: string, options: SourceOptions<S>): Source<S> {
  return source("arrow", name, options);
}

export interface StreamOptions<S extends Schema> extends Pick<
  SourceOptions<S>,
  "eventTime" | "createdTime" | "eventId"
> {
  eventTime: string;
  /** The type of every column that an event may carry. */
  schema: S;
}

/**
 * Defines a source without a file: what is pushed to its views is all there is of it, and its history is the event log. The
 * views that come with it answer from `apply` on; one that comes later, when there may be history, is materialized like any other.
 * @example stream("clicks", { eventTime: "at", eventId: "id", schema: { id: string(), at: timestamp(), user: string() } })
 */
export function stream<const S extends Schema>(name: string, options: StreamOptions<S>): Source<S> {
  checkShape(streamShape, options, `source "${name}"`, "definition_invalid");
  for (const column of [options.eventTime, options.createdTime, options.eventId])
    if (column !== undefined) lookUp(options.schema, column, `column of source "${name}" called`, "missing_column");
  return brand("source", { ...source("jsonl", name, { ...options, path: "-" }), path: "" });
}

/** Values that come with the request online, and as columns of the entity rows offline (SEMANTICS 5.4). */
export interface RequestSource<F extends Schema = Schema> {
  readonly name: string;
  readonly fields: F;
}

/** Defines request data. @example requestSource("trip", { scheduled_minutes: float64() }) */
export function requestSource<const F extends Schema>(name: string, fields: F): RequestSource<F> {
  checkName("a request source", name);
  checkFields(`a field of request source "${name}"`, fields);
  return brand("requestSource", { name, fields });
}
