// The workbench on a repo folder: the training set that it builds is the command line's, to the bit, and its file opens again.
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Table } from "apache-arrow";
import { readSchemaFile, readTableFile } from "../../../offline/datasets/files.ts";
import { columnReader, columnOf, valueTypeOfArrow } from "../../../offline/datasets/index.ts";
import { edgefeat } from "../../sdk/cli-harness.ts";
import type { WorkbenchServer } from "../../../sdk/cli/workbench/server.ts";
import {
  build,
  downloaded,
  type DriverRepo,
  driverRepo,
  hasChromium,
  launch,
  serveWorkbench,
  visit,
} from "./support/workbench.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Every cell in its exact form. */
function cells(table: Table): Record<string, unknown[]> {
  return Object.fromEntries(
    table.schema.fields.map(({ name, type }) => {
      const read = columnReader(columnOf(table, name), valueTypeOfArrow(type) as never, { column: name });
      return [name, Array.from({ length: table.numRows }, (_, row) => read(row))];
    }),
  );
}

describe.skipIf(!hasChromium)("the workbench in a repo folder", () => {
  let repo: DriverRepo;
  let server: WorkbenchServer;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    repo = driverRepo();
    [server, browser] = await Promise.all([serveWorkbench(repo), launch()]);
    ({ page, complaints } = await visit(browser, server.url));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    repo?.remove();
  });

  it("offers the definitions, the source's file and the entity rows, and shows the plan", async () => {
    await page.waitForSelector(".reads .read");
    await page.waitForSelector("#build:not([aria-disabled])", { timeout: 60_000 });
    expect(await page.textContent("#definitions .facts")).toContain("drivers");
    expect(await page.textContent("#slot-source-driver_stats")).toContain("1,807 rows");
    expect(await page.textContent("#slot-entities")).toContain("entities.csv");
    expect(await page.locator(".read h4").allTextContents()).toEqual([
      "driver_hourly_stats v1",
      "driver_windows v1",
      "conv_plus v1",
      "squared v1",
    ]);
    expect(await page.locator(".needs li.there code").allTextContents()).toEqual([
      "event_timestamp",
      "driver_id",
      "val_to_add",
    ]);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  });

  it("builds what the command line builds, on-demand features and TypeScript transforms included", async () => {
    await page.check("#provenance");
    await build(page);
    const { name, path } = await downloaded(page, "#export-parquet");
    expect(name).toBe("driver_activity.parquet");
    const ours = join(repo.folder, "ours.parquet");
    copyFileSync(path, ours);
    const theirs = join(repo.folder, "theirs.parquet");
    const run = await edgefeat([
      "historical",
      "--repo",
      repo.folder,
      "--entities",
      repo.entities,
      "--service",
      "driver_activity",
      "--provenance",
      "--out",
      theirs,
    ]);
    expect(run.stderr).not.toContain("error");
    const [a, b] = [await readTableFile(ours), await readTableFile(theirs)];
    expect(a.schema.fields.map(String)).toEqual(b.schema.fields.map(String));
    expect(cells(a)).toStrictEqual(cells(b));
    const squared = cells(a)["trips_squared"] as (number | null)[];
    expect(squared.filter((value) => value !== null).length).toBeGreaterThan(500);
    const [{ metadata }, { metadata: expected }] = [await readSchemaFile(ours), await readSchemaFile(theirs)];
    for (const name of ["features", "request", "registry", "entity_time", "embargo", "version"]) {
      expect(metadata.get(`edgefeat.${name}`)).toBe(expected.get(`edgefeat.${name}`));
    }
    expect(metadata.get("edgefeat.command")).toMatch(/^edgefeat historical .*--service driver_activity/s);
  });

  it("shows the rows with types, nulls told apart, and goes to any of them", async () => {
    const head = await page.locator("table.rows thead th").allTextContents();
    expect(head[1]).toMatch(/^driver_idint64/);
    expect(await page.locator("table.rows tbody tr").count()).toBe(100);
    expect(await page.locator("table.rows td.null").first().textContent()).toBe("null");
    await page.fill("#go-to-row", "950");
    await page.press("#go-to-row", "Enter");
    await page.waitForFunction(() => document.querySelector(".pager .range")?.textContent === "901–1,000 of 1,000");
    expect(await page.getAttribute("table.rows tbody tr:last-child", "aria-rowindex")).toBe("1001");
    expect(await page.isDisabled("#next-rows")).toBe(true);
  });

  it("draws a distribution a feature, each with its numbers as a table", async () => {
    await page.click("#tab-distributions");
    await page.waitForSelector(".chart-card svg");
    expect(await page.locator(".chart-card h3").allTextContents()).toEqual([
      "conv_rate",
      "acc_rate",
      "avg_daily_trips",
      "trips_1d",
      "rate_7d",
      "rows_1h",
      "conv_rate_plus",
      "trips_squared",
    ]);
    for (const figure of await page.locator(".figure").all()) {
      expect(await figure.locator("svg[role=img]").getAttribute("aria-label")).toMatch(/: from /);
      expect(await figure.locator("table tbody tr").count()).toBeGreaterThan(0);
    }
  });

  it("draws the ages of each view's values, every row once, and none negative", async () => {
    await page.click("#tab-ages");
    await page.waitForSelector(".chart-card svg");
    const first = page.locator(".chart-card").first();
    expect(await first.locator("h3").textContent()).toBe("driver_hourly_stats");
    const figures = await first.locator(".figures").textContent();
    expect(figures).not.toContain("−");
    expect(figures).toContain("TTL1 d");
    const counted = await first.locator("table tbody td").allTextContents();
    const missing = /\((\d+)\)/.exec((await first.locator(".null-bar").textContent()) ?? "")?.[1] ?? "0";
    expect(counted.reduce((sum, n) => sum + Number(n), 0) + Number(missing)).toBe(1_000);
  });

  it("audits what it built, and finds nothing", async () => {
    await page.click("#tab-leakage");
    await page.waitForSelector(".audit .callout");
    expect(await page.textContent(".audit .callout")).toMatch(/No leak found/);
  });

  it("audits a training set from elsewhere, and finds its leak", async () => {
    const rows = Array.from({ length: 50 }, (_, i) => {
      const event = i === 7 ? "2022-04-02T00:00:00.000001Z" : "2022-04-01T23:00:00Z";
      return `${1001 + (i % 6)},2022-04-02T00:00:00Z,${i / 100},${event}`;
    });
    const text = `driver_id,event_timestamp,spend,spend__event_time\n${rows.join("\n")}\n`;
    await page.click(".audit.other summary");
    await page.setInputFiles("#audit-choose", { name: "theirs.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await page.waitForSelector("#audit-run");
    expect(await page.inputValue("#audit-time")).toBe("event_timestamp");
    await page.click("#audit-run");
    await page.waitForSelector(".audit.other .finding.bad", { timeout: 60_000 });
    expect(await page.textContent(".audit.other .callout")).toContain("There are leaks");
    expect(await page.textContent(".audit.other .finding.bad")).toMatch(/Leakspend1 of 50 rows/);
  });

  it("sets rows without a time aside when asked to, and hands them over with the reason", async () => {
    const text = "driver_id,event_timestamp,val_to_add\n1001,2022-04-02T00:00:00Z,1\n1002,yesterday,2\n1003,,3\n";
    await page.setInputFiles("#choose-entities", { name: "few.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await page.selectOption("#entity-time", "event_timestamp").catch(() => {});
    await expect(build(page)).rejects.toThrow(/yesterday/);
    await page.check("#set-aside");
    await build(page);
    expect(await page.textContent(".result-head .callout.warn")).toMatch(/2 rows of the entity rows .* set aside/);
    const { path } = await downloaded(page, ".result-head .callout.warn button");
    const aside = readFileSync(path, "utf8");
    expect(aside).toMatch(/^driver_id,event_timestamp,val_to_add,edgefeat_reason\n1002,/);
    expect(await page.locator("table.rows tbody tr").count()).toBe(1);
  });

  it("asks nothing of other hosts, and breaks no rule of its content security policy", () => {
    expect(complaints).toEqual([]);
  });
});
