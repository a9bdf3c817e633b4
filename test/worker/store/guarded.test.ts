// The guard: what it sends again and what never, how long a read may take, when a failing store is left alone.
import { describe, expect, it } from "vitest";
import { EdgefeatError } from "../../../sdk/errors.ts";
import { type FaultReason, reasonOf, storeUnavailable } from "../../../worker/store/faults.ts";
import { guarded, type GuardOptions } from "../../../worker/store/guarded.ts";
import { MemoryStore } from "../../support/memory-store.ts";

/** A guard whose time is moved by hand, around a store that fails as told, call by call; null lets a call succeed. */
function guard(faults: unknown[], options: Partial<GuardOptions> = {}) {
  const calls: string[] = [];
  const slept: number[] = [];
  const signals: { ms: number; controller: AbortController }[] = [];
  let ms = 0;
  const inner = new MemoryStore({
    async step(call) {
      if (call.endsWith("answered")) return;
      calls.push(call);
      const fault = faults.shift() ?? null;
      if (fault !== null) throw fault;
    },
  });
  const deps = {
    elapsedMs: () => ms,
    random: () => 0.5,
    timeout(after: number) {
      const controller = new AbortController();
      signals.push({ ms: after, controller });
      return controller.signal;
    },
    async sleep(pauseMs: number) {
      slept.push(pauseMs);
      ms += pauseMs;
    },
  };
  const advance = (by: number) => {
    ms += by;
  };
  return { store: guarded(inner, deps, options), inner, calls, slept, signals, advance };
}

const failed = (reason: FaultReason, sent?: boolean) =>
  storeUnavailable(reason, "it failed", { hint: "", ...(sent === undefined ? {} : { sent }) });
const write = { key: "k", expected: null, value: "v", expireInMs: null };
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (fault: unknown) => fault,
  );

describe("trying again", () => {
  it.each<[call: "read" | "compareAndSet" | "scan" | "status", fault: unknown, tries: number]>([
    ["read", failed("unreachable"), 3],
    ["read", failed("failed"), 3],
    ["read", new EdgefeatError("store_unavailable", "of a store that tells no reason"), 3],
    ["read", failed("timeout"), 1],
    ["read", failed("refused"), 1],
    ["read", failed("unreadable"), 1],
    ["read", new EdgefeatError("value_out_of_range", "not the store's doing"), 1],
    ["read", new TypeError("a mistake"), 1],
    ["compareAndSet", failed("unreachable", false), 3],
    ["compareAndSet", failed("unreachable"), 1],
    ["compareAndSet", failed("failed"), 1],
    ["compareAndSet", failed("timeout"), 1],
    ["compareAndSet", failed("refused"), 1],
    ["scan", failed("unreachable"), 1],
    ["status", failed("unreachable"), 1],
  ])("calls %s again or not after %o: %i times", async (call, fault, tries) => {
    const { store, calls } = guard(Array.from({ length: 9 }, () => fault));
    const work = { read: () => store.read(["k"]), compareAndSet: () => store.compareAndSet([write]) };
    const more = { scan: () => store.scan("", null), status: () => store.status() };
    expect(await faultOf({ ...work, ...more }[call]())).toBe(fault);
    expect(calls.length).toBe(tries);
  });

  it("answers once a try succeeds, after pauses that double, jittered by chance", async () => {
    const { store, slept, inner } = guard([failed("unreachable"), failed("failed")], { backoffMs: 40 });
    inner.rows.set("k", "v");
    expect(await store.read(["k"])).toEqual(["v"]);
    expect(slept).toEqual([30, 60]);
    expect(store.stats?.()).toMatchObject({ retries: 2, errors: { unreachable: 1, failed: 1 }, failing: false });
  });

  it("does not begin a pause that the time left does not hold", async () => {
    const { store, calls, slept } = guard([failed("failed"), failed("failed"), null], { readMs: 50, backoffMs: 40 });
    expect(reasonOf(await faultOf(store.read(["k"])))).toBe("failed");
    expect([calls.length, slept]).toEqual([2, [30]]);
  });
});

describe("the time limit of a read", () => {
  it("is told to the store, once for all its tries", async () => {
    const { store, signals, inner } = guard([failed("failed")], { readMs: 700 });
    await store.read(["k"], { purpose: "newest" });
    expect(signals.map(({ ms }) => ms)).toEqual([700]);
    const signal = signals[0]?.controller.signal;
    expect(inner.reads.map(({ options }) => options)).toEqual([
      { purpose: "newest", signal },
      { purpose: "newest", signal },
    ]);
  });

  it("leaves a caller's own in its place", async () => {
    const { store, signals, inner } = guard([]);
    const { signal } = new AbortController();
    await store.read(["k"], { signal });
    expect([signals.length, inner.reads[0]?.options?.signal]).toEqual([0, signal]);
  });
});

describe("a store that fails again and again", () => {
  const options = { retries: 0, failuresInARow: 3, pauseMs: 1_000, tryMs: 500 };
  const opened = async (fault: unknown = failed("timeout")) => {
    const guarding = guard([fault, fault, fault], options);
    for (let i = 0; i < 3; i++) await faultOf(guarding.store.read(["k"]));
    return guarding;
  };

  it.each(["read", "compareAndSet", "scan", "status"] as const)("is not asked by %s for a while", async (call) => {
    const { store, calls, advance } = await opened();
    advance(300);
    const work = { read: () => store.read(["k"]), compareAndSet: () => store.compareAndSet([write]) };
    const more = { scan: () => store.scan("", null), status: () => store.status() };
    const fault = await faultOf({ ...work, ...more }[call]());
    expect(fault).toMatchObject({ details: { reason: "breaker_open", retryAfterMs: 700, sent: false } });
    expect(calls.length).toBe(3);
    expect(store.stats?.()).toMatchObject({ breaker: "open", opened: 1, errors: { timeout: 3, breaker_open: 1 } });
  });

  it("is asked by one call after the pause, and by all when that has an answer", async () => {
    const { store, calls, advance } = await opened();
    advance(1_000);
    expect(store.stats?.()).toMatchObject({ breaker: "half_open" });
    const both = await Promise.all([faultOf(store.read(["k"])), faultOf(store.read(["k"]))]);
    expect(both.map(reasonOf)).toEqual([null, "breaker_open"]);
    expect(await store.read(["k"])).toEqual([null]);
    expect(calls.length).toBe(5);
    expect(store.stats?.()).toMatchObject({ breaker: "closed", opened: 1 });
  });

  it.each([
    ["refuses", failed("refused")],
    ["was not asked", new EdgefeatError("value_out_of_range", "a row that no store takes")],
  ])("is not one that %s", async (_, fault) => {
    const { store } = await opened(fault);
    expect(store.stats?.()).toMatchObject({ breaker: "closed", failing: false });
  });
});
