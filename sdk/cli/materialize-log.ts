// What a materialization has to do with the event log: what it read there, what it leaves to the stream, when it was done.
import type { MaterializeReport } from "../../offline/index.ts";
import { compactLog, keepCompletion, type LogReadReport } from "../../offline/log/index.ts";
import { EdgefeatError } from "../errors.ts";
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
  const { view, leftToStream, contended } = report;
  if (leftToStream !== null) {
    const { afterUs, untilUs, events } = leftToStream;
    out.note(
      `${view}: up to ${formatTime(afterUs)}; what came after it, up to ${formatTime(untilUs)}, is left to the stream (${counted(events, "event")} by now)`,
    );
  }
  if (contended > 0) {
    out.note(
      `warning: ${view}: ${counted(contended, "key")} had a push since the log was read: the next run takes them`,
    );
  }
  tellFaults(out, read?.faults ?? []);
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
  { view, version, boundaryUs, sealedUs }: MaterializeReport,
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
  };
  await keepCompletion(log, served, random);
}

/** Compacts the logs of sources; what it can't do now the next run does. */
export async function compactLogs(
  log: RepoLog,
  sources: readonly string[],
  sealedUs: Us,
  { out, signal }: { out: Output; signal: AbortSignal },
): Promise<void> {
  for (const source of new Set(sources)) {
    try {
      await compactLog(log.sourceLog(source), { sealedUs, random, signal });
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      out.note(`warning: the log of ${source} was not compacted: ${fault.message}`);
    }
  }
}
