// What a Worker logs of real requests; above all, what it never does.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EdgefeatError } from "../../sdk/errors.ts";
import { createWorker } from "../../worker/index.ts";
import { durableObjectStore } from "../support/workerd-stores.ts";
import { flightRow, type Harness, harness, NOW, TOKEN } from "./support/harness.ts";

const SECRET_ID = "SECRET-ID-4711";
const SECRET_VALUE = "SECRET-VALUE-4712";
const FEATURES = { features: ["last_flight:delay", "shout:loud"], entities: { origin: [SECRET_ID, "PDX"] } };

describe("the log of an app", () => {
  let h: Harness;
  const start = async (settings: { slowMs?: number; logRequests?: boolean } = {}) => {
    h = harness(durableObjectStore(), settings);
    const writer = h.isolate();
    await writer.apply();
    await writer.writeRows("last_flight", [flightRow(SECRET_ID, NOW, { carrier: SECRET_VALUE })]);
  };
  const events = () => h.logged.map(({ event, code, route }) => [event, code, route]);

  it("says nothing of requests that went well, or that the caller got wrong", async () => {
    await start();
    await h.features(FEATURES);
    await h.features({ features: ["no_such:feature"], entities: {} });
    await h.send("GET", "/no/such/route");
    expect(h.logged).toEqual([]);
  });

  it("tells a fault that nobody foresaw, without its words", async () => {
    await start();
    h.clock.nowUs = () => {
      throw new TypeError(`no time for ${SECRET_ID}`);
    };
    expect((await h.features(FEATURES)).status).toBe(500);
    expect(events()).toEqual([["internal_error", "internal_error", "/v1/features"]]);
    expect(h.logged[0]).toMatchObject({ error: "TypeError", stack: expect.stringContaining("at ") });
    expect(JSON.stringify(h.logged)).not.toContain(SECRET_ID);
  });

  it("tells a store that fails once in 10 s, and that stale rows are served", async () => {
    await start();
    await h.features(FEATURES);
    h.clock.advance(60_000);
    h.store.failing = true;
    for (let i = 0; i < 5; i++) await h.features(FEATURES);
    for (let i = 0; i < 5; i++) await h.features({ ...FEATURES, entities: { origin: "NEW" } });
    expect(events()).toEqual([
      ["stale_served", undefined, undefined],
      ["store_failed", "store_unavailable", "/v1/features"],
    ]);
  });

  it("tells slow requests, with the stages' times", async () => {
    await start({ slowMs: 100 });
    const read = h.store.read.bind(h.store);
    h.store.read = (...args) => {
      h.clock.advance(150);
      return read(...args);
    };
    await h.features({ ...FEATURES, entities: { origin: ["ONE", "TWO"] } });
    await h.features({ ...FEATURES, entities: { origin: ["ONE", "TWO"] } });
    const slow = h.logged.filter(({ event }) => event === "slow_request");
    expect(slow).toHaveLength(1);
    expect(slow[0]).toMatchObject({ method: "POST", route: "/v1/features", status: 200, rows: 2, cacheMisses: 2 });
    expect(slow[0]?.["ms"]).toBeGreaterThanOrEqual(150);
  });

  it("tells the store's warnings", async () => {
    await start();
    const told = { kind: "x", keepsRows: false, usedBytes: 9, limitBytes: 10, warnings: ["it evicts"] };
    h.store.status = () => Promise.resolve(told);
    await h.app.logWarnings();
    await h.app.logWarnings();
    await h.app.fetch(new Request("http://edgefeat.test/metrics"));
    expect(h.logged).toEqual([{ level: "warn", event: "store_warning", message: "it evicts" }]);
    const scraped = harness(durableObjectStore());
    scraped.store.status = () => Promise.resolve(told);
    await scraped.app.fetch(new Request("http://edgefeat.test/metrics"));
    expect(scraped.logged).toMatchObject([{ event: "store_warning", message: "it evicts" }]);
    const failing = harness(durableObjectStore());
    failing.store.failing = true;
    await failing.app.logWarnings();
    expect(failing.logged).toMatchObject([{ event: "store_failed", code: "store_unavailable", work: "start" }]);
  });

  it("holds no token, no id, no value and no text of a request, whatever goes wrong", async () => {
    await start({ logRequests: true });
    const bad = [
      { features: [`last_flight:${SECRET_VALUE}`], entities: { origin: SECRET_ID } },
      { features: ["last_flight:delay"], entities: { [SECRET_ID]: SECRET_VALUE } },
      { features: ["everything:a_bool"], entities: { user_id: SECRET_ID } },
      SECRET_VALUE,
    ];
    const wave = async () => {
      await h.features(FEATURES);
      for (const body of bad) await h.send("POST", "/v1/features", body);
      await h.send("GET", `/v1/features?features=last_flight:delay&origin=${SECRET_ID}`);
      await h.send("GET", `/v1/features?features=last_flight:delay&${SECRET_ID}=${SECRET_VALUE}`);
      await h.send("GET", `/${SECRET_ID}?${SECRET_VALUE}`);
      await h.writeRows("last_flight", [flightRow(SECRET_ID, NOW, { carrier: SECRET_VALUE, delay: SECRET_VALUE })]);
      await h.writeRows("last_flight", [flightRow(SECRET_ID, NOW, { carrier: SECRET_VALUE })]);
      await h.send("POST", `/v1/rows/${SECRET_ID}`, { rows: [] });
      await h.send("PUT", "/v1/registry", SECRET_VALUE);
      await h.send("GET", "/v1/registry", undefined, { authorization: `Bearer ${SECRET_ID}` });
      await h.send("POST", "/v1/rows/last_flight", {}, { authorization: `Bearer ${SECRET_ID}` });
    };
    await wave();
    h.clock.advance(100_000);
    h.store.failing = true;
    await wave();
    h.store.failing = false;
    const read = h.store.read.bind(h.store);
    h.store.read = (keys) => {
      throw new EdgefeatError(
        "store_unavailable",
        `Upstash refused: ERR unknown command with args '${keys.join(" ")}'`,
      );
    };
    h.clock.advance(100_000);
    await wave();
    h.store.read = async (...args) => (await read(...args)).map((text) => (text === null ? null : `[${SECRET_VALUE}`));
    h.clock.advance(1_000_000);
    await wave();
    h.clock.nowUs = () => {
      throw new RangeError(`${SECRET_ID} ${SECRET_VALUE}`);
    };
    await wave();
    const text = JSON.stringify(h.logged);
    expect(new Set(h.logged.map(({ event }) => event))).toEqual(
      new Set(["audit", "request", "store_failed", "stale_served", "request_failed", "internal_error"]),
    );
    for (const secret of [SECRET_ID, SECRET_VALUE, TOKEN, "SECRET"]) expect(text).not.toContain(secret);
  });
});

