// What the compiler must infer from definitions, and what it must refuse.
import {
  entity,
  featureView,
  float64,
  int64,
  list,
  onDemandView,
  parquet,
  type ServiceValues,
  string,
  vector,
} from "edgefeat";
import { expectTypeOf } from "vitest";
import { airport, delays, departures, lastFlight, model, risk, trip, typedDelays } from "./flights.ts";

// Fields: null unless there is a default.
expectTypeOf(int64()._value).toEqualTypeOf<bigint | null | undefined>();
expectTypeOf(int64({ default: 0 })._value).toEqualTypeOf<bigint | undefined>();
expectTypeOf(float64({ description: "minutes" })._value).toEqualTypeOf<number | null | undefined>();
expectTypeOf(list(string())._value).toEqualTypeOf<readonly string[] | null | undefined>();
expectTypeOf(vector(3)._value).toEqualTypeOf<Float32Array | null | undefined>();
// @ts-expect-error a default has the field's type
int64({ default: "none" });
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
type TypedDelays = NonNullable<typeof typedDelays._values>;
expectTypeOf<TypedDelays["total_delay"]>().toEqualTypeOf<bigint | null>();
expectTypeOf<TypedDelays["worst_delay"]>().toEqualTypeOf<bigint | null>();
expectTypeOf<TypedDelays["last_carrier"]>().toEqualTypeOf<string | null>();

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
// @ts-expect-error no such feature
risk.pick("rato");

// Services: every feature of every part, and no other.
type Model = ServiceValues<typeof model>;
expectTypeOf<Model["delay"]>().toEqualTypeOf<bigint>();
expectTypeOf<Model["distance"]>().toEqualTypeOf<number | null>();
expectTypeOf<Model["events"]>().toEqualTypeOf<bigint>();
expectTypeOf<Model["total_delay"]>().toEqualTypeOf<bigint | null>();
expectTypeOf<Model["ratio"]>().toEqualTypeOf<number | null>();
// @ts-expect-error picked away
export type Arrived = Model["arrived"];
