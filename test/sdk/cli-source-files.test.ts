// Sources by their paths: what is no place of a file, and a server that never answers.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { sourceFiles } from "../../sdk/cli/load/source-files.ts";
import { sourceStamp } from "../../sdk/cli/load/sources.ts";
import type { SourceSpec } from "../../sdk/registry/index.ts";

const sourceAt = (path: string) => ({ name: "s", format: "csv", path }) as SourceSpec;

it.each([
  ["https://", /^"https:\/\/" is no URL$/],
  ["https://me:s3cret@host.invalid/x.csv", /^https:\/\/host\.invalid\/x\.csv can't be read: its URL has a user name/],
  ["gs://bucket/x.csv", /^source "s": "gs:\/\/bucket\/x\.csv" can't be read$/],
])("%s is refused as what it is", async (path, message) => {
  await expect(sourceFiles(sourceAt(path), { repo: "/", env: {} })).rejects.toMatchObject({
    code: "definition_invalid",
    message: expect.stringMatching(message),
    hint: expect.any(String),
  });
});

it("Ctrl-C is heard while a server lets a source's state be waited for", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const path = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/x.csv`;
  const interrupt = new AbortController();
  const stamp = sourceStamp("/", sourceAt(path), interrupt.signal);
  await once(silent, "request");
  interrupt.abort();
  await expect(stamp).rejects.toMatchObject({ code: "cancelled" });
  silent.close();
});

it("a server that tells nothing of a file's state gives it no stamp, so that nothing is resumed on its size alone", async () => {
  let headers: Record<string, string> = {};
  const server = createServer((_, response) => response.writeHead(200, headers).end("id,x\n1,2\n")).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const source = sourceAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x.csv`);
  const stamp = () => sourceStamp("/", source, new AbortController().signal);
  expect(await stamp()).toBeNull();
  headers = { etag: '"1"' };
  const first = await stamp();
  headers = { etag: '"2"' };
  expect(await stamp()).not.toBe(first);
  server.close();
  server.closeAllConnections();
});
