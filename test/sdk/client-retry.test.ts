// What the client tries again, when, and until when.
import { createAdminClient, createClient, type ReadOptions } from "edgefeat/client";
import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../../sdk/client/retry.ts";
import { answerOf } from "./client-fake-server.ts";
import { type FakeTiming, fakeTiming, problem, scriptedServer, type Step } from "./client-fakes.ts";

const ok = () => new Response(answerOf(["v:x"], "1"));
const query = { features: ["v:x"], entities: { user: 1 } };
const unavailable = () => problem(503, "store_unavailable");

function clientOf(steps: Step[], options: Partial<ReadOptions> = {}, timing: FakeTiming = fakeTiming(() => 0.5)) {
  const server = scriptedServer(...steps);
  return { ...server, timing, client: createClient({ url: "http://x", fetch: server.fetch, timing, ...options }) };
}

const brokenBody = () => {
  const response = ok();
  response.text = () => Promise.reject(new TypeError("terminated"));
  response.clone = () => response;
  return response;
};

describe("a read is tried again", () => {
  const passing: [what: string, step: Step][] = [
    ["when the server can't be reached", new TypeError("fetch failed")],
    ["when the answer breaks off", brokenBody],
    ["on 429", problem(429, "rate_limited")],
    ["on 502", new Response("<html>Bad Gateway</html>", { status: 502 })],
    ["on 503", unavailable()],
    ["on 504", new Response("", { status: 504 })],
  ];
  it.each(passing)("%s", async (_what, step) => {
    const { client, sent, timing } = clientOf([step, ok()]);
    const { rows } = await client.getFeatures(query);
    expect(rows).toEqual([{ x: 1 }]);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    expect(timing.pending).toBe(0);
  });

  const lasting: [status: number, code: string][] = [
    [400, "bad_request"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "unknown_feature"],
    [409, "view_not_materialized"],
    [413, "body_too_large"],
    [500, "internal_error"],
    [501, "needs_runner"],
  ];
  it.each(lasting)("but not on %i", async (status, code) => {
    const { client, sent } = clientOf([problem(status, code), ok()]);
    await expect(client.getFeatures(query)).rejects.toMatchObject({ code, details: { status } });
    expect(sent).toHaveLength(1);
  });

  it("but not when the answer is whole and wrong", async () => {
    const { client, sent } = clientOf([new Response("hello"), ok()]);
    await expect(client.getFeatures(query)).rejects.toMatchObject({ code: "server_failed" });
    expect(sent).toHaveLength(1);
  });

  it("twice by default, and fails with what the last attempt found", async () => {
    const { client, sent } = clientOf([new TypeError("fetch failed"), problem(429, "rate_limited"), unavailable()]);
    await expect(client.getFeatures(query)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(sent).toHaveLength(3);
  });

  it.each([0, 1, 5])("%i times where told so", async (retries) => {
    const { client, sent } = clientOf([unavailable()], { retries });
    await expect(client.getFeatures(query)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(sent).toHaveLength(1 + retries);
  });

  it("as a matrix and with a batch, too", async () => {
    const matrix = new Response(new Float32Array([1, 2]).buffer, {
      headers: {
        "edgefeat-rows": "1",
        "edgefeat-columns": "2",
        "edgefeat-features": encodeURIComponent('["v:x","v:y"]'),
      },
    });
    const { client, sent } = clientOf([unavailable(), matrix]);
    expect((await client.getFeatureMatrix(query)).values).toEqual(new Float32Array([1, 2]));
    expect(sent).toHaveLength(2);
  });
});

describe("between attempts it waits", () => {
  it("a random part of a backoff that doubles from 50 ms to 2 s", async () => {
    const { client, timing } = clientOf([unavailable()], { retries: 8, timeoutMs: 60_000 });
    await expect(client.getFeatures(query)).rejects.toThrow();
    expect(timing.ended).toEqual([25, 50, 100, 200, 400, 800, 1_000, 1_000]);
  });

  it("anything from nothing to all of it", () => {
    expect(retryDelayMs(3, 0, () => 0)).toBe(0);
    expect(retryDelayMs(3, 0, () => 0.999)).toBeCloseTo(200 * 0.999);
    expect(retryDelayMs(2_000, 0, () => 1)).toBe(2_000);
  });

  const asked: [header: string, date: string | null, waitMs: number][] = [
    ["2", null, 2_000],
    ["0", null, 0],
    [" 1 ", null, 1_000],
    ["Sat, 21 Nov 2026 12:00:03 GMT", null, 3_000],
    ["Sat, 21 Nov 2026 11:00:04 GMT", "Sat, 21 Nov 2026 11:00:00 GMT", 4_000],
    ["Sat, 21 Nov 2026 11:59:00 GMT", null, 0],
    ["soon", null, 0],
    ["-1", null, 0],
    ["1.5", null, 0],
    ["", null, 0],
  ];
  it.each(asked)("as long as Retry-After: %s asks for, and the jitter on top", async (header, date, waitMs) => {
    const headers = { "retry-after": header, ...(date === null ? {} : { date }) };
    const { client, timing } = clientOf([problem(503, "store_unavailable", {}, headers), ok()]);
    await client.getFeatures(query);
    expect(timing.ended).toEqual([waitMs + 25]);
  });

  it("not at all where the wait would outlast the time limit", async () => {
    const busy = problem(429, "rate_limited", {}, { "retry-after": "10" });
    const { client, sent, timing } = clientOf([busy, ok()]);
    await expect(client.getFeatures(query)).rejects.toMatchObject({ code: "rate_limited" });
    expect(sent).toHaveLength(1);
    expect(timing.elapsedMs()).toBe(0);
  });
});

describe("a call ends", () => {
  it("when its time is up, whatever the server does, with what went wrong before as the cause", async () => {
    const { client, sent, timing } = clientOf([unavailable(), "hang"], { timeoutMs: 300 });
    const call = client.getFeatures(query);
    await expect(call).rejects.toMatchObject({
      code: "server_unreachable",
      message: "http://x did not answer within 300 ms",
      cause: { code: "store_unavailable" },
    });
    expect(timing.elapsedMs()).toBe(300);
    expect(sent).toHaveLength(2);
    expect(timing.pending).toBe(0);
  });

  it("after its own time limit rather than the client's", async () => {
    const { client, timing } = clientOf(["hang"]);
    await expect(client.getFeatures({ ...query, timeoutMs: 40 })).rejects.toMatchObject({
      message: "http://x did not answer within 40 ms",
    });
    expect(timing.elapsedMs()).toBe(40);
  });

  it("in time even with a fetch that heeds no signal", async () => {
    const deaf = () => new Promise<Response>(() => {});
    const { client } = clientOf([deaf], { timeoutMs: 100 });
    await expect(client.getFeatures(query)).rejects.toMatchObject({ code: "server_unreachable" });
  });

  it.each([true, false])("when its caller gives it up: before it starts (batch: %o)", async (batch) => {
    const { client, sent } = clientOf([ok()], { batch });
    const signal = AbortSignal.abort(new Error("no longer needed"));
    await expect(client.getFeatures({ ...query, signal })).rejects.toMatchObject({
      code: "cancelled",
      cause: { message: "no longer needed" },
    });
    expect(sent).toHaveLength(0);
  });

  it.each([true, false])("when its caller gives it up: in an attempt (batch: %o)", async (batch) => {
    const { client, sent, signals, timing } = clientOf(["hang"], { batch });
    const caller = new AbortController();
    const call = client.getFeatures({ ...query, signal: caller.signal });
    setImmediate(() => caller.abort());
    await expect(call).rejects.toMatchObject({ code: "cancelled" });
    expect(sent).toHaveLength(1);
    expect(signals[0]?.aborted).toBe(true);
    expect(timing.pending).toBe(0);
  });

  it("when its caller gives it up: while it waits to try again", async () => {
    const caller = new AbortController();
    const stop = () => {
      setImmediate(() => caller.abort());
      return unavailable();
    };
    const { client, sent } = clientOf([stop, ok()]);
    await expect(client.getFeatures({ ...query, signal: caller.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(sent).toHaveLength(1);
  });
});

describe("the admin client tries again", () => {
  const adminOf = (steps: Step[]) => {
    const server = scriptedServer(...steps);
    const timing = fakeTiming();
    return { ...server, admin: createAdminClient({ url: "http://x", fetch: server.fetch, timing }) };
  };
  const done = () => new Response("{}");
  type Admin = ReturnType<typeof createAdminClient>;
  const repeated: [name: string, work: (admin: Admin) => Promise<unknown>][] = [
    ["getRegistry", (admin) => admin.getRegistry()],
    ["putRegistry, which the server takes again", (admin) => admin.putRegistry({}, "sha256:ab")],
    ["postRows, which merges", (admin) => admin.postRows("v", "{}")],
    ["completeMaterialization", (admin) => admin.completeMaterialization("v", "{}")],
  ];
  it.each(repeated)("%s", async (_name, work) => {
    const { admin, sent } = adminOf([new TypeError("fetch failed"), done()]);
    await work(admin);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
  });

  it("but not deleteTransform, whose repetition may find nothing", async () => {
    const { admin, sent } = adminOf([new TypeError("fetch failed"), done()]);
    await expect(admin.deleteTransform("v", null)).rejects.toMatchObject({ code: "server_unreachable" });
    expect(sent).toHaveLength(1);
  });
});
