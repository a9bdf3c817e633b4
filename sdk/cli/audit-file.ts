// Audits a training set's file: by the features that the command names, by those that the file itself says it holds, or by
// its event times alone.
import type { Table } from "apache-arrow";
import { readSchemaFile } from "../../offline/datasets/files.ts";
import { formatOf } from "../../offline/datasets/index.ts";
import {
  type AuditOptions,
  type AuditReport,
  auditTrainingSet,
  type Engine,
  type EngineOptions,
} from "../../offline/index.ts";
import { EdgefeatError } from "../errors.ts";
import { factsOf, type FeaturePlan, planFeatures, type PlanRequest, type TrainingFacts } from "../plan/index.ts";
import { type ColumnTypes, type SourceSpec, typesInSnapshot } from "../registry/index.ts";
import type { Us } from "../time.ts";
import type { ValueType } from "../types/index.ts";
import { type Context, ToldFailure } from "./command.ts";
import { entityTypes } from "./entity-rows.ts";
import { loadConfig } from "./load/config.ts";
import { openConfiguredEngine } from "./load/engine.ts";
import { type LoadedSnapshot, loadSnapshot, planOfThen, type SnapshotFrom } from "./load/registry.ts";
import { findLog, type RepoLog } from "./load/event-log.ts";
import { readFileIn, sourceReader, type SourceReaderOptions } from "./load/sources.ts";
import { counted, type Output, tableLines } from "./output.ts";

export interface AuditFileOptions {
  /** Relative to the current folder. */
  file: string;
  /** null: what the file says of itself. So for the other nulls. */
  asked: PlanRequest | null;
  from: SnapshotFrom;
  entityTime: string | null;
  embargoUs: Us | null;
  asKnownAt: string | true | null;
  label: { column: string; time?: string } | null;
  eventTimes: Readonly<Record<string, string>>;
  tolerance: number | null;
  /** Of the sources' rows. */
  onBadRows: "fail" | "quarantine";
  engine: EngineOptions["engine"] | undefined;
}

/** What the features of the file should be. */
interface Expected {
  readonly request: PlanRequest;
  readonly loaded: LoadedSnapshot;
  readonly plan: FeaturePlan;
}

/** Audits the file and prints the report. @throws ToldFailure when something leaks */
export async function auditFile({ repo, out, env, signal }: Context, options: AuditFileOptions): Promise<void> {
  formatOf(options.file);
  const started = performance.now();
  const { columns, metadata } = await readSchemaFile(options.file);
  const names = columns.map(({ name }) => name);
  const facts = factsOf(metadata);
  const config = options.asked === null && facts === null ? null : await loadConfig(repo);
  const expected = config === null ? null : await expectedFeatures(config, options, facts, env, out);
  const entityTime = options.entityTime ?? facts?.entityTime ?? "event_timestamp";
  const table = await readTrainingSet(options, names, entityTime, expected?.plan ?? null);
  const progress = out.progress();
  const engine = config === null ? null : await openConfiguredEngine(config, options.engine);
  try {
    const asKnownAt = options.asKnownAt ?? facts?.asKnownAt;
    const log = config === null ? null : await findLog(config, { env, signal });
    const asServed = facts?.asServed === true && log !== null ? await log.served() : undefined;
    const report = await auditTrainingSet({
      table,
      entityTime,
      embargoUs: options.embargoUs ?? facts?.embargoUs ?? 0,
      ...(asKnownAt === undefined ? {} : { asKnownAt }),
      ...(asServed === undefined ? {} : { asServed }),
      ...(options.label === null ? {} : { label: options.label }),
      eventTimes: options.eventTimes,
      ...(options.tolerance === null ? {} : { tolerance: options.tolerance }),
      onBadRows: options.onBadRows,
      ...definitionsOf(expected, engine, repo, log, {
        onBadRows: options.onBadRows,
        env,
        signal,
        pushes: asServed !== undefined,
      }),
      onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      signal,
    });
    progress.stop();
    const seconds = (performance.now() - started) / 1000;
    tell(out, report, options.file, seconds);
    out.result({ ...report, file: options.file, registry: expected?.loaded.registry ?? null, seconds });
    if (report.verdict === "leaks") throw new ToldFailure();
  } finally {
    progress.stop();
    await engine?.close();
  }
}

function definitionsOf(
  expected: Expected | null,
  engine: Engine | null,
  repo: string,
  log: RepoLog | null,
  { pushes, ...how }: SourceReaderOptions & { pushes: boolean },
): Pick<AuditOptions, "definitions"> {
  if (expected === null || engine === null) return {};
  const { request, loaded } = expected;
  const { snapshot, transforms } = loaded;
  const typesOf = (source: SourceSpec) => typesInSnapshot(snapshot, source);
  const files = sourceReader(repo, typesOf, how);
  const readSource = log?.reader(files, { typesOf, onBadRows: how.onBadRows, pushes }) ?? files;
  return { definitions: { engine, snapshot, request, transforms, readSource } };
}

