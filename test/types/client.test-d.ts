// What the client's answers are, by how they are asked for.
import { createClient } from "edgefeat/client";
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
// @ts-expect-error no entities
void client.getFeatures({ service: model });
// @ts-expect-error an unknown part of the answer
void client.getFeatures({ service: model, entities: {}, include: ["status"] });
// @ts-expect-error no address
createClient({});
