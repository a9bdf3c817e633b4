// The event log's places, held to one suite: a folder, an object store, and the tests' own in memory.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderLog } from "../../../offline/log/folder.ts";
import { s3Log } from "../../../offline/log/s3.ts";
import { logFilesConformance } from "../../conformance/log-files.ts";
import { memoryLogFiles } from "../../support/log-files.ts";
import { type S3Server, startS3Server } from "../datasets/s3-server.ts";

const root = mkdtempSync(join(tmpdir(), "edgefeat-log-"));
let folders = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

logFilesConformance("memory", async () => memoryLogFiles());
logFilesConformance("a folder", async () => folderLog(join(root, String(folders++), "log")));

const keys = { accessKeyId: "id", secretAccessKey: "secret", region: "auto" };
let server: S3Server;
beforeAll(async () => {
  server = await startS3Server(keys);
});
afterAll(() => server.close());

const connection = (fetcher: typeof fetch = fetch) => ({
  ...keys,
  endpoint: server.url,
  now: () => new Date(),
  http: { fetch: (url: string, init: RequestInit) => fetcher(url, init), wait: async () => {} },
});

logFilesConformance("an object store", async () => {
  server.objects.clear();
  server.objects.set("bucket/elsewhere", new Uint8Array(1));
  return s3Log(connection(), "bucket", "logs/");
});

describe("an object store that fails", () => {
  it("knows its own object where an answer was lost, and no other's", async () => {
    server.objects.clear();
    server.objects.set("bucket/elsewhere", new Uint8Array(1));
    let lost = 0;
    // The object is written, and the answer never comes.
    const losing: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      if (init?.method === "PUT" && lost++ === 0) throw new TypeError("the connection was lost");
      return response;
    };
    const files = s3Log(connection(losing), "bucket", "");
    expect(await files.putNew("a/x", new Uint8Array([1, 2]))).toBe(true);
    lost = 0;
    expect(await files.putNew("a/x", new Uint8Array([1, 3]))).toBe(false);
  });

  it("says that it may not write", async () => {
    const files = s3Log({ ...connection(), secretAccessKey: "wrong" }, "bucket", "");
    await expect(files.putNew("a/y", new Uint8Array(1))).rejects.toMatchObject({ code: "file_unreadable" });
  });
});
