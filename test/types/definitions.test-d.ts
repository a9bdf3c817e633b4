// What the compiler must infer from definitions, and what it must refuse.
import {
  approxPercentile,
  avg,
  bool,
  bytes,
  count,
  countDistinct,
  daysSinceLast,
  decimal,
  defineConfig,
  entity,
  featureService,
  featureView,
  first,
  float32,
  float64,
  int32,
  int64,
  lag,
  last,
  lastK,
  lastN,
  lifetime,
  list,
  min,
  onDemandView,
  parquet,
  requestSource,
  scaler,
  secondsSinceLast,
  type ServiceValues,
  stddevPop,
  string,
  sum,
  timestamp,
  tumbling,
  varSample,
  vector,
  vocabulary,
} from "edgefeat";
import { expectTypeOf } from "vitest";
import type { Value } from "../../sdk/types/index.ts";
import { airport, delays, departures, lastFlight, model, risk, trip, typedDelays } from "./flights.ts";

// Fields: null unless there is a default.
expectTypeOf(int64()._value).toEqualTypeOf<bigint | null | undefined>();
expectTypeOf(int64({ default: 0 })._value).toEqualTypeOf<bigint | undefined>();
expectTypeOf(float64({ description: "minutes" })._value).toEqualTypeOf<number | null | undefined>();
expectTypeOf(list(string())._value).toEqualTypeOf<readonly string[] | null | undefined>();
expectTypeOf(vector(3)._value).toEqualTypeOf<Float32Array | null | undefined>();
expectTypeOf(bool()._value).toEqualTypeOf<boolean | null | undefined>();
expectTypeOf(int32()._value).toEqualTypeOf<number | null | undefined>();
expectTypeOf(float32({ default: 0 })._value).toEqualTypeOf<number | undefined>();
expectTypeOf(string({ default: "" })._value).toEqualTypeOf<string | undefined>();
expectTypeOf(bytes()._value).toEqualTypeOf<Uint8Array | null | undefined>();
expectTypeOf(timestamp({ default: 0n })._value).toEqualTypeOf<bigint | undefined>();
expectTypeOf(decimal(10, 2)._value).toEqualTypeOf<string | null | undefined>();
expectTypeOf(list(int64(), { default: [] })._value).toEqualTypeOf<readonly bigint[] | undefined>();
// @ts-expect-error a default has the field's type
int64({ default: "none" });
// @ts-expect-error a timestamp's default is a bigint
timestamp({ default: "2001-03-31T00:00:00Z" });
// @ts-expect-error a list is of fields
list("string");
// @ts-expect-error an unknown option
float64({ defualt: 0 });

// Stored views.
type LastFlight = NonNullable<typeof lastFlight._values>;
expectTypeOf<LastFlight["delay"]>().toEqualTypeOf<bigint>();
expectTypeOf<LastFlight["distance"]>().toEqualTypeOf<number | null>();
expectTypeOf<LastFlight["arrived"]>().toEqualTypeOf<bigint | null>();
expectTypeOf<LastFlight["fare"]>().toEqualTypeOf<string | null>();
expectTypeOf<LastFlight["badge"]>().toEqualTypeOf<Uint8Array | null>();
expectTypeOf<LastFlight["stops"]>().toEqualTypeOf<readonly string[] | null>();
expectTypeOf<LastFlight["embedding"]>().toEqualTypeOf<Float32Array>();
// @ts-expect-error no such feature
lastFlight.pick("dely");
// @ts-expect-error an unknown option
featureView("v", { entities: [airport], source: departures, features: { delay: int64() }, tll: "6h" });
// @ts-expect-error a source needs a path
parquet("p", { eventTime: "date" });
// @ts-expect-error an entity's key has a field type
entity("airport", { joinKey: "origin", type: "string" });

