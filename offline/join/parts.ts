// A joined view as a table that can be kept in a file, so that a join that was cut off needn't do it again.
import type { Table, Vector } from "apache-arrow";
import type { JoinPlan, ViewJoin } from "../../sdk/plan/index.ts";
import { namesOf, tableOf } from "../datasets/index.ts";
import type { JoinedView } from "./stored-join.ts";

/** The member of a part's metadata that holds what is counted rather than joined. */
const COUNTS = "edgefeat.counts";
const EVENT_TIMES = "event_times";

export interface Part {
  readonly joined: JoinedView;
  /** Times of its source that were rounded. */
  readonly rounded: number;
}

/** Returns what a view's part is called: its place in the plan, its name, its version. */
export function partKey({ views }: JoinPlan, view: ViewJoin): string {
  return `${views.indexOf(view)}-${view.read.label}@${view.read.version}`;
}

export function tableOfPart({ joined, rounded }: Part): Table {
  const { columns, eventTimes, ...counts } = joined;
  const table = tableOf([
    ...columns.map((column, i) => [`c${i}`, column] as const),
    ...(eventTimes === null ? [] : [[EVENT_TIMES, eventTimes] as const]),
  ]);
  table.schema.metadata.set(COUNTS, JSON.stringify({ counts, rounded }));
  return table;
}

/** Returns the part that a table holds; null when it holds none of `view` for as many entity rows. */
export function partOfTable(table: Table, view: ViewJoin, rows: number): Part | null {
  const text = table.schema.metadata.get(COUNTS);
  const names = [...view.read.features.map((_, i) => `c${i}`), ...(view.provenance ? [EVENT_TIMES] : [])];
  if (text === undefined || table.numRows !== rows || namesOf(table.schema).join() !== names.join()) return null;
  const { counts, rounded } = JSON.parse(text) as {
    counts: Omit<JoinedView, "columns" | "eventTimes">;
    rounded: number;
  };
  const vectors = names.map((_, i) => table.getChildAt(i) as Vector);
  const eventTimes = view.provenance ? (vectors.pop() as Vector) : null;
  return { joined: { ...counts, columns: vectors, eventTimes }, rounded };
}
