// Our join of some views, one a source, in a process of its own, so that its memory is its own: `run` joins.
// Arguments: how many views, the Parquet file that each of them reads, the entity rows' one.
import { createInterface } from "node:readline";
import { getHistoricalFeatures, openEngine, readTableFile } from "../../offline/index.ts";
import { sourceIn } from "./history-files.ts";
import { historyFeatures, historySnapshot } from "./history.ts";

const [count, features, entityFile] = process.argv.slice(2) as [string, string, string];
const views = Number(count);
const engine = await openEngine({ engine: "wasm" });
const entities = await readTableFile(entityFile);
const snapshot = historySnapshot({ featureRows: 0, entityRows: 0, keys: 1 }, views);

const answer = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
answer({ ready: true });
for await (const _ of createInterface({ input: process.stdin })) {
  const started = performance.now();
  await getHistoricalFeatures({
    engine,
    entities,
    snapshot,
    request: { features: historyFeatures(views) },
    fullNames: true,
    readSource: sourceIn(features),
  });
  const seconds = (performance.now() - started) / 1_000;
  answer({ seconds, peakBytes: process.resourceUsage().maxRSS * 1_024, engine: engine.name });
}
await engine.close();
