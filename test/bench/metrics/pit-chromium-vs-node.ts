// pit.chromium_vs_node: the same join by the same DuckDB-WASM, in a page of Chromium beside Node; on one thread, and on two in the page.
import { getHistoricalFeatures, openEngine } from "../../../offline/index.ts";
import type { BrowserPage } from "../../support/browser-page.ts";
import { scaled } from "../history-files.ts";
import { entityTable, featureTable, historyFeatures, historySnapshot, TTL } from "../history.ts";
import { type Measurement, type Metric, Unavailable } from "../metric.ts";
import { interleave, seconds } from "../rounds.ts";

const SHAPE = scaled({ featureRows: 5_000_000, entityRows: 1_000_000, keys: 100_000 });
const ROUNDS = 5;

// Makes the data, opens the engine, and leaves behind what runs a round and tells its seconds.
const PAGE = `
  import { getHistoricalFeatures, openBrowserEngine } from "edgefeat/offline";
  import { scaled } from "../history-files.ts";
import { entityTable, featureTable, historyFeatures, historySnapshot } from "./test/bench/history.ts";
  const shape = ${JSON.stringify(SHAPE)};
  const features = featureTable(shape);
  const entities = entityTable(shape);
  const snapshot = historySnapshot(shape);
  let engine;
  globalThis.start = async (isolated) => {
    engine = await openBrowserEngine({ worker: "duckdb-browser-eh.worker.js", wasm: "duckdb-eh.wasm.gz", ...isolated });
    return engine.name;
  };
  globalThis.round = async () => {
    const started = performance.now();
    const { report } = await getHistoricalFeatures({
      engine, entities, snapshot, request: { features: historyFeatures() }, readSource: async () => features,
    });
    return { seconds: (performance.now() - started) / 1000, matched: report.views[0].matched };
  };
`;

const ISOLATED = {
  isolated: {
    worker: "duckdb-browser-coi.worker.js",
    wasm: "duckdb-coi.wasm.gz",
    pthreadWorker: "duckdb-browser-coi.pthread.worker.js",
  },
};

export const pitChromiumVsNode: Metric = {
  name: "pit.chromium_vs_node",
  description:
    "seconds of our join in a page of Chromium over Node, both DuckDB-WASM; 1 million entity rows × 5 million feature rows",
  async run(say) {
    // A bundler and a browser's driver: not to be loaded for the list of metrics.
    const { hasChromium, openPage } = await import("../../support/browser-page.ts");
    if (!hasChromium) throw new Unavailable("chromium was not found: apt-get install chromium");
    say("making 5 million feature rows");
    const features = featureTable(SHAPE);
    const entities = entityTable(SHAPE);
    const snapshot = historySnapshot(SHAPE);
    const engine = await openEngine({ engine: "wasm" });
    const inNode = () =>
      getHistoricalFeatures({
        engine,
        entities,
        snapshot,
        request: { features: historyFeatures() },
        readSource: async () => features,
      });
    const measurements: Measurement[] = [];
    const names: string[] = [];
    try {
      const matched = (await inNode()).report.views[0]?.matched;
      for (const isolated of [false, true]) {
        say(isolated ? "in Chromium, cross-origin isolated" : "in Chromium");
        const opened = await openPage(PAGE, { isolated });
        try {
          names.push(await opened.page.evaluate(`globalThis.start(${JSON.stringify(isolated ? ISOLATED : {})})`));
          const first = await roundIn(opened);
          if (first.matched !== matched)
            throw new Error(`${first.matched} rows matched in the page, ${matched} in Node`);
          const rounds = await interleave(
            ROUNDS,
            async () => (await roundIn(opened)).seconds,
            () => seconds(inNode),
          );
          const variant = isolated ? "two_threads" : "";
          measurements.push({ variant, unit: "s", ...rounds, against: "Node, one thread", better: "lower" });
        } finally {
          await opened.close();
        }
      }
      return {
        measurements,
        notes: [
          `made data: ${SHAPE.featureRows} feature rows of ${SHAPE.keys} int64 keys × ${SHAPE.entityRows} entity rows, TTL ${TTL}, no ties`,
          `in the page, ${names.join(" and ")}; in Node, ${engine.name}: getHistoricalFeatures from two Arrow tables in memory to one`,
          "both processes stay open, and take turns; checked: as many entity rows matched",
        ],
      };
    } finally {
      await engine.close();
    }
  },
};

function roundIn({ page }: BrowserPage): Promise<{ seconds: number; matched: number }> {
  return page.evaluate("globalThis.round()");
}
