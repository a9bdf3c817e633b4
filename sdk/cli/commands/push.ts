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
      "The file's columns are the source's: its event id, its times (UTC where they have no zone), the join keys and what the " +
      'view reads; others stay out. JSON lines may also be events as the server takes them: {"id": …, "time": …, ' +
      '"values": {…}}. Events are sent in the order of their times. An event counts once by its id: after a failure, run it ' +
      "again. One that comes late, for windows by default an hour behind the newest of its key, is deferred: it goes to the log " +
      "alone, and counts from the next materialization on. Rows that can't be read, or that the server refuses, are told by " +
      "their number, the first after the header being 1; the others are taken, and the exit code is 1.",
    examples: [
      ["push order_stats orders.csv", "every row, into the online rows, and into the log where the server has one"],
      ["push order_stats today.parquet --to offline", "into the log alone: they count once materialized"],
      ["push order_stats events.jsonl --json", "the counts, and all the rows that were refused, for programs"],
    ],
  })
    .argument("<view>", "a view that takes pushes: push: true in its definition")
    .argument("<file>", "csv, jsonl (both gzipped too), parquet or arrow, by its ending")
    .addOption(
      new Option(
        "--to <where>",
        "the online rows, the log that the offline side reads, or both (default: both where the server has a log, else online)",
      ).choices(["online", "offline", "both"]),
    )
    .action(async (view: string, file: string, { to, ...options }: PushFileOptions) => {
      const { pushFile } = await import("../push-file.ts");
      await pushFile(contextOf(options, signal), view, file, to);
    });
}
