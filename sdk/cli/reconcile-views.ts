// Compares the online store of a repo with its sources and its log, view by view, mends it where asked, and tells.
import { resolve } from "node:path";
import { writeTableFile } from "../../offline/datasets/files.ts";
import { formatOf, tableOf, vectorFromValues } from "../../offline/datasets/index.ts";
import {
  type Covered,
  type Difference,
  reconcile,
  type ReconciledView,
  type ReconcileReport,
  type Sample,
} from "../../offline/index.ts";
import { encodeJson, type Encodable } from "../client/encode.ts";
import type { MaterializationRecord } from "../client/index.ts";
import { EdgefeatError } from "../errors.ts";
import { parseReference } from "../plan/index.ts";
import { type Snapshot, type SourceSpec, typesInSnapshot } from "../registry/index.ts";
import { lookUp } from "../shape.ts";
import { parseTime } from "../time.ts";
import type { Value } from "../types/index.ts";
import { type Context, ToldFailure } from "./command.ts";
import { appliedRegistry, connect } from "./connection.ts";
import { loadConfig, type LoadedConfig } from "./load/config.ts";
import { loadDefinitions, loadTransforms } from "./load/definitions.ts";
import { openConfiguredEngine } from "./load/engine.ts";
import { findLog, type RepoLog } from "./load/event-log.ts";
import { sourceReader } from "./load/sources.ts";
import { counted, type Output, tableLines } from "./output.ts";
import { reconcileOnline } from "./reconcile-online.ts";

export interface ReconcileViewsOptions {
  /** `view` or `view@version`. Default: the version that answers of every view. */
  readonly views?: readonly string[] | undefined;
  readonly sample: Sample;
  readonly tolerance: number;
  readonly repair: boolean;
  /** Relative to the current folder. */
  readonly out?: string | undefined;
  readonly onBadRows: "fail" | "quarantine";
}

/** How long writes that are on their way get before what differs is looked at again. */
const SETTLE_MS = 2_000;

/** Reconciles and prints the report. @throws ToldFailure when something differs beyond the tolerance and was not mended */
export async function reconcileViews(context: Context, options: ReconcileViewsOptions): Promise<void> {
  const { repo, env, out, signal } = context;
  const { onBadRows, sample, tolerance, repair } = options;
  if (options.out !== undefined) formatOf(options.out);
  const started = performance.now();
  const loaded = await loadConfig(repo);
  const connection = await connect(loaded, env, loadTransforms);
  const { hash, snapshot } = await appliedRegistry(connection, loaded);
  const views = options.views?.map((text) => namedView(snapshot, text));
  await noteOutdated(loaded, snapshot, out);
  const log = await findLog(loaded, { env, signal });
  const typesOf = (source: SourceSpec) => typesInSnapshot(snapshot, source);
  const readSource = sourceReader(repo, typesOf, { onBadRows, env, signal });
  const online = await reconcileOnline(connection, snapshot);
  const progress = out.progress();
  const engine = await openConfiguredEngine(loaded);
  let report: ReconcileReport;
  try {
    report = await reconcile({
      engine,
      snapshot,
      registry: hash,
      transforms: await loadTransforms(loaded),
      readSource: log === null ? readSource : log.reader(readSource, { typesOf, onBadRows, pushes: true }),
      hasLog: log !== null,
      online,
      covered: await coveredBy(await connection.admin.getMaterializations(), log),
      ...(views === undefined ? {} : { views }),
      sample,
      tolerance,
      repair,
      onBadRows,
      ...(online.isFrozen ? {} : { settle: () => new Promise<void>((done) => void setTimeout(done, SETTLE_MS)) }),
      onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      signal,
    });
    if (options.out !== undefined) await writeDifferences(options.out, report.differences);
  } catch (fault) {
    throw signal.aborted ? cancelled(repair, fault) : fault;
  } finally {
    progress.stop();
    await engine.close();
  }
  const seconds = (performance.now() - started) / 1000;
  tell(out, report, seconds);
  const { differences, ...rest } = report;
  out.result({ ...rest, differences: differences.length, out: options.out ?? null, seconds });
  if (report.verdict === "different") throw new ToldFailure();
}

function namedView({ views }: Snapshot, text: string): { view: string; version: number } {
  const { view, version } = parseReference(`${text}:x`, 0);
  const { active, versions } = lookUp(views, view, "view called", "unknown_view");
  const number = version ?? active;
  if (number === null) {
    throw new EdgefeatError("view_not_materialized", `the view "${view}" answers nothing yet`, {
      hint: "materialize it first",
    });
  }
  lookUp(versions, String(number), `version of "${view}" called`, "unknown_version");
  return { view, version: number };
}

/** Training sets are made by the definitions: where these are others than what was applied, online serves something else. */
async function noteOutdated(loaded: LoadedConfig, snapshot: Snapshot, out: Output): Promise<void> {
  const { compiled } = await loadDefinitions(loaded);
  const others = Object.entries(compiled.views).filter(([view, { fingerprint }]) => {
    const { active = null, versions = {} } = snapshot.views[view] ?? {};
    return active === null || versions[String(active)]?.fingerprint !== fingerprint;
  });
  if (others.length === 0) return;
  const names = others.map(([view]) => view).join(", ");
  out.note(
    `warning: the definitions differ from what answers: ${names}; compared is what answers ("edgefeat plan" shows how)`,
  );
}

