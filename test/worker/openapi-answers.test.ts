// What the app really answers is what its OpenAPI document says: every operation, done and refused.
import { beforeAll, describe, expect, it } from "vitest";
import type { OpenApi } from "../../worker/pages/openapi-document.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { flightRow, harness, NOW, snapshotFor, TOKEN } from "./support/harness.ts";
import { OpenApiJudge } from "./support/openapi-judge.ts";
import { packedTiles } from "./support/tiles.ts";
import { PACE } from "./support/transforms.ts";

const h = harness(new MemoryStore(), { publicReads: false, auditIn: "store" });
const SEA = { origin: "SEA" };
const RISK = { features: ["risk:ratio", "last_flight:delay"], entities: { origin: ["SEA", "ZZZ"] } };
const TRIP = { scheduled: 0, seats: 0 };
const EVERYTHING = ["statuses", "eventTimes", "versions"];

let document: OpenApi;
let judge: OpenApiJudge;
/** Each operation with each status and media type that it was seen to answer. */
const seen = new Set<string>();

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const sent = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers };
  const init = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const response = await h.app.fetch(new Request(`http://edgefeat.test${path}`, { method, headers: sent, ...init }));
  return { response, text: await response.text() };
}

/** Sends a request and returns the JSON that answers it. */
async function ask(status: number, ...request: Parameters<typeof send>): Promise<any> {
  const [method, path] = request;
  const { response, text } = await send(...request);
  expect([response.status, text.slice(0, 500)]).toEqual([status, expect.anything()]);
  const [pathname = ""] = path.split("?");
  const { headers } = response;
  expect(judge.fault({ method, path: pathname, status, headers, text })).toBeNull();
  const id = judge.find(method, pathname)?.operation.operationId;
  seen.add(`${id} ${status} ${headers.get("content-type") ?? "none"}`);
  return headers.get("content-type")?.includes("json") === true ? JSON.parse(text) : text;
}

beforeAll(async () => {
  document = JSON.parse((await send("GET", "/openapi.json")).text) as OpenApi;
  judge = new OpenApiJudge(document);
});

