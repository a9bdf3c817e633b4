// A training set is the same to the bit on every engine, with one thread and with many (SEMANTICS, its first sentence).
import { beforeAll, describe, expect, it } from "vitest";
import { type EngineOptions, openEngine } from "../../../offline/index.ts";
import { trainingSetHash } from "../../conformance/engine/training-set.ts";
import { hasChromium, openPage } from "../../support/browser-page.ts";
import { reportMissing } from "../../support/requirements.ts";

const MINUTES = 120_000;

async function hashOn(options: EngineOptions): Promise<string> {
  const engine = await openEngine(options);
  try {
    return await trainingSetHash(engine);
  } finally {
    await engine.close();
  }
}

const PAGE = `
  import { openBrowserEngine } from "edgefeat/offline";
  import { trainingSetHash } from "./test/conformance/engine/training-set.ts";
  globalThis.hash = async () => {
    const engine = await openBrowserEngine({
      worker: "duckdb-browser-eh.worker.js",
      wasm: "duckdb-eh.wasm",
      isolated: {
        worker: "duckdb-browser-coi.worker.js",
        wasm: "duckdb-coi.wasm",
        pthreadWorker: "duckdb-browser-coi.pthread.worker.js",
      },
    });
    try {
      return await trainingSetHash(engine);
    } finally {
      await engine.close();
    }
  };
`;

if (!hasChromium) reportMissing("chromium", "the training set in Chromium", "apt-get install chromium");

describe("the same training set", () => {
  let expected: string;
  beforeAll(async () => {
    expected = await hashOn({ engine: "native", threads: 1 });
  }, MINUTES);

  it.each<[what: string, options: EngineOptions]>([
    ["native DuckDB with 4 threads", { engine: "native", threads: 4 }],
    ["native DuckDB that must spill", { engine: "native", threads: 2, memoryLimitBytes: 100_000_000 }],
    ["DuckDB-WASM in Node", { engine: "wasm" }],
  ])(
    "on %s",
    async (_, options) => {
      expect(await hashOn(options)).toBe(expected);
    },
    MINUTES,
  );

  it.skipIf(!hasChromium).each([
    ["one thread", false],
    ["two threads", true],
  ])(
    "in Chromium with %s",
    async (_, isolated) => {
      const { page, close } = await openPage(PAGE, { isolated });
      try {
        expect(await page.evaluate("globalThis.hash()")).toBe(expected);
      } finally {
        await close();
      }
    },
    MINUTES,
  );
});
