// `edgefeat audit`: whether a training set holds anything that was not known at its rows' times (SEMANTICS 2.9).
import type { Command } from "commander";
import { addCommand, badRowsOption, type BadRowsOptions, contextOf } from "../command.ts";
import { askedFor, durationArgument, pairsArgument, UsageError } from "../usage.ts";
import { addRegistryOptions, collect, engineOption, type RegistryOptions, snapshotFrom } from "./historical.ts";

interface AuditCommandOptions extends RegistryOptions, BadRowsOptions {
  repo?: string;
  json?: boolean;
  service?: string;
  features?: string;
  entityTime?: string;
  embargo?: string;
  asKnownAt?: string | true;
  label?: string;
  eventTime?: string[];
  tolerance?: string;
  engine?: "auto" | "wasm" | "native";
}

export function addAudit(program: Command, signal: AbortSignal): void {
  const command = addCommand(program, {
    name: "audit",
    purpose: "check a training set, whoever made it, for values from after their rows' times",
    about:
      "Event times, where the file has them (columns <feature>__event_time, as historical --provenance writes, or named by " +
      "--event-time), must not be later than their row's time, nor be the label's on nearly all rows. And of the features that " +
      "--service or --features names every value is computed anew from the definitions: one that differs is compared with " +
      "what joins give that look ahead (to the end of the day, to the next event, to the latest row …) or are wrong in other " +
      "ways. A file that edgefeat historical wrote says itself what it holds. Exits 1 where something leaks, else 0, " +
      "warnings or not. NaN and null count as the same.",
    examples: [
      ["audit training.parquet", "a file that edgefeat historical wrote"],
      ["audit other.csv --features last_order:channel --entity-time at --label paid:paid_at", "anybody's"],
      ["audit other.parquet --event-time spend=spend_time", "by its own event times alone, without definitions"],
    ],
  })
    .argument("<file>", "the training set")
    .option("--service <name>", "the feature service whose features it holds")
    .option(
      "--features <list>",
      "or features, comma-separated: view:feature; columns are called feature or view__feature",
    )
    .option("--entity-time <column>", "the column of each row's time (default: what the file says, or event_timestamp)")
    .option(
      "--embargo <duration>",
      "how much earlier a value must have been known (default: what the file says, or 0s)",
    )
    .option(
      "--as-known-at [column]",
      "values must have been created by then, as of historical (default: what the file says)",
    )
    .option("--label <column[:time]>", "the column to predict, and that of the time when it became known")
    .option("--event-time <feature=column>", "the column of event times of a feature's values; once for each", collect)
    .option("--tolerance <ratio>", "the relative difference of floats that is none (default: 1e-9, of float32 1e-6)")
    .addOption(badRowsOption("leave them out"))
    .addOption(engineOption());
  addRegistryOptions(command).action(async (file: string, options: AuditCommandOptions) => {
    const { service, features, label } = options;
    const asked = service === undefined && features === undefined ? null : askedFor(options);
    const [column, time, ...more] = label?.split(":") ?? [];
    if (column === "" || time === "" || more.length > 0) {
      throw new UsageError("bad_request", `--label: "${label}" is not COLUMN or COLUMN:TIME_COLUMN`);
    }
    const embargoUs = options.embargo === undefined ? null : durationArgument("--embargo", options.embargo);
    const { auditFile } = await import("../audit-file.ts");
    await auditFile(contextOf(options, signal), {
      file,
      asked,
      from: snapshotFrom(options),
      entityTime: options.entityTime ?? null,
      embargoUs,
      asKnownAt: options.asKnownAt ?? null,
      label: column === undefined ? null : { column, ...(time === undefined ? {} : { time }) },
      eventTimes: pairsArgument("--event-time", options.eventTime ?? []),
      tolerance: options.tolerance === undefined ? null : ratioArgument("--tolerance", options.tolerance),
      onBadRows: options.onBadRows,
      engine: options.engine,
    });
  });
}

function ratioArgument(argument: string, text: string): number {
  const ratio = Number(text);
  if (text.trim() !== "" && ratio >= 0 && ratio < 1) return ratio;
  throw new UsageError("bad_request", `${argument}: "${text}" is not a ratio from 0 to less than 1`);
}
