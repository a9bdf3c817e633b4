// Our join of a history on disk that is larger than comfort, with the native engine, in a process of its own: `run` joins, file to file.
// Arguments: the folder of the history's partitions, the entity rows' file, the result's, the engine's memory limit in bytes.
import { createInterface } from "node:readline";
import { getHistoricalFeatures, openEngine, readTableFile, writeTableFile } from "../../offline/index.ts";
import { sourceReader } from "../../sdk/cli/load/sources.ts";
import { historyFeatures, largeSnapshot } from "./history.ts";

const [folder, entityFile, result, limit] = process.argv.slice(2) as [string, string, string, string];
const engine = await openEngine({ engine: "native", memoryLimitBytes: Number(limit) });
const readSource = sourceReader(folder, () => ({}));

const answer = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
answer({ ready: true });
for await (const _ of createInterface({ input: process.stdin })) {
  const started = performance.now();
  const entities = await readTableFile(entityFile);
  const { table, report } = await getHistoricalFeatures({
    engine,
    entities,
    snapshot: largeSnapshot(),
    request: { features: historyFeatures() },
    readSource,
  });
  await writeTableFile(result, table);
  const seconds = (performance.now() - started) / 1_000;
  const { matched } = report.views[0] as { matched: number };
  answer({ seconds, matched, peakBytes: process.resourceUsage().maxRSS * 1_024, engine: engine.name });
}
await engine.close();
