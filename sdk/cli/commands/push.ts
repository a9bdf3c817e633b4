// `edgefeat push`: the rows of a file as events.
import { type Command, Option } from "commander";
import { addCommand, contextOf } from "../command.ts";
import type { PushOptions } from "../../client/index.ts";

interface PushFileOptions {
  repo?: string;
  json?: boolean;
  to?: NonNullable<PushOptions["to"]>;
}

export function addPush(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "push",
    purpose: "send the rows of a file to a view as events, which count at once",
    about:
      "The file's columns are the source's: its event id, its times, the join keys and what the view reads; others stay out. " +
      'JSON lines may also be events as the server takes them: {"id": …, "time": …, "values": {…}}. ' +
      "Events are sent in the order of their times. An event counts once by its id: after a failure, run it again.",
    examples: [
      ["push order_stats orders.csv", "every row, into the online rows, and into the log where the server has one"],
      ["push order_stats today.parquet --to offline", "into the log alone: they count once materialized"],
    ],
  })
    .argument("<view>", "a view that takes pushes")
    .argument("<file>", "csv, jsonl, parquet or arrow, by its ending")
    .addOption(
      new Option("--to <where>", "default: both where the server has a log").choices(["online", "offline", "both"]),
    )
    .action(async (view: string, file: string, { to, ...options }: PushFileOptions) => {
      const { pushFile } = await import("../push-file.ts");
      await pushFile(contextOf(options, signal), view, file, to);
    });
}
