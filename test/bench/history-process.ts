// Our join of one made history in a process of its own, so that its memory is its own: `run` joins, `save` writes the result.
// Arguments: wasm or native, the history's Parquet file, the entity rows' one, the result's.
import { createInterface } from "node:readline";
import { getHistoricalFeatures, openEngine, readTableFile, writeTableFile } from "../../offline/index.ts";
import { sourceIn } from "./history-files.ts";
import { historyFeatures, historySnapshot } from "./history.ts";

const [engineName, features, entityFile, result] = process.argv.slice(2) as ["wasm" | "native", string, string, string];
const engine = await openEngine({ engine: engineName });
const entities = await readTableFile(entityFile);
const snapshot = historySnapshot({ featureRows: 0, entityRows: 0, keys: 1, awkward: true });

async function run() {
  const [started, used] = [performance.now(), process.cpuUsage()];
  const { table } = await getHistoricalFeatures({
    engine,
    entities,
    snapshot,
    request: { features: historyFeatures() },
    readSource: sourceIn(features),
  });
  const { user, system } = process.cpuUsage(used);
  return { table, seconds: (performance.now() - started) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

const answer = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
answer({ ready: true });
let last = await Promise.resolve<Awaited<ReturnType<typeof run>> | null>(null);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "run") last = await run();
  if (line === "save" && last !== null) await writeTableFile(result, last.table);
  const peakBytes = process.resourceUsage().maxRSS * 1_024;
  answer({ seconds: last?.seconds, cpuSeconds: last?.cpuSeconds, peakBytes, engine: engine.name });
}
await engine.close();
