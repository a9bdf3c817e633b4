// The workbench beside a Worker's API: the registry by a token, files from the user; without isolation, on one thread.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { workbenchFiles } from "../../../offline/workbench/build.ts";
import { loadConfig } from "../../../sdk/cli/load/config.ts";
import { loadSnapshot } from "../../../sdk/cli/load/registry.ts";
import { build, type DriverRepo, driverRepo, hasChromium, launch, visit } from "./support/workbench.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const TOKEN = "eft_right";
const TYPES: Record<string, string> = { html: "text/html", css: "text/css", js: "text/javascript" };

describe.skipIf(!hasChromium)("the workbench beside a Worker", () => {
  let repo: DriverRepo;
  let server: Server;
  let browser: Browser;
  let page: Page;
  /** What was applied; null: nothing yet. */
  let registry: string | null = null;
  let registryText: string;

  beforeAll(async () => {
    repo = driverRepo(50);
    const { snapshot, registry: hash } = await loadSnapshot(await loadConfig(repo.folder), "definitions", {});
    const files = new Map((await workbenchFiles({ level: 1 })).map((file) => [`/workbench/${file.path}`, file]));
    const answer = async (
      url: string,
      authorization: string | undefined,
    ): Promise<[number, string, string | Uint8Array]> => {
      if (url === "/v1/registry") {
        if (authorization !== `Bearer ${TOKEN}`) return [401, "application/problem+json", '{"code":"unauthorized"}'];
        if (registry !== null) return [200, "application/json", registry];
        return [
          404,
          "application/problem+json",
          '{"code":"registry_not_found","detail":"nothing was applied","hint":"run edgefeat apply"}',
        ];
      }
      const path = url === "/workbench/" ? "/workbench/index.html" : url;
      const bytes = await files.get(path)?.bytes();
      return bytes === undefined
        ? [404, "text/plain", ""]
        : [200, TYPES[path.replace(/.*\./, "")] ?? "application/octet-stream", bytes];
    };
    server = createServer((request, response) => {
      void (async () => {
        const [status, type, body] = await answer(request.url ?? "", request.headers.authorization);
        response.writeHead(status, { "content-type": type });
        response.end(body);
      })();
    }).listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    browser = await launch();
    ({ page } = await visit(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/workbench/`));
    registryText = JSON.stringify({ registry: hash, snapshot });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    repo?.remove();
  });

  it("asks for a token, refuses a wrong one, and says what the server says", async () => {
    await page.waitForSelector("#token");
    expect(await page.locator("#definitions .callout.bad").count()).toBe(0);
    await page.fill("#token", "wrong");
    await page.press("#token", "Enter");
    await expect.poll(() => page.locator("#definitions .callout.bad").textContent()).toContain("The token was refused");
    await page.fill("#token", TOKEN);
    await page.press("#token", "Enter");
    await expect.poll(() => page.locator("#definitions .callout.bad").textContent()).toContain("Nothing was applied");
    expect(
      (await page.locator("#form-file").count()) + (await page.locator("#definitions .callout.note").count()),
    ).toBeGreaterThan(0);
  });

  it("takes the registry by the token, and keeps the token nowhere", async () => {
    registry = registryText;
    await page.reload();
    await page.waitForSelector("#token");
    await page.fill("#token", TOKEN);
    await page.press("#token", "Enter");
    await page.waitForSelector("#definitions .facts");
    expect(await page.locator("#token").count()).toBe(0);
    const stored = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    );
    expect(stored).not.toContain(TOKEN);
  });

  it("says that a TypeScript transform is not in the registry, and joins all else from dropped files", async () => {
    await expect.poll(() => page.locator("#features .callout.bad").textContent()).toContain("TypeScript transform");
    await page.check("#service-none");
    await page.check("#all-driver_hourly_stats");
    await page.waitForSelector("#slot-source-driver_stats");
    await page.setInputFiles("#choose-source-driver_stats", join(repo.folder, "driver_stats.parquet"));
    await page.setInputFiles("#choose-entities", {
      name: "rows.csv",
      mimeType: "text/csv",
      buffer: readFileSync(repo.entities),
    });
    await build(page);
    expect(await page.locator("table.rows tbody tr").count()).toBe(50);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await page.textContent(".result-head .facts")).not.toContain("2 threads");
  });
});
