// What is counted by view and by feature, and that no registry and no fault can make the page grow without bound.
import { describe, expect, it } from "vitest";
import { Exposition } from "../../../worker/metrics/exposition.ts";
import { MAX_FEATURES, MAX_VIEWS, ViewMetrics } from "../../../worker/metrics/view-metrics.ts";
import { type Page, parsePage } from "../support/prometheus-text.ts";
import { tally, trace } from "../support/traces.ts";

function pageOf(metrics: ViewMetrics): Page {
  const page = new Exposition("text");
  metrics.write(page);
  return parsePage(page.end());
}

describe("figures by view", () => {
  it("adds up over requests, and over a request's reads of one view", () => {
    const metrics = new ViewMetrics();
    metrics.record(
      trace({ views: [tally("a", 3, { NOT_FOUND: 1 }), tally("a", 2, { STALE: 2 }), tally("a", 7, {}, 2)] }),
    );
    metrics.record(trace({ views: [tally("a", 1, { OUTSIDE_MAX_AGE: 4 })] }));
    metrics.record(trace());
    const page = pageOf(metrics);
    const rows = page
      .all("edgefeat_view_rows_total")
      .map(({ labels, value }) => [labels["version"], labels["status"], value]);
    expect(rows).toEqual([
      ["1", "PRESENT", 6],
      ["1", "NOT_FOUND", 1],
      ["1", "OUTSIDE_MAX_AGE", 4],
      ["1", "STALE", 2],
      ["2", "PRESENT", 7],
      ["2", "NOT_FOUND", 0],
      ["2", "OUTSIDE_MAX_AGE", 0],
      ["2", "STALE", 0],
    ]);
    const ofFirst = { view: "a", version: "1" };
    expect(page.value("edgefeat_view_row_age_seconds_count", ofFirst)).toBe(6);
    expect(page.value("edgefeat_view_row_age_seconds_sum", ofFirst)).toBe(3);
  });

  it(`names ${MAX_VIEWS} view versions, and counts the rest together`, () => {
    const metrics = new ViewMetrics();
    for (let i = 0; i < MAX_VIEWS + 20; i++)
      metrics.record(trace({ views: [tally(`v${i % 300}`, 1, {}, 1 + Math.floor(i / 300))] }));
    metrics.record(trace({ views: [tally("v0", 1), tally("v299", 1, {}, 2), tally("other", 1)] }));
    const present = pageOf(metrics)
      .all("edgefeat_view_rows_total")
      .filter(({ labels }) => labels["status"] === "PRESENT");
    expect(present).toHaveLength(MAX_VIEWS + 1);
    expect(present[0]?.value).toBe(2);
    expect(present.at(-1)).toMatchObject({ labels: { view: "other", version: "other" }, value: 20 + 2 });
  });
});

describe("pushed events", () => {
  const counts = { accepted: 2, duplicate: 0, deferred: 1, rejected: 0 };

  it("add up by view and by what became of them", () => {
    const metrics = new ViewMetrics();
    metrics.pushed("a", counts);
    metrics.pushed("b", counts);
    metrics.pushed("a", { ...counts, rejected: 7 });
    const samples = pageOf(metrics).all("edgefeat_push_events_total");
    expect(samples.map(({ labels, value }) => [labels["view"], labels["outcome"], value])).toEqual([
      ["a", "accepted", 4],
      ["a", "duplicate", 0],
      ["a", "deferred", 2],
      ["a", "rejected", 7],
      ["b", "accepted", 2],
      ["b", "duplicate", 0],
      ["b", "deferred", 1],
      ["b", "rejected", 0],
    ]);
  });

  it(`are told apart for ${MAX_VIEWS} views`, () => {
    const metrics = new ViewMetrics();
    for (let i = 0; i < MAX_VIEWS + 3; i++) metrics.pushed(`v${i}`, counts);
    const accepted = pageOf(metrics)
      .all("edgefeat_push_events_total")
      .filter(({ labels }) => labels["outcome"] === "accepted");
    expect(accepted).toHaveLength(MAX_VIEWS + 1);
    expect(accepted.at(-1)).toMatchObject({ labels: { view: "other" }, value: 6 });
  });
});

describe("faults by feature", () => {
  const faults = (count: number, name: (i: number) => string, code: (i: number) => string) =>
    trace({ errors: Array.from({ length: count }, (_, i) => [i, name(i), code(i)] as const) });

  it(`names ${MAX_FEATURES} features, and counts the rest together`, () => {
    const metrics = new ViewMetrics();
    const many = faults(
      MAX_FEATURES + 50,
      (i) => `v:f${i}`,
      () => "division_by_zero",
    );
    metrics.record(many);
    metrics.record(many);
    const samples = pageOf(metrics).all("edgefeat_transform_errors_total");
    expect(samples).toHaveLength(MAX_FEATURES + 1);
    expect(samples[0]).toMatchObject({ labels: { feature: "v:f0", code: "division_by_zero" }, value: 2 });
    expect(samples.at(-1)).toMatchObject({ labels: { feature: "other", code: "division_by_zero" }, value: 100 });
  });

  it("names 16 codes of a feature, and counts the rest together", () => {
    const metrics = new ViewMetrics();
    metrics.record(
      faults(
        40,
        () => "v:f",
        (i) => `code_${i}`,
      ),
    );
    const samples = pageOf(metrics).all("edgefeat_transform_errors_total");
    expect(samples).toHaveLength(17);
    expect(samples.at(-1)).toMatchObject({ labels: { feature: "v:f", code: "other" }, value: 24 });
  });
});
