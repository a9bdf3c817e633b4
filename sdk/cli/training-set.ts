// Builds a training set from the definitions and files of a repo, so that it can be resumed and made again.
import { resolve } from "node:path";
import { writeTableFile } from "../../offline/datasets/files.ts";
import { formatOf, namesOf } from "../../offline/datasets/index.ts";
import {
  type EngineOptions,
  getHistoricalFeatures,
  type HistoricalOptions,
  type Quarantine,
  type ServedTimes,
} from "../../offline/index.ts";
import { EdgefeatError } from "../errors.ts";
import { type FeaturePlan, metadataOf, planFeatures, type PlanRequest, type ViewRead } from "../plan/index.ts";
import { canonicalJson, hashOf, type SourceSpec, typesInSnapshot } from "../registry/index.ts";
import type { Us } from "../time.ts";
import type { Context } from "./command.ts";
import { type EntitiesFrom, entityRows, entityStamp } from "./entity-rows.ts";
import { type KeptParts, partsOf } from "./join-parts.ts";
import { keepRegistry } from "./kept-registry.ts";
import { loadConfig } from "./load/config.ts";
import { openConfiguredEngine } from "./load/engine.ts";
import { findLog, type RepoLog } from "./load/event-log.ts";
import { loadSnapshot, planOfThen, type SnapshotFrom } from "./load/registry.ts";
import { sourceReader, sourceStamp } from "./load/sources.ts";
import { LogReads, tellFaults } from "./materialize-log.ts";
import { counted } from "./output.ts";
import { tellTrainingSet } from "./training-report.ts";
import { packageVersion } from "./version.ts";

export interface TrainingSetOptions {
  asked: PlanRequest;
  from: SnapshotFrom;
  entities: EntitiesFrom;
  /** Relative to the current folder, as a shell completes it. */
  out: string;
  entityTime: string;
  embargoUs: Us;
  fullNames: boolean;
  asKnownAt: string | true | undefined;
  asServed: boolean;
  provenance: boolean;
  onBadRows: "fail" | "quarantine";
  joinForm: NonNullable<HistoricalOptions["joinForm"]>;
  /** Default: the config's. */
  engine: EngineOptions["engine"] | undefined;
  resume: boolean;
  /** Returns the command that makes the same again from the registry of that hash. */
  command(registry: string): string;
}

/** Writes the training set and prints its report. */
export async function buildTrainingSet(context: Context, options: TrainingSetOptions): Promise<void> {
  const { repo, out, env, signal } = context;
  const { asked, entityTime, embargoUs, fullNames, provenance, onBadRows, joinForm, asKnownAt, asServed } = options;
  formatOf(options.out);
  const started = performance.now();
  const loaded = await loadConfig(repo);
  const { snapshot, registry, transforms } = await loadSnapshot(loaded, options.from, env);
  const plan = planOfThen(options.from, registry, () => planFeatures(snapshot, asked, transforms));
  keepRegistry(repo, { hash: registry, snapshot }, "historical");
  const log = await findLog(loaded, { env, signal });
  const served = asServed ? await servedBy(log) : null;
  const stamps = await sourceStamps(repo, plan, log, signal);
  const parts = await partsFor(repo, plan, stamps, options);
  const progress = out.progress();
  const engine = await openConfiguredEngine(loaded, options.engine);
  const typesOf = (source: SourceSpec) => typesInSnapshot(snapshot, source);
  const readSource = sourceReader(repo, typesOf, { onBadRows, env, signal });
  const reads = new LogReads();
  try {
    const base = {
      engine,
      snapshot,
      request: asked,
      transforms,
      readSource: log?.reader(readSource, { typesOf, onBadRows, pushes: asServed, onRead: reads.take }) ?? readSource,
      onBadRows,
      signal,
    };
    progress.update("read the entity rows", 0, 0);
    const { table: entities, unreadCells = [] } = await entityRows(options.entities, plan, entityTime, base);
    const { table, report, quarantine } = await getHistoricalFeatures({
      ...base,
      entities,
      unreadCells,
      entityTime,
      embargoUs,
      fullNames,
      provenance,
      joinForm,
      ...(asKnownAt === undefined ? {} : { asKnownAt }),
      ...(served === null ? {} : { asServed: served }),
      ...(parts === null ? {} : { parts }),
      onProgress: ({ stage, done, total }) =>
        progress.update(`${stage}, ${counted(entities.numRows, "entity row")}`, done, total),
      elapsedMs: () => performance.now(),
    });
    signal.throwIfAborted();
    progress.update(`write ${options.out}`, 0, 0);
    const aside = await writeQuarantine(options.out, quarantine ?? []);
    const columns = namesOf(table.schema);
    const facts = {
      request: asked,
      registry,
      entityTime,
      embargoUs,
      asKnownAt,
      asServed: asServed ? (true as const) : undefined,
    };
    const metadata = metadataOf({
      ...facts,
      plan,
      snapshot,
      columns: columns.slice(entities.numCols),
      sources: statesByName(stamps, plan),
      command: options.command(registry),
      tool: packageVersion(),
    });
    await writeTableFile(resolve(options.out), table, { metadata, signal });
    parts?.clear();
    progress.stop();
    const seconds = (performance.now() - started) / 1000;
    const resumed = parts?.loaded.map(viewOfPart) ?? [];
    tellFaults(out, reads.faults);
    tellTrainingSet(out, report, { file: options.out, engine: engine.name, seconds, quarantine: aside, resumed });
    out.result({
      ...report,
      log: log === null ? null : { place: log.place, sources: reads.bySource },
      registry,
      engine: engine.name,
      out: options.out,
      quarantine: aside,
      resumed,
      columns,
      seconds,
    });
  } catch (fault) {
    progress.stop();
    throw interrupted(fault, signal, options.out, parts);
  } finally {
    progress.stop();
    await engine.close();
  }
}

