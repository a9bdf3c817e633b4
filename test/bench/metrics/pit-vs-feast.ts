// pit.vs_feast: our point-in-time join beside Feast's get_historical_features over its file store, on the same made data.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTableFile, writeTableFile } from "../../../offline/index.ts";
import { US_PER_SECOND } from "../../../sdk/time.ts";
import { type Feast, prepareFeast } from "../../feast/venv.ts";
import { type Differences, differencesOf, type Rule, RULES } from "../history-differences.ts";
import { scaled } from "../history-files.ts";
import { entityTable, featureTable, TTL, TTL_US } from "../history.ts";
import { type LineProcess, startLineProcess } from "../line-process.ts";
import { type Measured, type Measurement, type Metric, Unavailable } from "../metric.ts";

const ROUNDS = 3;
const SHAPE = scaled({ featureRows: 1_000_000, entityRows: 100_000, keys: 20_000, awkward: true });
const OURS = ["wasm", "native"] as const;
const MEBIBYTE = 2 ** 20;

export const pitVsFeast: Metric = {
  name: "pit.vs_feast",
  description:
    "seconds and peak memory of our join in DuckDB-WASM (and native) over Feast's get_historical_features on files; 100,000 entity rows × 1 million feature rows",
  async run(say) {
    say("preparing Feast");
    const feast = await prepareFeast();
    if (typeof feast === "string") throw new Unavailable(`Feast for Python: ${feast}`);
    const folder = mkdtempSync(join(tmpdir(), "edgefeat-bench-"));
    try {
      say("making the data");
      await writeTableFile(join(folder, "features.parquet"), featureTable(SHAPE));
      await writeTableFile(join(folder, "entities.parquet"), entityTable(SHAPE));
      return await measure(feast, folder, say);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

type Side = (typeof OURS)[number] | "feast";
interface Round {
  readonly seconds: number;
  /** Of all its threads. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly engine?: string;
}

async function measure(feast: Feast, folder: string, say: (line: string) => void): Promise<Measured> {
  const sides: readonly Side[] = [...OURS, "feast"];
  const processes = new Map<Side, LineProcess>();
  const rounds: Record<Side, Round[]> = { wasm: [], native: [], feast: [] };
  try {
    for (const side of sides) processes.set(side, await start(side, feast, folder));
    for (let round = 0; round < ROUNDS; round++) {
      for (const side of sides) {
        const measured = (await processes.get(side)?.ask("run")) as Round;
        rounds[side].push(measured);
        say(`${side}: ${measured.seconds.toFixed(2)} s, ${measured.cpuSeconds.toFixed(2)} s of CPU`);
      }
    }
    for (const side of sides) await processes.get(side)?.ask("save");
  } finally {
    for (const one of processes.values()) await one.close();
  }
  say("comparing the results");
  const [wasm, native, theirs] = await Promise.all(sides.map((side) => readTableFile(resultOf(folder, side))));
  const differences = differencesOf(SHAPE, wasm as never, theirs as never);
  const between = differencesOf(SHAPE, native as never, theirs as never);
  if (JSON.stringify(between) !== JSON.stringify(differences)) throw new Error("our two engines differ");
  return {
    measurements: OURS.flatMap((side) => measurementsOf(side, rounds[side], rounds.feast)),
    notes: [
      `ours, ${OURS.map((side) => rounds[side][0]?.engine).join(" and ")}: getHistoricalFeatures, from entity rows in memory and the history's`,
      "  Parquet file to an Arrow table in memory",
      `Feast ${feast.version}: get_historical_features(…).to_df(), dask over the same file, from a DataFrame to a DataFrame`,
      `both: ${SHAPE.featureRows} feature rows of ${SHAPE.keys} text keys × ${SHAPE.entityRows} entity rows, TTL ${TTL}, created times; a process`,
      `  each, ${ROUNDS} rounds in turn; cpu: of all threads; memory: the most ever resident`,
      ...notesOf(differences),
    ],
  };
}

const resultOf = (folder: string, side: Side): string => join(folder, `${side}.parquet`);

async function start(side: Side, { python, env }: Feast, folder: string): Promise<LineProcess> {
  const files = [join(folder, "features.parquet"), join(folder, "entities.parquet"), resultOf(folder, side)];
  if (side !== "feast") {
    return startLineProcess(process.execPath, [programOf("../history-process.ts"), side, ...files]);
  }
  const repo = join(folder, "repo");
  mkdirSync(repo);
  writeFileSync(join(repo, "feature_store.yaml"), REPO);
  return startLineProcess(
    python,
    [programOf("../../feast/history.py"), repo, ...files, String(TTL_US / US_PER_SECOND)],
    env,
  );
}

const programOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const REPO = `project: bench
provider: local
registry: registry.db
entity_key_serialization_version: 3
offline_store:
  type: dask
online_store:
  type: sqlite
  path: online.db
`;

function measurementsOf(side: (typeof OURS)[number], ours: readonly Round[], feast: readonly Round[]): Measurement[] {
  const prefix = side === "wasm" ? [] : [side];
  const peak = (rounds: readonly Round[]) => [(rounds.at(-1) as Round).peakBytes / MEBIBYTE];
  const shared = { against: "Feast, file store", better: "lower" } as const;
  const timed = (of: "seconds" | "cpuSeconds") => ({
    unit: "s",
    values: ours.map((round) => round[of]),
    baselines: feast.map((round) => round[of]),
  });
  return [
    { ...shared, variant: prefix.join("_"), ...timed("seconds") },
    { ...shared, variant: [...prefix, "cpu"].join("_"), ...timed("cpuSeconds") },
    { ...shared, variant: [...prefix, "memory"].join("_"), unit: "MiB", values: peak(ours), baselines: peak(feast) },
  ];
}

function notesOf({ same, byRule }: Differences): string[] {
  const differing = SHAPE.entityRows - same;
  return [
    `results: ${same} of ${SHAPE.entityRows} rows the same; ${differing} differ, each explained (ours checked by plain loops):`,
    ...Object.entries(byRule).map(([rule, rows]) => `  ${String(rows).padStart(6)}  ${RULES[rule as Rule]}`),
  ];
}
