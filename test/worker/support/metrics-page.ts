// A metrics page with a sample in every family, made without a server.
import { Metrics, metricsPage } from "../../../worker/metrics/index.ts";
import { createRoutes } from "../../../worker/routes/index.ts";
import { tally, trace } from "./traces.ts";

export type PageParts = Parameters<typeof metricsPage>[1];

/** Returns what a page is made from before anything has happened. */
export function pageParts(): PageParts {
  return {
    metrics: new Metrics(createRoutes(), 0),
    project: "p",
    environment: "e",
    nowUs: 2_000_000_000,
    cache: { rows: 0, bytes: 0 },
    cacheLimits: { rows: 50_000, bytes: 32_000_000 },
    registry: null,
    state: { views: [], status: null, storeUp: null },
    stats: null,
  };
}

/** Returns a page on which every family has a sample. */
export function busyPage(): string {
  const parts = pageParts();
  const { metrics } = parts;
  metrics.record(
    trace({
      route: 0,
      rows: 2,
      views: [tally("delays", 2, { NOT_FOUND: 1 })],
      errors: [[0, "risk:ratio", "division_by_zero"]],
      storeReads: 1,
    }),
    200,
    3,
  );
  metrics.record(trace({ errorCode: "not_found" }), 404, 1);
  metrics.pushed("delays", { accepted: 1, duplicate: 0, deferred: 0, rejected: 0 });
  const figures = {
    commands: { read: 1 },
    sentBytes: 1,
    receivedBytes: 1,
    errors: { timeout: 1 },
    retries: 0,
    breaker: "closed",
    opened: 0,
    failing: false,
  } as const;
  return metricsPage("text", {
    ...parts,
    registry: { hash: "sha256:0", ageS: 1 },
    state: {
      views: [{ view: "delays", version: 1, endUs: 1_000_000_000, limitUs: 600_000_000 }],
      status: {
        kind: "upstash + upstash",
        keepsRows: true,
        usedBytes: 1,
        limitBytes: 2,
        unreachable: ["secondary"],
        warnings: [],
      },
      storeUp: true,
    },
    stats: { ...figures, fallbackReads: 0, mendedRows: 0, parts: { primary: figures, secondary: figures } },
  });
}