describe("the log of a Worker", () => {
  const lines = { log: [] as string[], warn: [] as string[], error: [] as string[] };
  beforeEach(() => {
    for (const level of ["log", "warn", "error"] as const) {
      lines[level].length = 0;
      vi.spyOn(console, level).mockImplementation((line: string) => void lines[level].push(line));
    }
  });
  afterEach(() => vi.restoreAllMocks());

  const call = async (variables: Record<string, string>) => {
    const context = createExecutionContext();
    const request = new Request("http://edgefeat.test/health");
    const response = await createWorker().fetch(request, { STORE: env.STORE, ...variables }, context);
    await waitOnExecutionContext(context);
    return response.status;
  };

  it("is JSON on the console, with the time of day though the Worker's clock is frozen", async () => {
    expect(await call({ EDGEFEAT_NOW: NOW, EDGEFEAT_LOG: "requests" })).toBe(200);
    expect(lines.log.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: "info", event: "request", route: "/health", status: 200 }),
    ]);
    expect(JSON.parse(lines.log[0] as string).time).toMatch(/^20[2-9]\d-/);
  });

  it("tells a Worker that can't start, without the variable's value", async () => {
    expect(await call({ EDGEFEAT_STORE: SECRET_VALUE })).toBe(500);
    expect(lines.error.map((line) => JSON.parse(line))).toEqual([
      {
        time: expect.any(String),
        level: "error",
        event: "start_failed",
        code: "config_invalid",
        message: "the Worker's variable EDGEFEAT_STORE:",
      },
    ]);
    expect(lines.error[0]).not.toContain(SECRET_VALUE);
  });
});
