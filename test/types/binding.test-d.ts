// What the ways in without HTTP answer, by how they are asked: over a service binding, and in-process.
import { featureService } from "edgefeat";
import { type BindingError, createEntrypoint, createFeatureStore, type FeaturesBinding } from "edgefeat/worker";
import type { FeatureQuery, FeatureStore, WorkerEnv } from "edgefeat/worker";
import { expectTypeOf } from "vitest";
import type * as definitions from "./flights.ts";
import { delays, model } from "./flights.ts";

const entities = { origin: ["SEA", "JFK"] };

export async function bound(features: FeaturesBinding<typeof definitions>) {
  const { rows, statuses } = await features.get({
    service: "model",
    entities: { origin: "SEA", destination: ["JFK", null] },
    request: { scheduled_minutes: [55, 90], departs: 0n },
    include: ["statuses", "eventTimes", "versions"],
    maxStalenessMs: 1000,
    noCache: true,
  });
  const row = rows[0]!;
  expectTypeOf(row.delay).toEqualTypeOf<bigint>();
  expectTypeOf(row.badge).toEqualTypeOf<Uint8Array | null>();
  expectTypeOf(row.embedding).toEqualTypeOf<Float32Array>();
  expectTypeOf(row.ratio).toEqualTypeOf<number | null>();
  // @ts-expect-error no such feature in the service
  row.dealy;
  // @ts-expect-error no such status
  statuses![0]!.delay === "GONE";

  const named = await features.get({ features: ["delays:mean"], entities });
  expectTypeOf(named.rows).toEqualTypeOf<Record<string, unknown>[]>();
  // @ts-expect-error no such service in the definitions
  void features.get({ service: "modle", entities });
  // @ts-expect-error a definition does not cross a binding: its name does
  void features.get({ service: model, entities });
  // @ts-expect-error neither a service nor features
  void features.get({ entities });
  // Views without an entity need no ids.
  void features.get({ service: "model" });
  // @ts-expect-error an id is text or a number
  void features.get({ service: "model", entities: { origin: { id: "SEA" } } });
  // @ts-expect-error no such part of an answer
  void features.get({ service: "model", entities, include: ["status"] });
}

/** Without the definitions, what is there and of which type shows when it runs. */
export async function untyped(features: FeaturesBinding) {
  const { rows } = await features.get({ service: "whichever", entities });
  expectTypeOf(rows).toEqualTypeOf<Record<string, unknown>[]>();
}

// Two services, told apart by name.
const two = { model, short: featureService("short", { features: [delays.pick("mean")] }) };
export async function either(features: FeaturesBinding<typeof two>) {
  const { rows } = await features.get({ service: "short", entities });
  expectTypeOf(rows).toEqualTypeOf<{ mean: number | null }[]>();
  const { service, ...rest } = { service: "model", entities } as const;
  expectTypeOf((await features.get({ service, ...rest })).rows[0]!.delay).toEqualTypeOf<bigint>();
}

export async function inProcess(env: WorkerEnv, context: { waitUntil(work: Promise<unknown>): void }) {
  const features = createFeatureStore()(env, context);
  expectTypeOf(features).toEqualTypeOf<FeatureStore>();
  const { rows } = await features.get({ service: model, entities, request: { scheduled_minutes: 55, departs: 0n } });
  expectTypeOf(rows[0]!.delay).toEqualTypeOf<bigint>();
  expectTypeOf(rows[0]!.total).toEqualTypeOf<number | bigint | null>();
  // @ts-expect-error no such feature in the service
  rows[0]!.dealy;
  const byName = await features.get({ service: "model", entities });
  expectTypeOf(byName.rows).toEqualTypeOf<Record<string, unknown>[]>();
  // @ts-expect-error a view is no service
  void features.get({ service: delays, entities });
  // @ts-expect-error a service or features, not neither
  void features.get({ entities });
}

// What a server exports fits what a caller's binding is declared as, and its errors say which they are.
type Entrypoint = InstanceType<ReturnType<typeof createEntrypoint>>;
expectTypeOf<Parameters<Entrypoint["get"]>>().toEqualTypeOf<[query: FeatureQuery]>();
expectTypeOf<Awaited<ReturnType<Entrypoint["get"]>>["rows"]>().toEqualTypeOf<Record<string, unknown>[]>();
export function isUnknown(error: BindingError): boolean {
  // @ts-expect-error no such code
  if (error.code === "no_such_code") return false;
  return error.code === "unknown_service" || error.message.startsWith("unknown_service");
}
