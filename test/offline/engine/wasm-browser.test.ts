// DuckDB-WASM in real Chromium: the engine's suite in a page, on one thread and on two, and what is a page's own.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DownloadProgress } from "../../../offline/datasets/index.ts";
import { engineCases } from "../../conformance/engine/cases.ts";
import { type BrowserPage, hasChromium, openPage } from "../../support/browser-page.ts";
import { reportMissing } from "../../support/requirements.ts";

const MINUTE = 120_000;

interface Watched {
  name: string;
  first: DownloadProgress;
  last: DownloadProgress;
}

const FILES = `{
  worker: "duckdb-browser-eh.worker.js",
  wasm: "duckdb-eh.wasm.gz",
  isolated: {
    worker: "duckdb-browser-coi.worker.js",
    wasm: "duckdb-coi.wasm.gz",
    pthreadWorker: "duckdb-browser-coi.pthread.worker.js",
  },
}`;

const SUITE = `
  import { openBrowserEngine } from "edgefeat/offline";
  import { engineCases } from "./test/conformance/engine/cases.ts";
  const open = (options) => openBrowserEngine({ ...${FILES}, ...options });
  let engine;
  globalThis.start = async () => (engine = await open()).name;
  globalThis.run = (name) => engineCases.find((each) => each.name === name).run({ engine, open, builtIns: false });
`;

/** In DuckDB's place: takes a view of its memory, lets it grow, reads beyond the view, and answers with what it saw. */
const GROWER = `
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
  const view = new Uint8Array(memory.buffer);
  memory.grow(1);
  new Uint8Array(memory.buffer).fill(7);
  const read = [view.subarray(65_530, 65_540), view.subarray(70_000, 70_003), view.subarray(1, 3), view.subarray(65_534)];
  onmessage = ({ data }) => postMessage({
    requestId: data.messageId,
    type: "ERROR",
    data: { name: "Error", message: read.map((part) => part.join("")).join(" ") },
  });
`;

if (!hasChromium) reportMissing("chromium", "the engine's suite in Chromium", "apt-get install chromium");

describe.skipIf(!hasChromium).each([
  ["one thread", false, /^duckdb-wasm \d+\.\d+\.\d+$/],
  ["two threads, cross-origin isolated", true, /^duckdb-wasm \d+\.\d+\.\d+, 2 threads$/],
])("DuckDB-WASM in Chromium, %s, as an engine", (_, isolated, name) => {
  let opened: BrowserPage;
  let started: string;
  beforeAll(async () => {
    opened = await openPage(SUITE, { isolated });
    started = await opened.page.evaluate("globalThis.start()");
  }, MINUTE);
  afterAll(() => opened?.close());

  it("says what it is", () => {
    expect(started).toMatch(name);
  });

  it.each(engineCases.map((each) => each.name))(
    "%s",
    (each) => expect(opened.page.evaluate(`globalThis.run(${JSON.stringify(each)})`)).resolves.toBeUndefined(),
    MINUTE,
  );

  it("asked nobody but its own site", () => {
    expect(opened.requests.filter((url) => !url.replace(/^blob:/, "").startsWith(opened.url))).toEqual([]);
  });
});

describe.skipIf(!hasChromium)("opening an engine in Chromium", () => {
  let opened: BrowserPage;
  beforeAll(async () => {
    opened = await openPage(
      `
      import { openBrowserEngine } from "edgefeat/offline";
      globalThis.opening = (options) => openBrowserEngine({ ...${FILES}, isolated: undefined, ...options }).then(
        async (engine) => {
          await engine.close();
          return engine.name;
        },
        ({ code, message, hint }) => ({ code, message, hint }),
      );
      globalThis.watched = async (wasm) => {
        const progress = [];
        const name = await globalThis.opening({ wasm, onProgress: (each) => progress.push(each) });
        return { name, first: progress[0], last: progress.at(-1) };
      };
    `,
      {
        isolated: true,
        files: { "half.wasm.gz": Uint8Array.of(0x1f, 0x8b, 8, 0, 0), "grower.js": new TextEncoder().encode(GROWER) },
      },
    );
  }, MINUTE);
  afterAll(() => opened?.close());

  it.each([
    ["gzipped", "duckdb-eh.wasm.gz"],
    ["as it is", "duckdb-eh.wasm"],
  ])(
    "takes a wasm file %s, and says how far its download is",
    async (_, wasm) => {
      const { name, first, last }: Watched = await opened.page.evaluate(`globalThis.watched(${JSON.stringify(wasm)})`);
      expect(name).toMatch(/^duckdb-wasm/);
      expect(first.loadedBytes).toBeLessThan(first.totalBytes ?? 0);
      expect(last.loadedBytes).toBe(last.totalBytes);
    },
    MINUTE,
  );

  it.each([
    ["a wasm file that is not there", { wasm: "nothing.wasm" }, "engine_unavailable", /nothing\.wasm.*404/],
    ["a page in its place", { wasm: "page.js" }, "engine_unavailable", /no wasm module/],
    ["half a file", { wasm: "half.wasm.gz" }, "engine_unavailable", /half\.wasm\.gz/],
    ["a worker that is not there", { worker: "nothing.js" }, "engine_failed", /nothing\.js can't be run/],
    ["a worker of another site", { worker: "http://127.0.0.1:9/x.js" }, "engine_unavailable", /can't be run/],
  ])(
    "refuses %s",
    async (_, options, code, message) => {
      const error = await opened.page.evaluate(`globalThis.opening(${JSON.stringify(options)})`);
      expect(error).toEqual({ code, message: expect.stringMatching(message), hint: expect.any(String) });
    },
    MINUTE,
  );

  it("reads what lies beyond a view of the threads' memory that has grown since", async () => {
    const isolated = { worker: "grower.js", wasm: "duckdb-coi.wasm", pthreadWorker: "grower.js" };
    const error = await opened.page.evaluate(`globalThis.opening(${JSON.stringify({ isolated })})`);
    expect(error).toMatchObject({ code: "engine_failed", message: expect.stringContaining("7777777777 777 77 77") });
  });
});
