// How the rows of views stood in answers, how old they were, which features were null because of a fault, and what was pushed.
import { AGE_BOUNDS_S, type Trace, type ViewTally } from "../serve/index.ts";
import type { Exposition } from "./exposition.ts";
import { OTHER, PairCounts } from "./pair-counts.ts";

/** The most view versions with series of their own; the rest share one. */
export const MAX_VIEWS = 500;
/** The most features with series of their own; the rest share one. */
export const MAX_FEATURES = 200;
const MAX_CODES = 16;
const OUTCOMES = ["accepted", "duplicate", "deferred", "rejected"] as const;

const STATUSES = [
  "PRESENT",
  "NOT_FOUND",
  "OUTSIDE_MAX_AGE",
  "STALE",
] as const satisfies (keyof ViewTally["statuses"])[];
const AGES_AT = STATUSES.length;
const AGE_SUM_AT = AGES_AT + AGE_BOUNDS_S.length + 1;

/** Counts by status, then by age bucket, then the sum of ages in µs: one array a view version. */
type Counts = Float64Array;
const noCounts = (): Counts => new Float64Array(AGE_SUM_AT + 1);

export class ViewMetrics {
  readonly #byView = new Map<string, Map<number, Counts>>();
  readonly #otherViews = noCounts();
  #views = 0;
  readonly #faults = new PairCounts(MAX_FEATURES, MAX_CODES);
  readonly #pushed = new PairCounts(MAX_VIEWS, OUTCOMES.length);

  record({ views, errors }: Trace): void {
    if (views !== null) for (let i = 0; i < views.length; i++) this.#count(views[i] as ViewTally);
    for (let i = 0; i < errors.length; i++) this.#faults.add((errors[i] as Fault)[1], (errors[i] as Fault)[2]);
  }

  /** Counts pushed events of a view by what became of them. */
  pushed(view: string, counts: Readonly<Record<(typeof OUTCOMES)[number], number>>): void {
    for (const outcome of OUTCOMES) this.#pushed.add(view, outcome, counts[outcome]);
  }

  write(page: Exposition): void {
    const rows = page.counter(
      "edgefeat_view_rows",
      "Rows in answers, by status. STALE counts beside the others: served past the cache's bound.",
    );
    const all = this.#all();
    for (const { labels, counts } of all) {
      for (const [i, status] of STATUSES.entries()) rows.sample(counts[i] as number, { ...labels, status });
    }
    const ages = page.histogram(
      "edgefeat_view_row_age_seconds",
      "Age of PRESENT rows in answers: now less the event time, an aggregate's newest.",
    );
    for (const { labels, counts } of all) {
      const sum = (counts[AGE_SUM_AT] as number) / 1_000_000;
      ages.series(labels, AGE_BOUNDS_S, counts.subarray(AGES_AT, AGE_SUM_AT), sum);
    }
    const faults = page.counter(
      "edgefeat_transform_errors",
      `Values that a fault made null, by feature and code; features past the first ${MAX_FEATURES} as "${OTHER}".`,
    );
    this.#faults.write(faults, "feature", "code");
    const pushed = page.counter("edgefeat_push_events", "Pushed events by view, and what became of them.");
    this.#pushed.write(pushed, "view", "outcome");
  }

  #count({ view, version, statuses, ages, agesUs }: ViewTally): void {
    const counts = this.#byView.get(view)?.get(version) ?? this.#begin(view, version);
    for (let i = 0; i < AGES_AT; i++) add(counts, i, statuses[STATUSES[i] as (typeof STATUSES)[number]]);
    for (let i = 0; i < ages.length; i++) add(counts, AGES_AT + i, ages[i] as number);
    add(counts, AGE_SUM_AT, agesUs);
  }

  #begin(view: string, version: number): Counts {
    if (this.#views === MAX_VIEWS) return this.#otherViews;
    this.#views++;
    const counts = noCounts();
    const versions = this.#byView.get(view);
    if (versions === undefined) this.#byView.set(view, new Map([[version, counts]]));
    else versions.set(version, counts);
    return counts;
  }

  #all(): { labels: { view: string; version: string }; counts: Counts }[] {
    const all = [...this.#byView].flatMap(([view, versions]) =>
      [...versions].map(([version, counts]) => ({ labels: { view, version: String(version) }, counts })),
    );
    const others = { labels: { view: OTHER, version: OTHER }, counts: this.#otherViews };
    return this.#views === MAX_VIEWS ? [...all, others] : all;
  }
}

type Fault = Trace["errors"][number];

function add(counts: Counts, i: number, more: number): void {
  counts[i] = (counts[i] as number) + more;
}
