// What an audit of a training set is asked, and what it answers: findings by feature, with counts and first rows.
import type { Table } from "apache-arrow";
import type { PlanRequest, Transforms } from "../../sdk/plan/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import type { Engine } from "../engine/index.ts";
import type { OnBadRows } from "../join/bad-rows.ts";
import type { ReadSource, ServedTimes } from "../join/source-rows.ts";

export interface AuditOptions {
  /** The training set: entity rows with features, and maybe the event times of the values used. */
  table: Table;
  /** The column of the entity time. Default "event_timestamp". */
  entityTime?: string;
  /** How much earlier than the entity time a value must have been known. Default 0. */
  embargoUs?: Us;
  /** As the join's: with definitions alone can it be checked. */
  asKnownAt?: string | true;
  /** As the join's. */
  asServed?: ServedTimes;
  /** The column to predict and, where the file has one, that of the time when it became known. */
  label?: { readonly column: string; readonly time?: string };
  /** By feature column: the column of the event times of its values. Those called `<feature column>__event_time` are found. */
  eventTimes?: Readonly<Record<string, string>>;
  /** What the features should be: values are then computed anew and compared. Absent: times alone are looked at. */
  definitions?: AuditDefinitions;
  /** Of two floats, the relative difference that is none. Default 1e-9, and 1e-6 for float32. */
  tolerance?: number;
  /** Of the sources' rows, as the join's. Default "fail". */
  onBadRows?: OnBadRows;
  onProgress?: (progress: { readonly stage: string; readonly done: number; readonly total: number }) => void;
  signal?: AbortSignal;
}

export interface AuditDefinitions {
  readonly engine: Engine;
  readonly snapshot: Snapshot;
  /** The features that the table should have; its columns are called `feature` or `view__feature`. */
  readonly request: PlanRequest;
  readonly transforms?: Transforms;
  readonly readSource: ReadSource;
}

/** A leak is a value from after its row's time; a mismatch has another cause; a warning asks to look. */
export type AuditSeverity = "leak" | "mismatch" | "warning";

export type AuditCode =
  /** The value's event time is later than the row's time (less the embargo). */
  | "later_event_time"
  /** The value is another than the definitions give, and the one that a join which looks ahead gives. */
  | "value_from_later"
  /** The value is another than the definitions give; `message` says of which other join it is, where one was found. */
  | "value_differs"
  /** The value's event time lies before what the view's TTL allows. */
  | "older_than_ttl"
  /** A value without an event time, in a feature that has them. */
  | "no_event_time"
  /** The value's event time is the time when the label became known, on nearly all rows. */
  | "event_time_of_label"
  /** The value's event time is the row's own time, on nearly all rows: it may come from the event to be predicted. */
  | "event_time_of_row"
  /** Every value is null. */
  | "all_null"
  /** Rows of equal keys and time. */
  | "duplicate_rows"
  /** Nothing is known of the feature: neither event times nor a definition. */
  | "not_checked";

/** One row of a finding. Times are RFC 3339, values JSON text; rows count from 0. */
export interface AuditedRow {
  readonly row: number;
  readonly entityTime: string;
  readonly eventTime?: string;
  readonly value?: string;
  /** What the definitions give. */
  readonly expected?: string;
}

export interface AuditFinding {
  readonly severity: AuditSeverity;
  readonly code: AuditCode;
  /** The column of the table; null where it is about whole rows. */
  readonly column: string | null;
  /** How many rows it is about, of how many that were looked at. */
  readonly rows: number;
  readonly of: number;
  readonly message: string;
  readonly hint: string;
  /** The first rows, at most five. */
  readonly first: readonly AuditedRow[];
}

export interface AuditedFeature {
  readonly column: string;
  /** `view:feature`; null without definitions. */
  readonly reference: string | null;
  readonly nulls: number;
  /** The column of event times that were looked at; null where there is none. */
  readonly eventTimes: string | null;
  /** Rows whose value was computed anew and compared; 0 without a definition. */
  readonly compared: number;
  /** Rows by severity: by their values or by their event times, whichever finds more. */
  readonly leaks: number;
  readonly mismatches: number;
  readonly warnings: number;
}

export interface AuditReport {
  readonly rows: number;
  /** In the order of the table's columns. */
  readonly features: readonly AuditedFeature[];
  /** Leaks first, then mismatches, then warnings; within each by rows, most first. */
  readonly findings: readonly AuditFinding[];
  readonly verdict: "leaks" | "mismatches" | "warnings" | "clean";
}
