// The workbench for everyone: by keyboard alone, by what screen readers are told, from a phone to a desktop, by day and night.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { WorkbenchServer } from "../../../sdk/cli/workbench/server.ts";
import { build, type DriverRepo, driverRepo, hasChromium, launch, serveWorkbench, visit } from "./support/workbench.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TABS = [
  ["plan", ".read"],
  ["table", "table.rows"],
  ["distributions", ".chart-card svg"],
  ["ages", ".chart-card svg"],
  ["leakage", ".audit .callout"],
] as const;

/** Returns what axe finds wrong, each with where. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate<AxeResults>("axe.run(document)");
  return found.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map(({ target }) => target.join(" "))
        .slice(0, 3)
        .join(", ")}`,
  );
}

describe.skipIf(!hasChromium)("the workbench for everyone", () => {
  let repo: DriverRepo;
  let server: WorkbenchServer;
  let browser: Browser;

  beforeAll(async () => {
    repo = driverRepo(200);
    [server, browser] = await Promise.all([serveWorkbench(repo), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    repo?.remove();
  });

  describe("with a training set", () => {
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      ({ page, complaints } = await visit(browser, server.url));
      await build(page);
      // Each is computed when it is first looked at.
      for (const [tab, there] of TABS) {
        await page.click(`#tab-${tab}`);
        await page.waitForSelector(there, { timeout: 60_000 });
      }
    });
    afterAll(() => page?.close());

    it.each([
      [360, "light"],
      [360, "dark"],
      [1_280, "light"],
      [1_280, "dark"],
    ] as const)("at %s px, %s: no tab is cut off, and axe finds nothing", async (width, colorScheme) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(background).toBe(colorScheme === "dark" ? "rgb(14, 17, 21)" : "rgb(245, 246, 248)");
      for (const [tab, there] of TABS) {
        await page.click(`#tab-${tab}`);
        await page.waitForSelector(there);
        const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
        expect([tab, scrollWidth]).toEqual([tab, clientWidth]);
        expect([tab, await violations(page)]).toEqual([tab, []]);
      }
      expect(complaints).toEqual([]);
    });
  });

  it("is gone through by keyboard alone: from the skip link to the exported file", async () => {
    const { page } = await visit(browser, server.url);
    await page.waitForSelector("#build:not([aria-disabled])", { timeout: 60_000 });
    const focus = () =>
      page.evaluate(() => {
        const at = document.activeElement as HTMLElement;
        return at.id || at.textContent.slice(0, 40);
      });
    await page.keyboard.press("Tab");
    expect(await focus()).toBe("Skip to plan and result");
    const order: string[] = [];
    for (let i = 0; i < 40 && order.at(-1) !== "build"; i++) {
      await page.keyboard.press("Tab");
      order.push(await focus());
    }
    // In the order of the steps.
    const marks = [
      "other-definitions",
      "keep",
      "service-driver_activity",
      "entity-time",
      "embargo",
      "as-known-at",
      "full-names",
      "build",
    ];
    expect(order.filter((id) => marks.includes(id))).toEqual(marks);
    await page.keyboard.press("Enter");
    await page.waitForSelector("table.rows", { timeout: 120_000 });
    expect(await page.textContent("#announcer")).toMatch(/^Done: 200 rows in/);
    expect(await focus()).toBe("build");
    await page.keyboard.press("Tab");
    expect(await focus()).toBe("export-parquet");
    const download = page.waitForEvent("download", { timeout: 60_000 });
    await page.keyboard.press("Enter");
    expect((await download).suggestedFilename()).toBe("driver_activity.parquet");
    for (let i = 0; i < 5 && !(await focus()).startsWith("tab-"); i++) await page.keyboard.press("Tab");
    expect(await focus()).toBe("tab-table");
    await page.keyboard.press("ArrowRight");
    expect(await focus()).toBe("tab-distributions");
    await page.keyboard.press("End");
    expect(await focus()).toBe("tab-leakage");
    expect(await page.getAttribute("#tab-leakage", "aria-selected")).toBe("true");
    await page.close();
  });

  it("keeps the focus where it was while choices change the page around it", async () => {
    const { page } = await visit(browser, server.url);
    await page.waitForSelector("#service-none");
    await page.focus("#service-none");
    await page.keyboard.press("Space");
    await page.waitForSelector("#filter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("service-none");
    await page.focus("#filter");
    await page.keyboard.type("conv");
    expect(await page.inputValue("#filter")).toBe("conv");
    expect(await page.locator(".picker .feature").count()).toBe(2);
    await page.check('[id="pick-driver_hourly_stats:conv_rate"]');
    await page.waitForSelector(".read");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("pick-driver_hourly_stats:conv_rate");
    await page.close();
  });
});
