// What a training set needs: by view its keys, times and windows, and the columns that come of it (SEMANTICS 2). No SQL.
import { EdgefeatError } from "../errors.ts";
import { windowEdges, type WindowShape } from "../windows/index.ts";
import type { Us } from "../time.ts";
import type { FeaturePlan, InputColumn, Output, ViewRead } from "./plan.ts";

export interface JoinOptions {
  /** The names of the entity rows' columns, which come first and which no feature may take. */
  readonly entityColumns: readonly string[];
  /** True: rows known at t′; a name: rows known at that column's time (SEMANTICS 2.2). Default: all rows. */
  readonly asKnownAt?: string | true;
  /** Anything: rows must have been served at t′, whatever asKnownAt says. */
  readonly asServed?: unknown;
  /** Adds the event time of every output (SEMANTICS 2.9). */
  readonly provenance?: boolean;
  /** Names features view__feature. Default: feature alone. */
  readonly fullNames?: boolean;
}

/** What a row's created time must be at or before, to count as known; a null one never does. */
export type KnownRule =
  | { readonly at: "any" }
  | { readonly at: "entityTime" }
  | { readonly at: "column"; readonly column: string }
  /** Served at or before t′. */
  | { readonly at: "served" };

/** A window of an aggregated view; see windowEdges. */
export type JoinWindow = WindowShape;

/** How one view is joined to the entity rows. */
export interface ViewJoin {
  readonly read: ViewRead;
  readonly kind: "stored" | "aggregated";
  /** The columns of the entity rows that hold the key, in the order of the view's join keys. */
  readonly keys: readonly InputColumn[];
  /** False for a reference table, whose rows are always valid. */
  readonly timed: boolean;
  /** How far a row's event time may lie before t′, inclusive; 0: any time. Aggregated views have none. */
  readonly ttlUs: Us;
  /** The windows of the features asked for, each once; of a stored view none. */
  readonly windows: readonly JoinWindow[];
  /**
   * What an aggregated view's newest event is looked for in, when its time is wanted: its windows, those of features that
   * nobody asked for included, as an online row holds the tiles of them all.
   */
  readonly newestIn: readonly JoinWindow[];
  /** Whether the event times of the rows used are wanted. */
  readonly provenance: boolean;
}

/** One feature column of the training set. */
export interface JoinColumn {
  readonly name: string;
  readonly output: Output;
  /** The name of the column that holds its event time; null where that is not wanted. */
  readonly eventTimeName: string | null;
  /** The views whose rows it comes from: of an on-demand feature all that its expression reads. Indices into `views`. */
  readonly from: readonly number[];
}

export interface JoinPlan {
  readonly known: KnownRule;
  /** One a read of the feature plan, in its order. */
  readonly views: readonly ViewJoin[];
  /** In the order asked for; event times come after all of them, in the same order. */
  readonly columns: readonly JoinColumn[];
}

/**
 * Returns how to join what `plan` reads to entity rows.
 * @throws duplicate_column naming both columns of one name (SEMANTICS 2.7), missing_column where rows must be known and a
 * view's source has no created time (2.2)
 */
export function planJoin(plan: FeaturePlan, options: JoinOptions): JoinPlan {
  const { provenance = false } = options;
  const known: KnownRule = options.asServed === undefined ? knownRule(options.asKnownAt) : { at: "served" };
  const views = plan.reads.map((read) => planView(read, known, provenance));
  const names = new Names(options.entityColumns, options.fullNames ?? false);
  const columns = plan.outputs.map((output) => ({
    name: names.ofFeature(output),
    output,
    from: provenance ? readsOf(plan, output) : [],
  }));
  return {
    known,
    views,
    columns: columns.map((column) => ({
      ...column,
      eventTimeName: provenance ? names.ofEventTime(column.name, column.output) : null,
    })),
  };
}

function knownRule(asKnownAt: string | true | undefined): KnownRule {
  if (asKnownAt === undefined) return { at: "any" };
  return asKnownAt === true ? { at: "entityTime" } : { at: "column", column: asKnownAt };
}

