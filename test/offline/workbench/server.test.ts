// What `edgefeat workbench` serves: to this address's own pages alone, nothing but the page and the sources' files, read-only.
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isOurs, startWorkbench, type WorkbenchServer } from "../../../sdk/cli/workbench/server.ts";
import { repoAnswers } from "../../../sdk/cli/workbench/repo-answers.ts";
import { type DriverRepo, driverRepo } from "./support/workbench.ts";

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** The files that this process holds open, as Linux tells. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

describe("the workbench's server", () => {
  let repo: DriverRepo;
  let server: WorkbenchServer;
  let port: number;

  /** As written, where fetch would tidy up the path and refuse the host. */
  function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () =>
          resolve({ status: response.statusCode as number, headers: response.headers, body: Buffer.concat(parts) }),
        );
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  beforeAll(async () => {
    repo = driverRepo(10);
    const page = {
      path: "index.html",
      bytes: async () => Buffer.from('<meta name="edgefeat-host" content="worker" />'),
    };
    server = await startWorkbench({ port: 0, files: [page], repo: await repoAnswers(repo.folder, repo.entities, {}) });
    port = Number(new URL(server.url).port);
  }, 60_000);
  afterAll(async () => {
    await server?.close();
    repo?.remove();
  });

  it("isolates the page, and tells it where it is", async () => {
    const { status, headers, body } = await ask("/");
    expect(status).toBe(200);
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
    expect(headers["cross-origin-embedder-policy"]).toBe("require-corp");
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(body.toString()).toContain('content="repo"');
  });

  it("serves the snapshot, and of the sources the very bytes", async () => {
    const told = JSON.parse((await ask("/repo.json")).body.toString());
    expect(told.snapshot.project).toBe("drivers");
    expect(JSON.stringify(told)).not.toContain(repo.folder);
    expect(told.files.map((file: { url: string }) => file.url)).toEqual([
      "./repo-files/driver_stats",
      "./repo-files/:entities",
    ]);
    const { body } = await ask("/repo-files/driver_stats");
    expect(body.equals(readFileSync(join(repo.folder, "driver_stats.parquet")))).toBe(true);
    expect((await ask("/repo-definitions.js")).headers["content-type"]).toMatch(/^text\/javascript/);
  });

  const refused: [what: string, path: string, headers: Record<string, string>][] = [
    ["a name made to point here (DNS rebinding)", "/repo.json", { host: "evil.test" }],
    ["that name with our port", "/repo.json", { host: "evil.test:8790" }],
    ["another site's script", "/repo.json", { origin: "https://evil.test" }],
    ["another site's script without an origin", "/repo-files/driver_stats", { "sec-fetch-site": "cross-site" }],
    ["another port of this machine", "/repo.json", { "sec-fetch-site": "same-site" }],
    [
      "a visit from another site to a file",
      "/repo-files/driver_stats",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    ],
  ];
  it.each(refused)("refuses %s", async (_what, path, headers) => {
    expect((await ask(path, headers)).status).toBe(403);
  });

  it.each([
    ["localhost", 80, true],
    ["127.0.0.1", 80, true],
    ["localhost", 8080, false],
    ["rebound.example", 80, false],
  ])("takes the host %s on port %i: %s", (host, port, ours) => {
    expect(isOurs({ headers: { host }, url: "/" }, port)).toBe(ours);
  });

  it("lets a link from elsewhere lead to the page", async () => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect((await ask("/", headers)).status).toBe(200);
  });

  it.each([
    "/../edgefeat.config.ts",
    "/repo-files/../features.ts",
    "/repo-files/..%2ffeatures.ts",
    "/features.ts",
    "/repo-files/",
    "/%",
  ])("has nothing at %s", async (path) => {
    expect([400, 404]).toContain((await ask(path)).status);
  });

  it.runIf(process.platform === "linux")(
    "closes a source's file when the page goes away in the middle of it",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "edgefeat-server-"));
      const large = join(folder, "large");
      writeFileSync(large, Buffer.alloc(32 * 1024 * 1024));
      const answers = { describe: async () => ({}), definitions: async () => "", path: () => large };
      const one = await startWorkbench({ port: 0, files: [], repo: answers });
      const asked = request(`${one.url}repo-files/large`).on("error", () => {});
      const [response] = (await once(asked.end(), "response")) as [IncomingMessage];
      await once(response, "readable");
      const isOpen = () => openFiles().includes(large);
      expect(isOpen()).toBe(true);
      response.destroy();
      await expect.poll(isOpen).toBe(false);
      await one.close();
      rmSync(folder, { recursive: true });
    },
  );

  it("can only be read", async () => {
    expect((await ask("/repo-files/driver_stats", {}, "PUT")).status).toBe(405);
    const head = await ask("/repo-files/driver_stats", {}, "HEAD");
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });

  it("listens on this machine's own address alone", () => {
    expect(new URL(server.url).hostname).toBe("127.0.0.1");
  });

  it("says that a port is taken", async () => {
    await expect(startWorkbench({ port, files: [], repo: null })).rejects.toMatchObject({ code: "server_failed" });
  });
});
