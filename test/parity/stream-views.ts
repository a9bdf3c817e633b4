// The views of a stream: windows of random aggregations whose hops nest, by key and over all keys, a stored view, and what is
// computed of them; each in several forms, which are applied one after another.
import fc from "fast-check";
import {
  type Aggregation,
  count,
  type Entity,
  entity,
  featureView,
  float64,
  int32,
  int64,
  lifetime,
  onDemandView,
  parquet,
  type Source,
  stream,
  string,
  timestamp,
} from "../../sdk/index.ts";
import {
  type AggregatedViewSpec,
  collectDefinitions,
  type Compiled,
  type CompiledView,
  compileDefinitions,
} from "../../sdk/registry/index.ts";
import { US_PER_DAY } from "../../sdk/time.ts";
import { randomAggregation } from "../support/random-aggregations.ts";

/** The views that take events; totals has one row for all. */
export const VIEWS = ["windows", "totals", "latest"] as const;
export type ViewName = (typeof VIEWS)[number];

/** Which of a view's forms is defined; 0 is the first. The lateness, which makes no form of its own, is of windows alone. */
export interface Form {
  readonly form: number;
  readonly lateness: string;
}

export type Forms = Readonly<Record<ViewName, Form>>;
export const FORMS = 3;
export const LATENESSES = ["1h", "20m", "5h"];
export const FIRST_FORMS: Forms = {
  windows: { form: 0, lateness: "1h" },
  totals: { form: 0, lateness: "1h" },
  latest: { form: 0, lateness: "1h" },
};

export interface StreamViewsOptions {
  readonly seed: number;
  /** What names end in. */
  readonly own: string;
  /** True where the source has no file. */
  readonly isStream: boolean;
}

/** Returns the views VIEWS and computed, each with `_${own}`; the features f0 and g0 never lose a row. */
export function streamViews(options: StreamViewsOptions, forms: Forms): Compiled {
  const { own, isStream } = options;
  const key = entity("key", { joinKey: "key", type: string() });
  const schema = {
    id: string(),
    key: string(),
    event_time: timestamp(),
    created: timestamp(),
    x: float64(),
    cents: float64(),
    n: int64(),
    i: int32(),
    s: string(),
  };
  const columns = { eventTime: "event_time", createdTime: "created", eventId: "id", schema };
  const file = parquet(`events_${own}`, { path: "events.parquet", ...columns });
  const source = isStream ? stream(`events_${own}`, columns) : file;
  const windows = windowsView(
    options,
    { name: "windows", letter: "f", most: 9, entities: [key], file, source },
    forms.windows,
  );
  const totals = windowsView(
    options,
    { name: "totals", letter: "g", most: 4, entities: [], file, source },
    forms.totals,
  );
  const latest = featureView(`latest_${own}`, {
    entities: [key],
    source,
    push: true,
    ttl: forms.latest.form === 1 ? "2d" : "1d",
    features: {
      x: float64(),
      n: int64({ default: -7 - forms.latest.form }),
      s: string(),
      ...(forms.latest.form === 2 ? { i: int32() } : {}),
    },
  });
  const computed = onDemandView(`computed_${own}`, {
    inputs: [windows, totals, latest],
    features: { both: int64() },
    expressions: { both: "coalesce(f0, 0) + 1000 * coalesce(g0, 0) + (is_null(x) ? 0 : 1)" },
  });
  return compiledOf({ key, source, windows, totals, latest, computed });
}

interface WindowsOptions {
  readonly name: "windows" | "totals";
  /** Its features are called by it. */
  readonly letter: string;
  /** How many aggregations it may have, beside the one that never loses a row. */
  readonly most: number;
  readonly entities: readonly Entity[];
  /** What aggregations may be over whose hops don't nest. */
  readonly file: Source<any>;
  readonly source: Source<any>;
}

function windowsView(
  { seed, own }: StreamViewsOptions,
  { name, letter, most, entities, file, source }: WindowsOptions,
  { form, lateness }: Form,
) {
  const aggregations = aggregationsOf(seed + (name === "totals" ? 1e9 : 0), most, form);
  const all = Object.fromEntries(aggregations.map((one, i) => [`${letter}${i}`, one]));
  const unpushed = featureView(`${name}_${own}`, { entities, source: file, aggregations: all });
  const compiled = compiledOf({ ...entities, file, unpushed }).views[unpushed.name] as CompiledView;
  const { features } = compiled.spec as AggregatedViewSpec;
  const nested = features.filter(
    ({ hopUs }, i) =>
      features.slice(0, i + 1).every((other) => other.hopUs % hopUs === 0 || hopUs % other.hopUs === 0) &&
      US_PER_DAY % hopUs === 0,
  );
  const kept = Object.fromEntries(nested.map((feature) => [feature.name, all[feature.name] as Aggregation]));
  return featureView(unpushed.name, { entities, source, aggregations: kept, push: true, lateness });
}

/** Returns a form's aggregations: those of the first, a third of them replaced, and one more. */
function aggregationsOf(seed: number, most: number, form: number): Aggregation[] {
  const first = fc.sample(randomAggregation, { seed, numRuns: most });
  if (form === 0) return [count(lifetime()), ...first];
  const others = fc.sample(randomAggregation, { seed: seed + form * 1e8, numRuns: most + 1 });
  const choices = fc.sample(fc.nat(2), { seed: seed + form, numRuns: most + 1 });
  const [hop] = fc.sample(fc.constantFrom({}, { hop: "1h" }, { hop: "10m" }), { seed: seed + form, numRuns: 1 });
  return [count(lifetime(), hop), ...others.map((other, i) => (choices[i] === 0 ? other : (first[i] ?? other)))];
}

function compiledOf(definitions: Record<string, unknown>) {
  return compileDefinitions(collectDefinitions(definitions), { columnsOf: () => undefined });
}