const STEPS: readonly (readonly [what: string, step: () => Promise<void>])[] = [
  [
    "registry",
    async () => {
      await ask(404, "GET", "/v1/registry");
      const { registry } = await ask(201, "PUT", "/v1/registry", snapshotFor(h.project));
      await ask(200, "PUT", "/v1/registry", snapshotFor(h.project), { "if-match": `"${registry}"` });
      await ask(200, "GET", "/v1/registry");
      await ask(304, "GET", "/v1/registry", undefined, { "if-none-match": `"${registry}"` });
      await ask(412, "PUT", "/v1/registry", { ...snapshotFor(h.project), services: {} });
      await ask(409, "PUT", "/v1/registry", snapshotFor("another"));
      await ask(400, "PUT", "/v1/registry", { format: 2 });
    },
  ],
  [
    "rows and materializations",
    async () => {
      await ask(200, "POST", "/v1/rows/last_flight", { rows: [flightRow("SEA", NOW, { delay: null })] });
      const packed = packedTiles([{ time: "2001-03-31T11:45:00Z", delay: 11n, distance: 1 }], NOW);
      await ask(200, "POST", "/v1/rows/delays", { tiles: [{ entities: SEA, packed }] });
      await ask(200, "GET", "/v1/rows/last_flight");
      const { rows: listed } = await ask(200, "GET", "/v1/rows/delays?version=1&id=SEA&id=PDX");
      await ask(400, "GET", "/v1/rows/last_flight?id=a:b");
      const replaced = { until: NOW, tiles: [{ entities: SEA, packed, revision: listed[0].revision }] };
      await ask(200, "PUT", "/v1/rows/delays", replaced);
      await ask(400, "PUT", "/v1/rows/delays", { until: NOW, rows: [] });
      await ask(404, "PUT", "/v1/rows/nothing", { until: NOW, rows: [] });
      await ask(400, "POST", "/v1/rows/last_flight", { rows: [{}] });
      await ask(404, "POST", "/v1/rows/nothing", { rows: [] });
      await ask(415, "POST", "/v1/rows/last_flight", "x", { "content-type": "text/plain" });
      await ask(400, "POST", "/v1/rows/last_flight", "{");
      const run = { start: null, end: NOW, rows: 1, tiles: 3 };
      const { record } = await ask(200, "POST", "/v1/materializations/last_flight", {
        ...run,
        view: 3,
        completedAt: 4,
      });
      expect(record).toMatchObject({ ...run, view: "last_flight", completedAt: NOW });
      await ask(400, "POST", "/v1/materializations/last_flight", { ...run, rows: 0.5 });
      await ask(400, "POST", "/v1/materializations/last_flight", { ...run, "\ud800": 1 });
      await ask(200, "GET", "/v1/materializations");
      await ask(400, "POST", "/v1/materializations/last_flight", { ...run, end: "2099-01-01T00:00:00Z" });
    },
  ],
  [
    "pushed events",
    async () => {
      const values = { origin: "SEA", delay: 3, distance: 1.5, carrier: "AS" };
      const event = { time: NOW, values };
      await ask(200, "POST", "/v1/push/last_flight", { events: [event, { time: NOW, values: { origin: 1 } }] });
      await ask(200, "POST", "/v1/push/last_flight?to=online", event);
      await ask(200, "POST", "/v1/push/last_flight", JSON.stringify(event), { "content-type": "application/x-ndjson" });
      await ask(400, "POST", "/v1/push/delays", { events: [] });
      await ask(404, "POST", "/v1/push/nothing", { events: [] });
      await ask(413, "POST", "/v1/push/last_flight", { events: Array.from({ length: 1_001 }, () => event) });
      await ask(501, "POST", "/v1/push/last_flight", { events: [], to: "both" });
    },
  ],
  [
    "features",
    async () => {
      await ask(200, "POST", "/v1/features", { ...RISK, request: TRIP, include: EVERYTHING });
      await ask(200, "POST", "/v1/features", { service: "model", entities: SEA, request: TRIP });
      await ask(200, "GET", "/v1/features?features=last_flight:delay,delays:events_1h&origin=SEA&include=statuses");
      const matrix = { accept: "application/octet-stream" };
      const arrow = { accept: "application/vnd.apache.arrow.stream" };
      for (const headers of [matrix, arrow]) {
        await ask(200, "POST", "/v1/features", { features: ["last_flight:delay"], entities: SEA }, headers);
        await ask(200, "GET", "/v1/features?features=last_flight:delay&origin=SEA", undefined, headers);
      }
      await ask(400, "POST", "/v1/features", { features: ["last_flight:carrier"], entities: SEA }, matrix);
      await ask(404, "POST", "/v1/features", { features: ["last_flight:delai"], entities: SEA });
      await ask(400, "GET", "/v1/features?service=model");
    },
  ],
  [
    "Feast's routes",
    async () => {
      const read = { features: ["last_flight:delay", "risk:ratio"], full_feature_names: true };
      await ask(200, "POST", "/get-online-features", {
        ...read,
        entities: { origin: ["SEA", "Z"], scheduled: [1, 0], seats: [1, 1] },
      });
      const versions = { features: ["last_flight:delay"], include_feature_view_version_metadata: true };
      await ask(200, "POST", "/get-online-features", { ...versions, entities: { origin: ["SEA"] } });
      await ask(404, "POST", "/get-online-features", { features: ["nothing:x"], entities: {} });
      const df = {
        origin: ["PDX"],
        delay: [1],
        distance: [1.5],
        carrier: ["AS"],
        event_timestamp: ["2001-03-31T11:00:00"],
        created: [null],
        more: [1],
      };
      await ask(200, "POST", "/write-to-online-store", { feature_view_name: "last_flight", df });
      await ask(200, "POST", "/push", { push_source_name: "last_flight", df });
      await ask(404, "POST", "/push", { push_source_name: "nothing", df });
      await ask(400, "POST", "/write-to-online-store", { feature_view_name: "last_flight", df: { origin: ["X"] } });
      await ask(501, "POST", "/materialize", { start_ts: "2001-03-01T00:00:00", end_ts: "2001-03-02T00:00:00" });
      await ask(501, "POST", "/materialize-incremental", { end_ts: "2001-03-02T00:00:00" });
    },
  ],
  [
    "jobs",
    async () => {
      const lease = "0123456789abcdef";
      await ask(201, "POST", "/v1/jobs", { views: ["last_flight"] });
      await ask(404, "POST", "/v1/jobs", { views: ["nothing"] });
      await ask(400, "POST", "/v1/jobs", { end: "2099-01-01T00:00:00Z" });
      await ask(400, "POST", "/v1/runners/one", { lease: "short" });
      await ask(200, "POST", "/v1/runners/one", { lease });
      await ask(200, "POST", "/v1/jobs/1", { lease, progress: { stage: "read", done: 0, total: 1 } });
      await ask(200, "GET", "/v1/jobs/1");
      const error = { code: "file_not_found", message: "it is not there", hint: null };
      await ask(200, "POST", "/v1/jobs/1", { lease, state: "failed", seconds: 0.5, rows: { keys: 1 }, error });
      await ask(409, "POST", "/v1/jobs/1", { lease: `${lease}0`, state: "failed" });
      const day = { start_ts: "2001-03-01T00:00:00", end_ts: "2001-03-02T00:00:00" };
      for (const [status, query] of [
        [200, ""],
        [202, "?async=true"],
      ] as const) {
        await ask(status, "POST", `/materialize${query}`, day);
        await ask(status, "POST", `/materialize-incremental${query}`, { end_ts: day.end_ts });
      }
      await ask(200, "DELETE", "/v1/jobs/2");
      await ask(404, "DELETE", "/v1/jobs/999");
      await ask(404, "GET", "/v1/jobs/999");
      await ask(200, "GET", "/v1/jobs?state=failed&limit=1");
      await ask(400, "GET", "/v1/jobs?state=done");
      await ask(200, "DELETE", "/v1/runners/one");
      await ask(400, "DELETE", "/v1/runners/a+b");
    },
  ],
  [
    "transforms",
    async () => {
      await ask(201, "PUT", "/v1/transforms/pace", PACE);
      await ask(200, "PUT", "/v1/transforms/pace", PACE);
      await ask(200, "GET", "/v1/transforms/pace");
      await ask(200, "GET", "/v1/transforms");
      await ask(412, "DELETE", "/v1/transforms/pace", undefined, { "if-match": '"9"' });
      await ask(200, "DELETE", "/v1/transforms/pace");
      await ask(404, "GET", "/v1/transforms/nothing");
      const wrong = { ...PACE, features: { pace: { type: "float64", expression: "distance +" } } };
      await ask(422, "PUT", "/v1/transforms/pace", wrong);
      await ask(409, "PUT", "/v1/transforms/delays", PACE);
    },
  ],
  [
    "tokens and the audit trail",
    async () => {
      const made = await ask(201, "POST", "/v1/tokens", {
        name: "a reader",
        access: "read",
        views: ["delays"],
        expiresIn: "1h",
      });
      await ask(200, "GET", "/v1/tokens");
      const { token } = await ask(201, "POST", `/v1/tokens/${made.id}/rotate`, {});
      await ask(403, "POST", "/v1/features", { ...RISK, request: TRIP }, { authorization: `Bearer ${token}` });
      await ask(403, "POST", "/push", { push_source_name: "x", df: {} }, { authorization: `Bearer ${token}` });
      await ask(200, "GET", "/v1/registry", undefined, { authorization: `Bearer ${token}` });
      await ask(401, "GET", "/v1/tokens", undefined, { authorization: "Bearer wrong" });
      await ask(200, "DELETE", `/v1/tokens/${made.id}`);
      await ask(404, "DELETE", "/v1/tokens/0123456789abcdef");
      await ask(400, "POST", "/v1/tokens", { name: "", access: "none" });
      const { next } = await ask(200, "GET", "/v1/audit?limit=2");
      await ask(200, "GET", `/v1/audit?before=${next}`);
      await ask(400, "GET", "/v1/audit?since=yesterday");
    },
  ],
  [
    "a secondary to fill",
    async () => {
      await ask(404, "POST", "/v1/secondary/fill", { cursor: null });
      Object.assign(h.store, { fill: async () => ({ cursor: null, copied: 7 }) });
      await ask(200, "POST", "/v1/secondary/fill", { cursor: null });
    },
  ],
  [
    "health, figures and pages",
    async () => {
      await ask(200, "GET", "/health");
      await ask(200, "GET", "/metrics");
      await ask(200, "GET", "/metrics", undefined, { accept: "application/openmetrics-text" });
      await ask(200, "GET", "/openapi.json");
      await ask(200, "GET", "/docs");
      await ask(200, "HEAD", "/docs");
    },
  ],
  [
    "a store that fails",
    async () => {
      h.store.failing = true;
      h.clock.advance(120_000);
      await ask(503, "POST", "/v1/rows/last_flight", { rows: [flightRow("SEA", NOW)] });
      await ask(503, "GET", "/health");
      await ask(503, "POST", "/get-online-features", { features: ["airport_info:city"], entities: { origin: ["Q"] } });
      h.store.failing = false;
    },
  ],
  [
    "no route and no such method",
    async () => {
      await ask(404, "GET", "/v2/features");
      await ask(405, "PATCH", "/v1/features");
    },
  ],
];

describe("every operation answers as documented", () => {
  it.each(STEPS)("%s", async (_what, step) => {
    const before = seen.size;
    await step();
    expect(seen.size).toBeGreaterThan(before);
  });
});

it("and of every operation each way to succeed was seen", () => {
  const documented = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ operationId, responses }) =>
      Object.entries(responses)
        .filter(([status]) => status < "400")
        .flatMap(([status, { content = {} }]) => {
          const types = Object.keys(content);
          return (types.length === 0 ? ["none"] : types).map((type) => `${operationId} ${status} ${type}`);
        }),
    ),
  );
  expect(documented.filter((each) => !seen.has(each))).toEqual([]);
});
