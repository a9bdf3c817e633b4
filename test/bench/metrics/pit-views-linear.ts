// pit.views_linear: several views of a million rows each, joined one after another, beside as many times one view.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeTableFile } from "../../../offline/index.ts";
import { scaled } from "../history-files.ts";
import { entityTable, featureTable, TTL } from "../history.ts";
import { startLineProcess } from "../line-process.ts";
import type { Measurement, Metric } from "../metric.ts";

const SHAPE = scaled({ featureRows: 1_000_000, entityRows: 200_000, keys: 20_000 });
const VIEWS = [1, 2, 5, 10] as const;
const ROUNDS = 3;
const MEBIBYTE = 2 ** 20;
const PROGRAM = fileURLToPath(new URL("../views-process.ts", import.meta.url));

export const pitViewsLinear: Metric = {
  name: "pit.views_linear",
  description:
    "seconds of joining 10 views of 1 million rows (and 2, 5) over as many times one view, and peak memory over that of one; DuckDB-WASM, 200,000 entity rows",
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), "edgefeat-bench-"));
    try {
      const [features, entities] = [join(folder, "features.parquet"), join(folder, "entities.parquet")];
      await writeTableFile(features, featureTable(SHAPE));
      await writeTableFile(entities, entityTable(SHAPE));
      const measured = new Map<number, Run>();
      for (const views of VIEWS) {
        measured.set(views, await runViews(views, features, entities));
        say(`${views} views: ${toldOf(measured.get(views) as Run)}`);
      }
      const one = measured.get(1) as Run;
      const many = VIEWS.filter((views) => views > 1).toReversed();
      return {
        measurements: many.flatMap((views) => measurementsOf(views, measured.get(views) as Run, one)),
        notes: [
          `made data: each view ${SHAPE.featureRows} rows of ${SHAPE.keys} int64 keys in a Parquet file, TTL ${TTL}, two features`,
          `${one.engine}, a process for each number of views, ${ROUNDS} rounds; memory: the most that the process ever had resident`,
          ...VIEWS.map((views) => `${views} ${views === 1 ? "view" : "views"}: ${toldOf(measured.get(views) as Run)}`),
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Run {
  readonly seconds: readonly number[];
  readonly peakBytes: number;
  readonly engine: string;
}

async function runViews(views: number, features: string, entities: string): Promise<Run> {
  const program = await startLineProcess(process.execPath, [PROGRAM, String(views), features, entities]);
  try {
    // The first round warms it up.
    await program.ask("run");
    const seconds: number[] = [];
    let last = { peakBytes: 0, engine: "" };
    for (let round = 0; round < ROUNDS; round++) {
      const answer = await program.ask("run");
      seconds.push(answer.seconds);
      last = answer;
    }
    return { seconds, peakBytes: last.peakBytes, engine: last.engine };
  } finally {
    await program.close();
  }
}

const toldOf = ({ seconds, peakBytes }: Run): string =>
  `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s, ${Math.round(peakBytes / MEBIBYTE)} MiB`;

function measurementsOf(views: number, run: Run, one: Run): Measurement[] {
  const prefix = views === 10 ? [] : [String(views)];
  const shared = { against: `${views} × one view`, better: "lower" } as const;
  return [
    {
      ...shared,
      variant: prefix.join("_"),
      unit: "s",
      values: run.seconds,
      baselines: one.seconds.map((seconds) => seconds * views),
    },
    {
      better: "lower",
      against: "one view",
      variant: [...prefix, "memory"].join("_"),
      unit: "MiB",
      values: [run.peakBytes / MEBIBYTE],
      baselines: [one.peakBytes / MEBIBYTE],
    },
  ];
}
