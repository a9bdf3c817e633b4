// The workbench without a repo: two dropped files and a form; what is kept between visits; files and engines that fail.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readTableFile } from "../../../offline/datasets/files.ts";
import type { WorkbenchServer } from "../../../sdk/cli/workbench/server.ts";
import { build, downloaded, entityCsv, hasChromium, launch, serveWorkbench, visit } from "./support/workbench.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const STATS = join(import.meta.dirname, "../../fixtures/driver_stats.parquet");

describe.skipIf(!hasChromium)("the workbench with dropped files", () => {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-dropped-"));
  const entities = join(folder, "rows.csv");
  let server: WorkbenchServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    writeFileSync(entities, entityCsv(300));
    [server, browser] = await Promise.all([serveWorkbench(null), launch()]);
    context = await browser.newContext();
    ({ page, complaints } = await visit(context, server.url));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("tells of a file that it can't read what and why, and goes on", async () => {
    const bad: [name: string, content: Buffer, words: RegExp][] = [
      ["notes.txt", Buffer.from("hello"), /ending of "notes.txt" names no format/],
      ["empty.csv", Buffer.alloc(0), /empty.csv is empty/],
      ["cut.parquet", readFileSync(STATS).subarray(0, 20_000), /cut.parquet can't be read as Parquet: .*cut off/],
      [
        "mislabelled.parquet",
        Buffer.from("driver_id,conv_rate\n1,2\n"),
        /mislabelled.parquet can't be read as Parquet/,
      ],
      ["encrypted.parquet", Buffer.from("PARE0123456789PARE"), /encrypted/],
    ];
    for (const [name, buffer, words] of bad) {
      await page.setInputFiles("#files", { name, mimeType: "application/octet-stream", buffer });
      const box = page.locator(".file", { hasText: name }).locator(".callout.bad");
      await expect.poll(() => box.textContent(), { timeout: 60_000 }).toMatch(words);
      await page.click(`[aria-label="Remove ${name}"]`);
    }
    expect(await page.locator(".file").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("makes a view of a dropped file by a form that guesses well", async () => {
    await page.setInputFiles("#files", STATS);
    await page.waitForSelector("#form-view", { timeout: 60_000 });
    expect(await page.inputValue("#form-view")).toBe("driver_stats");
    expect(await page.inputValue("#form-eventTime")).toBe("event_timestamp");
    expect(await page.inputValue("#form-createdTime")).toBe("created");
    expect(await page.inputValue("#form-column-driver_id")).toBe("key");
    expect(await page.inputValue("#form-column-conv_rate")).toBe("feature");
    await page.fill("#form-ttl", "a day");
    await page.click("#use-view");
    await page.waitForSelector("#view-form .callout.bad");
    expect(await page.textContent("#view-form .callout.bad")).toMatch(/"a day" is not a duration/i);
    await page.fill("#form-ttl", "1d");
    await page.selectOption("#form-column-acc_rate", "none");
    await page.click("#use-view");
    await page.waitForSelector(".reads .read");
    expect(await page.textContent(".outputs")).toContain("conv_rate");
    expect(await page.textContent("#definitions pre")).toContain('featureView("driver_stats"');
  });

  it("joins it to entity rows", async () => {
    expect(await page.textContent("#obstacles")).toContain("choose the file with the entity rows");
    await page.setInputFiles("#choose-entities", entities);
    await build(page);
    const { path } = await downloaded(page, "#export-csv");
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines.length).toBe(301);
    expect(lines[0]).toBe("driver_id,event_timestamp,val_to_add,city,label,conv_rate,avg_daily_trips");
    const arrow = await downloaded(page, "#export-arrow");
    const copy = join(folder, "copy.arrow");
    writeFileSync(copy, readFileSync(arrow.path));
    expect((await readTableFile(copy)).numRows).toBe(300);
  });

  it("says that what is shown is older than the choices", async () => {
    await page.fill("#embargo", "soon");
    expect(await page.getAttribute("#embargo", "aria-invalid")).toBe("true");
    await page.fill("#embargo", "6h");
    await page.waitForSelector(".result-head .tag.warn");
    expect(await page.textContent("#build")).toBe("Build it again");
  });

  it("is cancelled within seconds, and keeps every choice", async () => {
    // At once: the join takes less than a browser's next frame.
    await page.evaluate(async () => {
      document.querySelector<HTMLElement>("#build")?.click();
      await Promise.resolve();
      document.querySelector<HTMLElement>("#cancel")?.click();
    });
    await page.waitForSelector("#build", { timeout: 20_000 });
    expect(await page.textContent("#announcer")).toMatch(/^Cancelled/);
    expect(await page.locator("#run .callout").count()).toBe(0);
    expect(await page.inputValue("#embargo")).toBe("6h");
    expect(await page.textContent("#slot-entities")).toContain("rows.csv");
  });

  it("outlives the end of its worker: the next build starts another", async () => {
    const session = page.workers().find((worker) => worker.url().endsWith("/session.js"));
    await session?.evaluate(
      () =>
        void setTimeout(() => {
          throw new Error("boom");
        }),
    );
    await page.waitForTimeout(500);
    await build(page);
    expect(await page.locator("table.rows tbody tr").count()).toBe(100);
    complaints.length = 0;
  });

  it("takes up files and choices at the next visit", async () => {
    await page.waitForSelector("#forget");
    expect(await page.textContent("#forget")).toMatch(/^Forget \d+(\.\d)? kB$/);
    await page.waitForTimeout(500);
    await page.close();
    ({ page, complaints } = await visit(context, server.url));
    await page.waitForSelector("#build:not([aria-disabled])", { timeout: 60_000 });
    expect(await page.textContent("#slot-entities")).toContain("rows.csv");
    expect(await page.inputValue("#embargo")).toBe("6h");
    expect(await page.textContent(".outputs")).not.toContain("acc_rate");
    await build(page);
  });

  it("forgets on demand", async () => {
    await page.click("#forget");
    await page.waitForSelector("#forget", { state: "detached" });
    const kept = await page.evaluate(async () => {
      const names: string[] = [];
      for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
      return names;
    });
    expect(kept).toEqual([]);
    await page.close();
    ({ page } = await visit(context, server.url));
    expect(await page.locator(".file").count()).toBe(0);
  });
});
