// What the client's answers are, by how they are asked for.
import { createClient, type FeatureMatrix } from "edgefeat/client";
import { expectTypeOf } from "vitest";
import { model } from "./flights.ts";

const client = createClient({ url: "http://127.0.0.1:8787" });

export async function typed() {
  const answer = await client.getFeatures({
    service: model,
    entities: { origin: ["SEA", "JFK"] },
    request: { scheduled_minutes: [55, 90], departs: 0n },
    include: ["statuses", "eventTimes", "versions"],
    maxStalenessMs: 1000,
    noCache: true,
  });
  const row = answer.rows[0]!;
  expectTypeOf(row.delay).toEqualTypeOf<bigint>();
  expectTypeOf(row.badge).toEqualTypeOf<Uint8Array | null>();
  expectTypeOf(row.embedding).toEqualTypeOf<Float32Array>();
  expectTypeOf(row.total).toEqualTypeOf<number | bigint | null>();
  expectTypeOf(row.ratio).toEqualTypeOf<number | null>();
  expectTypeOf(answer.features).toEqualTypeOf<string[]>();
  expectTypeOf(answer.eventTimes![0]!.delay).toEqualTypeOf<string | null>();
  expectTypeOf(answer.versions).toEqualTypeOf<Record<string, number> | undefined>();
  // @ts-expect-error no such feature in the service
  row.dealy;
  // @ts-expect-error no such status
  answer.statuses![0]!.delay === "GONE";
}

export async function untyped() {
  const byName = await client.getFeatures({ service: "model", entities: { origin: "SEA" } });
  expectTypeOf(byName.rows).toEqualTypeOf<Record<string, unknown>[]>();
  const byFeatures = await client.getFeatures({ features: ["delays:mean"], entities: { origin: ["SEA"] } });
  expectTypeOf(byFeatures.rows).toEqualTypeOf<Record<string, unknown>[]>();
}

// @ts-expect-error neither a service nor features
void client.getFeatures({ entities: { origin: "SEA" } });
// Views without an entity need no ids.
void client.getFeatures({ service: model });
// @ts-expect-error entities are given by their join keys
void client.getFeatures({ service: model, entities: ["SEA"] });
// @ts-expect-error an unknown part of the answer
void client.getFeatures({ service: model, entities: {}, include: ["status"] });
// @ts-expect-error no address
createClient({});
// @ts-expect-error a batch of nothing
createClient({ url: "http://127.0.0.1:8787", batch: { rows: 5 } });
// @ts-expect-error no time limit
createClient({ url: "http://127.0.0.1:8787", timeoutMs: "1s" });
// @ts-expect-error no signal
void client.getFeatures({ service: model, entities: {}, signal: new AbortController() });

const arrowClient = createClient({
  url: "http://127.0.0.1:8787",
  arrow: () => import("edgefeat/client/arrow"),
  batch: { maxRows: 100, waitMs: 2 },
  retries: 3,
});

export async function columns() {
  const answer = await arrowClient.getFeaturesArrow({ service: model, entities: { origin: ["SEA", "JFK"] } });
  expectTypeOf(answer.column("delay")).toEqualTypeOf<bigint[]>();
  expectTypeOf(answer.column("badge")).toEqualTypeOf<(Uint8Array | null)[]>();
  expectTypeOf(answer.rows()[0]!.ratio).toEqualTypeOf<number | null>();
  expectTypeOf(answer.rowCount).toEqualTypeOf<number>();
  // @ts-expect-error no such feature in the service
  answer.column("dealy");
  // @ts-expect-error a column answer has no statuses
  answer.statuses;
  // @ts-expect-error nor can they be asked for
  void arrowClient.getFeaturesArrow({ service: model, entities: {}, include: ["statuses"] });
  const untypedAnswer = await arrowClient.getFeaturesArrow({ features: ["delays:mean"], entities: { origin: "SEA" } });
  expectTypeOf(untypedAnswer.column("mean")).toEqualTypeOf<unknown[]>();
  // Of the rest, it is the client that it would be.
  expectTypeOf(arrowClient.getFeatures).toEqualTypeOf(client.getFeatures);
}

// @ts-expect-error a client that was given no decoder
void client.getFeaturesArrow({ service: model, entities: {} });
// @ts-expect-error a module that decodes no Arrow
createClient({ url: "http://127.0.0.1:8787", arrow: () => import("edgefeat") });

export async function matrix() {
  const answer = await client.getFeatureMatrix({ service: model, entities: { origin: ["SEA", "JFK"] } });
  expectTypeOf(answer).toEqualTypeOf<FeatureMatrix>();
  expectTypeOf(answer.values).toExtend<Float32Array>();
  // @ts-expect-error a matrix says nothing else of its values
  void client.getFeatureMatrix({ features: ["delays:mean"], entities: {}, include: ["statuses"] });
}
