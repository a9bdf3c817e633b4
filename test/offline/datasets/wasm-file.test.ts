// A wasm module from a server: as it is, gzipped as a file, gzipped on the way; and what is none.
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type DownloadProgress, wasmFile } from "../../../offline/datasets/index.ts";

const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const ADDRESS = "http://127.0.0.1/duckdb.wasm.gz";

async function get(body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, status = 200) {
  const progress: DownloadProgress[] = [];
  const blob = await wasmFile(ADDRESS, {
    fetch: async () => new Response(body, { status, headers }),
    onProgress: (each) => progress.push({ ...each }),
  });
  return { bytes: new Uint8Array(await blob.arrayBuffer()), type: blob.type, last: progress.at(-1) };
}

describe("a wasm file", () => {
  const gzipped = Uint8Array.from(gzipSync(MODULE));

  it.each([
    ["as it is", MODULE, { "content-length": "8" }, { loadedBytes: 8, totalBytes: 8 }],
    [
      "stored gzipped",
      gzipped,
      { "content-length": `${gzipped.length}` },
      { loadedBytes: gzipped.length, totalBytes: gzipped.length },
    ],
    // fetch has inflated it; the length is of what came.
    [
      "gzipped on the way",
      MODULE,
      { "content-length": "30", "content-encoding": "gzip" },
      { loadedBytes: 8, totalBytes: null },
    ],
    ["of unknown length", MODULE, {}, { loadedBytes: 8, totalBytes: null }],
  ])("%s is the module, with its progress", async (_, body, headers, last) => {
    expect(await get(body, headers)).toEqual({ bytes: MODULE, type: "application/wasm", last });
  });

  it.each([
    ["a missing one", MODULE, 404, /404/],
    ["a page", Uint8Array.from(new TextEncoder().encode("<!doctype html>")), 200, /no wasm module/],
    ["half of a gzipped one", gzipped.slice(0, 12), 200, /duckdb\.wasm\.gz can't be used/],
    ["nothing", new Uint8Array(0), 200, /no wasm module/],
  ])("%s is engine_unavailable, by its URL", async (_, body, status, message) => {
    await expect(get(body, {}, status)).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });

  it("a server that can't be reached is too, and a cancelled download is cancelled", async () => {
    const refused = wasmFile(ADDRESS, { fetch: () => Promise.reject(new TypeError("fetch failed")) });
    await expect(refused).rejects.toMatchObject({ code: "engine_unavailable" });
    const controller = new AbortController();
    const fetch = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((__, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      });
    const cancelled = wasmFile(ADDRESS, { fetch, signal: controller.signal });
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
  });
});
