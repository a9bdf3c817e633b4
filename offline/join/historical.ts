// Training sets: features as they were at each entity row's time, joined one view after another (SEMANTICS 2).
import type { Table, Vector } from "apache-arrow";
import { planFeatures, planJoin, type PlanRequest, type Transforms } from "../../sdk/plan/index.ts";
import type { Snapshot } from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import { tableOf } from "../datasets/index.ts";
import { type Engine, exclusively } from "../engine/index.ts";
import { type OnBadRows, type Quarantine, SetAside, type UnreadCell } from "./bad-rows.ts";
import { checkEntityRows, usableEntityRows } from "./entity-rows.ts";
import { joinViews } from "./join-views.ts";
import { computeOutputs, eventTimeColumns } from "./outputs.ts";
import type { ReadSource, ReadStats, ServedTimes } from "./source-rows.ts";
import type { JoinedView, JoinForm } from "./stored-join.ts";

export interface Progress {
  /** What is being done: "read departures", "join airport_delays", "compute". */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/**
 * Keeps joined views between runs of one and the same join. The key names a view within it; that entity rows, definitions,
 * sources and options are still the same is the keeper's to know.
 */
export interface JoinParts {
  load(key: string): Promise<Table | null>;
  save(key: string, table: Table): Promise<void>;
}

export interface HistoricalOptions {
  engine: Engine;
  /** One row a training example: join keys, the entity time, request data, and any further columns (labels). */
  entities: Table;
  snapshot: Snapshot;
  request: PlanRequest;
  transforms?: Transforms;
  readSource: ReadSource;
  /** The column of the entity time. Default "event_timestamp". */
  entityTime?: string;
  /** How much earlier than the entity time a value must have been known. Default 0. */
  embargoUs?: Us;
  /** Names features view__feature. Default: feature alone. */
  fullNames?: boolean;
  /**
   * Uses only rows that were known (SEMANTICS 2.2): true, created at or before t′; a name, created at or before that
   * column of the entity rows, which is rounded down and which no embargo moves. Default: whatever the created time.
   */
  asKnownAt?: string | true;
  /**
   * Uses only rows that the online store had taken at or before t′, as this says of each (SEMANTICS 2.2, as served). Takes the
   * place of asKnownAt. No view may have a query of its own.
   */
  asServed?: ServedTimes;
  /** Adds, after the features, a column `<output>__event_time` for each: the event time of the row or event it came from. */
  provenance?: boolean;
  /** How stored views are joined; every form gives the same values. Default "auto". */
  joinForm?: JoinForm;
  /**
   * What to do with rows of the sources and entity rows whose time is null or can't be read (SEMANTICS 1.3). Default "fail".
   * An entity row that is set aside is not in the training set.
   */
  onBadRows?: OnBadRows;
  /** The cells of the entity rows that could not be read and are null in `entities`; for `onBadRows: "quarantine"`. */
  unreadCells?: readonly UnreadCell[];
  /** Finished views of an earlier run of the same join, so that a run that was cut off resumes. */
  parts?: JoinParts;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  /** Measures elapsed milliseconds for the report. Default: none, and seconds are 0. */
  elapsedMs?: () => number;
}

export interface ViewReport extends Omit<JoinedView, "columns" | "eventTimes"> {
  readonly view: string;
  readonly version: number;
  readonly seconds: number;
}

export interface HistoricalReport {
  readonly rows: number;
  readonly views: readonly ViewReport[];
  /** Nulls by output column, where there are any. */
  readonly nulls: Readonly<Record<string, number>>;
  /** On-demand values that are null because of a fault, by output column. */
  readonly transformErrors: Readonly<Record<string, number>>;
  readonly roundedEntityTimes: number;
  /** By source: event and created times that were finer than a microsecond and were rounded up (SEMANTICS 1.2). */
  readonly roundedEventTimes: Readonly<Record<string, number>>;
  /** Rows set aside, by what they belong to, as Quarantine has it. */
  readonly quarantined: Readonly<Record<string, number>>;
  /** What was read of each source, and what its partitions let be skipped; where the reader says so. */
  readonly reads: Readonly<Record<string, ReadStats>>;
}

export interface TrainingSet {
  readonly table: Table;
  readonly report: HistoricalReport;
  /** With `onBadRows: "quarantine"`: the rows set aside. */
  readonly quarantine?: readonly Quarantine[];
}

/**
 * Returns the entity rows, untouched and in their order, with the features joined to them, and a report.
 * @throws unknown_*, missing_column, type_mismatch, null_time, bad_time, missing_value, duplicate_column, sql_error,
 *   cancelled
 */
export function getHistoricalFeatures(options: HistoricalOptions): Promise<TrainingSet> {
  return exclusively(options.engine, () => join(options));
}

async function join(options: HistoricalOptions): Promise<TrainingSet> {
  const { entities, snapshot, request, transforms = new Map(), entityTime = "event_timestamp" } = options;
  const plan = planFeatures(snapshot, request, transforms);
  const { fields } = entities.schema;
  const joinPlan = planJoin(plan, { ...options, entityColumns: fields.map((field) => field.name) });
  const aside = options.onBadRows === "quarantine" ? new SetAside() : null;
  const timeColumns = [entityTime, ...(typeof options.asKnownAt === "string" ? [options.asKnownAt] : [])];
  const usable =
    aside === null ? entities : usableEntityRows(entities, plan, timeColumns, options.unreadCells ?? [], aside);
  const rows = checkEntityRows(usable, plan, entityTime, options.embargoUs ?? 0);
  const joined = await joinViews(joinPlan, rows, options, aside);
  options.onProgress?.({ stage: "compute", done: plan.reads.length, total: plan.reads.length + 1 });
  const { columns, faults } = computeOutputs(plan, rows, joined.columns);
  const named = joinPlan.columns.map(({ name }, i) => [name, columns[i] as Vector] as const);
  const table = tableOf([
    ...fields.map((field, i) => [field.name, rows.table.getChildAt(i) as Vector] as const),
    ...named,
    ...eventTimeColumns(joinPlan, joined, rows.rows),
  ]);
  const counts = (entries: readonly (readonly [string, number])[]) =>
    Object.fromEntries(entries.filter(([, n]) => n > 0));
  return {
    table,
    report: {
      rows: rows.rows,
      views: joined.reports,
      nulls: counts(named.map(([name, column]) => [name, column.nullCount])),
      transformErrors: counts(joinPlan.columns.map(({ name, output }) => [name, faults.get(output.slot) ?? 0])),
      roundedEntityTimes: rows.roundedTimes,
      roundedEventTimes: joined.rounded,
      quarantined: aside?.counts ?? {},
      reads: joined.reads,
    },
    ...(aside === null ? {} : { quarantine: aside.tables }),
  };
}
