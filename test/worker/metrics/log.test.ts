// The log: one JSON object a line, rate-limited where a fault repeats, and without what callers sent or rows hold.
import { describe, expect, it } from "vitest";
import { EdgefeatError, type ErrorCode } from "../../../sdk/errors.ts";
import { faultFields, jsonLog, type LogEntry, Metrics, Observer, plainWords } from "../../../worker/metrics/index.ts";
import { ManualClock } from "../support/harness.ts";
import { tally, trace } from "../support/traces.ts";

const ROUTES = [
  { method: "GET", path: "/health" },
  { method: "POST", path: "/v1/features" },
];

function observed(settings: { slowMs?: number; logRequests?: boolean } = {}) {
  const clock = new ManualClock();
  const entries: LogEntry[] = [];
  const points: unknown[] = [];
  const observer = new Observer({
    metrics: new Metrics(ROUTES, clock.nowUs()),
    routes: ROUTES,
    config: { project: "p", environment: "e", slowMs: null, logRequests: false, ...settings },
    clock,
    log: (entry) => entries.push(entry),
    analytics: { writeDataPoint: (point) => points.push(point) },
  });
  const tell = (code: ErrorCode, message: string, cause?: unknown) =>
    observer.told(new EdgefeatError(code, message, cause === undefined ? {} : { cause }), 500, trace({ route: 1 }));
  return { clock, entries, points, observer, tell };
}

describe("jsonLog", () => {
  it("writes one JSON object a line, by level", () => {
    const lines: [string, string][] = [];
    const sink = {
      log: (line: string) => lines.push(["log", line]),
      warn: (line: string) => lines.push(["warn", line]),
      error: (line: string) => lines.push(["error", line]),
    };
    const log = jsonLog(sink, new ManualClock());
    log({ level: "info", event: "request", status: 200, code: undefined });
    log({ level: "warn", event: "store_warning", message: "two\nlines" });
    log({ level: "error", event: "internal_error", stack: null });
    expect(lines).toEqual([
      ["log", '{"time":"2001-03-31T12:00:00Z","level":"info","event":"request","status":200}'],
      ["warn", '{"time":"2001-03-31T12:00:00Z","level":"warn","event":"store_warning","message":"two\\nlines"}'],
      ["error", '{"time":"2001-03-31T12:00:00Z","level":"error","event":"internal_error","stack":null}'],
    ]);
  });
});