// Aggregated views, with and without the source's schema.
type Delays = NonNullable<typeof delays._values>;
expectTypeOf<Delays["events"]>().toEqualTypeOf<bigint>();
expectTypeOf<Delays["mean"]>().toEqualTypeOf<number | null>();
expectTypeOf<Delays["total"]>().toEqualTypeOf<number | bigint | null>();
// A query's columns are known to the engine alone, whatever the source's schema says.
const selectedDelays = featureView("selected_delays", {
  entities: [],
  source: typedDelays.source,
  select: "SELECT date, delay / 2 AS delay FROM departures",
  aggregations: { events: count("1h"), mean: avg("delay", "1h"), latest: last("delay", "1h") },
});
type SelectedDelays = NonNullable<typeof selectedDelays._values>;
expectTypeOf<SelectedDelays["events"]>().toEqualTypeOf<bigint>();
expectTypeOf<SelectedDelays["mean"]>().toEqualTypeOf<number | null>();
expectTypeOf<SelectedDelays["latest"]>().toEqualTypeOf<Value | null>();
const selectedFlight = featureView("selected_flight", {
  entities: [airport],
  source: departures,
  select: { sql: "SELECT origin, date, delay FROM departures", columns: ["origin", "date", "delay"] },
  features: { delay: int64() },
});
expectTypeOf<NonNullable<typeof selectedFlight._values>["delay"]>().toEqualTypeOf<bigint | null>();
// @ts-expect-error a query is text
featureView("v", { entities: [], source: departures, select: ["SELECT"], features: { delay: int64() } });
type TypedDelays = NonNullable<typeof typedDelays._values>;
expectTypeOf<TypedDelays["total_delay"]>().toEqualTypeOf<bigint | null>();
expectTypeOf<TypedDelays["worst_delay"]>().toEqualTypeOf<bigint | null>();
expectTypeOf<TypedDelays["last_carrier"]>().toEqualTypeOf<string | null>();

// A column's type shows in what takes its values, and not in what counts or averages them.
const schema = { k: string(), at: timestamp(), flag: bool(), seats: int32(), ratio: float32() };
const typed = featureView("typed", {
  entities: [entity("k", { type: string() })],
  source: parquet("typed", { path: "typed.parquet", eventTime: "at", schema }),
  aggregations: {
    flags: count("flag", "1h"),
    flag: first("flag", "1h"),
    until: last("at", "1h"),
    least: min("seats", "1h"),
    seats: sum("seats", "1h"),
    ratio: sum("ratio", "1h"),
    mean: avg("seats", "1h"),
    latest: lastK("at", 3, lifetime()),
    before: lag("flag", 2),
    kinds: countDistinct("k", tumbling("1d")),
    most: approxPercentile("ratio", 0.95, lastN(50)),
    spread: stddevPop("seats", "1d"),
    guess: varSample("seats", lastN(5)),
    since: secondsSinceLast(),
    sinceFlag: daysSinceLast("flag", "7d"),
  },
});
type Typed = NonNullable<typeof typed._values>;
expectTypeOf<Typed["flags"]>().toEqualTypeOf<bigint>();
expectTypeOf<Typed["flag"]>().toEqualTypeOf<boolean | null>();
expectTypeOf<Typed["until"]>().toEqualTypeOf<bigint | null>();
expectTypeOf<Typed["least"]>().toEqualTypeOf<number | null>();
// An int32's sum is an int64, and a float's a number: both columns are numbers in TypeScript.
expectTypeOf<Typed["seats"]>().toEqualTypeOf<number | bigint | null>();
expectTypeOf<Typed["ratio"]>().toEqualTypeOf<number | bigint | null>();
expectTypeOf<Typed["mean"]>().toEqualTypeOf<number | null>();
expectTypeOf<Typed["latest"]>().toEqualTypeOf<readonly bigint[] | null>();
expectTypeOf<Typed["before"]>().toEqualTypeOf<boolean | null>();
expectTypeOf<Typed["kinds"]>().toEqualTypeOf<bigint>();
expectTypeOf<Typed["most"]>().toEqualTypeOf<number | null>();
expectTypeOf<Typed["spread"]>().toEqualTypeOf<number | null>();
expectTypeOf<Typed["guess"]>().toEqualTypeOf<number | null>();
expectTypeOf<Typed["since"]>().toEqualTypeOf<number | null>();
expectTypeOf<Typed["sinceFlag"]>().toEqualTypeOf<number | null>();
featureView("v", {
  entities: [airport],
  source: departures,
  // @ts-expect-error a view is stored or aggregated
  features: { a: int64() },
  aggregations: { b: count("1h") },
});
// @ts-expect-error windows are no ttl
featureView("v", { entities: [airport], source: departures, ttl: "1d", aggregations: { b: count("1h") } });
// @ts-expect-error an unknown option of a window
sum("seats", "1h", { hopp: "1m" });
// @ts-expect-error lag looks at one event, not at a window
lag("seats", 2, "7d");
// @ts-expect-error a window is needed
countDistinct("seats");
// @ts-expect-error how many is a number
lastK("seats", "3", "7d");
// @ts-expect-error a percentile says which
approxPercentile("seats", "7d");
// @ts-expect-error a window is a duration, tumbling(…), lifetime() or lastN(…)
sum("seats", 7);
// @ts-expect-error how many events is a number
lastN("10");