function planView(read: ViewRead, known: KnownRule, provenance: boolean): ViewJoin {
  const { spec, keys } = read;
  const { eventTime, createdTime, name } = spec.source;
  if (known.at === "served" && spec.select !== undefined) {
    throw new EdgefeatError(
      "bad_request",
      `when rows of view "${read.label}" were served is not known: its own query makes them`,
      {
        hint: "join it in a training set of its own, without --as-served",
        details: { view: read.label, source: name },
      },
    );
  }
  if ((known.at === "entityTime" || known.at === "column") && createdTime === null) {
    throw new EdgefeatError(
      "missing_column",
      `rows must be known at a time, but view "${read.label}" has no created time`,
      {
        hint: `give the source "${name}" a createdTime: the column that says when a row became known; or join without "as known at"`,
        details: { view: read.label, source: name },
      },
    );
  }
  const stored = spec.kind === "stored";
  return {
    read,
    kind: spec.kind,
    keys,
    timed: eventTime !== null,
    ttlUs: stored ? spec.ttlUs : 0,
    windows: stored ? [] : distinctWindows(read.features.map((index) => spec.features[index] as JoinWindow)),
    newestIn: provenance && !stored ? distinctWindows(spec.features) : [],
    provenance,
  };
}

function distinctWindows(windows: readonly JoinWindow[]): JoinWindow[] {
  const byText = new Map(
    windows.map(({ windowUs, hopUs, tumbling }) => [
      `${windowUs}/${hopUs}/${tumbling}`,
      { windowUs, hopUs, ...(tumbling === true ? { tumbling } : {}) },
    ]),
  );
  return [...byText.values()];
}

/** Returns the reads that an output comes from. */
function readsOf(plan: FeaturePlan, { slot, read }: Output): number[] {
  if (read >= 0) return [read];
  const slots = plan.steps.flatMap((step) => step.inputs.get(slot) ?? []);
  const holds = ({ firstSlot, features }: ViewRead, s: number) => s >= firstSlot && s < firstSlot + features.length;
  return [...plan.reads.keys()].filter((i) => slots.some((s) => holds(plan.reads[i] as ViewRead, s)));
}

/** Gives every column its name, and refuses one that is taken. */
class Names {
  private readonly owners: Map<string, string>;
  private readonly fullNames: boolean;

  constructor(entityColumns: readonly string[], fullNames: boolean) {
    this.owners = new Map(entityColumns.map((name) => [name, "a column of the entity rows"]));
    this.fullNames = fullNames;
  }

  ofFeature({ label, feature, reference }: Output): string {
    return this.take(this.fullNames ? `${label}__${feature}` : feature, reference);
  }

  ofEventTime(name: string, { reference }: Output): string {
    return this.take(`${name}__event_time`, `the event time of ${reference}`);
  }

  private take(name: string, owner: string): string {
    const other = this.owners.get(name);
    if (other !== undefined) {
      throw new EdgefeatError("duplicate_column", `two columns would be called "${name}": ${other}, and ${owner}`, {
        hint: this.fullNames
          ? "rename the entity column"
          : "ask for full names (--full-names), which are view__feature",
      });
    }
    this.owners.set(name, owner);
    return name;
  }
}

/**
 * Returns which event times any of these views can use, for entity rows with t′ from `leastUs` to `greatestUs`: after <
 * e ≤ until, null for an open end. A reference table can use every row.
 */
export function eventTimesThatMatter(
  views: readonly ViewJoin[],
  { leastUs, greatestUs }: { leastUs: Us; greatestUs: Us },
): { afterUs: Us | null; untilUs: Us | null } {
  const ends = views.map((view) => earliest(view, leastUs));
  const open = ends.includes(null);
  return {
    afterUs: open ? null : Math.min(...(ends as Us[])),
    untilUs: views.every((view) => view.timed) ? greatestUs : null,
  };
}

/** Returns the time after which a view's rows matter; null for any time. */
function earliest({ kind, timed, ttlUs, windows, newestIn }: ViewJoin, leastUs: Us): Us | null {
  if (kind === "stored") return timed && ttlUs > 0 ? leastUs - ttlUs - 1 : null;
  const least = Math.min(...[...windows, ...newestIn].map((window) => windowEdges(leastUs, window).lowerUs));
  return least === -Infinity ? null : least;
}
