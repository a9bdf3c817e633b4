// `edgefeat materialize` and `materialize-incremental`: source rows to the online store.
import type { Command } from "commander";
import { addCommand, badRowsOption, type BadRowsOptions, contextOf } from "../command.ts";
import type { Interval } from "../materialize-views.ts";
import { listArgument, timeArgument, UsageError } from "../usage.ts";

interface MaterializeOptions extends BadRowsOptions {
  repo?: string;
  json?: boolean;
  views?: string;
}

const onBadRows = () => badRowsOption("leave them out and keep them in .edgefeat/quarantine");

const ABOUT =
  "Reads the sources' files and writes, for each key, the latest row of a stored view or the tiles of an aggregated one. " +
  "Running it again changes nothing; a run that was cut off goes on where it stopped. Times are RFC 3339 with a zone.";

export function addMaterialize(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "materialize",
    purpose: "write the rows of a time range to the online store, and let the views answer",
    about: `${ABOUT} Stored views take the rows with START < event time <= END; aggregated views all that their windows need at END.`,
    examples: [
      ["materialize 2024-01-01T00:00:00Z 2024-03-01T00:00:00Z", "every view"],
      ["materialize 2024-01-01T00:00:00Z 2024-03-01T00:00:00Z --views last_order", "one view"],
    ],
  })
    .argument("<start>", "the start of the range, exclusive")
    .argument("<end>", "its end, inclusive; not in the future of the server's clock")
    .option("--views <list>", "only these views, comma-separated (default: all but on-demand ones)")
    .addOption(onBadRows())
    .action(async (start: string, end: string, options: MaterializeOptions) => {
      const [startUs, endUs] = [timeArgument("START", start), timeArgument("END", end)];
      if (startUs >= endUs) throw new UsageError("bad_request", `START ${start} is not before END ${end}`);
      await run(options, signal, { kind: "range", startUs, endUs });
    });
}

export function addMaterializeIncremental(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "materialize-incremental",
    purpose: "write what is new since the last materialization of each view",
    about: `${ABOUT} Starts a day before the view's last end, so that rows that came late aren't lost; the first time from the earliest row.`,
    examples: [
      ["materialize-incremental 2024-03-02T00:00:00Z", "every view"],
      ['materialize-incremental "$(date -u +%FT%TZ)" --views order_stats', "one view, up to now"],
    ],
  })
    .argument("<end>", "the end of the range, inclusive; not in the future of the server's clock")
    .option("--views <list>", "only these views, comma-separated (default: all but on-demand ones)")
    .addOption(onBadRows())
    .action(async (end: string, options: MaterializeOptions) => {
      await run(options, signal, { kind: "incremental", endUs: timeArgument("END", end) });
    });
}

async function run(options: MaterializeOptions, signal: AbortSignal, interval: Interval): Promise<void> {
  const context = contextOf(options, signal);
  const views = options.views === undefined ? undefined : listArgument("--views", options.views);
  const { materializeAll } = await import("../materialize-views.ts");
  await materializeAll(context, interval, { views, onBadRows: options.onBadRows });
}
