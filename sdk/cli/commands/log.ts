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
  group.addHelpText(
    "after",
    "\nExamples:\n  $ edgefeat log status\n      what was pushed, and what waits to be compacted\n" +
      "  $ edgefeat log compact\n      make Parquet files of it; materializing does it too",
  );
  addCommand(group, {
    name: "status",
    purpose: "tell what the log of each source holds, and what in it can't be read",
    about:
      `${ABOUT} EVENTS are those in FILES, Parquet, one an hour of event times, which hold all that was pushed up to SEALED. ` +
      "TO COMPACT are the records in SEGMENTS, a file a push, the OLDEST of which was written then. Times are UTC. Looks at " +
      "names and lengths alone; exits 1 where a file is missing or not as long as it was written: reading its hour fails.",
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
      "Takes what was pushed up to ten seconds before now. Materializing does it too. May be stopped at any moment and run as often as you like, beside servers that append and " +
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