/** Returns the parts of an earlier run of the same; null where there is nothing to resume. */
async function partsFor(
  repo: string,
  plan: FeaturePlan,
  stamps: SourceStamps,
  options: TrainingSetOptions,
): Promise<KeptParts | null> {
  const { asked, entities, entityTime, embargoUs, asKnownAt, asServed, provenance, onBadRows, joinForm, resume } =
    options;
  // A view that was joined before is not read again, and so would tell nothing of the rows that were set aside.
  // What was served is told by the log, which has no state of its own to go by.
  if (!resume || asServed || onBadRows === "quarantine" || plan.reads.length < 2) return null;
  const views = plan.reads.map(({ label, version, spec, keys, features }) => ({
    label,
    version,
    spec,
    keys,
    features,
  }));
  const rules = { entityTime, embargoUs, asKnownAt: asKnownAt ?? null, provenance, joinForm };
  const rows = await entityStamp(entities);
  if (rows === null) return null;
  // A part's key begins with its view's place in the plan.
  const stampOf = (key: string): string | null => {
    const read = plan.reads[Number.parseInt(key, 10)];
    return read === undefined ? null : (stamps.get(stampKey(read)) ?? null);
  };
  return partsOf(repo, hashOf({ asked, views, rules, rows, version: packageVersion() }), stampOf);
}

/** @throws bad_request without a log */
async function servedBy(log: RepoLog | null): Promise<ServedTimes> {
  if (log !== null) return log.served();
  throw new EdgefeatError("bad_request", "what was served is not known: there is no log", {
    hint: "name a folder or s3://bucket/folder as offline.log in edgefeat.config.ts: pushes and materializations are recorded there from then on",
  });
}

async function sourceStamps(
  repo: string,
  { reads }: FeaturePlan,
  log: RepoLog | null,
  signal: AbortSignal,
): Promise<SourceStamps> {
  const specs = new Map<string, SourceSpec>(reads.map((read) => [stampKey(read), read.spec.source]));
  const stamps = new Map<string, string | null>();
  for (const [key, spec] of specs) {
    const file = await sourceStamp(repo, spec, signal);
    stamps.set(key, log === null || file === null ? file : `${file} log:${await log.stamp(spec.name)}`);
  }
  return stamps;
}

/** The state of each source, by all that is said of it: versions of a view may have sources of one name and other files. */
type SourceStamps = ReadonlyMap<string, string | null>;

function stampKey({ spec }: ViewRead): string {
  return canonicalJson(spec.source);
}

/** Returns the state of each source by its name, for people. */
function statesByName(stamps: SourceStamps, { reads }: FeaturePlan): Record<string, string> {
  return Object.fromEntries(reads.map((read) => [read.spec.source.name, stamps.get(stampKey(read)) ?? "unknown"]));
}

/** Writes the rows that were set aside beside the training set. Returns the files, with what their rows are of. */
async function writeQuarantine(
  out: string,
  quarantine: readonly Quarantine[],
): Promise<{ of: string; file: string; rows: number }[]> {
  const written = [];
  for (const { of, table } of quarantine) {
    const name = of.replaceAll(/[^\w-]+/g, "_").replaceAll(/^_+|_+$/g, "");
    const file = out.replace(/(\.[^./\\]+)$/, `.quarantine-${name}$1`);
    await writeTableFile(resolve(file), table);
    written.push({ of, file, rows: table.numRows });
  }
  return written;
}

/** Returns the error of a run that ended early: that nothing was written, and how to go on. */
function interrupted(fault: unknown, signal: AbortSignal, out: string, parts: KeptParts | null): unknown {
  const kept = new Set([...(parts?.loaded ?? []), ...(parts?.saved ?? [])]).size;
  const goOn = `run the same command again: ${counted(kept, "finished view")} will not be joined again`;
  if (signal.aborted) {
    return new EdgefeatError("cancelled", `stopped; ${out} was not written`, {
      hint: kept === 0 ? "run the same command again to start anew" : goOn,
      cause: fault,
    });
  }
  if (!(fault instanceof EdgefeatError) || kept === 0) return fault;
  const { code, message, hint, details, cause } = fault;
  return new EdgefeatError(code, message, {
    hint: hint === undefined ? goOn : `${hint}; then ${goOn}`,
    ...(details === undefined ? {} : { details }),
    cause,
  });
}

/** "0-order_stats@1" is of order_stats@1. */
function viewOfPart(key: string): string {
  return key.slice(key.indexOf("-") + 1);
}
