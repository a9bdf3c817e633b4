// Materializes the views of a repo, one after another, and reports each.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { materializeView, type MaterializeReport } from "../../offline/index.ts";
import type { LogReadReport } from "../../offline/log/index.ts";
import type { MaterializationRecord } from "../client/index.ts";
import { EdgefeatError, type ErrorCode } from "../errors.ts";
import { type Snapshot, type SourceSpec, typesInSnapshot } from "../registry/index.ts";
import { lookUp } from "../shape.ts";
import { formatTime, parseTime, US_PER_DAY, type Us } from "../time.ts";
import { checkpointOf } from "./checkpoint.ts";
import type { Context } from "./command.ts";
import { appliedRegistry, connect, type Connection } from "./connection.ts";
import { loadConfig } from "./load/config.ts";
import { findLog, sealedAt } from "./load/event-log.ts";
import { openConfiguredEngine } from "./load/engine.ts";
import { sourceReader, sourceStamp } from "./load/sources.ts";
import { onlineSink } from "./online-sink.ts";
import { compactLogs, LogReads, recordServed, tellLog } from "./materialize-log.ts";
import { sealedAfter, type SealWait, wholeUntil } from "./seal-wait.ts";
import { keepQuarantine, type QuarantineFile } from "./quarantine-files.ts";
import { counted, type Output, tableLines } from "./output.ts";

/** What to materialize: (startUs, endUs], with null from the earliest row; or from a day before the last end. */
export type Interval = { kind: "range"; startUs: Us | null; endUs: Us } | { kind: "incremental"; endUs: Us };

/** What a change of a source's file makes of a version that was defined before it. */
const OUTDATED: ReadonlySet<ErrorCode> = new Set(["missing_column", "type_mismatch", "file_not_found"]);

interface ViewToDo {
  readonly view: string;
  readonly version: number;
  readonly source: SourceSpec;
  readonly kind: "stored" | "aggregated";
  readonly isLatest: boolean;
  /** null: from the earliest row. */
  readonly startUs: Us | null;
}

export interface MaterializeAllOptions {
  /** Default: all but on-demand ones. */
  readonly views?: readonly string[] | undefined;
  readonly onBadRows: "fail" | "quarantine";
}

/** Materializes views and prints a report. @throws what any of them does, when the others before it are done */
export async function materializeAll(
  { repo, env, out, signal }: Context,
  interval: Interval,
  { views, onBadRows }: MaterializeAllOptions,
): Promise<void> {
  const loaded = await loadConfig(repo);
  const connection = await connect(loaded, env);
  const { snapshot } = await appliedRegistry(connection, loaded);
  // After the registry was read: every push since then goes to the versions that it names.
  const beganUs = await checkEnd(connection, interval.endUs);
  const records = interval.kind === "incremental" ? await connection.admin.getMaterializations() : {};
  const todo = viewsToDo(snapshot, views).map((view): ViewToDo => ({
    ...view,
    startUs: interval.kind === "range" ? interval.startUs : nextStart(records, view, interval.endUs),
  }));
  const log = await findLog(loaded, { env, signal });
  const progress = out.progress();
  const sealWait: SealWait = {
    getHealth: () => connection.admin.getHealth(),
    sleep: (ms) => sleep(ms, undefined, { signal }),
    onWait: (ms) => progress.update(`wait ${(ms / 1_000).toFixed(1)} s until the log is whole`, 0, 0),
  };
  const engine = await openConfiguredEngine(loaded);
  const outdated: { view: string; version: number; code: ErrorCode }[] = [];
  const reports: (Omit<MaterializeReport, "quarantine"> & {
    quarantine: QuarantineFile[];
    start: string | null;
    end: string;
    boundary: string;
    log: LogReadReport | null;
    seconds: number;
  })[] = [];
  try {
    for (const item of todo) {
      const { view, version, source, startUs, isLatest } = item;
      const started = performance.now();
      const stamp = await sourceStamp(repo, source, signal);
      const readSource = sourceReader(repo, (spec) => typesInSnapshot(snapshot, spec), { onBadRows, signal });
      const reads = new LogReads();
      const typesOf = (spec: SourceSpec) => typesInSnapshot(snapshot, spec);
      const work = materializeView({
        engine,
        snapshot,
        view,
        version,
        startUs,
        endUs: interval.endUs,
        readSource,
        ...(log === null
          ? {}
          : {
              log: {
                // Asked before the log is listed: what comes later is newer.
                sealedUs: await sealedAfter(
                  wholeUntil(snapshot, view, version, { beganUs, endUs: interval.endUs }),
                  sealWait,
                ),
                readSource: (writtenUntilUs: Us) =>
                  log.reader(readSource, { typesOf, onBadRows, writtenUntilUs, onRead: reads.take }),
                told: ({ name }: SourceSpec, of: string, afterUs: Us) => log.told(name, of, afterUs),
              },
            }),
        onBadRows,
        ...(stamp === null ? {} : { sourceStamp: `${stamp} ${storeHash(connection)}` }),
        sink: onlineSink(connection.admin, snapshot),
        checkpoint: checkpointOf(repo, view, version),
        onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
        signal,
      });
      const report = await work.catch((fault: unknown) => {
        // The file may have lost what an older version reads; that must not keep the newer ones from being written.
        if (isLatest || !(fault instanceof EdgefeatError) || !OUTDATED.has(fault.code)) throw fault;
        outdated.push({ view, version, code: fault.code });
        out.note(`warning: ${view}@${version}, an older version, gets no more rows: ${fault.message}`);
        return null;
      });
      progress.stop();
      if (report === null) continue;
      const seconds = (performance.now() - started) / 1000;
      const start = startUs === null ? null : formatTime(startUs);
      const quarantine = await keepQuarantine(repo, report);
      const end = formatTime(interval.endUs);
      const read = reads.bySource[source.name] ?? null;
      reports.push({ ...report, quarantine, start, end, boundary: formatTime(report.boundaryUs), log: read, seconds });
      tell(out, report, seconds);
      tellLog(out, report, read);
      if (log !== null) await recordServed(log, connection, report, item);
      for (const { of, file, rows } of quarantine)
        out.note(`warning: ${counted(rows, "row")} of ${of} set aside in ${file}`);
    }
  } finally {
    progress.stop();
    await engine.close();
  }
  if (log !== null) {
    const sources = todo.map(({ source }) => source.name);
    await compactLogs(log, sources, sealedAt(await connection.admin.getHealth()), { snapshot, out, signal });
  }
  out.result({ views: reports, outdated });
}

