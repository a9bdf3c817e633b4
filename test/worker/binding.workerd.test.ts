// The ways in without HTTP: in-process and over a service binding; both answer what HTTP does, as values.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import {
  createEntrypoint,
  createFeatureStore,
  createWorker,
  type WorkerBuild,
  type WorkerEnv,
} from "../../worker/index.ts";
import { storeNamed } from "../support/workerd-named-stores.ts";
import { everything, model, risk } from "./support/definitions.ts";
import { flightRow, NOW, snapshotFor, TOKEN, transforms } from "./support/harness.ts";
import { packedTiles } from "./support/tiles.ts";

const PROJECT = "binding";
const variables: WorkerEnv = {
  STORE: env.STORE,
  EDGEFEAT_PROJECT: PROJECT,
  EDGEFEAT_ENVIRONMENT: "test",
  EDGEFEAT_TOKEN: TOKEN,
  EDGEFEAT_NOW: NOW,
};
const build = { transforms, snapshot: snapshotFor(PROJECT) };
const worker = createWorker(build);

async function http(method: string, path: string, body: unknown, by = worker, bindings = variables) {
  const context = createExecutionContext();
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const request = new Request(`http://edgefeat.test${path}`, { method, headers, body: bytes });
  const response = await by.fetch(request, bindings, context);
  await waitOnExecutionContext(context);
  return { status: response.status, json: (await response.json()) as any };
}

const EVERYTHING = {
  a_bool: true,
  an_int32: 1,
  an_int64: 5,
  a_float32: 1.5,
  a_float64: null,
  a_decimal: "1.5000",
  a_string: "x",
  some_bytes: "AAE=",
  a_time: NOW,
  names: ["a"],
  numbers: [1],
  embedding: [0.5, -2, 3],
};

beforeAll(async () => {
  await http("PUT", "/v1/registry", build.snapshot);
  await http("POST", "/v1/rows/last_flight", { rows: [flightRow("SEA", NOW)] });
  const flights = [{ time: "2001-03-31T11:45:00Z", delay: 7n, distance: 800 }];
  await http("POST", "/v1/rows/delays", {
    tiles: [{ entities: { origin: "SEA" }, packed: packedTiles(flights, NOW) }],
  });
  const row = { entities: { user_id: 9 }, eventTime: NOW, createdTime: null, values: EVERYTHING };
  const written = await http("POST", "/v1/rows/everything", { rows: [row] });
  if (written.status !== 200) throw new Error(JSON.stringify(written.json));
});

describe("in-process", () => {
  const features = createFeatureStore(build);

  it("answers what HTTP does, as values", async () => {
    const query = {
      entities: { origin: ["SEA", null] },
      request: { scheduled: 55, seats: [2, 0] },
      include: ["statuses", "eventTimes", "versions"],
    } as const;
    const answer = await features(variables).get({ service: model, ...query });
    const { json } = await http("POST", "/v1/features", { service: "model", ...query });
    const names = (json.features as string[]).map((reference) => reference.split(":")[1] as string);
    const objects = (rows: unknown[][]) =>
      rows.map((row) => Object.fromEntries(row.map((value, i) => [names[i], value])));
    const { rows, statuses, eventTimes, knownAsOf: _, ...rest } = json;
    expect(answer).toMatchObject({ ...rest, statuses: objects(statuses), eventTimes: objects(eventTimes) });
    expect(
      answer.rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, v]) => [name, typeof v === "bigint" ? Number(v) : v])),
      ),
    ).toEqual(objects(rows));
    expect(answer.rows[0]).toMatchObject({ delay: 5n, ratio: 7 / 55, per_seat: 2n });
  });

  it("gives and takes every type as TypeScript has it", async () => {
    const names = Object.keys(EVERYTHING).map((name) => `everything:${name}`);
    const { rows } = await features(variables).get({ features: names, entities: { user_id: 9n } });
    expect(rows).toEqual([
      {
        ...EVERYTHING,
        an_int64: 5n,
        a_time: 986_040_000_000_000n,
        some_bytes: Uint8Array.of(0, 1),
        numbers: [1n],
        embedding: Float32Array.of(0.5, -2, 3),
      },
    ]);
    expect(everything.name).toBe("everything");
  });

  it.each([
    [{ service: "nope", entities: {} }, "unknown_service"],
    [{ features: ["last_flight:delay"], entities: { origin: 5 } }, "type_mismatch"],
    [{ features: ["last_flight:delay"], entities: {} }, "missing_entity_key"],
    [{ features: ["risk:ratio"], entities: { origin: "SEA" }, request: { scheduled: "1" } }, "type_mismatch"],
    [{ features: [], entities: {} }, "bad_request"],
    [{ service: "model", features: ["a:b"], entities: {} }, "bad_request"],
    [{ service: "model" }, "missing_entity_key"],
    [null, "bad_request"],
    [{ service: "model", entities: {}, include: ["everything"] }, "bad_request"],
    [{ service: "model", entities: {}, maxStalenessMs: "5" }, "bad_request"],
    [{ service: "model", entities: { __proto__: null, ["__proto__x"]: 1 } }, "unknown_entity_key"],
  ])("refuses %j with %s", async (query, code) => {
    await expect(features(variables).get(query as never)).rejects.toMatchObject({ code });
    expect(risk.name).toBe("risk");
  });
});

describe("a service binding", () => {
  const Features = createEntrypoint(build);

  it("answers what the in-process way does, from the same cache", async () => {
    const context = createExecutionContext();
    const query = { service: "model", entities: { origin: "SEA" }, request: { scheduled: 55, seats: 2n } };
    const bound = await new Features(context, variables).get(query);
    const { knownAsOf, ...rest } = await createFeatureStore(build)(variables).get(query);
    expect(bound).toMatchObject(rest);
    expect([NOW > bound.knownAsOf, NOW > knownAsOf]).toEqual([true, true]);
    expect(bound.rows[0]).toMatchObject({ delay: 5n });
    await waitOnExecutionContext(context);
  });
});

it.each([
  ["in-process", (start: WorkerBuild) => createFeatureStore(start)],
  [
    "over a service binding",
    (start: WorkerBuild) => (bindings: WorkerEnv, context: ExecutionContext) =>
      new (createEntrypoint(start))(context, bindings),
  ],
] as const)("asks the store once what it warns of, when an isolate is first asked %s", async (way, open) => {
  const calls: string[] = [];
  const project = `binding-start-${way.length}`;
  const bindings = {
    ...variables,
    EDGEFEAT_PROJECT: project,
    STORE: storeNamed(env.STORES, project, (object) => calls.push(object)),
  };
  const snapshot = snapshotFor(project);
  expect((await http("PUT", "/v1/registry", snapshot, createWorker({ transforms }), bindings)).status).toBe(201);
  calls.length = 0;
  const features = open({ transforms, snapshot });
  const askFor = async (origin: string) => {
    const context = createExecutionContext();
    await features(bindings, context).get({ features: ["last_flight:delay"], entities: { origin } });
    await waitOnExecutionContext(context);
    return calls.splice(0).length;
  };
  // Each time one read; the first time its state too.
  expect([await askFor("SEA"), await askFor("PDX")]).toEqual([2, 1]);
});
