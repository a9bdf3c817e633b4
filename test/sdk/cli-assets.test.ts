// The static assets on this machine: made from sources once, served as a host of assets would, and bound to a local Worker.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AssetFolder, AssetPart } from "../../sdk/cli/assets/asset-folder.ts";
import { headersFile } from "../../sdk/cli/assets/asset-headers.ts";
import { type AssetServer, startAssetServer } from "../../sdk/cli/assets/index.ts";
import { isUpToDate, type Made, makeAnew } from "../../sdk/cli/assets/made.ts";
import { referenceFiles } from "../../worker/pages/reference.ts";
import { folderWith, serve } from "./cli-harness.ts";
import { REPO } from "./cli-repo.ts";

const root = mkdtempSync(join(tmpdir(), "edgefeat-assets-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** Sends a path as it is, where fetch would tidy it up. */
function send(port: number, path: string, method = "GET", headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((body) => resolve({ status, headers, body }), reject);
    });
    sent.once("error", reject).end();
  });
}

const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

describe("a server of assets", () => {
  const asked: AssetPart[] = [];
  let server: AssetServer;
  beforeAll(async () => {
    write("served/workbench/index.html", "<p>workbench</p>");
    write("served/workbench/workbench.js", "0;");
    write("served/workbench/duckdb-eh.wasm.gz", new Uint8Array(100_000));
    write("served/reference/public/openapi.json", "{}");
    write("served/workbench/.hidden", "hidden");
    write("served/workbench/empty.css", "");
    write("served/secret.txt", "secret");
    write("secret.txt", "secret");
    const folder: AssetFolder = {
      path: join(root, "served"),
      async ensure(part) {
        asked.push(part);
        const docs = "served/reference/public/docs.htm";
        if (part === "reference" && !existsSync(join(root, docs))) write(docs, "made");
      },
    };
    server = await startAssetServer(folder);
  });
  afterAll(() => server.close());

  const FOUND: readonly (readonly [path: string, type: string, bytes: number, isolated: boolean])[] = [
    ["/workbench/", "text/html; charset=utf-8", 16, true],
    ["/workbench/index.html", "text/html; charset=utf-8", 16, true],
    ["/workbench/workbench.js?v=1", "text/javascript; charset=utf-8", 2, true],
    ["/workbench/duckdb-eh.wasm.gz", "application/gzip", 100_000, true],
    ["/workbench/empty.css", "text/css; charset=utf-8", 0, true],
    ["/reference/public/openapi.json", "application/json", 2, false],
    ["/reference/public/docs.htm", "text/html; charset=utf-8", 4, false],
  ];
  it.each(FOUND)("%s: type, tag, length and isolation, by GET and by HEAD", async (path, type, bytes, isolated) => {
    const { status, headers, body } = await send(server.port, path);
    expect([status, headers["content-type"], headers["content-length"]]).toEqual([200, type, String(bytes)]);
    expect(body.length).toBe(bytes);
    expect(headers).toMatchObject({
      "cache-control": "public, max-age=0, must-revalidate",
      "x-content-type-options": "nosniff",
      ...(isolated ? ISOLATION : {}),
    });
    expect("cross-origin-embedder-policy" in headers).toBe(isolated);
    const { date: _, ...told } = headers;
    const head = await send(server.port, path, "HEAD");
    expect(head).toEqual({ status: 200, body: "", headers: expect.objectContaining(told) });
    const etag = String(headers["etag"]);
    for (const known of [etag, `"other", W/${etag}`, "*"]) {
      const again = await send(server.port, path, "GET", { "if-none-match": known });
      expect([again.status, again.body, again.headers["etag"]]).toEqual([304, "", etag]);
    }
    expect((await send(server.port, path, "GET", { "if-none-match": '"other"' })).status).toBe(200);
  });

  it("makes a part when it is asked for, and gives what changed another tag", async () => {
    asked.length = 0;
    const first = await send(server.port, "/workbench/workbench.js");
    expect(asked).toEqual(["workbench"]);
    write("served/workbench/workbench.js", "11;");
    const { headers, body } = await send(server.port, "/workbench/workbench.js");
    expect(body).toBe("11;");
    expect(headers["etag"]).not.toBe(first.headers["etag"]);
  });

  it.each([
    "/",
    "/workbench",
    "/workbench/nothing.js",
    "/workbench/.hidden",
    "/workbench/../secret.txt",
    "/workbench/../../secret.txt",
    "/workbench/%2e%2e/secret.txt",
    "/workbench/..%2fsecret.txt",
    "/workbench//etc/passwd",
    "/workbench/\\..\\secret.txt",
    "/workbench/index.html/more",
    `/workbench/${"x".repeat(5_000)}`,
    "/secret.txt",
    "/reference/public/",
  ])("%s is nothing", async (path) => {
    const { status, headers, body } = await send(server.port, path);
    expect([status, headers["content-type"], body]).toEqual([404, "text/plain; charset=utf-8", "no such file\n"]);
  });

  it("takes no other method", async () => {
    const { status, headers } = await send(server.port, "/workbench/", "POST");
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });

  it("tells why a part can't be made, and goes on", async () => {
    const folder = { path: root, ensure: () => Promise.reject(new Error("it does not compile")) };
    const failing = await startAssetServer(folder);
    for (let i = 0; i < 2; i++) {
      expect(await send(failing.port, "/workbench/")).toMatchObject({ status: 500, body: "it does not compile\n" });
    }
    await failing.close();
    await expect(send(failing.port, "/workbench/")).rejects.toThrow();
  });
});

