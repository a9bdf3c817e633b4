// What a store's failure tells: a reason for programs, and for callers how long to wait.
import { describe, expect, it } from "vitest";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { problemResponse } from "../../../worker/middleware/problem.ts";
import { reasonOf, retryAfter, storeUnavailable, wasNotSent } from "../../../worker/store/faults.ts";

describe("store_unavailable", () => {
  it.each([
    [undefined, "1"],
    [0, "1"],
    [700, "1"],
    [1_000, "1"],
    [1_001, "2"],
    [4_200, "5"],
  ])("is a 503; a wait of %s ms is told as Retry-After: %s", async (ms, seconds) => {
    const wait = ms === undefined ? {} : { retryAfterMs: ms };
    const response = problemResponse(storeUnavailable("breaker_open", "it failed", { hint: "wait", ...wait }));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, seconds]);
    expect(await response.json()).toMatchObject({ code: "store_unavailable", details: { reason: "breaker_open" } });
  });

  it.each<[fault: unknown, reason: string | null]>([
    [storeUnavailable("timeout", "late", { hint: "" }), "timeout"],
    [new EdgefeatError("store_unavailable", "of a store that tells no reason"), "failed"],
    [new EdgefeatError("row_corrupt", "another fault"), null],
    [new TypeError("a mistake"), null],
    [undefined, null],
  ])("%s has the reason %s", (fault, reason) => {
    expect(reasonOf(fault)).toBe(reason);
  });

  it("was not sent only where that is said", () => {
    expect(wasNotSent(storeUnavailable("unreachable", "refused", { hint: "", sent: false }))).toBe(true);
    expect(wasNotSent(storeUnavailable("unreachable", "lost", { hint: "" }))).toBe(false);
    expect(wasNotSent(new TypeError("a mistake"))).toBe(false);
  });

  it("passes its wait on", () => {
    expect(retryAfter(storeUnavailable("breaker_open", "", { hint: "", retryAfterMs: 5 }))).toEqual({
      retryAfterMs: 5,
    });
    expect(retryAfter(storeUnavailable("failed", "", { hint: "" }))).toEqual({});
    expect(retryAfter(new TypeError("a mistake"))).toEqual({});
  });
});
