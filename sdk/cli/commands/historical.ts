// `edgefeat historical`: a training set, every feature as it was at each row's time.
import type { Command } from "commander";
import { addCommand, contextOf } from "../command.ts";
import type { SnapshotFrom } from "../load/registry.ts";
import { askedFor, durationArgument, UsageError } from "../usage.ts";

interface HistoricalCommandOptions {
  repo?: string;
  json?: boolean;
  entities: string;
  service?: string;
  features?: string;
  entityTime: string;
  embargo: string;
  fullNames?: boolean;
  fromServer?: boolean;
  registry?: string;
  out: string;
}

export function addHistorical(program: Command, signal: AbortSignal): void {
  addCommand(program, {
    name: "historical",
    purpose: "build a training set: join features to entity rows as they were at each row's time",
    about:
      "Reads a file with one row an example: the join keys, the time, request data, and any further columns, such as labels, " +
      "which pass through untouched. Works from the definitions and the sources' files alone: no server, no apply; unless " +
      "--from-server or --registry says otherwise: then from what a server answers by, its active versions and the on-demand " +
      "views registered through its API included. " +
      "Files are Parquet (.parquet), CSV (.csv) or Arrow (.arrow), by their ending.",
    examples: [
      ["historical --entities entities.csv --service order_model --out training.parquet", "the features of a service"],
      [
        "historical --entities e.csv --features order_stats:orders_30d --embargo 1h --out t.csv",
        "one feature, as known an hour before",
      ],
      [
        "historical --from-server --entities e.csv --features basket:ratio --out t.csv",
        "a view registered on the server",
      ],
    ],
  })
    .requiredOption("--entities <file>", "the entity rows")
    .option("--service <name>", "the feature service to join")
    .option("--features <list>", "or features, comma-separated: view:feature")
    .option(
      "--entity-time <column>",
      "the column of each row's time; without a zone in the file it is UTC",
      "event_timestamp",
    )
    .option("--embargo <duration>", "how much earlier a value must have been known: 30s, 5m, 1h, 7d", "0s")
    .option("--full-names", "name features view__feature instead of feature")
    .option("--from-server", "work from the server's registry instead of the definitions")
    .option("--registry <file>", "or from a registry saved from GET /v1/registry")
    .requiredOption("--out <file>", "where to write the training set; replaced if it is there")
    .action(async (options: HistoricalCommandOptions) => {
      const asked = askedFor(options);
      const embargoUs = durationArgument("--embargo", options.embargo);
      const { buildTrainingSet } = await import("../training-set.ts");
      await buildTrainingSet(contextOf(options, signal), {
        ...options,
        asked,
        from: snapshotFrom(options),
        embargoUs,
        fullNames: options.fullNames === true,
      });
    });
}

function snapshotFrom({ fromServer, registry }: HistoricalCommandOptions): SnapshotFrom {
  if (registry === undefined) return fromServer === true ? "server" : "definitions";
  if (fromServer !== true) return { file: registry };
  throw new UsageError("bad_request", "give either --from-server or --registry");
}
