// The log of pushed events as the command line shows and compacts it.
import { checkLog, compactLog, conflictsOf } from "../../offline/log/index.ts";
import { EdgefeatError } from "../errors.ts";
import { didYouMean } from "../nearest.ts";
import { checkSnapshot, type Snapshot } from "../registry/index.ts";
import { formatTime, US_PER_MS, type Us } from "../time.ts";
import { type Context, ToldFailure } from "./command.ts";
import { connect } from "./connection.ts";
import { errorText } from "./error-text.ts";
import { type LoadedConfig, loadConfig } from "./load/config.ts";
import { findLog, random, type RepoLog, sealedAt } from "./load/event-log.ts";
import { conflictsNote, joinKeysOf, tellFaults } from "./materialize-log.ts";
import { counted, tableLines } from "./output.ts";

/** How many files of hours that can't be read are told of, of a source. */
const SHOWN = 3;

/**
 * Prints what the log of each source holds.
 * @throws bad_request without a log, unknown_source; ToldFailure where files of hours can't be read: a join would fail
 */
export async function tellStatus({ repo, env, out, signal }: Context, names?: readonly string[]): Promise<void> {
  const log = await logOf(await loadConfig(repo), env, signal);
  const sources = [];
  const failed: EdgefeatError[][] = [];
  for (const source of await chosen(log, names)) {
    const { manifest, segments, faults, unreadable } = await checkLog(log.sourceLog(source));
    failed.push(unreadable);
    const [oldest] = segments;
    sources.push({
      source,
      segments: segments.length,
      records: segments.reduce((sum, { records }) => sum + records, 0),
      oldestSegment: oldest === undefined ? null : formatTime(oldest.writtenAtUs),
      hours: manifest.hours.size,
      events: [...manifest.hours.values()].reduce((sum, { events }) => sum + events, 0),
      conflicts: conflictsOf(manifest),
      sealed: manifest.sealedUs === null ? null : formatTime(manifest.sealedUs),
      faults,
      unreadable: unreadable.map(({ details }) => ({ ...details })),
    });
  }
  const count = (n: number) => n.toLocaleString("en-US");
  const rows = sources.map(({ source, hours, events, sealed, segments, records, oldestSegment }) => [
    source,
    count(events),
    count(hours),
    sealed ?? "",
    count(records),
    count(segments),
    oldestSegment ?? "",
  ]);
  const header = ["SOURCE", "EVENTS", "FILES", "SEALED", "TO COMPACT", "SEGMENTS", "OLDEST"];
  out.say(`the log is at ${log.place}`);
  for (const line of rows.length === 0 ? ["nothing was pushed yet"] : tableLines([header, ...rows], [1, 2, 4, 5])) {
    out.say(line);
  }
  for (const { source, conflicts } of sources) if (conflicts > 0) out.note(conflictsNote(source, conflicts));
  tellFaults(
    out,
    sources.flatMap(({ faults }) => faults),
  );
  for (const errors of failed) {
    for (const error of errors.slice(0, SHOWN)) out.note(errorText(error, false));
    if (errors.length > SHOWN) out.note(`… and ${counted(errors.length - SHOWN, "file")} more`);
  }
  out.result({ place: log.place, sources });
  if (failed.flat().length > 0) throw new ToldFailure();
}

/** Compacts the log of each source and prints a report. @throws as tellStatus; file_unreadable */
export async function compactAll({ repo, env, out, signal }: Context, names?: readonly string[]): Promise<void> {
  const loaded = await loadConfig(repo);
  const log = await logOf(loaded, env, signal);
  const { sealedUs, snapshot } = await serverNow(loaded, env);
  const progress = out.progress();
  const sources = [];
  try {
    for (const source of await chosen(log, names)) {
      const report = await compactLog(log.sourceLog(source), {
        sealedUs,
        random,
        ...(snapshot === null ? {} : { joinKeys: joinKeysOf(snapshot, source) }),
        onProgress: ({ done, total }) => progress.update(`compact ${source}`, done, total),
        signal,
      });
      progress.stop();
      sources.push(report);
      const { segments, records, files, sealed } = report;
      out.say(
        `${source}: ${counted(records, "record")} of ${counted(segments, "segment")} into ${counted(files, "file")}; sealed up to ${sealed}`,
      );
      if (report.conflicts > 0) out.note(conflictsNote(source, report.conflicts));
      tellFaults(out, report.faults);
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new EdgefeatError("cancelled", "stopped; nothing is lost", { hint: "run it again to go on", cause });
  } finally {
    progress.stop();
  }
  out.result({ place: log.place, sources });
}

async function logOf(loaded: LoadedConfig, env: Context["env"], signal: AbortSignal): Promise<RepoLog> {
  const log = await findLog(loaded, { env, signal });
  if (log !== null) return log;
  throw new EdgefeatError("bad_request", "there is no log of pushed events", {
    hint: 'a server makes one where a view has push: true; or name its place as offline.log in edgefeat.config.ts: "./log", "s3://bucket/folder"',
  });
}

async function chosen(log: RepoLog, names: readonly string[] | undefined): Promise<readonly string[]> {
  const all = await log.sources();
  for (const name of names ?? []) {
    if (all.includes(name)) continue;
    throw new EdgefeatError("unknown_source", `the log has nothing of a source "${name}"`, {
      hint: didYouMean(name, all),
    });
  }
  return names ?? all;
}

/** By the server's clock, which may stand still, and what is applied there; without a server by this machine's. */
async function serverNow(
  loaded: LoadedConfig,
  env: Context["env"],
): Promise<{ sealedUs: Us; snapshot: Snapshot | null }> {
  try {
    const { admin } = await connect(loaded, env);
    const sealedUs = sealedAt(await admin.getHealth());
    const applied = await admin.getRegistry();
    return { sealedUs, snapshot: applied === null ? null : checkSnapshot(applied.snapshot) };
  } catch (fault) {
    if (!(fault instanceof EdgefeatError)) throw fault;
    return { sealedUs: sealedAt({ now: formatTime(Date.now() * US_PER_MS), frozen: false }), snapshot: null };
  }
}
