// `edgefeat historical`: a training set, every feature as it was at each row's time.
import { type Command, Option } from "commander";
import { addCommand, badRowsOption, type BadRowsOptions, contextOf } from "../command.ts";
import type { EntitiesFrom } from "../entity-rows.ts";
import type { SnapshotFrom } from "../load/registry.ts";
import { shellText } from "../shell-text.ts";
import { askedFor, durationArgument, listArgument, pairsArgument, timeArgument, UsageError } from "../usage.ts";

/** Which registry: the options that `historical` and `audit` share. */
export interface RegistryOptions {
  fromServer?: boolean;
  registry?: string;
  registryVersion?: string;
}

interface HistoricalCommandOptions extends RegistryOptions, BadRowsOptions {
  repo?: string;
  json?: boolean;
  entities?: string;
  allEntities?: boolean;
  at?: string;
  from?: string;
  to?: string;
  every?: string;
  request?: string[];
  maxRows?: string;
  service?: string;
  features?: string;
  entityTime: string;
  embargo: string;
  asKnownAt?: string | true;
  asServed?: boolean;
  provenance?: boolean;
  fullNames?: boolean;
  engine?: "auto" | "wasm" | "native";
  joinForm: "auto" | "asof" | "union" | "sweep";
  resume: boolean;
  out: string;
}

export function addHistorical(program: Command, signal: AbortSignal): void {
  const command = addCommand(program, {
    name: "historical",
    purpose: "build a training set: join features to entity rows as they were at each row's time",
    about:
      "Reads a file with one row an example: the join keys, the time, request data, and any further columns, such as labels, " +
      "which pass through untouched. Or, with --all-entities, takes every entity that the data had seen, at times of your " +
      "choice. Works from the definitions and the sources' files alone: no server, no apply; unless " +
      "--from-server or --registry says otherwise: then from what a server answers by, its active versions and the on-demand " +
      "views registered through its API included; or with --registry-version from a registry of before, so that a training " +
      "set can be made again after the definitions changed. A run that was cut off goes on after its last finished view. " +
      "Files are Parquet (.parquet), CSV (.csv), JSON lines (.jsonl) or Arrow (.arrow), by their ending; the metadata of a Parquet or Arrow file " +
      "says which features of which versions it holds, and the command that makes it again.",
    examples: [
      ["historical --entities entities.csv --service order_model --out training.parquet", "the features of a service"],
      [
        "historical --entities e.csv --features order_stats:orders_30d --embargo 1h --out t.csv",
        "one feature, as known an hour before",
      ],
      [
        "historical --all-entities --from 2024-01-01T00:00:00Z --to 2024-03-01T00:00:00Z --every 1d --features order_stats:orders_30d --out daily.parquet",
        "every customer seen, day by day",
      ],
      [
        "historical --from-server --entities e.csv --features basket:ratio --out t.csv",
        "a view registered on the server",
      ],
    ],
  })
    .option("--entities <file>", "the entity rows")
    .option("--all-entities", "or every entity with an event at or before each of the times that follow")
    .option("--at <times>", "with --all-entities: the times, comma-separated, RFC 3339 with a zone")
    .option("--from <time>", "or the first of times that are a step apart")
    .option("--to <time>", "the last of them, inclusive")
    .option("--every <duration>", "the step: 1h, 1d")
    .option("--request <field=value>", "with --all-entities: request data, the same in every row", collect)
    .option("--max-rows <n>", "with --all-entities: refuse to make more rows (default: 10000000)")
    .option("--service <name>", "the feature service to join")
    .option("--features <list>", "or features, comma-separated: view:feature, or view@2:feature for one version")
    .option(
      "--entity-time <column>",
      "the column of each row's time; without a zone in the file it is UTC",
      "event_timestamp",
    )
    .option("--embargo <duration>", "how much earlier a value must have been known: 30s, 5m, 1h, 7d", "0s")
    .option(
      "--as-known-at [column]",
      "use only rows created by each row's time (less the embargo), or by that column's: what had arrived by then",
    )
    .option(
      "--as-served",
      "use only what the online store had taken by each row's time (less the embargo), as the event log tells: pushed events, and rows from when they were materialized",
    )
    .option(
      "--provenance",
      "add <feature>__event_time columns: the event time of the row or event each value came from",
    )
    .option("--full-names", "name features view__feature instead of feature")
    .addOption(badRowsOption("set them aside in a file beside --out"))
    .addOption(engineOption())
    .addOption(
      new Option("--join-form <form>", "how stored views are joined")
        .choices(["auto", "asof", "union", "sweep"])
        .default("auto")
        .hideHelp(),
    )
    .option("--no-resume", "join every view anew, and keep none for a later run");
  addRegistryOptions(command)
    .requiredOption("--out <file>", "where to write the training set; replaced, in one step, if it is there")
    .action(async (options: HistoricalCommandOptions) => {
      const asked = askedFor(options);
      if (options.asServed === true && options.asKnownAt !== undefined) {
        throw new UsageError("bad_request", "give one of --as-known-at and --as-served");
      }
      const embargoUs = durationArgument("--embargo", options.embargo);
      const from = snapshotFrom(options);
      const entities = await entitiesFrom(options);
      const { buildTrainingSet } = await import("../training-set.ts");
      await buildTrainingSet(contextOf(options, signal), {
        ...options,
        asked,
        from,
        entities,
        embargoUs,
        fullNames: options.fullNames === true,
        provenance: options.provenance === true,
        asKnownAt: options.asKnownAt,
        asServed: options.asServed === true,
        engine: options.engine,
        command: (registry) => commandText(options, registry),
      });
    });
}

