// /v1/jobs and /v1/runners: what is asked and told, who may, and what the audit trail has of it.
import { beforeEach, describe, expect, it } from "vitest";
import { durableObjectStore } from "../../support/workerd-stores.ts";
import { type Harness, harness, NOW } from "../support/harness.ts";

const LEASE = "0123456789abcdef";
const START = "2001-03-30T00:00:00Z";

let h: Harness;
beforeEach(async () => {
  h = harness(durableObjectStore());
  await h.apply();
});

const submit = (body: Record<string, unknown>, headers?: Record<string, string>) =>
  h.send("POST", "/v1/jobs", body, headers);
const list = async (query = "") => (await h.send("GET", `/v1/jobs${query}`)).json;

it("a job goes from the queue to its end, by a runner that tells how far it is", async () => {
  const queued = await submit({ views: ["last_flight"] });
  expect([queued.status, queued.json]).toEqual([
    201,
    {
      unattended: "last_flight",
      jobs: [
        {
          id: "1",
          view: "last_flight",
          incremental: true,
          start: null,
          end: null,
          origin: "request",
          due: null,
          state: "queued",
          createdAt: NOW,
          createdBy: "root",
          startedAt: null,
          finishedAt: null,
          runner: null,
          attempts: 0,
          retries: 0,
          cancelling: false,
          progress: null,
          rows: null,
          seconds: null,
          error: null,
        },
      ],
    },
  ]);
  expect((await h.send("POST", "/v1/runners/vm.1", {})).json).toEqual({ now: NOW, job: null });
  h.clock.advance(1_000);
  const { job } = (await h.send("POST", "/v1/runners/vm.1", { lease: LEASE })).json;
  expect(job).toMatchObject({ id: "1", state: "running", end: "2001-03-31T12:00:01Z", runner: "vm.1", attempts: 1 });
  expect(Object.keys(job)).not.toContain("lease");
  const progress = { stage: "write last_flight", done: 1_000, total: 2_500 };
  const told = await h.send("POST", "/v1/jobs/1", { lease: LEASE, progress, seconds: 3 });
  expect(told.json).toMatchObject({ state: "running", progress, seconds: 3 });
  h.clock.advance(1_000);
  const error = { code: "file_not_found", message: "there is no data/flights.parquet", hint: "check the path" };
  await h.send("POST", "/v1/jobs/1", { lease: LEASE, state: "failed", error, seconds: 4.5, rows: { keys: 7 } });
  const done = { state: "failed", error, seconds: 4.5, rows: { keys: 7 }, progress: null };
  const found = (await h.send("GET", "/v1/jobs/1")).json;
  expect(found).toMatchObject({ ...done, startedAt: "2001-03-31T12:00:01Z", finishedAt: "2001-03-31T12:00:02Z" });
  expect(await list()).toEqual({ jobs: [found], next: null, runners: ["vm.1"] });
});

it("without views takes all but on-demand ones; tells who waits for whom", async () => {
  const { jobs, unattended } = (await submit({ incremental: false, start: START, end: NOW })).json;
  const views = jobs.map(({ view }: { view: string }) => view);
  expect(views).toEqual(expect.arrayContaining(["last_flight", "delays", "airport_info", "everything"]));
  expect(views).not.toContain("risk");
  expect(unattended).toBe(views[0]);
  for (const job of jobs) expect(job).toMatchObject({ incremental: false, start: START, end: NOW });
  await h.send("POST", "/v1/runners/one", {});
  expect((await submit({ views: ["delays"] })).json.unattended).toBeNull();
});

it.each<[string, Record<string, unknown>, number, string, string | null]>([
  ["an unknown view", { views: ["delais"] }, 404, "unknown_view", null],
  ["an on-demand view", { views: ["risk"] }, 400, "bad_request", null],
  ["no views", { views: [] }, 400, "bad_request", "/views"],
  ["an unknown member", { view: "delays" }, 400, "bad_request", ""],
  ["a start of an incremental one", { start: START }, 400, "bad_request", "/start"],
  ["a start after the end", { incremental: false, start: NOW, end: START }, 400, "bad_request", "/end"],
  ["a start that has not passed", { incremental: false, start: NOW }, 400, "bad_request", "/end"],
  ["3.6 an end in the future", { end: "2001-03-31T12:00:06Z" }, 400, "event_time_in_future", "/end"],
  ["1.1 an end without a zone", { end: "2001-03-31T12:00:00" }, 400, "bad_time", "/end"],
  ["no time", { due: "now" }, 400, "bad_time", "/due"],
  ["a moment in the future", { due: "2254-01-01T00:00:00Z" }, 400, "event_time_in_future", "/due"],
])("refuses %s, and queues nothing", async (_what, body, status, code, pointer) => {
  const answer = await submit(body);
  expect([answer.status, answer.json.code, answer.json.pointer ?? null]).toEqual([status, code, pointer]);
  expect((await list()).jobs).toEqual([]);
});

