// The data point of a request: each column where the schema says, and within Analytics Engine's limits.
import { expect, it } from "vitest";
import { dataPoint } from "../../../worker/metrics/analytics.ts";
import { tally, trace } from "../support/traces.ts";

const SPACE = { project: "flights", environment: "prod" };
const ROUTE = { method: "POST", path: "/v1/features" };

it("has a column for each figure", () => {
  const full = trace({
    stagesMs: { plan: 1, cache: 2, store: 3, transform: 4, encode: 5 },
    rows: 6,
    cacheHits: 7,
    cacheMisses: 8,
    cacheStale: 9,
    cacheRefreshing: 10,
    storeReads: 11,
    views: [tally("delays", 10, { NOT_FOUND: 2, OUTSIDE_MAX_AGE: 1 }), tally("prices", 2, { NOT_FOUND: 11 }, 3)],
    errors: [
      [0, "risk:ratio", "division_by_zero"],
      [1, "risk:ratio", "division_by_zero"],
    ],
  });
  expect(dataPoint(full, { route: ROUTE, status: 200, elapsedMs: 16.5 }, SPACE)).toEqual({
    indexes: ["POST /v1/features"],
    blobs: ["flights", "prod", "POST", "/v1/features", "2xx", "", "delays@1,prices@3"],
    doubles: [200, 16.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1, 2, 12, 6],
  });
});

it("has as many columns when a request failed before anything was evaluated", () => {
  const failed = trace({ errorCode: "unknown_feature" });
  const point = dataPoint(failed, { route: ROUTE, status: 404, elapsedMs: 1 }, SPACE);
  expect(point.blobs).toEqual(["flights", "prod", "POST", "/v1/features", "4xx", "unknown_feature", ""]);
  expect(point.doubles).toEqual([404, 1, ...new Array<number>(17).fill(0)]);
});

it("stays within the limits of a point", () => {
  const views = Array.from({ length: 1_000 }, (_, i) => tally(`${"v".repeat(120)}${i}`, 1));
  const route = { method: "POST", path: `/${"x".repeat(200)}` };
  const point = dataPoint(trace({ views }), { route, status: 200, elapsedMs: 1 }, SPACE);
  expect(point.indexes[0]).toHaveLength(96);
  expect(point.blobs.join("").length).toBeLessThan(16_000);
  expect([point.blobs.length, point.doubles.length]).toEqual([7, 19]);
});
