// Training sets: features as they were at each entity row's time, joined one view after another (SEMANTICS 2).
import type { Table, Vector } from "apache-arrow";
import { EdgefeatError } from "../../sdk/errors.ts";
import {
  type FeaturePlan,
  type Output,
  planFeatures,
  type PlanRequest,
  type Row,
  type Transforms,
  type ViewRead,
} from "../../sdk/plan/index.ts";
import { canonicalJson, type Snapshot, type SourceSpec } from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import { columnBuilder, columnReader, type ColumnReader, tableOf } from "../datasets/index.ts";
import { type Engine, exclusively } from "../engine/index.ts";
import { joinAggregatedView } from "../windows/window-join.ts";
import { checkEntityRows, type EntityRows } from "./entity-rows.ts";
import { checkSourceRows, neededColumns, type ReadSource } from "./source-rows.ts";
import { type JoinedView, joinStoredView } from "./stored-join.ts";

export interface Progress {
  /** What is being done: "read departures", "join airport_delays", "compute". */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
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
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  /** Measures elapsed milliseconds for the report. Default: none, and seconds are 0. */
  elapsedMs?: () => number;
}

export interface ViewReport extends Omit<JoinedView, "columns"> {
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
}

export interface TrainingSet {
  readonly table: Table;
  readonly report: HistoricalReport;
}

/**
 * Returns the entity rows, untouched and in their order, with the features joined to them, and a report.
 * @throws unknown_*, missing_column, type_mismatch, null_time, missing_value, duplicate_column, cancelled
 */
export function getHistoricalFeatures(options: HistoricalOptions): Promise<TrainingSet> {
  return exclusively(options.engine, () => join(options));
}

async function join(options: HistoricalOptions): Promise<TrainingSet> {
  const { entities, snapshot, request, transforms = new Map(), entityTime = "event_timestamp" } = options;
  const plan = planFeatures(snapshot, request, transforms);
  const names = outputNames(plan.outputs, entities, options.fullNames ?? false);
  const rows = checkEntityRows(entities, plan, entityTime, options.embargoUs ?? 0);
  const joined = await joinViews(plan, rows, options);
  options.onProgress?.({ stage: "compute", done: plan.reads.length, total: plan.reads.length + 1 });
  const { columns, faults } = computeOutputs(plan, rows, joined.columns);
  const table = tableOf([
    ...entities.schema.fields.map((field, i) => [field.name, entities.getChildAt(i) as Vector] as const),
    ...columns.map((column, i) => [names[i] as string, column] as const),
  ]);
  const nulls = columns.map((column, i) => [names[i] as string, column.nullCount] as const);
  return {
    table,
    report: {
      rows: rows.rows,
      views: joined.reports,
      nulls: Object.fromEntries(nulls.filter(([, n]) => n > 0)),
      transformErrors: Object.fromEntries(
        plan.outputs.flatMap(({ slot }, i) =>
          faults.has(slot) ? [[names[i] as string, faults.get(slot) as number]] : [],
        ),
      ),
      roundedEntityTimes: rows.roundedTimes,
    },
  };
}

function signalOf({ signal }: HistoricalOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** Returns the columns' names. @throws duplicate_column naming both, when two are equal (SEMANTICS 2.7). */
function outputNames(outputs: readonly Output[], entities: Table, fullNames: boolean): string[] {
  const owners = new Map(entities.schema.fields.map((field) => [field.name, "a column of the entity rows"]));
  return outputs.map(({ label, feature, reference }) => {
    const name = fullNames ? `${label}__${feature}` : feature;
    const other = owners.get(name);
    if (other !== undefined) {
      throw new EdgefeatError("duplicate_column", `two columns would be called "${name}": ${other}, and ${reference}`, {
        hint: fullNames ? "rename the entity column" : "ask for full names (--full-names), which are view__feature",
      });
    }
    owners.set(name, reference);
    return name;
  });
}

/** Joins every read of the plan, and returns the columns by slot; each source is read once, and let go after the last view that needs it. */
async function joinViews(plan: FeaturePlan, rows: EntityRows, options: HistoricalOptions) {
  const { engine, onProgress, elapsedMs = () => 0 } = options;
  const total = plan.reads.length + 1;
  const sourceOf = (read: ViewRead) => canonicalJson(read.spec.source);
  const tables = new Map<string, Table>();
  const columns: Vector[] = [];
  const reports: ViewReport[] = [];
  for (const [i, read] of plan.reads.entries()) {
    const started = elapsedMs();
    const id = sourceOf(read);
    const users = plan.reads.filter((other) => sourceOf(other) === id);
    const { source } = read.spec;
    if (!tables.has(id)) {
      onProgress?.({ stage: `read ${source.name}`, done: i, total });
      tables.set(id, await readAll(source, users, options.readSource));
    }
    onProgress?.({ stage: `join ${read.label}`, done: i, total });
    const sourceRows = checkSourceRows(read.spec, tables.get(id) as Table);
    const join = read.spec.kind === "stored" ? joinStoredView : joinAggregatedView;
    const { columns: found, ...counts } = await join(engine, read, rows, sourceRows, signalOf(options));
    for (const [f, column] of found.entries()) columns[read.firstSlot + f] = column;
    reports.push({ view: read.label, version: read.version, ...counts, seconds: (elapsedMs() - started) / 1000 });
    if (!plan.reads.slice(i + 1).some((later) => sourceOf(later) === id)) tables.delete(id);
  }
  return { columns, reports };
}

/** Reads a source with all the columns that its views need. */
async function readAll(source: SourceSpec, users: readonly ViewRead[], readSource: ReadSource): Promise<Table> {
  return readSource(source, [...new Set(users.flatMap((user) => neededColumns(user.spec)))]);
}

/** Returns the output columns, on-demand features computed row by row, and the number of faults by slot. */
function computeOutputs(plan: FeaturePlan, rows: EntityRows, columns: readonly Vector[]) {
  const computed = plan.outputs.filter((output) => output.read < 0);
  const builders = new Map(computed.map(({ slot, type }) => [slot, columnBuilder(type, rows.rows)]));
  const faults = new Map<number, number>();
  if (builders.size > 0) {
    const readers = slotReaders(plan, rows, columns);
    const row: Row = new Array(plan.slots).fill(null);
    for (let i = 0; i < rows.rows; i++) {
      for (const [slot, read] of readers) row[slot] = read(i);
      for (const step of plan.steps) {
        for (const slot of step.run(row, Number(rows.times[i]))) faults.set(slot, (faults.get(slot) ?? 0) + 1);
      }
      for (const [slot, builder] of builders) builder.push(row[slot] as Value | null);
    }
  }
  const finished = new Map([...builders].map(([slot, builder]) => [slot, builder.finish()]));
  return {
    columns: plan.outputs.map(({ slot }) => finished.get(slot) ?? (columns[slot] as Vector)),
    faults,
  };
}

/** Returns a reader for each slot that on-demand views may read: features of reads, and request data. */
function slotReaders(plan: FeaturePlan, rows: EntityRows, columns: readonly Vector[]): [number, ColumnReader][] {
  const features = plan.reads.flatMap((read) =>
    read.features.map((index, i): [number, ColumnReader] => {
      const { name, type } = read.spec.features[index] as { name: string; type: string };
      const slot = read.firstSlot + i;
      return [slot, columnReader(columns[slot] as Vector, parseTypeName(type), { column: name })];
    }),
  );
  const request = plan.request.map(({ name, slot }): [number, ColumnReader] => [
    slot,
    rows.request.get(name) as ColumnReader,
  ]);
  return [...features, ...request];
}
