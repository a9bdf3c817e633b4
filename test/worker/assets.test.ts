// The files that come with the Worker: who gets them, and what is answered where they are not bound.
import { describe, expect, it } from "vitest";
import type { Assets } from "../../worker/assets.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { memoryAssets } from "./support/assets.ts";
import { type Harness, harness, NO_HEADER } from "./support/harness.ts";

const NO_TOKEN = { authorization: NO_HEADER };
const PAGE = "<p>the workbench</p>";

async function ask(h: Harness, path: string, method = "GET"): Promise<Response> {
  return h.app.fetch(new Request(`http://edgefeat.test${path}`, { method }));
}

describe("with files", () => {
  const h = harness(new MemoryStore(), {
    publicReads: false,
    assets: memoryAssets({ "workbench/": PAGE, "workbench/a/b.js": "0;" }),
  });

  it.each(["/openapi.json", "/docs"])("%s is for who may read, in the edition for that", async (path) => {
    expect((await h.send("GET", path, undefined, NO_TOKEN)).status).toBe(401);
    const text = async (publicReads: boolean) => {
      const response = await h
        .isolate({ publicReads })
        .app.fetch(
          new Request(`http://edgefeat.test${path}`, { headers: { authorization: "Bearer test-token-0123456789" } }),
        );
      expect(response.status).toBe(200);
      return response.text();
    };
    expect(await text(true)).not.toBe(await text(false));
  });

  it("the workbench is open to all, because browsers send no token for a page", async () => {
    const page = await ask(h, "/workbench/");
    expect([page.status, await page.text()]).toEqual([200, PAGE]);
    expect(await (await ask(h, "/workbench/a/b.js")).text()).toBe("0;");
    const moved = await ask(h, "/workbench");
    expect([moved.status, moved.headers.get("location")]).toEqual([308, "/workbench/"]);
  });

  it.each([
    ["GET", "/workbench/nothing.js"],
    ["HEAD", "/workbench/nothing.js"],
    ["POST", "/workbench/"],
    ["GET", "/workbenchmark"],
    ["GET", "/reference/public/openapi.json"],
  ])("%s %s: a problem like any other path's", async (method, path) => {
    const response = await ask(h, path, method);
    expect([response.status, response.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
  });
});

describe("without files", () => {
  it.each([
    ["no binding", null],
    ["an empty folder", { fetch: async () => new Response(null, { status: 404 }) }],
  ] satisfies [string, Assets | null][])("%s: a 501 that says how to bind them", async (_what, assets) => {
    const h = harness(new MemoryStore(), { assets });
    for (const path of ["/openapi.json", "/docs"]) {
      const { status, json } = await h.send("GET", path);
      expect([status, json.code, json.hint]).toEqual([501, "assets_not_bound", expect.stringContaining("[assets]")]);
    }
    const page = await ask(h, "/workbench/");
    expect(page.status).toBe(assets === null ? 501 : 404);
    expect(h.internal).toEqual([]);
  });

  it("a host of files that fails is an internal error, told without its words", async () => {
    const assets = { fetch: async () => new Response("at /home/somebody", { status: 500 }) };
    const h = harness(new MemoryStore(), { assets });
    const { status, json, text } = await h.send("GET", "/docs");
    expect([status, json.code]).toEqual([500, "internal_error"]);
    expect(text).not.toContain("somebody");
    expect(h.internal).toHaveLength(1);
  });
});