it("tells Cloudflare of the same headers", () => {
  const lines = headersFile().split("\n");
  expect(lines.slice(0, lines.indexOf("/workbench/*"))).toEqual(["/*", "  x-content-type-options: nosniff"]);
  const isolation = Object.entries(ISOLATION).map(([name, value]) => `  ${name}: ${value}`);
  expect(lines.slice(lines.indexOf("/workbench/*") + 1)).toEqual([...isolation, ""]);
});

describe("what is made from sources", () => {
  let made: Made;
  let times = 0;
  const output = () => readFileSync(join(made.folder, "out"), "utf8");
  beforeAll(() => {
    write("sources/one.ts", "1");
    write("sources/deep/two.ts", "2");
    made = {
      folder: join(root, "made/part"),
      workFolder: join(root, "made-beside/part.1"),
      stampFile: join(root, "made-beside/part.from"),
      sources: [join(root, "sources"), join(root, "sources/one.ts"), join(root, "no-such-source")],
      async make(folder) {
        writeFileSync(join(folder, "out"), String(++times));
      },
    };
  });

  it("is made where there is none, and is up to date until a source changes, comes or goes", async () => {
    expect(isUpToDate(made)).toBe(false);
    await makeAnew(made);
    expect([isUpToDate(made), output()]).toEqual([true, "1"]);
    const changes: (() => void)[] = [
      () => write("sources/deep/two.ts", "3 "),
      () => utimesSync(join(root, "sources/one.ts"), 1, 1),
      () => write("sources/deep/three.ts", ""),
      () => rmSync(join(root, "sources/deep/three.ts")),
      () => rmSync(made.folder, { recursive: true }),
    ];
    for (const [i, change] of changes.entries()) {
      change();
      expect(isUpToDate(made)).toBe(false);
      await makeAnew(made);
      expect([isUpToDate(made), output()]).toEqual([true, String(i + 2)]);
    }
  });

  it("stays what it was when it can't be made again", async () => {
    const before = output();
    const failing = { ...made, make: () => Promise.reject(new Error("no")) };
    await expect(makeAnew(failing)).rejects.toThrow("no");
    expect(output()).toBe(before);
  });

  it("counts as made from what the sources were when it was begun", async () => {
    await makeAnew({
      ...made,
      async make(folder) {
        write("sources/one.ts", "changed meanwhile");
        await made.make(folder);
      },
    });
    expect(isUpToDate(made)).toBe(false);
  });

  it("is whole when two make it at once", async () => {
    await Promise.all([makeAnew(made), makeAnew({ ...made, workFolder: join(root, "made-beside/part.2") })]);
    expect(isUpToDate(made)).toBe(true);
    expect(output()).toBe(String(times));
  });
});

it(
  "`edgefeat serve` answers with the reference of its routes, and with the workbench",
  { timeout: 120_000 },
  async () => {
    const { url } = await serve(["--port", "0"], { cwd: folderWith(REPO) });
    const files = referenceFiles();
    const openApi = await fetch(`${url}/openapi.json`);
    expect([openApi.status, openApi.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await openApi.text()).toBe(files.get("reference/public/openapi.json"));
    const docs = await fetch(`${url}/docs`);
    expect([docs.status, docs.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(await docs.text()).toBe(files.get("reference/public/docs.htm"));
    const page = await fetch(`${url}/workbench`);
    expect([page.status, page.url]).toEqual([200, `${url}/workbench/`]);
    expect(page.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    const engine = await fetch(`${url}/workbench/duckdb-eh.wasm.gz`, { method: "HEAD" });
    expect([engine.status, engine.headers.get("content-type")]).toEqual([200, "application/gzip"]);
    // Nothing else of the folder is to be had.
    expect((await fetch(`${url}/reference/public/docs.htm`)).status).toBe(404);
    expect((await fetch(`${url}/_headers`)).status).toBe(404);
  },
);