// Projections: another name or other keys change no value, a pick leaves the rest out.
const renamed = lastFlight.withName("other").withJoinKeyMap({ origin: "destination" });
expectTypeOf<NonNullable<typeof renamed._values>["fare"]>().toEqualTypeOf<string | null>();
const picked = renamed.pick("delay", "fare");
expectTypeOf<keyof NonNullable<typeof picked._values>>().toEqualTypeOf<"delay" | "fare">();
// @ts-expect-error picked away
picked.pick("distance");

// Artifacts: what a scaler and a vocabulary hold.
const artifacts = [
  scaler("delays", { mean: 8.2, stddev: 31.5 }),
  vocabulary("carriers", ["AA", "DL"], { outOfVocabulary: 2 }),
] as const;
onDemandView("a", {
  inputs: [lastFlight],
  artifacts,
  features: { z: float64() },
  expressions: { z: "standardize(distance, 'delays')" },
});
// @ts-expect-error nothing of it is materialized, so it has no schedule
onDemandView("a", { inputs: [trip], features: { z: float64() }, expressions: { z: "1.0" }, schedule: "0 * * * *" });
// @ts-expect-error a scaler has a deviation
scaler("delays", { mean: 8.2 });
// @ts-expect-error terms are texts
vocabulary("carriers", [1, 2]);
// @ts-expect-error artifacts are listed as they are, not by name
onDemandView("a", { inputs: [trip], artifacts: ["delays"], features: { z: float64() }, expressions: { z: "1.0" } });

// On-demand views: a transform is given its inputs' values, and must return every feature.
onDemandView("t", {
  inputs: [lastFlight, trip],
  features: { ratio: float64() },
  transform: (row) => {
    expectTypeOf(row.delay).toEqualTypeOf<bigint>();
    expectTypeOf(row.distance).toEqualTypeOf<number | null>();
    expectTypeOf(row.scheduled_minutes).toEqualTypeOf<number>();
    return { ratio: row.distance === null ? null : row.distance / row.scheduled_minutes };
  },
});
onDemandView("t", {
  inputs: [lastFlight],
  features: { ratio: float64(), rushed: int64() },
  // @ts-expect-error a feature without an expression
  expressions: { ratio: "distance / 2.0" },
});
onDemandView("t", {
  inputs: [lastFlight],
  features: { ratio: float64() },
  // @ts-expect-error a feature that the transform does not return
  transform: () => ({}),
});
onDemandView("t", {
  inputs: [renamed.pick("delay"), requestSource("r", { at: timestamp(), tags: list(string()) })],
  features: { ratio: float64() },
  transform: (row) => {
    expectTypeOf(row.delay).toEqualTypeOf<bigint>();
    expectTypeOf(row.at).toEqualTypeOf<bigint>();
    expectTypeOf(row.tags).toEqualTypeOf<readonly string[]>();
    return { ratio: null };
  },
});
// @ts-expect-error no such feature
risk.pick("rato");
// @ts-expect-error an entity is no input
onDemandView("t", { inputs: [airport], features: { ratio: float64() }, expressions: { ratio: "1.0" } });

// Services: every feature of every part, and no other.
type Model = ServiceValues<typeof model>;
expectTypeOf<Model["delay"]>().toEqualTypeOf<bigint>();
expectTypeOf<Model["distance"]>().toEqualTypeOf<number | null>();
expectTypeOf<Model["events"]>().toEqualTypeOf<bigint>();
expectTypeOf<Model["total_delay"]>().toEqualTypeOf<bigint | null>();
expectTypeOf<Model["ratio"]>().toEqualTypeOf<number | null>();
// @ts-expect-error picked away
export type Arrived = Model["arrived"];
// @ts-expect-error an entity is no part
featureService("s", { features: [airport] });

// The config: a store of a known type, durations as text.
expectTypeOf(defineConfig({ project: "p", definitions: "./f.ts" }).cache.ttl).toEqualTypeOf<string>();
// @ts-expect-error an unknown store
defineConfig({ project: "p", definitions: "./f.ts", online: { type: "redis" } });
// @ts-expect-error definitions are required
defineConfig({ project: "p" });
