// The benchmark runner: what it lists, refuses and prints for programs. What it measures is not judged here.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { spreadOf, ratioOf } from "./rounds.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

function bench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("npm run bench", () => {
  it("lists the metrics, one line each with a description", () => {
    const { status, stdout } = bench("--list");
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(new Set(lines.map((line) => line.split(/ +/)[0]))).toEqual(
      new Set([
        "bundle.gzip_kb",
        "cache.zipf_reads",
        "pit.chromium_vs_node",
        "pit.end_to_end",
        "pit.native_large",
        "pit.views_linear",
        "pit.vs_feast",
        "pit.wasm_vs_native1",
        "pit.windows_vs_sql",
        "push.bytes_per_entity",
        "push.events_per_second",
        "push.freshness",
        "serve.batch_vs_one",
        "serve.cache_vs_static",
        "serve.cold_start",
        "serve.expressions_vs_none",
        "serve.latency_vs_rtt",
        "serve.redis_vs_fetch",
        "serve.views_vs_one",
        "serve.vs_feast",
        "serve.windows_vs_stored",
      ]),
    );
    for (const line of lines) expect(line).toMatch(/^\S+ +\S.{20,}$/);
  });

  it("refuses an unknown name with the nearest, and measures nothing", () => {
    const { status, stdout, stderr } = bench("bundle.gzip_kb", "pit.wasm_vs_native");
    expect(status).toBe(2);
    expect(stderr).toContain('there is no metric "pit.wasm_vs_native": did you mean "pit.wasm_vs_native1"?');
    expect(stdout).toBe("");
  });

  it("refuses an unknown option with its usage", () => {
    const { status, stderr } = bench("--jsno");
    expect(status).toBe(2);
    expect(stderr).toContain("usage: npm run bench");
  });

  it("prints with --json one object, alone on standard output; the table goes to standard error", () => {
    const { status, stdout, stderr } = bench("bundle.gzip_kb", "--json");
    expect(stderr).toContain("ratio (min–max)");
    expect(status).toBe(0);
    const figures = JSON.parse(stdout.trimEnd().split("\n").at(-1) as string);
    expect(Object.keys(figures)).toEqual(["bundle.gzip_kb"]);
    const { value, unit, baseline, ratio } = figures["bundle.gzip_kb"];
    expect({ unit, baseline }).toEqual({ unit: "kB", baseline: 100 });
    expect(value).toBeGreaterThan(10);
    expect(ratio).toBeCloseTo(value / baseline, 3);
  });

  it("prints the table, and the machine it was measured on, without --json", () => {
    const { status, stdout, stderr } = bench("bundle.gzip_kb");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^bundle\.gzip_kb +[\d.]+ +100 +kB +[\d.]+/m);
    expect(stderr).toMatch(/\d+ cores .* Node \d+\./);
  });
});

describe("the figures of several rounds", () => {
  it.each([
    [[3], { median: 3, min: 3, max: 3 }],
    [[9, 1, 2], { median: 2, min: 1, max: 9 }],
    [[4, 1, 2, 100], { median: 3, min: 1, max: 100 }],
  ])("have of %j the median and the extremes", (values, expected) => {
    expect(spreadOf(values)).toEqual(expected);
  });

  it("have the ratio of their medians, and the extremes of the rounds'", () => {
    expect(ratioOf({ values: [2, 10, 4], baselines: [1, 2, 4] })).toEqual({ median: 2, min: 1, max: 5 });
  });
});
