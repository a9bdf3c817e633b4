// The views of a training set, joined one after another, so that memory holds one view's tables at a time (SEMANTICS 2.8).
import type { Vector } from "apache-arrow";
import type { JoinPlan, ViewJoin } from "../../sdk/plan/index.ts";
import { canonicalJson } from "../../sdk/registry/index.ts";
import type { QueryOptions } from "../engine/index.ts";
import { joinAggregatedView } from "../windows/window-join.ts";
import type { EntityRows } from "./entity-rows.ts";
import type { HistoricalOptions, ViewReport } from "./historical.ts";
import { type Moments, momentsOf, rangeOf } from "./moments.ts";
import type { SetAside } from "./bad-rows.ts";
import { type Part, partKey, partOfTable, tableOfPart } from "./parts.ts";
import { type ReadStats, sourceColumns, type SourceTable, sourceTable } from "./source-rows.ts";
import { joinStoredView } from "./stored-join.ts";
import { viewRows } from "./view-rows.ts";

export interface JoinedViews {
  /** By slot. */
  readonly columns: readonly Vector[];
  /** By view of the plan: event times by entity row; null where they are not wanted. */
  readonly eventTimes: readonly (Vector | null)[];
  /** In the order of the plan. */
  readonly reports: readonly ViewReport[];
  /** By source: times that were rounded. */
  readonly rounded: Readonly<Record<string, number>>;
  /** By source: what reading it took. */
  readonly reads: Readonly<Record<string, ReadStats>>;
}

/**
 * Joins every view of the plan. Each source is read once, for all the views that use it, and let go after the last of them.
 * Bad rows go to `aside`; null: they are an error.
 */
export async function joinViews(
  plan: JoinPlan,
  rows: EntityRows,
  options: HistoricalOptions,
  aside: SetAside | null,
): Promise<JoinedViews> {
  const { engine, onProgress, elapsedMs = () => 0, joinForm = "auto", parts, signal } = options;
  const query: QueryOptions = signal === undefined ? {} : { signal };
  const moments = momentsOf(rows, plan.known);
  const total = plan.views.length + 1;
  const columns: Vector[] = [];
  const eventTimes: (Vector | null)[] = plan.views.map(() => null);
  const reports: ViewReport[] = [];
  const rounded: Record<string, number> = {};
  const reads: Record<string, ReadStats> = {};
  let done = 0;
  const take = (view: ViewJoin, { joined, rounded: finer }: Part, started: number) => {
    const { columns: found, eventTimes: used, ...counts } = joined;
    const { label, version, firstSlot, spec } = view.read;
    const at = plan.views.indexOf(view);
    for (const [f, column] of found.entries()) columns[firstSlot + f] = column;
    eventTimes[at] = used;
    reports[at] = { view: label, version, ...counts, seconds: (elapsedMs() - started) / 1000 };
    if (finer > 0) rounded[spec.source.name] = finer;
    done++;
  };
  for (const all of bySource(plan.views)) {
    let started = elapsedMs();
    const users: ViewJoin[] = [];
    for (const view of all) {
      const kept = (await parts?.load(partKey(plan, view))) ?? null;
      const part = kept === null ? null : partOfTable(kept, view, rows.rows);
      if (part === null) users.push(view);
      else take(view, part, started);
    }
    if (users.length === 0) continue;
    const { source } = (users[0] as ViewJoin).read.spec;
    onProgress?.({ stage: `read ${source.name}`, done, total });
    const given = await readSourceFor(users, moments, options);
    if (given.read !== undefined) reads[source.name] = given.read;
    for (const view of users) {
      onProgress?.({ stage: `join ${view.read.label}`, done, total });
      const { view: name, label, spec } = view.read;
      const found = await viewRows(engine, name, spec, given, { aside, label, ...query });
      const { asServed } = options;
      const sourceRows = asServed === undefined ? found : { ...found, servedUs: asServed(name, found) };
      const joined =
        view.kind === "stored"
          ? await joinStoredView(engine, view, rows, moments, sourceRows, joinForm, query)
          : await joinAggregatedView(engine, view, rows, moments, sourceRows, query);
      const finer = (sourceRows.eventTimes?.rounded ?? 0) + (sourceRows.createdTimes?.rounded ?? 0);
      const part = { joined, rounded: finer };
      await parts?.save(partKey(plan, view), tableOfPart(part));
      take(view, part, started);
      started = elapsedMs();
    }
  }
  return { columns, eventTimes, reports, rounded, reads };
}

/** Returns the views grouped by what they read, so that no source is held while another's views are joined. */
function bySource(views: readonly ViewJoin[]): ViewJoin[][] {
  return [...Map.groupBy(views, (view) => canonicalJson(view.read.spec.source)).values()];
}

/** Reads a source with all the columns that its views need, and no rows that none of them can use. */
async function readSourceFor(
  users: readonly ViewJoin[],
  moments: Moments,
  { readSource }: HistoricalOptions,
): Promise<SourceTable> {
  const specs = users.map((view) => view.read.spec);
  const columns = sourceColumns(specs);
  const { source } = (users[0] as ViewJoin).read.spec;
  // A view's own query may make its times of others, or read rows of other times.
  const prunable = users.every((view) => view.timed && view.read.spec.select === undefined);
  const answer = prunable
    ? await readSource(source, columns, rangeOf(users, moments))
    : await readSource(source, columns);
  return sourceTable(answer);
}
