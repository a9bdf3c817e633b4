// The Server-Timing header: every stage, in milliseconds to the microsecond.
import { expect, it } from "vitest";
import { serverTiming } from "../../../worker/metrics/index.ts";
import { trace } from "../support/traces.ts";

it.each([
  [[0, 0, 0, 0, 0], "plan;dur=0, cache;dur=0, store;dur=0, transform;dur=0, encode;dur=0"],
  [
    [0.0114999, 0.1, 1.90051, 12345.6789, 1e-7],
    "plan;dur=0.011, cache;dur=0.1, store;dur=1.901, transform;dur=12345.679, encode;dur=0",
  ],
] as const)("%j", ([plan, cache, store, transform, encode], text) => {
  expect(serverTiming(trace({ stagesMs: { plan, cache, store, transform, encode } }))).toBe(text);
});