describe("faults", () => {
  it("an internal error is logged with its class and its place, not its words", () => {
    const { entries, tell } = observed();
    tell("internal_error", "the server failed", new TypeError("cannot read SEA\n    at the secret"));
    expect(entries).toEqual([
      {
        level: "error",
        event: "internal_error",
        code: "internal_error",
        method: "POST",
        route: "/v1/features",
        error: "TypeError",
        stack: expect.stringMatching(/^at .*log\.test\.ts:\d+:\d+/),
      },
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/SEA|secret/);
  });

  it.each([
    ["text", "string", ""],
    [null, "object", ""],
    [{ message: "SEA" }, "object", ""],
  ])("something thrown that is no error: %j", (fault, error, stack) => {
    expect(faultFields(fault)).toEqual({ error, stack });
  });

  it("of our own errors, the words up to the first that they quote", () => {
    const { entries, tell } = observed();
    tell("store_unavailable", "Upstash refused: ERR unknown command 'MGET', with args: 'feature:p:e:airport:SEA'");
    tell("row_corrupt", 'a row of "SEA" is not readable');
    expect(entries.map(({ event, code, reason, message }) => [event, code, reason, message])).toEqual([
      ["store_failed", "store_unavailable", "failed", "Upstash refused: ERR unknown command"],
      ["request_failed", "row_corrupt", undefined, "a row of"],
    ]);
  });

  it.each([
    ["the Worker's variable X: it can't be 'SEA'", "the Worker's variable X: it can't be"],
    ['the row of "SEA" is the store\'s', "the row of"],
    ["ERR unknown command `SEA`, with args", "ERR unknown command"],
    ["key='s", "key="],
    ["no quotes at all", "no quotes at all"],
  ])("of %s: %s", (message, words) => {
    expect(plainWords(message)).toBe(words);
  });

  it("one a kind in 10 s, and then how many there were", () => {
    const { entries, tell, clock } = observed();
    const fail = () => tell("store_unavailable", "Upstash did not answer in time");
    for (let i = 0; i < 100; i++) fail();
    tell("row_corrupt", "another kind");
    clock.advance(9_999);
    fail();
    expect(entries.map(({ code, suppressed }) => [code, suppressed])).toEqual([
      ["store_unavailable", undefined],
      ["row_corrupt", undefined],
    ]);
    clock.advance(1);
    fail();
    clock.advance(10_000);
    fail();
    expect(entries.slice(2).map(({ suppressed }) => suppressed)).toEqual([100, undefined]);
  });

  it("an error that no answer tells names the work that failed", () => {
    const { entries, observer } = observed();
    observer.failed("start", new EdgefeatError("store_unavailable", "Upstash did not answer in time"));
    const message = "Upstash did not answer in time";
    expect(entries).toEqual([
      { level: "error", event: "store_failed", code: "store_unavailable", reason: "failed", work: "start", message },
    ]);
  });

  it("a caller's fault is counted, not logged", () => {
    const { entries, observer } = observed();
    const told = trace({ route: 1 });
    observer.told(new EdgefeatError("unknown_feature", "no feature SEA"), 404, told);
    expect([entries, told.errorCode]).toEqual([[], "unknown_feature"]);
  });

  it("rows served past their bound are, rate-limited", () => {
    const { entries, observer, clock } = observed();
    const stale = () => observer.answered(trace({ route: 1, cacheStale: 3 }), 200, 1, () => {});
    stale();
    stale();
    clock.advance(10_000);
    stale();
    expect(entries).toEqual([
      { level: "warn", event: "stale_served", rows: 3 },
      { level: "warn", event: "stale_served", rows: 3, suppressed: 1 },
    ]);
  });

  it("a warning is told once, whatever figures it holds", () => {
    const { entries, observer } = observed();
    observer.warn("store_warning", ["the store holds 8100000000 bytes", "it evicts"]);
    observer.warn("store_warning", ["the store holds 8200000000 bytes", "it evicts"]);
    expect(entries).toEqual([
      { level: "warn", event: "store_warning", message: "the store holds 8100000000 bytes" },
      { level: "warn", event: "store_warning", message: "it evicts" },
    ]);
  });
});

describe("requests", () => {
  const served = () =>
    trace({ route: 1, rows: 2, cacheHits: 1, cacheMisses: 1, storeReads: 1, views: [tally("delays", 2)] });
  const REQUEST = {
    method: "POST",
    route: "/v1/features",
    status: 200,
    planMs: 0,
    cacheMs: 0,
    storeMs: 0,
    transformMs: 0,
    encodeMs: 0,
    rows: 2,
    cacheHits: 1,
    cacheMisses: 1,
    cacheStale: 0,
    storeReads: 1,
    faults: 0,
  };

  it("are not logged unless asked for", () => {
    const { entries, observer } = observed();
    observer.answered(served(), 200, 60_000, () => {});
    expect(entries).toEqual([]);
  });

  it("are logged when slow, above the threshold", () => {
    const { entries, observer } = observed({ slowMs: 250 });
    observer.answered(served(), 200, 250, () => {});
    observer.answered(served(), 200, 250.5, () => {});
    expect(entries).toEqual([{ level: "warn", event: "slow_request", ...REQUEST, ms: 250.5 }]);
  });

  it("are all logged when asked for, a slow one once", () => {
    const { entries, observer } = observed({ slowMs: 250, logRequests: true });
    observer.answered(served(), 200, 3, () => {});
    observer.answered(served(), 200, 300, () => {});
    observer.answered(trace({ errorCode: "not_found" }), 404, 1, () => {});
    expect(entries.map(({ event, ms, route, code }) => [event, ms, route, code])).toEqual([
      ["request", 3, "/v1/features", undefined],
      ["slow_request", 300, "/v1/features", undefined],
      ["request", 1, "unmatched", "not_found"],
    ]);
  });

  it("become one data point each, left for after the answer", async () => {
    const { points, observer } = observed();
    const work: Promise<unknown>[] = [];
    observer.answered(served(), 200, 1, (promise) => work.push(promise));
    expect([points.length, work.length]).toEqual([0, 1]);
    await Promise.all(work);
    expect(points).toEqual([expect.objectContaining({ indexes: ["POST /v1/features"] })]);
  });
});