it.each<[string, string, Record<string, unknown> | undefined, number, string]>([
  ["GET", "/v1/jobs/7", undefined, 404, "not_found"],
  ["GET", "/v1/jobs/x", undefined, 400, "bad_request"],
  ["GET", "/v1/jobs?state=done", undefined, 400, "bad_request"],
  ["GET", "/v1/jobs?limit=0", undefined, 400, "bad_request"],
  ["GET", "/v1/jobs?before=-1", undefined, 400, "bad_request"],
  ["DELETE", "/v1/jobs/7", undefined, 404, "not_found"],
  ["POST", "/v1/jobs/7", { lease: LEASE }, 409, "lease_lost"],
  ["POST", "/v1/jobs/7", { lease: LEASE, state: "running" }, 400, "bad_request"],
  ["POST", "/v1/jobs/7", { lease: LEASE, rows: { keys: -1 } }, 400, "bad_request"],
  ["POST", "/v1/jobs/7", {}, 400, "bad_request"],
  ["POST", "/v1/runners/one", { lease: "guess" }, 400, "bad_request"],
  ["POST", "/v1/runners/one", { leaseMs: 1 }, 400, "bad_request"],
  ["POST", "/v1/runners/a%20b", {}, 400, "bad_request"],
])("%s %s of %j is %i %s", async (method, path, body, status, code) => {
  const answer = await h.send(method, path, body);
  expect([answer.status, answer.json.code]).toEqual([status, code]);
});

it("takes a moment within the allowed skew, and later ones after it", async () => {
  const due = async (moment: string) => (await submit({ views: ["delays"], due: moment })).json.jobs.length;
  expect(await due("2001-03-31T12:00:05Z")).toBe(1);
  await h.send("POST", "/v1/runners/one", { lease: LEASE });
  h.clock.advance(60_000);
  expect(await due("2001-03-31T12:01:00Z")).toBe(1);
});

const error = (message: string) => ({ error: { code: "sql_error", message, hint: null } });
const counts = (n: number, length: number) => ({
  rows: Object.fromEntries(Array.from({ length: n }, (_, i) => [`n${i}`.padEnd(length, "x"), 2 ** 53 - 1])),
});
it.each<[string, Record<string, unknown>, number]>([
  ["20 counts", counts(20, 32), 200],
  ["21 counts", counts(21, 8), 400],
  ["a count with a long name", counts(1, 33), 400],
  ["a long error", error("m".repeat(2_000)), 200],
  ["a longer one", error("m".repeat(2_001)), 400],
  ["one that is longer in UTF-8", error("é".repeat(1_001)), 400],
  ["one that is longer as JSON", error("\u0001".repeat(334)), 400],
  ["a long stage", { progress: { stage: "s".repeat(501), done: 0, total: 1 } }, 400],
])("what a runner tells has room for so much: %s", async (_what, told, status) => {
  await submit({ views: ["delays"] });
  await h.send("POST", "/v1/runners/one", { lease: LEASE });
  const answer = await h.send("POST", "/v1/jobs/1", { lease: LEASE, state: "failed", ...told });
  expect(answer.status, answer.text).toBe(status);
});

it("pages and filters", async () => {
  await submit({ views: ["delays", "last_flight", "rating"] });
  await h.send("DELETE", "/v1/jobs/2");
  const ids = async (query: string) => {
    const { jobs, next } = await list(query);
    return [jobs.map(({ id }: { id: string }) => id), next];
  };
  expect(await ids("?limit=2")).toEqual([["3", "2"], "2"]);
  expect(await ids("?limit=2&before=2")).toEqual([["1"], null]);
  expect(await ids("?state=cancelled")).toEqual([["2"], null]);
  expect(await ids("?view=rating&state=queued")).toEqual([["3"], null]);
});

