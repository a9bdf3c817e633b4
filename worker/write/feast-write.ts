// A frame of Feast's written to the views that it is for: to each of their versions that it makes whole rows of.
import { EdgefeatError } from "../../sdk/errors.ts";
import { didYouMean } from "../../sdk/nearest.ts";
import { type Snapshot, takesPushes } from "../../sdk/registry/index.ts";
import type { StoredRow } from "../../sdk/rows/index.ts";
import type { Clock } from "../../sdk/time.ts";
import type { RowCache } from "../serve/index.ts";
import type { OnlineStore } from "../store/port.ts";
import { type FeastFrame, isWholeFor, readFrame, type StoredTarget } from "./feast-frame.ts";
import { mergeIntoStore, type WriteCounts } from "./merge.ts";
import { pushedView, type WritableView, writableView } from "./row-shape.ts";
import { storedMerge, type WriteMoment } from "./stored-rows.ts";

/** What became of a frame. */
export interface FrameWritten {
  readonly rows: number;
  /** What each version that took the frame did with its rows. */
  readonly views: readonly (WriteCounts & { readonly view: string; readonly version: number })[];
  /** Columns that belong to none of the views, which Feast ignores too. */
  readonly ignoredColumns: readonly string[];
}

/**
 * Returns the views that a push goes to: those over the source of that name, or else the view itself. The rows of a view
 * with a query of its own are not the source's: it takes only its own.
 * @throws unknown_source; bad_request where the name is a source's, and that of a view over another one
 */
export function pushedViews(snapshot: Snapshot, name: string): readonly string[] {
  const { views } = snapshot;
  const sources = new Map<string, WritableView[]>();
  for (const [view, { latest, versions }] of Object.entries(views)) {
    if (latest === null || versions[latest]?.spec.kind === "onDemand") continue;
    const one = pushedView(snapshot, view);
    if (one.spec.select !== undefined) continue;
    const over = sources.get(one.spec.source.name);
    if (over === undefined) sources.set(one.spec.source.name, [one]);
    else over.push(one);
  }
  const isView = Object.hasOwn(views, name);
  const over = takers(sources.get(name));
  if (over !== undefined && isView && !over.includes(name)) {
    throw new EdgefeatError("bad_request", `"${name}" is a source, and also a view over another source`, {
      hint: "write to the view by POST /write-to-online-store",
      pointer: "/push_source_name",
    });
  }
  if (over !== undefined) return over;
  if (isView) return [name];
  throw new EdgefeatError("unknown_source", `there is no push source or view called "${name.slice(0, 200)}"`, {
    hint: didYouMean(name, new Set([...sources.keys(), ...Object.keys(views)])),
    pointer: "/push_source_name",
  });
}

/** Where a view over the source takes pushes by its definition, windows that only batches fill do not stand in the way. */
function takers(over: readonly WritableView[] | undefined): readonly string[] | undefined {
  const isPushed = over?.some(({ spec }) => spec.push === true);
  return over?.filter(({ spec }) => isPushed !== true || takesPushes(spec)).map(({ view }) => view);
}

/**
 * Writes a frame's rows to views, last write wins by event time. All are checked before any is written, so that sending
 * a frame again, whole, is safe whatever became of it.
 * @throws unknown_view, bad_request, needs_runner; what readFrame and mergeIntoStore throw
 */
export async function writeFrame(
  names: readonly string[],
  frame: FeastFrame,
  { snapshot, moment, ...stores }: WritePlace,
): Promise<FrameWritten> {
  const targets = names.flatMap((view) => storedTargets(snapshot, view, frame));
  if (frame.rows === 0) return { rows: 0, views: [], ignoredColumns: [] };
  const used = new Set<string>();
  const batches: [StoredTarget, Map<string, StoredRow[]>][] = targets.map((target) => [
    target,
    readFrame(snapshot, target, frame, moment, used),
  ]);
  const views: FrameWritten["views"][number][] = [];
  for (const [{ view, version, spec }, byKey] of batches) {
    views.push({ view, version, ...(await mergeIntoStore(byKey, storedMerge(spec, moment), stores)) });
  }
  return { rows: frame.rows, views, ignoredColumns: [...frame.columns.keys()].filter((name) => !used.has(name)) };
}

export interface WritePlace {
  readonly snapshot: Snapshot;
  readonly moment: WriteMoment;
  readonly store: OnlineStore;
  readonly cache: RowCache;
  readonly clock: Clock;
}

/**
 * The version that the definitions hold, and until that one is materialized the one that still answers: a client may
 * know either, so a frame goes to those that it is whole for.
 */
function storedTargets(snapshot: Snapshot, view: string, frame: FeastFrame): StoredTarget[] {
  const latest = writableView(snapshot, view, null);
  const active = snapshot.views[view]?.active ?? latest.version;
  const both = active === latest.version ? [latest] : [latest, writableView(snapshot, view, active)];
  const [first, ...others] = both.filter(isStored);
  if (first === undefined) {
    throw new EdgefeatError(
      "needs_runner",
      `the aggregated view "${view}" takes no rows: its windows are made of events`,
      {
        hint: "materialize it with edgefeat materialize",
      },
    );
  }
  const whole = [first, ...others].filter((target) => isWholeFor(target, frame));
  return whole.length === 0 ? [first] : whole;
}

function isStored(target: WritableView): target is StoredTarget {
  return target.spec.kind === "stored";
}
