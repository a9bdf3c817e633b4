// The columns of a training set: features as they were joined, on-demand features computed row by row, event times.
import { type Vector } from "apache-arrow";
import type { FeaturePlan, JoinPlan, Row } from "../../sdk/plan/index.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import { columnBuilder, columnReader, type ColumnReader, vectorFromValues } from "../datasets/index.ts";
import type { EntityRows } from "./entity-rows.ts";
import type { JoinedViews } from "./join-views.ts";

export interface Outputs {
  /** By output of the plan. */
  readonly columns: readonly Vector[];
  /** By slot: on-demand values that are null because of a fault. */
  readonly faults: ReadonlyMap<number, number>;
}

/** Returns the output columns; `columns` are the views' by slot. */
export function computeOutputs(plan: FeaturePlan, rows: EntityRows, columns: readonly Vector[]): Outputs {
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

/** Returns the columns of event times (SEMANTICS 2.9), by name; none where the plan wants none. */
export function eventTimeColumns({ columns }: JoinPlan, { eventTimes }: JoinedViews, rows: number): [string, Vector][] {
  const latest = new Map<string, Vector>();
  return columns.flatMap(({ eventTimeName, from }): [string, Vector][] => {
    if (eventTimeName === null) return [];
    const views = from.join();
    const known =
      latest.get(views) ??
      latestOf(
        from.map((view) => eventTimes[view] as Vector),
        rows,
      );
    latest.set(views, known);
    return [[eventTimeName, known]];
  });
}

/** Returns the latest of some columns' times by row, null where all are: an on-demand feature is as new as its newest input. */
function latestOf(columns: readonly Vector[], rows: number): Vector {
  const [first] = columns;
  if (columns.length === 1 && first !== undefined) return first;
  const readers = columns.map((column) => columnReader(column, { kind: "timestamp" }, { column: "event time" }));
  const latest = (row: number): Value | null => {
    let most: bigint | null = null;
    for (const read of readers) {
      const time = read(row) as bigint | null;
      if (time !== null && (most === null || time > most)) most = time;
    }
    return most;
  };
  return vectorFromValues(
    { kind: "timestamp" },
    Array.from({ length: rows }, (_, row) => latest(row)),
  );
}