/** Refuses an END in the future before anything is read (SEMANTICS 3.6), as the server does again by its own clock; returns its time. */
async function checkEnd({ admin }: Connection, endUs: Us): Promise<Us> {
  const { now } = await admin.getHealth();
  const nowUs = parseTime(now);
  if (endUs <= nowUs) return nowUs;
  throw new EdgefeatError("event_time_in_future", `END ${formatTime(endUs)} is later than the server's clock, ${now}`, {
    hint: "materialize up to an END that has passed",
  });
}

/** The token of a local server is made anew with its data, so a checkpoint never outlives the rows that it counts. */
function storeHash({ storeId }: Connection): string {
  return createHash("sha256").update(storeId).digest("hex");
}

/**
 * Returns the versions to write, every view's latest first, then the older ones that were materialized, so that each can
 * be asked for or returned to without holes (SEMANTICS 7.2). @throws unknown_view, bad_request for an on-demand view
 */
function viewsToDo(snapshot: Snapshot, names?: readonly string[]): Omit<ViewToDo, "startUs">[] {
  const current = Object.fromEntries(Object.entries(snapshot.views).filter(([, { latest }]) => latest !== null));
  const all = (names ?? Object.keys(current)).flatMap((view) => {
    const { latest, versions } = lookUp(current, view, "view called", "unknown_view");
    return Object.entries(versions).flatMap(([number, { spec, materialized }]) => {
      const version = Number(number);
      if (spec.kind !== "onDemand") {
        return version === latest || materialized
          ? [{ view, version, source: spec.source, kind: spec.kind, isLatest: version === latest }]
          : [];
      }
      if (names === undefined) return [];
      throw new EdgefeatError("bad_request", `"${view}" is an on-demand view: there is nothing to materialize`, {
        hint: "materialize its inputs",
      });
    });
  });
  return all.toSorted((a, b) => Number(b.isLatest) - Number(a.isLatest));
}

/** A day before the last end, or before this one where it is earlier; null when the view was never materialized. */
function nextStart(
  records: Readonly<Record<string, MaterializationRecord>>,
  { view, version }: { view: string; version: number },
  endUs: Us,
): Us | null {
  const record = records[`${view}@${version}`];
  return record === undefined ? null : Math.min(parseTime(record.end), endUs) - US_PER_DAY;
}

function tell(out: Output, report: MaterializeReport, seconds: number): void {
  const { view, version, keys, resumed, written, unchanged, superseded, expired } = report;
  const parts = [
    `${written.toLocaleString("en-US")} written`,
    `${unchanged.toLocaleString("en-US")} unchanged`,
    ...(superseded > 0 ? [`${superseded.toLocaleString("en-US")} superseded by later rows`] : []),
    ...(expired > 0 ? [`${expired.toLocaleString("en-US")} too old to keep`] : []),
    ...(resumed > 0 ? [`${resumed.toLocaleString("en-US")} written before, by a run that was cut off`] : []),
  ];
  for (const line of tableLines([
    [`${view}@${version}`, counted(keys, "key"), parts.join(", "), `${seconds.toFixed(1)} s`],
  ]))
    out.say(line);
  if (report.nullKeys > 0)
    out.note(`warning: ${view}: ${counted(report.nullKeys, "source row")} without a key left out`);
  if (report.ambiguousTies > 0) {
    out.note(
      `warning: ${view}: ${counted(report.ambiguousTies, "row")} tie on event and created time but differ: the greatest values were taken`,
    );
  }
}
