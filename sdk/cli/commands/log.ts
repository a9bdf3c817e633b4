// `edgefeat log`: what the log of pushed events holds, and its segments made into Parquet files.
import type { Command } from "commander";
import { addCommand, contextOf } from "../command.ts";
import { listArgument } from "../usage.ts";

interface LogOptions {
  repo?: string;
  json?: boolean;
  sources?: string;
}

const ABOUT =
  "Pushed events go to a log before the online store takes them: offline.log in edgefeat.config.ts, a folder or " +
  's3://bucket/folder (an R2 bucket too); "./log" where nothing is configured and a view takes pushes. Training sets and ' +
  "materializations read each source together with its log.";

export function addLog(program: Command, signal: AbortSignal): void {
  const purpose = "look at the log of pushed events, and compact it";
  const group = program.command("log").summary(purpose).description(`${purpose}.\n\n${ABOUT}`);
  addCommand(group, {
    name: "status",
    purpose: "tell what the log of each source holds, and what in it can't be read",
    about: ABOUT,
    examples: [
      ["log status", "every source"],
      ["log status --sources sales --json", "one, for programs"],
    ],
  })
    .option("--sources <list>", "only these sources, comma-separated (default: all that have a log)")
    .action(async (options: LogOptions) => {
      const { tellStatus } = await import("../log-files.ts");
      await tellStatus(contextOf(options, signal), namesIn(options));
    });
  addCommand(group, {
    name: "compact",
    purpose: "make Parquet files of the log's segments, one an hour of event times, each event once",
    about:
      "Materializing does it too. May be stopped at any moment and run as often as you like, beside servers that append and " +
      "commands that read: no event is lost or counted twice. Segments that are damaged are told of and left as they are.",
    examples: [
      ["log compact", "every source"],
      ["log compact --sources sales", "one"],
    ],
  })
    .option("--sources <list>", "only these sources, comma-separated (default: all that have a log)")
    .action(async (options: LogOptions) => {
      const { compactAll } = await import("../log-files.ts");
      await compactAll(contextOf(options, signal), namesIn(options));
    });
}

function namesIn({ sources }: LogOptions): readonly string[] | undefined {
  return sources === undefined ? undefined : listArgument("--sources", sources);
}