/** Returns the features that the command names, or that the file says it holds, of the registry that it was made by. */
async function expectedFeatures(
  config: Awaited<ReturnType<typeof loadConfig>>,
  { asked, from }: AuditFileOptions,
  facts: TrainingFacts | null,
  env: Context["env"],
  out: Output,
): Promise<Expected> {
  const ofFile = asked === null && from === "definitions";
  const request = asked ?? (facts as TrainingFacts).request;
  const plan = (where: SnapshotFrom, { snapshot, registry, transforms }: LoadedSnapshot) =>
    planOfThen(where, registry, () => planFeatures(snapshot, request, transforms));
  if (ofFile) {
    const version = { version: (facts as TrainingFacts).registry };
    try {
      const loaded = await loadSnapshot(config, version, env);
      return { request, loaded, plan: plan(version, loaded) };
    } catch (fault) {
      if (!(fault instanceof EdgefeatError) || fault.code !== "registry_not_found") throw fault;
      out.note(`warning: ${fault.message}: audited by the definitions as they are now`);
    }
  }
  const loaded = await loadSnapshot(config, from, env);
  return { request, loaded, plan: plan(from, loaded) };
}

/** Reads the file; a CSV's columns by the types that the definitions give, times as times. */
async function readTrainingSet(
  { file, eventTimes, label }: AuditFileOptions,
  names: readonly string[],
  entityTime: string,
  plan: FeaturePlan | null,
): Promise<Table> {
  const times = [
    entityTime,
    ...names.filter((name) => names.some((other) => name === `${other}__event_time`)),
    ...Object.values(eventTimes),
    ...(label?.time === undefined ? [] : [label.time]),
  ];
  const read = (typeOf: (type: ValueType) => ValueType) => {
    const features = plan?.outputs.flatMap(({ label: view, feature, type }) => [
      [feature, typeOf(type)],
      [`${view}__${feature}`, typeOf(type)],
    ]);
    const types: ColumnTypes = {
      ...Object.fromEntries(features ?? []),
      ...(plan === null ? {} : entityTypes(plan, entityTime)),
      ...Object.fromEntries(times.map((name) => [name, { kind: "timestamp" }])),
    };
    return readFileIn(process.cwd(), file, { types });
  };
  try {
    return await read((type) => type);
  } catch (fault) {
    if (!(fault instanceof EdgefeatError) || fault.code !== "type_mismatch" || plan === null) throw fault;
    // Tools without nullable integers write 12 as 12.0, and a null as NaN.
    return read((type) => (type.kind === "int32" || type.kind === "int64" ? { kind: "float64" } : type));
  }
}

const MARKS = { leak: "LEAK", mismatch: "differs", warning: "warning" } as const;

function tell(out: Output, report: AuditReport, file: string, seconds: number): void {
  out.say(
    `${file}: ${counted(report.rows, "row")}, ${counted(report.features.length, "feature")}, ${seconds.toFixed(1)} s`,
  );
  out.say();
  const count = (n: number) => n.toLocaleString("en-US");
  const rows = report.features.map((feature) => [
    feature.column,
    feature.reference ?? "",
    count(feature.leaks),
    count(feature.mismatches),
    count(feature.nulls),
    [...(feature.compared > 0 ? ["values"] : []), ...(feature.eventTimes === null ? [] : ["event times"])].join(", ") ||
      "nothing",
  ]);
  const header = ["COLUMN", "FEATURE", "LEAKS", "DIFFERS", "NULLS", "CHECKED"];
  for (const line of tableLines([header, ...rows], [2, 3, 4])) out.say(line);
  for (const { severity, message, hint, first } of report.findings) {
    out.say(`\n${MARKS[severity]}: ${message}`);
    out.say(`  hint: ${hint}`);
    const cells = first.map(({ row, entityTime, eventTime, value, expected }) => [
      `  row ${count(row)}`,
      `at ${entityTime}`,
      eventTime === undefined ? "" : `event ${eventTime}`,
      value === undefined ? "" : `has ${value}`,
      expected === undefined ? "" : `should be ${expected}`,
    ]);
    for (const line of tableLines(cells)) out.say(line);
  }
  out.say(
    {
      leaks: "\nThis training set knows what was not known.",
      mismatches: "\nNo leak found; some values are not the definitions'.",
      warnings: "\nNo leak found.",
      clean: "\nNo leak found, nothing to remark.",
    }[report.verdict],
  );
}