/** Returns what was materialized of each version, by the server's records and the log's. */
export async function coveredBy(
  records: Readonly<Record<string, MaterializationRecord>>,
  log: RepoLog | null,
): Promise<Map<string, Covered>> {
  const { readCompletions } = await import("../../offline/log/index.ts");
  const completions = log === null ? new Map<string, never[]>() : await readCompletions(log);
  return new Map(
    Object.entries(records).map(([name, record]) => {
      const intervals = (record.covered ?? [record]).map(({ start, end }) => ({
        startUs: start === null ? null : parseTime(start),
        endUs: parseTime(end),
      }));
      const { view, version } = parseReference(`${name}:x`, 0);
      const runs = (completions.get(view) ?? []).filter((run) => run.version === version);
      return [name, { intervals, runs }];
    }),
  );
}

function cancelled(repair: boolean, cause: unknown): EdgefeatError {
  return new EdgefeatError(
    "cancelled",
    `stopped before the end; ${repair ? "rows that were mended stay so" : "nothing was changed"}`,
    {
      hint: "run it again",
      cause,
    },
  );
}

/** One row a difference; values as JSON, so that those of all features fit one column. */
async function writeDifferences(file: string, differences: readonly Difference[]): Promise<void> {
  const texts = (of: (one: Difference) => string | null) => vectorFromValues({ kind: "string" }, differences.map(of));
  const numbers = (of: (one: Difference) => number | null) =>
    vectorFromValues({ kind: "float64" }, differences.map(of));
  const table = tableOf([
    ["view", texts(({ view, version }) => `${view}@${version}`)],
    ["feature", texts(({ feature }) => feature)],
    ["entities", texts(({ entities }) => json(entities))],
    ["kind", texts(({ kind }) => kind)],
    ["online", texts(({ online }) => valueJson(online))],
    ["offline", texts(({ offline }) => valueJson(offline))],
    ["absolute", numbers(({ absolute }) => absolute)],
    ["relative", numbers(({ relative }) => relative)],
    ["now", texts(({ now }) => now)],
    ["offline_event_time", texts(({ offlineEventTime }) => offlineEventTime)],
  ]);
  await writeTableFile(resolve(file), table);
}

function json(value: unknown): string {
  return encodeJson(value as Encodable);
}

function valueJson(value: Value | null): string | null {
  return value === null ? null : json(value);
}

const SHOWN_EXAMPLES = 3;

function tell(out: Output, { views, skipped, verdict }: ReconcileReport, seconds: number): void {
  for (const view of views) tellView(out, view);
  for (const { view, why } of skipped) out.note(`${view} was not compared: ${why}`);
  const keys = views.reduce((sum, view) => sum + view.keys.compared, 0);
  const wrong = views.reduce((sum, { wrongKeys }) => sum + wrongKeys, 0);
  const said = {
    equal: `online equals offline for ${counted(keys, "key")}`,
    repaired: `${counted(wrong, "key")} differed, and now ${wrong === 1 ? "agrees" : "agree"}`,
    different: `${counted(wrong, "key")} of ${counted(keys, "key")} ${wrong === 1 ? "differs" : "differ"}`,
  };
  out.say(`${said[verdict]}, ${seconds.toFixed(1)} s`);
}

function tellView(out: Output, view: ReconciledView): void {
  const { keys, features, wrongKeys, repaired } = view;
  const counts = [
    counted(keys.compared, "key"),
    ...(keys.onlyOnline > 0 ? [`${counted(keys.onlyOnline, "key")} only online`] : []),
    ...(keys.onlyOffline > 0 ? [`${counted(keys.onlyOffline, "key")} only offline`] : []),
    ...(keys.unreadable > 0 ? [`${counted(keys.unreadable, "row")} can't be read`] : []),
    ...(keys.unlogged > 0 ? [`${counted(keys.unlogged, "key")} not compared: pushed to, and no log is kept`] : []),
    ...(wrongKeys > 0 ? [`${counted(wrongKeys, "key")} wrong`] : []),
    ...(repaired > 0 ? [`${repaired.toLocaleString("en-US")} repaired`] : []),
  ];
  out.say(`${view.view}@${view.version}: ${counts.join(", ")}`);
  const n = (count: number) => count.toLocaleString("en-US");
  const differing = features.filter((one) => one.equal < keys.compared);
  if (differing.length > 0) {
    const header = [
      "  FEATURE",
      "EQUAL",
      "NULL ONLINE",
      "NULL OFFLINE",
      "MISMATCH",
      "UNSETTLED",
      "ABSOLUTE",
      "RELATIVE",
    ];
    const rows = differing.map((one) => [
      `  ${one.feature}`,
      n(one.equal),
      n(one.nullOnline),
      n(one.nullOffline),
      n(one.mismatch),
      n(one.unsettled),
      one.greatestAbsolute === 0 ? "" : `≤ ${one.greatestAbsolute.toPrecision(3)}`,
      one.greatestRelative === 0 ? "" : `≤ ${one.greatestRelative.toPrecision(3)}`,
    ]);
    for (const line of tableLines([header, ...rows], [1, 2, 3, 4, 5, 6, 7])) out.say(line);
    for (const { feature } of differing) {
      for (const one of view.examples.filter((example) => example.feature === feature).slice(0, SHOWN_EXAMPLES)) {
        const values = one.kind === "unreadable" ? "a row that can't be read" : (valueJson(one.online) ?? "null");
        out.say(
          `    ${feature} of ${json(one.entities)}: online ${values}, offline ${valueJson(one.offline) ?? "null"}`,
        );
      }
    }
  }
  out.say();
}
