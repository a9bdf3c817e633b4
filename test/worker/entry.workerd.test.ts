// The Worker as it is deployed: its entry, its bindings, its variables.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker, { createWorker, EdgefeatStore, type WorkerEnv } from "../../worker/index.ts";
import { storeNamed } from "../support/workerd-named-stores.ts";
import { flightRow, NOW, snapshotFor, TOKEN, transforms } from "./support/harness.ts";

async function call(
  target: ReturnType<typeof createWorker>,
  variables: WorkerEnv,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: any }> {
  const context = createExecutionContext();
  const init = {
    method,
    headers: { authorization: `Bearer ${TOKEN}` },
    ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
  };
  const response = await target.fetch(new Request(`http://edgefeat.test${path}`, init), variables, context);
  await waitOnExecutionContext(context);
  return { status: response.status, json: await response.json() };
}

describe("the Worker", () => {
  const variables = (project: string): WorkerEnv => ({
    STORE: env.STORE,
    EDGEFEAT_PROJECT: project,
    EDGEFEAT_ENVIRONMENT: "test",
    EDGEFEAT_TOKEN: TOKEN,
    EDGEFEAT_NOW: NOW,
  });

  it("answers as configured, from its Durable Object, with its transforms", async () => {
    const vars = variables("entry-one");
    const built = createWorker({ transforms, snapshot: snapshotFor("entry-one") });
    expect((await call(built, vars, "GET", "/health")).json).toMatchObject({
      status: "ok",
      project: "entry-one",
      now: NOW,
      frozen: true,
    });
    expect((await call(built, vars, "PUT", "/v1/registry", snapshotFor("entry-one"))).status).toBe(201);
    expect(
      (await call(built, vars, "POST", "/v1/rows/last_flight", { rows: [flightRow("SEA", NOW)] })).json,
    ).toMatchObject({ written: 1 });
    const asked = { features: ["shout:loud"], entities: { origin: "SEA" } };
    expect((await call(built, vars, "POST", "/v1/features", asked)).json).toMatchObject({ now: NOW, rows: [["AS!"]] });
    const other = createWorker({ transforms });
    expect((await call(other, vars, "POST", "/v1/features", asked)).json).toMatchObject({ rows: [["AS!"]] });
  });

  it("spreads its rows over as many Durable Objects as it is told, from the first write on", async () => {
    const calls: string[] = [];
    const STORE = storeNamed(env.STORES, "entry-shards", (object) => calls.push(object));
    const vars = { ...variables("entry-shards"), STORE, EDGEFEAT_SHARDS: "3" };
    const built = createWorker({ transforms, snapshot: snapshotFor("entry-shards") });
    expect((await call(built, vars, "PUT", "/v1/registry", snapshotFor("entry-shards"))).status).toBe(201);
    const origin = Array.from({ length: 60 }, (_, i) => `A${i}`);
    const rows = origin.map((name, i) => flightRow(name, NOW, { delay: i }));
    expect((await call(built, vars, "POST", "/v1/rows/last_flight", { rows })).json).toMatchObject({ written: 60 });
    const other = createWorker({ transforms, snapshot: snapshotFor("entry-shards") });
    // An isolate's first request asks the store how it is, too.
    expect((await call(other, vars, "GET", "/health")).status).toBe(200);
    calls.length = 0;
    const asked = { features: ["last_flight:delay"], entities: { origin } };
    expect((await call(other, vars, "POST", "/v1/features", asked)).json.rows).toEqual(origin.map((_, i) => [i]));
    expect(calls.toSorted()).toEqual(["store", "store-1", "store-2"]);
    calls.length = 0;
    const one = { features: ["last_flight:delay"], entities: { origin: "new" } };
    expect((await call(other, vars, "POST", "/v1/features", one)).json.rows).toEqual([[null]]);
    expect(calls.length).toBe(1);
    const told = await call(createWorker({ transforms }), { ...vars, EDGEFEAT_SHARDS: "4" }, "GET", "/v1/registry");
    expect([told.status, told.json.code, told.json.detail]).toEqual([
      500,
      "config_invalid",
      expect.stringContaining("EDGEFEAT_SHARDS is 4, but the store was created with 3"),
    ]);
  });

  it("exports its default and its Durable Object", async () => {
    expect((await call(worker, variables("entry-two"), "GET", "/health")).status).toBe(200);
    expect(EdgefeatStore.name).toBe("EdgefeatStore");
  });

  it.each([
    ["a variable that can't be read", { EDGEFEAT_NOW: "noon" }, "EDGEFEAT_NOW"],
    ["no Durable Object", {}, "STORE"],
    ["a count of shards that is none", { EDGEFEAT_SHARDS: "many" }, "EDGEFEAT_SHARDS"],
    ["a URL that is none", { UPSTASH_REDIS_REST_URL: "x", UPSTASH_REDIS_REST_TOKEN: "the-secret" }, "Upstash"],
  ])("tells %s as config_invalid", async (_name, vars: WorkerEnv, word) => {
    const answer = await call(createWorker(), vars, "GET", "/health");
    expect([answer.status, answer.json.code]).toEqual([500, "config_invalid"]);
    expect(answer.json.detail).toContain(word);
    expect(JSON.stringify(answer.json)).not.toContain("the-secret");
  });

  it("refuses to serve one project with the snapshot of another", async () => {
    const built = createWorker({ snapshot: snapshotFor("entry-one") });
    const answer = await call(built, variables("entry-three"), "GET", "/health");
    expect([answer.status, answer.json.code]).toEqual([500, "config_invalid"]);
  });
});
