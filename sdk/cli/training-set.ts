// Builds a training set from the definitions and files of a repo, and reports what was found.
import { resolve } from "node:path";
import { writeTableFile } from "../../offline/datasets/files.ts";
import { formatOf } from "../../offline/datasets/index.ts";
import { getHistoricalFeatures, type HistoricalReport, openEngine } from "../../offline/index.ts";
import { type FeaturePlan, planFeatures, type PlanRequest } from "../plan/index.ts";
import { type ColumnTypes, typesInSnapshot } from "../registry/index.ts";
import type { Us } from "../time.ts";
import type { Context } from "./command.ts";
import { loadConfig } from "./load/config.ts";
import { loadSnapshot, type SnapshotFrom } from "./load/registry.ts";
import { readFileIn, sourceReader } from "./load/sources.ts";
import { counted, type Output, tableLines } from "./output.ts";

export interface TrainingSetOptions {
  asked: PlanRequest;
  from: SnapshotFrom;
  /** Files relative to the current folder, as a shell completes them. */
  entities: string;
  out: string;
  entityTime: string;
  embargoUs: Us;
  fullNames: boolean;
}

/** Writes the training set and prints its report. */
export async function buildTrainingSet(
  { repo, out, env, signal }: Context,
  options: TrainingSetOptions,
): Promise<void> {
  const { asked, entityTime, embargoUs, fullNames } = options;
  formatOf(options.out);
  const started = performance.now();
  const loaded = await loadConfig(repo);
  const { snapshot, registry, transforms } = await loadSnapshot(loaded, options.from, env);
  const types = entityTypes(planFeatures(snapshot, asked, transforms), entityTime);
  const entities = await readFileIn(process.cwd(), options.entities, { types });
  const progress = out.progress();
  const engine = await openEngine();
  try {
    const { table, report } = await getHistoricalFeatures({
      engine,
      entities,
      snapshot,
      request: asked,
      transforms,
      readSource: sourceReader(repo, (source) => typesInSnapshot(snapshot, source)),
      entityTime,
      embargoUs,
      fullNames,
      onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      signal,
      elapsedMs: () => performance.now(),
    });
    progress.update(`write ${options.out}`, 0, 0);
    await writeTableFile(resolve(options.out), table);
    progress.stop();
    const seconds = (performance.now() - started) / 1000;
    tell(out, report, options.out, seconds);
    const columns = table.schema.fields.map((field) => field.name);
    out.result({ ...report, registry, out: options.out, columns, seconds });
  } finally {
    progress.stop();
    await engine.close();
  }
}

/** Returns the types of the columns that the features need; the others of a CSV pass as text. */
function entityTypes({ keys, request }: FeaturePlan, entityTime: string): ColumnTypes {
  const typed = [...keys, ...request].map(({ name, type }) => [name, type] as const);
  return { ...Object.fromEntries(typed), [entityTime]: { kind: "timestamp" } };
}

function tell(out: Output, report: HistoricalReport, file: string, seconds: number): void {
  out.say(`${counted(report.rows, "row")} in ${file}, ${seconds.toFixed(1)} s`);
  out.say();
  const views = report.views.map(({ view, matched, candidates, ambiguousTies, seconds: s }) => [
    view,
    `found for ${counted(matched, "row")}`,
    `among ${counted(candidates, "source row")}`,
    counted(ambiguousTies, "ambiguous tie"),
    `${s.toFixed(2)} s`,
  ]);
  for (const line of tableLines(views, [4])) out.say(line);
  const nulls = Object.entries(report.nulls);
  out.say(
    nulls.length === 0
      ? "\nno nulls"
      : `\nnulls: ${nulls.map(([name, n]) => `${name} ${n.toLocaleString("en-US")}`).join(", ")}`,
  );
  for (const [name, n] of Object.entries(
    Object.assign({}, ...report.views.map((view) => view.overflows)) as Record<string, number>,
  )) {
    out.note(`warning: ${name} does not fit in 64 bits for ${counted(n, "row")} and is null there`);
  }
  for (const [name, n] of Object.entries(report.transformErrors)) {
    out.note(`warning: ${name} could not be computed for ${counted(n, "row")} and is null there`);
  }
  if (report.roundedEntityTimes > 0) {
    out.note(`warning: ${counted(report.roundedEntityTimes, "entity time")} finer than a microsecond, rounded down`);
  }
  if (report.views.some((view) => view.ambiguousTies > 0)) {
    out.note("warning: source rows tie on event and created time but differ: the greatest values were taken");
  }
}
