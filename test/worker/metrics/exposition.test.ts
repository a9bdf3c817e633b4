// The text of a metrics page: its syntax, what it escapes, and which format a request gets.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptedFormat, Exposition } from "../../../worker/metrics/exposition.ts";
import { Histogram } from "../../../worker/metrics/histogram.ts";
import { parsePage } from "../support/prometheus-text.ts";

function example(format: "text" | "openmetrics"): string {
  const page = new Exposition(format);
  const counter = page.counter("a", 'Help of "a": \\ and\nmore.');
  counter.sample(1);
  counter.sample(2.5, { view: "v", version: 2 });
  page.gauge("b", "Below.").sample(-Infinity);
  page.info("c", "Facts.").sample({ hash: "sha256:0" });
  page.histogram("d", "Times.").series({ x: "y" }, [0.5, 1], [3, 0, 4], 9.75);
  page.gauge("e", "Nothing yet.");
  return page.end();
}

describe("the exposition", () => {
  it("writes Prometheus's text format", () => {
    expect(example("text")).toBe(
      [
        '# HELP a_total Help of "a": \\\\ and\\nmore.',
        "# TYPE a_total counter",
        "a_total 1",
        'a_total{view="v",version="2"} 2.5',
        "# HELP b Below.",
        "# TYPE b gauge",
        "b -Inf",
        "# HELP c_info Facts.",
        "# TYPE c_info gauge",
        'c_info{hash="sha256:0"} 1',
        "# HELP d Times.",
        "# TYPE d histogram",
        'd_bucket{x="y",le="0.5"} 3',
        'd_bucket{x="y",le="1"} 3',
        'd_bucket{x="y",le="+Inf"} 7',
        'd_sum{x="y"} 9.75',
        'd_count{x="y"} 7',
        "# HELP e Nothing yet.",
        "# TYPE e gauge",
        "",
      ].join("\n"),
    );
  });

  it("writes OpenMetrics", () => {
    expect(example("openmetrics")).toBe(
      [
        '# HELP a Help of \\"a\\": \\\\ and\\nmore.',
        "# TYPE a counter",
        "a_total 1",
        'a_total{view="v",version="2"} 2.5',
        "# HELP b Below.",
        "# TYPE b gauge",
        "b -Inf",
        "# HELP c Facts.",
        "# TYPE c info",
        'c_info{hash="sha256:0"} 1',
        "# HELP d Times.",
        "# TYPE d histogram",
        'd_bucket{x="y",le="0.5"} 3',
        'd_bucket{x="y",le="1.0"} 3',
        'd_bucket{x="y",le="+Inf"} 7',
        'd_sum{x="y"} 9.75',
        'd_count{x="y"} 7',
        "# HELP e Nothing yet.",
        "# TYPE e gauge",
        "# EOF",
        "",
      ].join("\n"),
    );
  });

  it("no label and no help can break out of its place", () => {
    const anything = fc.string({ unit: fc.constantFrom("\\", '"', "\n", "n", "{", "}", ",", "=", " ", "é", "a") });
    fc.assert(
      fc.property(anything, anything, fc.double(), (label, help, value) => {
        for (const format of ["text", "openmetrics"] as const) {
          const page = new Exposition(format);
          page.gauge("a", `${help}.`).sample(value, { x: label, y: "z" });
          const family = parsePage(page.end(), format).families.get("a");
          expect(family?.help).toBe(`${help}.`);
          expect(family?.samples).toEqual([
            { name: "a", labels: { x: label, y: "z" }, value: value === 0 ? 0 : value },
          ]);
        }
      }),
    );
  });

  it.each([
    [null, "text"],
    ["", "text"],
    ["*/*", "text"],
    ["text/plain", "text"],
    ["application/openmetrics-text", "openmetrics"],
    ["Application/OpenMetrics-Text; version=1.0.0", "openmetrics"],
    [
      "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      "openmetrics",
    ],
    ["text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.1", "text"],
    ["application/openmetrics-text;q=0", "text"],
    ["text/html,application/xhtml+xml,*/*;q=0.8", "text"],
  ])("Accept: %s gets %s", (accept, format) => {
    expect(acceptedFormat(accept)).toBe(format);
  });
});

describe("a histogram", () => {
  it("puts a value into the first bucket whose bound it does not exceed", () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [0, 1, 1.001, 2, 2.001, Infinity]) histogram.observe(value);
    expect([...histogram.counts]).toEqual([2, 2, 2]);
  });

  it("adds up", () => {
    const histogram = new Histogram([1]);
    for (const value of [0.25, 0.5, 4]) histogram.observe(value);
    expect([[...histogram.counts], histogram.sum]).toEqual([[2, 1], 4.75]);
  });
});
