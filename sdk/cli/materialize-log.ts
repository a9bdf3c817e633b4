// What a materialization has to do with the event log: what it read there, what it leaves to the stream, when it was done.
import type { MaterializeReport, PushedCounts } from "../../offline/index.ts";
import { compactLog, keepCompletion, type LogReadReport } from "../../offline/log/index.ts";
import { EdgefeatError } from "../errors.ts";
import type { Snapshot } from "../registry/index.ts";
import { formatTime, parseTime, type Us } from "../time.ts";
import type { Connection } from "./connection.ts";
import { random, type RepoLog } from "./load/event-log.ts";
import { counted, type Output } from "./output.ts";

/** What reading logs came to. */
export class LogReads {
  readonly bySource: Record<string, LogReadReport> = {};
  readonly take = (source: string, report: LogReadReport): void => {
    this.bySource[source] = report;
  };

  get faults(): LogReadReport["faults"] {
    return Object.values(this.bySource).flatMap(({ faults }) => faults);
  }
}

/** How many damaged files and lines are told of, of those that there are. */
const SHOWN = 3;

/** Tells of what was left to the stream, and of what in the log could not be read. */
export function tellLog(out: Output, report: MaterializeReport, read: LogReadReport | null): void {
  const { view, leftToStream, caughtUp, contended, conflicts } = report;
  if (leftToStream !== null) {
    const { afterUs, untilUs, events } = leftToStream;
    out.note(
      `${view}: up to ${formatTime(afterUs)}; what came after it, up to ${formatTime(untilUs)}, is left to the stream (${counted(events, "event")} by now)`,
    );
  }
  if (caughtUp !== null) tellCaughtUp(out, report, caughtUp);
  if (contended > 0) {
    out.note(
      `warning: ${view}: ${counted(contended, "key")} had a push since the log was read: the next run takes them`,
    );
  }
  if (conflicts > 0) out.note(conflictsNote(view, conflicts));
  tellFaults(out, read?.faults ?? []);
}

function tellCaughtUp(
  out: Output,
  { view, version }: MaterializeReport,
  { accepted, duplicate, deferred, rejected }: PushedCounts,
): void {
  const name = `${view}@${version}`;
  const had = accepted + duplicate;
  if (had > 0) out.note(`${name}: caught up with ${counted(had, "event")} of the log that came after it`);
  if (deferred > 0)
    out.note(`warning: ${name}: ${counted(deferred, "event")} of the log will count from the next run on`);
  if (rejected > 0) out.note(`warning: ${name}: ${counted(rejected, "event")} of the log left out: it can't take them`);
}

/** Returns the warning of events of the log that don't count, because their id stands for another. */
export function conflictsNote(of: string, conflicts: number): string {
  return `warning: ${of}: ${counted(conflicts, "pushed event")} left out in conflict: another event of the key has the id`;
}

/** Tells of what in the log is none of it. */
export function tellFaults(out: Output, faults: LogReadReport["faults"]): void {
  for (const { file, line, reason } of faults.slice(0, SHOWN)) {
    out.note(`warning: the log's ${file}${line === null ? "" : `, line ${line}`}: ${reason}`);
  }
  if (faults.length > SHOWN) out.note(`warning: … and ${faults.length - SHOWN} more in the log that can't be read`);
}

/** Keeps in the log that rows were served from now on, for joins "as served" (SEMANTICS 2.2). */
export async function recordServed(
  log: RepoLog,
  { admin }: Connection,
  { view, version, boundaryUs, sealedUs, caughtUp }: MaterializeReport,
  { kind, startUs }: { readonly kind: "stored" | "aggregated"; readonly startUs: Us | null },
): Promise<void> {
  const completedUs = parseTime((await admin.getHealth()).now);
  // An aggregated view's tiles hold all that came before.
  const served = {
    view,
    version,
    startUs: kind === "stored" ? startUs : null,
    endUs: boundaryUs,
    sealedUs,
    completedUs,
    caughtUp: caughtUp !== null,
  };
  await keepCompletion(log, served, random);
}

/** Returns the join keys of the views that take each event of a source once, each list once. */
export function joinKeysOf({ views }: Snapshot, source: string): string[][] {
  const lists = Object.values(views).flatMap(({ versions }) =>
    Object.values(versions).flatMap(({ spec }) =>
      spec.kind === "aggregated" && spec.source.name === source ? [spec.joinKeys.map(({ name }) => name)] : [],
    ),
  );
  return [...new Map(lists.map((names) => [names.join(), names])).values()];
}

/** Compacts the logs of sources; what it can't do now the next run does. */
export async function compactLogs(
  log: RepoLog,
  sources: readonly string[],
  sealedUs: Us,
  { snapshot, out, signal }: { snapshot: Snapshot; out: Output; signal: AbortSignal },
): Promise<void> {
  for (const source of new Set(sources)) {
    try {
      await compactLog(log.sourceLog(source), { sealedUs, random, joinKeys: joinKeysOf(snapshot, source), signal });
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      out.note(`warning: the log of ${source} was not compacted: ${fault.message}`);
    }
  }
}
