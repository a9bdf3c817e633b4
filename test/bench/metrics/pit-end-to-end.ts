// pit.end_to_end: Parquet files in, a Parquet file out: ours in WebAssembly beside native DuckDB on one thread.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getHistoricalFeatures, openEngine, readTableFile, writeTableFile } from "../../../offline/index.ts";
import { scaled, sourceIn } from "../history-files.ts";
import { asofSql, sameValues } from "../history-native.ts";
import { entityTable, featureTable, historyFeatures, historySnapshot, TTL } from "../history.ts";
import type { Measured, Metric } from "../metric.ts";
import { openNative } from "../native-duckdb.ts";
import { interleave, seconds } from "../rounds.ts";

const SHAPE = scaled({ featureRows: 5_000_000, entityRows: 1_000_000, keys: 100_000 });
const ROUNDS = 3;

export const pitEndToEnd: Metric = {
  name: "pit.end_to_end",
  description:
    "seconds from Parquet to Parquet with our join in DuckDB-WASM over native DuckDB with one thread; 1 million entity rows × 5 million feature rows",
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), "edgefeat-bench-"));
    try {
      say("making 5 million feature rows");
      await writeTableFile(join(folder, "features.parquet"), featureTable(SHAPE));
      await writeTableFile(join(folder, "entities.parquet"), entityTable(SHAPE));
      return await measure(folder, say);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string, say: (line: string) => void): Promise<Measured> {
  const [features, entities, ours, theirs] = ["features", "entities", "ours", "theirs"].map((name) =>
    join(folder, `${name}.parquet`),
  ) as [string, string, string, string];
  const snapshot = historySnapshot(SHAPE);
  const engine = await openEngine({ engine: "wasm" });
  const native = await openNative();
  try {
    const runOurs = async () => {
      const { table } = await getHistoricalFeatures({
        engine,
        entities: await readTableFile(entities),
        snapshot,
        request: { features: historyFeatures() },
        readSource: sourceIn(features),
      });
      await writeTableFile(ours, table);
    };
    const joined = asofSql("*", `read_parquet('${features}')`, `read_parquet('${entities}')`);
    const runTheirs = () =>
      native.run(`COPY (${joined} ORDER BY rid) TO '${theirs}' (FORMAT parquet, COMPRESSION zstd)`);
    say("warming both up, and comparing their results");
    await runOurs();
    await runTheirs();
    sameValues(await readTableFile(ours), await readTableFile(theirs));
    const rounds = await interleave(
      ROUNDS,
      () => seconds(runOurs),
      () => seconds(runTheirs),
    );
    return {
      measurements: [{ variant: "", unit: "s", ...rounds, against: "read_parquet, ASOF, COPY", better: "lower" }],
      notes: [
        `made data: ${SHAPE.featureRows} feature rows of ${SHAPE.keys} int64 keys × ${SHAPE.entityRows} entity rows, TTL ${TTL}, no ties`,
        `ours, ${engine.name}: readTableFile, getHistoricalFeatures, writeTableFile (which also waits for the disk); Parquet in a thread of its own`,
        `baseline, ${native.name}: COPY (… read_parquet … ASOF LEFT JOIN … ORDER BY rid) TO parquet; zstd in both`,
        "checked: every value of the two files equal",
      ],
    };
  } finally {
    await engine.close();
    native.close();
  }
}