describe("who may", () => {
  const token = async (body: Record<string, unknown>) => {
    const made = await h.send("POST", "/v1/tokens", { name: "a token", ...body });
    return { authorization: `Bearer ${made.json.token}` };
  };

  it("a limited token queues, sees, runs and cancels the jobs of its views alone", async () => {
    const own = await token({ access: "write", views: ["delays"] });
    await submit({ views: ["rating", "delays"] });
    expect((await submit({ views: ["delays"], end: NOW }, own)).json.jobs).toMatchObject([{ id: "3" }]);
    expect((await submit({ views: ["rating"] }, own)).status).toBe(403);
    expect((await submit({}, own)).status).toBe(403);
    const seen = await h.send("GET", "/v1/jobs", undefined, own);
    expect(seen.json.jobs.map(({ id }: { id: string }) => id)).toEqual(["3", "2"]);
    for (const method of ["GET", "DELETE"])
      expect((await h.send(method, "/v1/jobs/1", undefined, own)).status).toBe(404);
    expect((await h.send("DELETE", "/v1/jobs/3", undefined, own)).status).toBe(200);
    const take = async (lease: string) => (await h.send("POST", "/v1/runners/own", { lease }, own)).json.job;
    expect(await take(LEASE)).toMatchObject({ id: "2", view: "delays", runner: "own" });
    // Whose the machines are is not for it to know.
    expect((await h.send("GET", "/v1/jobs/2", undefined, own)).json).toMatchObject({ state: "running", runner: null });
    expect((await h.send("GET", "/v1/jobs", undefined, own)).json).toMatchObject({
      runners: [],
      jobs: [{}, { runner: null }],
    });
    expect((await h.send("DELETE", "/v1/jobs/2", undefined, own)).json).toMatchObject({
      cancelling: true,
      runner: null,
    });
    expect(await take(`${LEASE}0`)).toBeNull();
  });

  it("another's lease gives a limited token no job of a view that is not its own", async () => {
    const own = await token({ access: "write", views: ["delays"] });
    await submit({ views: ["rating"] });
    await h.send("POST", "/v1/runners/vm", { lease: LEASE });
    expect((await h.send("POST", "/v1/runners/own", { lease: LEASE }, own)).json.job).toBeNull();
    const told = await h.send("POST", "/v1/jobs/1", { lease: LEASE, state: "succeeded" }, own);
    expect([told.status, told.json.code]).toEqual([409, "lease_lost"]);
    expect(told.text).not.toContain("rating");
    expect((await h.send("GET", "/v1/jobs/1")).json.state).toBe("running");
    await submit({ views: ["delays"] });
    const { job } = (await h.send("POST", "/v1/runners/own", { lease: LEASE }, own)).json;
    expect(job).toMatchObject({ id: "2", view: "delays" });
  });

  it("a limited token neither takes the name of another's runner nor sends it away", async () => {
    const own = await token({ access: "write", views: ["delays"] });
    await h.send("POST", "/v1/runners/vm", {});
    expect(await h.send("POST", "/v1/runners/vm", {}, own)).toMatchObject({ status: 403, json: { code: "forbidden" } });
    expect((await h.send("DELETE", "/v1/runners/vm", undefined, own)).status).toBe(403);
    expect((await list()).runners).toEqual(["vm"]);
    expect((await h.send("POST", "/v1/runners/own", {}, own)).status).toBe(200);
    expect((await h.send("DELETE", "/v1/runners/own", undefined, own)).status).toBe(200);
  });

  it.each([
    ["GET", "/v1/jobs", 403],
    ["GET", "/v1/jobs/1", 403],
    ["POST", "/v1/jobs", 403],
    ["POST", "/v1/jobs/1", 403],
    ["DELETE", "/v1/jobs/1", 403],
    ["POST", "/v1/runners/one", 403],
    ["DELETE", "/v1/runners/one", 403],
  ])("a token that may read: %s %s: %i", async (method, path, status) => {
    await submit({ views: ["delays"] });
    const reader = await token({ access: "read" });
    const body = method === "POST" ? { lease: LEASE } : undefined;
    expect((await h.send(method, path, body, reader)).status).toBe(status);
    expect((await h.send(method, path, body, { authorization: "" })).status).toBe(401);
  });
});

it("the audit trail has what was queued, taken, ended and cancelled; signs of life leave no record", async () => {
  const audited = h.isolate({ auditIn: "store" });
  const send = (method: string, path: string, body?: unknown) => audited.send(method, path, body);
  await send("POST", "/v1/jobs", { views: ["delays", "rating"], due: NOW });
  await send("POST", "/v1/jobs", { views: ["delays", "rating"], due: NOW });
  await send("POST", "/v1/runners/one", {});
  await send("POST", "/v1/runners/one", { lease: LEASE });
  await send("POST", "/v1/runners/one", { lease: LEASE });
  await send("POST", "/v1/jobs/1", { lease: LEASE });
  await send("POST", "/v1/jobs/1", { lease: LEASE, state: "succeeded" });
  await send("DELETE", "/v1/jobs/2");
  await send("POST", "/v1/jobs/1", { lease: `${LEASE}0` });
  await send("GET", "/v1/jobs");
  await send("GET", "/v1/jobs/1");
  await send("DELETE", "/v1/runners/one");
  const { records } = (await send("GET", "/v1/audit")).json;
  expect(
    records
      .toReversed()
      .map(({ route, view, name, counts, status }: Record<string, unknown>) => [route, view, name, counts, status]),
  ).toEqual([
    ["POST /v1/jobs", undefined, undefined, { jobs: 2 }, 201],
    ["POST /v1/runners/:runner", "delays", "1", undefined, 200],
    ["POST /v1/runners/:runner", "delays", "1", undefined, 200],
    ["POST /v1/jobs/:job", "delays", "1", undefined, 200],
    ["DELETE /v1/jobs/:job", "rating", "2", undefined, 200],
    ["POST /v1/jobs/:job", undefined, "1", undefined, 409],
  ]);
});

it("a job asked for twice at once by two isolates waits once", async () => {
  const isolates = [h, h.isolate(), h.isolate()];
  const answers = await Promise.all(isolates.map((one) => one.send("POST", "/v1/jobs", { views: ["delays"] })));
  expect(answers.map(({ json }) => json.jobs[0].id)).toEqual(["1", "1", "1"]);
  expect((await list()).jobs.length).toBe(1);
});
