// Hops, window edges and tiles: SEMANTICS 4.1 to 4.3.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../../sdk/time.ts";
import { defaultHop, tileStart, windowEdges } from "../../../sdk/windows/index.ts";

const SECOND = 1_000_000;
const hops = ["1s", "5s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "6h", "1d"].map(parseDuration);
const anyTime = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
const anyHop = fc.oneof(fc.constantFrom(...hops), fc.integer({ min: 1, max: 100_000_000 }));
const anyWindow = fc.tuple(anyHop, fc.integer({ min: 1, max: 100 })).map(([hop, n]) => ({ hop, window: hop * n }));

describe("4.3 the default hop", () => {
  it.each([
    ["1s", "1s"],
    ["7s", "1s"],
    ["24s", "1s"],
    ["119s", "1s"],
    ["2m", "5s"],
    ["121s", "1s"],
    ["4m", "10s"],
    ["5m", "10s"],
    ["10m", "10s"],
    ["12m", "30s"],
    ["15m", "30s"],
    ["24m", "1m"],
    ["30m", "1m"],
    ["1h", "1m"],
    ["61m", "1m"],
    ["2h", "5m"],
    ["3h", "5m"],
    ["4h", "10m"],
    ["6h", "10m"],
    ["12h", "30m"],
    ["1d", "1h"],
    ["25h", "1h"],
    ["86401s", "1s"],
    ["5d", "1h"],
    ["6d", "6h"],
    ["7d", "6h"],
    ["24d", "1d"],
    ["30d", "1d"],
    ["365d", "1d"],
    ["100ms", "100ms"],
    ["1500ms", "1500ms"],
    ["1us", "1us"],
  ])("of a window of %s is %s", (window, hop) => {
    expect(formatDuration(defaultHop(parseDuration(window)))).toBe(formatDuration(parseDuration(hop)));
  });

  it("divides the window, and no larger one of the list does within a 24th", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_000_000 }), (seconds) => {
        const window = seconds * SECOND;
        const hop = defaultHop(window);
        expect(window % hop).toBe(0);
        const allowed = hops.filter((h) => h * 24 <= window && window % h === 0);
        expect(hop).toBe(Math.max(SECOND, ...allowed));
      }),
    );
  });
});

describe("4.1 a window's edges", () => {
  it.each([
    // At a hop the window is exactly (t − W, t].
    [3600, 3600, 60, 0],
    [3601, 3600, 60, 0],
    [3659, 3600, 60, 0],
    [3660, 3600, 60, 60],
    [0, 3600, 60, -3600],
    [-1, 3600, 60, -3660],
    [59, 60, 60, -60],
    [60, 60, 60, 0],
  ])("at %d s, of %d s by hops of %d s, begin at %d s", (at, window, hop, edge) => {
    expect(windowEdges(at * SECOND, { windowUs: window * SECOND, hopUs: hop * SECOND })).toEqual({
      lowerUs: edge * SECOND,
      upperUs: at * SECOND,
    });
  });

  it("begin on a hop, at least a window and less than a window and a hop back", () => {
    fc.assert(
      fc.property(anyTime, anyWindow, (at, { window, hop }) => {
        const edge = windowEdges(at, { windowUs: window, hopUs: hop }).lowerUs;
        expect(BigInt(edge) % BigInt(hop)).toBe(0n);
        expect(edge <= at - window && edge > at - window - hop).toBe(true);
      }),
    );
  });
});

describe("4.3 windows that do not slide", () => {
  it.each([
    [3600, 0, 3600],
    [3599, -3600, 0],
    [7199, 0, 3600],
    [-1, -7200, -3600],
    [0, -3600, 0],
  ])("a tumbling hour at %d s is (%d s, %d s]", (at, lower, upper) => {
    const hour = 3600 * SECOND;
    expect(windowEdges(at * SECOND, { windowUs: hour, hopUs: hour, tumbling: true })).toEqual({
      lowerUs: lower * SECOND,
      upperUs: upper * SECOND,
    });
  });

  it("one without a lower edge ends at the moment", () => {
    expect(windowEdges(7, { windowUs: 0, hopUs: 86_400 * SECOND })).toEqual({ lowerUs: -Infinity, upperUs: 7 });
  });
});

describe("4.2 tiles are (s, s + h]", () => {
  it.each([
    [0, 60, -60],
    [1, 60, 0],
    [60, 60, 0],
    [61, 60, 60],
    [-59, 60, -60],
    [-60, 60, -120],
  ])("an event at %d µs is in the tile of %d µs that starts at %d", (event, hop, start) => {
    expect(tileStart(event, hop)).toBe(start);
  });

  it("an event is in the one tile that starts before it and does not end before it", () => {
    fc.assert(
      fc.property(anyTime, anyHop, (event, hop) => {
        const start = tileStart(event, hop);
        expect(BigInt(start) % BigInt(hop)).toBe(0n);
        expect(start < event && event <= start + hop).toBe(true);
      }),
    );
  });

  it("the tiles from the edge on hold exactly the events after the edge", () => {
    const near = fc.tuple(anyTime, anyWindow, fc.integer({ min: -3, max: 3 }));
    fc.assert(
      fc.property(near, ([at, { window, hop }, off]) => {
        const edge = windowEdges(at, { windowUs: window, hopUs: hop }).lowerUs;
        for (const event of [edge + off, edge + hop + off, at + off]) {
          expect(tileStart(event, hop) >= edge).toBe(event > edge);
        }
      }),
    );
  });
});
