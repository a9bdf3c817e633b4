// `edgefeat reconcile`: whether online serves what a training set would hold at the same instant (SEMANTICS 3.2).
import type { Command } from "commander";
import type { Sample } from "../../../offline/index.ts";
import { addCommand, badRowsOption, type BadRowsOptions, contextOf } from "../command.ts";
import { listArgument, UsageError } from "../usage.ts";

interface ReconcileOptions extends BadRowsOptions {
  repo?: string;
  json?: boolean;
  views?: string;
  sample?: string;
  all?: boolean;
  keys?: string;
  tolerance: string;
  repair?: boolean;
  out?: string;
}

const DEFAULT_KEYS = 1_000;

export function addReconcile(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "reconcile",
    purpose: "compare the online store with the sources and the log, and mend rows that are wrong",
    about:
      "Reads features of keys past every cache, and joins the same features offline at the instant of each answer, from what the " +
      "online store should hold: the rows that materializations covered, and the events that were logged. What differs is looked " +
      "at again before it is told. Events that are on their way, or wait for the next materialization, are no difference. " +
      "--repair rewrites the wrong rows alone, each while it is the one that was seen, and looks again; it needs an admin's token. " +
      "Exits 1 when something differs by more than --tolerance and was not mended.",
    examples: [
      ["reconcile", `${DEFAULT_KEYS.toLocaleString("en-US")} keys of every view, always the same ones`],
      ["reconcile --views order_stats --all --out differences.csv", "every key of a view, each difference in a file"],
      ["reconcile --sample 0.1 --repair", "a tenth of the keys; wrong rows are rewritten"],
    ],
  })
    .option("--views <list>", "only these views, comma-separated: view, or view@2 (default: all that answer)")
    .option("--sample <part>", "that part of the keys, above 0 up to 1: 0.1 is a tenth of them, always the same ones")
    .option("--all", "every key")
    .option("--keys <n>", `or so many keys of each view, always the same ones (default: ${DEFAULT_KEYS})`)
    .option(
      "--tolerance <ratio>",
      "numbers that differ by no more than this part of the greater one count as equal, such as 1e-9",
      "0",
    )
    .option("--repair", "rewrite the rows of the keys that differ, and compare them again")
    .option("--out <file>", "write every difference to a file: csv, jsonl, parquet or arrow, by its ending")
    .addOption(badRowsOption("leave them out"))
    .action(async (options: ReconcileOptions) => {
      const sample = sampleOf(options);
      const tolerance = Number(options.tolerance);
      if (options.tolerance.trim() === "" || !(tolerance >= 0 && tolerance < 1)) {
        throw new UsageError("bad_request", `--tolerance: "${options.tolerance}" is not a ratio from 0 to less than 1`);
      }
      const { reconcileViews } = await import("../reconcile-views.ts");
      await reconcileViews(contextOf(options, signal), {
        views: options.views === undefined ? undefined : listArgument("--views", options.views),
        sample,
        tolerance,
        repair: options.repair === true,
        out: options.out,
        onBadRows: options.onBadRows,
      });
    });
}

function sampleOf({ sample, all, keys }: ReconcileOptions): Sample {
  if ([sample !== undefined, all === true, keys !== undefined].filter(Boolean).length > 1) {
    throw new UsageError("bad_request", "give one of --sample, --all and --keys");
  }
  if (all === true) return { by: "all" };
  if (sample !== undefined) {
    const part = Number(sample);
    if (sample.trim() !== "" && part > 0 && part <= 1) return { by: "part", part };
    throw new UsageError("bad_request", `--sample: "${sample}" is not a part of 1, such as 0.1`);
  }
  if (keys === undefined) return { by: "keys", keys: DEFAULT_KEYS };
  if (/^[1-9]\d{0,8}$/.test(keys)) return { by: "keys", keys: Number(keys) };
  throw new UsageError("bad_request", `--keys: "${keys}" is not a number of keys`);
}
