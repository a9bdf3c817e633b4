// pit.native_large: 10 million entity rows × 50 million feature rows from partitions on disk, with the native engine, within 8 GiB.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeTableFile } from "../../../offline/index.ts";
import { scaled } from "../history-files.ts";
import { entityTable, featureTable, TTL } from "../history.ts";
import { startLineProcess } from "../line-process.ts";
import type { Metric } from "../metric.ts";

const SHAPE = scaled({ featureRows: 50_000_000, entityRows: 10_000_000, keys: 1_000_000 });
const LIMIT_GIB = 8;
/** Of the engine: the rest of the 8 GiB is this process's own, for the columns that never go through SQL. */
const ENGINE_BYTES = 2 * 2 ** 30;
const GIBIBYTE = 2 ** 30;
const PROGRAM = fileURLToPath(new URL("../large-process.ts", import.meta.url));

export const pitNativeLarge: Metric = {
  name: "pit.native_large",
  description:
    "peak memory in GiB over 8 of joining 10 million entity rows × 50 million feature rows on disk, native DuckDB; takes minutes",
  onlyByName: true,
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), "edgefeat-bench-"));
    try {
      for (let from = 0; from < SHAPE.featureRows; from += SHAPE.keys) {
        const partition = join(folder, "history", `batch=${from / SHAPE.keys}`);
        mkdirSync(partition, { recursive: true });
        await writeTableFile(join(partition, "rows.parquet"), featureTable(SHAPE, from, from + SHAPE.keys));
        say(`made ${from + SHAPE.keys} feature rows`);
      }
      const entities = join(folder, "entities.parquet");
      await writeTableFile(entities, entityTable(SHAPE));
      say("joining");
      const arguments_ = [PROGRAM, folder, entities, join(folder, "result.parquet"), String(ENGINE_BYTES)];
      const program = await startLineProcess(process.execPath, arguments_);
      try {
        const { seconds, matched, peakBytes, engine } = await program.ask("run");
        const values = [peakBytes / GIBIBYTE];
        return {
          measurements: [
            { variant: "", unit: "GiB", values, baselines: [LIMIT_GIB], against: "the limit", better: "lower" },
          ],
          notes: [
            `made data: ${SHAPE.featureRows} feature rows of ${SHAPE.keys} int64 keys in ${SHAPE.featureRows / SHAPE.keys} Parquet files × ${SHAPE.entityRows} entity rows, TTL ${TTL}`,
            `${engine}, limited to ${ENGINE_BYTES / GIBIBYTE} GiB: Parquet to Parquet in ${seconds.toFixed(0)} s, ${matched} entity rows matched; memory: the most that`,
            "  the process ever had resident, Parquet's decoder included",
          ],
        };
      } finally {
        await program.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
