// The page of /metrics as a whole: what a counting store adds, what is left out, and what promtool thinks of it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Metrics, metricsPage } from "../../../worker/metrics/index.ts";
import { VERSION } from "../../../worker/metrics/version.ts";
import type { StoreStats } from "../../../worker/store/port.ts";
import { promtool, reportNoPromtool } from "../support/promtool.ts";
import { parsePage } from "../support/prometheus-text.ts";
import { busyPage, pageParts } from "../support/metrics-page.ts";

const STATS: StoreStats = {
  commands: { read: 5, write: 2 },
  sentBytes: 100,
  receivedBytes: 2_000,
  errors: { timeout: 3, breaker_open: 4 },
  retries: 1,
  breaker: "half_open",
  opened: 2,
  failing: true,
};

describe("the page", () => {
  it("tells a store's own figures", () => {
    const page = parsePage(metricsPage("text", { ...pageParts(), stats: STATS }));
    const store = "primary";
    expect(page.value("edgefeat_store_commands_total", { store, command: "read" })).toBe(5);
    expect(page.value("edgefeat_store_bytes_total", { store, direction: "received" })).toBe(2_000);
    expect(page.value("edgefeat_store_errors_total", { store, reason: "breaker_open" })).toBe(4);
    expect(page.value("edgefeat_store_retries_total", { store })).toBe(1);
    expect(page.value("edgefeat_store_breaker_opened_total", { store })).toBe(2);
    expect(page.value("edgefeat_store_failing", { store })).toBe(1);
    const states = page.all("edgefeat_store_breaker_state").map(({ labels, value }) => [labels["state"], value]);
    expect(states).toEqual([
      ["closed", 0],
      ["open", 0],
      ["half_open", 1],
    ]);
    expect(page.all("edgefeat_store_fallback_reads_total")).toEqual([]);
  });

  it("tells them by part, of a store made of several", () => {
    const secondary = { ...STATS, commands: { read: 1 }, breaker: null };
    const stats = { ...STATS, fallbackReads: 6, mendedRows: 7, parts: { primary: STATS, secondary } };
    const page = parsePage(metricsPage("text", { ...pageParts(), stats }));
    expect(page.all("edgefeat_store_commands_total").map(({ labels, value }) => [labels, value])).toEqual([
      [{ store: "primary", command: "read" }, 5],
      [{ store: "primary", command: "write" }, 2],
      [{ store: "secondary", command: "read" }, 1],
    ]);
    expect(page.all("edgefeat_store_breaker_state")).toHaveLength(3);
    expect(page.value("edgefeat_store_fallback_reads_total")).toBe(6);
    expect(page.value("edgefeat_store_mended_rows_total")).toBe(7);
  });

  it("leaves out what is not known", () => {
    const parts = pageParts();
    const page = parsePage(metricsPage("text", { ...parts, state: { views: [], status: null, storeUp: null } }));
    const samples = [...page.families.values()].filter(({ name }) => name.startsWith("edgefeat_store_"));
    expect(samples.flatMap((family) => family.samples)).toEqual([]);
    expect(page.all("edgefeat_registry_info")).toEqual([]);
  });

  it("tells how full a store is, whether it may evict, and which part of it does not answer", () => {
    const status = { kind: "upstash", keepsRows: false, usedBytes: 10, limitBytes: 100, warnings: ["a", "b"] };
    const state = { views: [], status: { ...status, unreachable: ["secondary"] }, storeUp: true };
    const page = parsePage(metricsPage("text", { ...pageParts(), state }));
    const told = ["up", "may_evict", "used_bytes", "limit_bytes", "warnings"].map((what) =>
      page.value(`edgefeat_store_${what}`),
    );
    expect(told).toEqual([1, 1, 10, 100, 2]);
    expect(page.value("edgefeat_store_part_unreachable", { store: "secondary" })).toBe(1);
  });

  it("names the version of package.json", () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8"));
    expect(VERSION).toBe(manifest.version);
    expect(parsePage(metricsPage("text", pageParts())).value("edgefeat_build_info", { version: VERSION })).toBe(1);
  });

  it("begins at zero", () => {
    const page = parsePage(metricsPage("text", { ...pageParts(), metrics: new Metrics([], 0) }));
    expect(page.value("edgefeat_entity_rows_total")).toBe(0);
    expect(page.value("edgefeat_stage_duration_seconds_count", { stage: "store" })).toBe(0);
  });

  reportNoPromtool("promtool's look at /metrics");
  it.skipIf(promtool === null)("passes promtool check metrics", () => {
    expect(promtool?.(["check", "metrics"], busyPage())).toEqual({ code: 0, output: "" });
  });
});