export const collect = (text: string, texts: string[] = []): string[] => [...texts, text];

export function engineOption(): Option {
  return new Option(
    "--engine <engine>",
    "auto: native DuckDB where @duckdb/node-api is installed, else WebAssembly (default: the config's offline.engine)",
  ).choices(["auto", "wasm", "native"]);
}

/** Adds the options that say which registry the features are of. */
export function addRegistryOptions(command: Command): Command {
  return command
    .option("--from-server", "work from the server's registry instead of the definitions")
    .option("--registry <file>", "or from a registry saved from GET /v1/registry")
    .option(
      "--registry-version <version>",
      "or from one of before: its hash, the first digits of it, or its number in .edgefeat/registry",
    );
}

/** Returns where the registry comes from. @throws bad_request for more than one place */
export function snapshotFrom({ fromServer, registry, registryVersion }: RegistryOptions): SnapshotFrom {
  const given = [fromServer === true, registry !== undefined, registryVersion !== undefined];
  if (given.filter(Boolean).length > 1) {
    throw new UsageError("bad_request", "give one of --from-server, --registry and --registry-version");
  }
  if (registry !== undefined) return { file: registry };
  if (registryVersion !== undefined) return { version: registryVersion };
  return fromServer === true ? "server" : "definitions";
}

async function entitiesFrom(options: HistoricalCommandOptions): Promise<EntitiesFrom> {
  const { entities, allEntities, at, from, to, every, request = [], maxRows } = options;
  const times = { "--at": at, "--from": from, "--to": to, "--every": every, "--max-rows": maxRows };
  const lonely = Object.entries({ ...times, "--request": options.request }).find(([, value]) => value !== undefined);
  if (allEntities !== true) {
    if (lonely !== undefined) throw new UsageError("bad_request", `${lonely[0]} goes with --all-entities`);
    if (entities !== undefined) return { file: entities };
    throw new UsageError("bad_request", "give either --entities or --all-entities", {
      hint: "--entities entities.csv, or --all-entities --at 2024-03-01T00:00:00Z",
    });
  }
  if (entities !== undefined) throw new UsageError("bad_request", "give either --entities or --all-entities");
  const rest = {
    request: pairsArgument("--request", request),
    ...(maxRows === undefined ? {} : { maxRows: countArgument("--max-rows", maxRows) }),
  };
  if (at !== undefined && from === undefined && to === undefined && every === undefined) {
    return { times: listArgument("--at", at).map((text) => timeArgument("--at", text)), ...rest };
  }
  if (at !== undefined || from === undefined || to === undefined || every === undefined) {
    throw new UsageError("bad_request", "--all-entities takes either --at, or --from, --to and --every", {
      hint: "--at 2024-03-01T00:00:00Z,2024-04-01T00:00:00Z, or --from 2024-01-01T00:00:00Z --to 2024-03-01T00:00:00Z --every 1d",
    });
  }
  const [fromUs, toUs] = [timeArgument("--from", from), timeArgument("--to", to)];
  const everyUs = durationArgument("--every", every);
  if (fromUs > toUs) throw new UsageError("bad_request", `--from ${from} is later than --to ${to}`);
  if (everyUs === 0) throw new UsageError("bad_request", "--every: the step must be longer than nothing");
  const { timesBetween } = await import("../../../offline/index.ts");
  return { times: timesBetween(fromUs, toUs, everyUs, rest.maxRows), ...rest };
}

function countArgument(argument: string, text: string): number {
  const count = /^\d{1,12}$/.test(text) ? Number(text) : 0;
  if (count > 0) return count;
  throw new UsageError("bad_request", `${argument}: "${text}" is not a number of rows`);
}

/** Returns the command that makes the same again, whatever the definitions have become; the defaults are left out. */
function commandText(options: HistoricalCommandOptions, registry: string): string {
  const { entityTime, embargo, onBadRows, asKnownAt, request = [] } = options;
  const value = (name: string, text: string | undefined) => (text === undefined ? [] : [name, text]);
  const flag = (name: string, set: boolean | undefined) => (set === true ? [name] : []);
  return shellText([
    "edgefeat",
    "historical",
    ...value("--repo", options.repo),
    "--registry-version",
    registry,
    ...value("--entities", options.entities),
    ...flag("--all-entities", options.allEntities),
    ...value("--at", options.at),
    ...value("--from", options.from),
    ...value("--to", options.to),
    ...value("--every", options.every),
    ...request.flatMap((pair) => ["--request", pair]),
    ...value("--max-rows", options.maxRows),
    ...value("--service", options.service),
    ...value("--features", options.features),
    ...(entityTime === "event_timestamp" ? [] : ["--entity-time", entityTime]),
    ...(embargo === "0s" ? [] : ["--embargo", embargo]),
    ...(asKnownAt === true ? ["--as-known-at"] : value("--as-known-at", asKnownAt)),
    ...flag("--as-served", options.asServed),
    ...flag("--provenance", options.provenance),
    ...flag("--full-names", options.fullNames),
    ...(onBadRows === "fail" ? [] : ["--on-bad-rows", onBadRows]),
    "--out",
    options.out,
  ]);
}
