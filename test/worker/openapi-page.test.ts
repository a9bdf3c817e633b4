// The API's page: complete, self-contained, and readable on a phone and a desktop, by day and night, with a keyboard alone.
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenApi } from "../../worker/pages/openapi-document.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { reportMissing } from "../support/requirements.ts";
import { harness } from "./support/harness.ts";

const CHROMIUM = "/usr/bin/chromium";
const h = harness(new MemoryStore());

async function pageText(): Promise<{ html: string; headers: Headers }> {
  const response = await h.app.fetch(new Request("http://edgefeat.test/docs"));
  expect(response.status).toBe(200);
  return { html: await response.text(), headers: response.headers };
}

describe("as text", () => {
  it("tells of every operation and schema, and each of its links leads somewhere", async () => {
    const { html } = await pageText();
    const document = (await h.send("GET", "/openapi.json")).json as OpenApi;
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { operationId, responses }] of Object.entries(methods)) {
        expect(ids).toContain(operationId);
        expect(html).toContain(`<h2><code>${method.toUpperCase()} ${path}</code></h2>`);
        for (const status of Object.keys(responses)) expect(html).toContain(`<code>${status}</code>`);
      }
    }
    for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(name);
    const links = [...html.matchAll(/ href="([^"]+)"/g)].map(([, href]) => href as string);
    expect(links.filter((href) => !href.startsWith("#"))).toEqual(["openapi.json"]);
    expect(links.filter((href) => href.startsWith("#") && !ids.includes(href.slice(1)))).toEqual([]);
  });

  it("holds no script and loads nothing, and its answer forbids both", async () => {
    const { html, headers } = await pageText();
    expect(html).not.toMatch(/<script|<link|<img|<iframe|url\(|@import|https?:|\son\w+=/i);
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; style-src 'unsafe-inline'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});

const present = existsSync(CHROMIUM);
if (!present) reportMissing("chromium", "the API page's tests in Chromium", "apt-get install chromium");

describe.skipIf(!present)("in Chromium", () => {
  let server: Server;
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      void (async () => {
        const answer = await h.app.fetch(new Request(`http://edgefeat.test${request.url}`));
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        response.end(await answer.text());
      })();
    }).listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const views = [
    [390, "light"],
    [390, "dark"],
    [1_280, "light"],
    [1_280, "dark"],
  ] as const;
  it.each(views)("at %s px, %s: nothing is cut off, and all of it has contrast", async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("request", (request) => said.push(request.url()));
    await page.goto(`${url}/docs`);
    expect(said.filter((text) => !text.endsWith("/docs") && !text.includes("favicon"))).toEqual([]);
    const { scrollWidth, clientWidth } = await page.evaluate(() => globalThis.document.documentElement);
    expect(scrollWidth).toBe(clientWidth);
    expect(await poorContrasts(page)).toEqual([]);
    await page.close();
  });

  it("is gone through by Tab: its first link is openapi.json, and the next ones lead to each operation", async () => {
    const page = await browser.newPage();
    await page.goto(`${url}/docs`);
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press("Tab");
      seen.push(
        await page.evaluate(() => {
          const { activeElement } = globalThis.document;
          const outline = activeElement === null ? "none" : getComputedStyle(activeElement).outlineStyle;
          return [activeElement?.getAttribute("href"), outline !== "none"];
        }),
      );
    }
    expect(seen).toEqual([
      ["openapi.json", true],
      ["#postFeatures", true],
      ["#getFeatures", true],
    ]);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => globalThis.location.hash)).toBe("#getFeatures");
    await page.close();
  });
});

/** Returns the colours of texts that WCAG's AA finds too faint on what is behind them. */
async function poorContrasts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { document } = globalThis;
    const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (probe === null) throw new Error("no canvas");
    /** What a pixel becomes by painting these colours one over another. */
    const painted = (colors: readonly string[]): readonly number[] => {
      for (const color of colors) {
        probe.fillStyle = color;
        probe.fillRect(0, 0, 1, 1);
      }
      return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const luminance = (color: readonly number[]): number => {
      const [r = 0, g = 0, b = 0] = color.map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behindAll =
      getComputedStyle(document.documentElement).colorScheme.includes("dark") &&
      matchMedia("(prefers-color-scheme: dark)").matches
        ? "#121212"
        : "#fff";
    const poor = new Set<string>();
    for (const element of document.querySelectorAll("h1,h2,h3,p,a,small,code,pre,dd,dt")) {
      const behind: string[] = [];
      for (let at: Element | null = element; at !== null; at = at.parentElement)
        behind.unshift(getComputedStyle(at).backgroundColor);
      const { color } = getComputedStyle(element);
      const [dark = 0, light = 0] = [
        luminance(painted([behindAll, ...behind])),
        luminance(painted([behindAll, ...behind, color])),
      ].toSorted((a, b) => a - b);
      if ((light + 0.05) / (dark + 0.05) < 4.5) poor.add(`${element.localName} ${color}`);
    }
    return [...poor];
  });
}
