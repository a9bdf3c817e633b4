// The notebook as an analyst uses it: built by Notebook Kit, run in Chromium beside a Worker; and the join in plain HTML.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTable } from "../../offline/datasets/files.ts";
import { reportMissing } from "../support/requirements.ts";
import { buildSite } from "./notebook/build.ts";
import { edgefeat, NOW, repo, serve, START } from "./notebook/commands.ts";
import { serveSite, type Site } from "./notebook/site.ts";
import type { Serving } from "./commands.ts";

const CHROMIUM = "/usr/bin/chromium";
const present = existsSync(CHROMIUM);
if (!present) reportMissing("chromium", "the notebook's tests in Chromium", "apt-get install chromium");

describe.skipIf(!present)("the notebook example", () => {
  const folder = mkdtempSync(join(tmpdir(), "edgefeat-notebook-"));
  let server: Serving;
  let site: Site;
  let browser: Browser;
  beforeAll(async () => {
    server = await serve(0, join(folder, "data"));
    await edgefeat(["apply"]);
    await edgefeat(["materialize", START, NOW]);
    await buildSite(join(folder, "site"));
    const { token } = JSON.parse(await readFile(join(repo, ".edgefeat/serve.json"), "utf8")) as { token: string };
    site = await serveSite({ folder: join(folder, "site"), worker: { url: server.url, token }, port: 0 });
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    site?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a page of the site, and notes every request that leaves it and every error. */
  async function open(path: string): Promise<{ page: Page; strays: string[]; errors: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const strays: string[] = [];
    const errors: string[] = [];
    page.on("request", (request) => {
      if (!/^(?:blob|data):/.test(request.url()) && !request.url().startsWith(site.url)) strays.push(request.url());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(site.url + path);
    return { page, strays, errors };
  }

  it("reads three million flights, registers a feature, joins, plots, exports, and agrees with the Worker", async () => {
    const { page, strays, errors } = await open("");
    await page.waitForFunction(
      () => document.querySelector("#parity") !== null || document.querySelector(".observablehq--error") !== null,
      undefined,
      { timeout: 300_000 },
    );
    expect(await page.locator(".observablehq--error").allTextContents()).toEqual([]);
    expect(await page.locator("#parity").textContent()).toBe("6 of 6 values equal");
    expect(await page.locator("#cell-4").textContent()).toContain("3,000,000 flights, read by duckdb-wasm");
    expect(await page.locator("#cell-8").textContent()).toMatch(
      /late_ratio is at version 1, live everywhere within \d+ ms/,
    );
    expect(await page.locator("#cell-14 svg[aria-label]").count()).toBe(2);

    const download = page.waitForEvent("download");
    await page.locator("#cell-16 a[download]").click();
    const exported = await readTable(new Uint8Array(await readFile(await (await download).path())), "parquet");
    expect(exported.numRows).toBe(20_000);
    expect(exported.schema.fields.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["label", "avg_delay_1h", "late_ratio", "delay__event_time"]),
    );
    expect(strays).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  }, 400_000);

  it("joins in plain HTML, with nothing but this site's files", async () => {
    const { page, strays, errors } = await open("plain.html");
    await page.waitForFunction(() => !/Joining/.test(document.querySelector("#result")?.textContent ?? "Joining"));
    const rows = await page.locator("#result tbody tr").allTextContents();
    expect(rows).toHaveLength(10);
    expect(rows[0]).toContain("2021-04-08 12:00");
    expect(strays).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  }, 120_000);

  it.each([390, 1280])(
    "fits a page %i px wide",
    async (width) => {
      const { page } = await open("plain.html");
      await page.setViewportSize({ width, height: 800 });
      await page.waitForFunction(() => document.querySelector("#result table") !== null, undefined, {
        timeout: 60_000,
      });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.close();
    },
    120_000,
  );
});
