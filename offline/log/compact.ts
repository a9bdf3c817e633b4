// Compaction: segments into one Parquet file an hour of event times, each event once. Safe to be killed at any moment, to run
// twice, and to run beside readers: new files first, then a manifest that names them, then what they replace goes.
import { hexOf } from "../../sdk/sha256.ts";
import { formatTime, type Us } from "../../sdk/time.ts";
import { conflictsIn, eventOf, type LogEvent, mergeEvents } from "./events.ts";
import { digestOf } from "./hour-faults.ts";
import { hourOf, tableOfEvents } from "./hour-file.ts";
import { type Manifest, removeOldManifests, writeManifest } from "./manifest.ts";
import { forEach } from "./port.ts";
import { listLog, Moved, readHourFile, type SourceLog } from "./read-log.ts";
import { type LogFault, readSegment, type Segment, segmentFolder } from "./segments.ts";

export interface CompactOptions {
  /** Segments written at or before it are taken: none may still be on its way. */
  readonly sealedUs: Us;
  readonly random: (bytes: number) => Uint8Array;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal | undefined;
  /** The join keys of the source's views, each list once, for the count of conflicts; default none, and none are counted. */
  readonly joinKeys?: readonly (readonly string[])[];
  /** How many records are taken at a time, at least a segment's; default 200,000. */
  readonly recordsAtOnce?: number;
}

export interface CompactReport {
  readonly source: string;
  readonly sealed: string;
  /** Segments that are in Parquet files now and were not before. */
  readonly segments: number;
  readonly records: number;
  /** Parquet files written. */
  readonly files: number;
  /** Events in all the files that don't count, because another of their key and hour has their id (SEMANTICS 4.6). */
  readonly conflicts: number;
  /** Segments left as they are, because they are damaged: their readable lines still count. */
  readonly faults: readonly LogFault[];
}

const RECORDS_AT_ONCE = 200_000;
const TRIES = 8;

/** Compacts a log; another compaction that runs at the same time costs work, no events. @throws file_unreadable */
export async function compactLog(log: SourceLog, options: CompactOptions): Promise<CompactReport> {
  const { sealedUs, recordsAtOnce = RECORDS_AT_ONCE, onProgress, signal } = options;
  const damaged = new Map<string, readonly LogFault[]>();
  const sum = { segments: 0, records: 0, files: 0 };
  let lost = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { manifest, segments, faults } = await listLog(log);
    await removeReplaced(log, manifest);
    const todo = segments.filter(({ name, writtenAtUs }) => writtenAtUs <= sealedUs && !damaged.has(name));
    if (todo.length === 0 || lost >= TRIES) {
      const report = { source: log.source, sealed: formatTime(manifest.sealedUs ?? sealedUs), ...sum };
      const conflicts = conflictsOf(manifest);
      return { ...report, conflicts, faults: [...faults, ...[...damaged.values()].flat()] };
    }
    onProgress?.({ done: sum.segments, total: sum.segments + todo.length });
    const batch = firstRecords(todo, recordsAtOnce);
    const taken = await readWhole(log, batch, damaged);
    if (taken.names.length === 0) continue;
    const isLast = batch.length === todo.length;
    const written = await commit(log, manifest, taken, { ...options, sealedUs: isLast ? sealedUs : null }).catch(
      (fault: unknown) => {
        if (fault instanceof Moved) return null;
        throw fault;
      },
    );
    if (written === null) {
      lost++;
      continue;
    }
    sum.segments += taken.names.length;
    sum.records += taken.events.length;
    sum.files += written;
  }
}

function firstRecords(segments: readonly Segment[], most: number): Segment[] {
  let records = 0;
  const end = segments.findIndex(({ records: more }) => (records += more) > most);
  return segments.slice(0, end < 0 ? undefined : Math.max(1, end));
}

/** Returns what the segments hold that are as they were written; tells of the others. One that has gone is in files by now. */
async function readWhole(
  { files, folder }: SourceLog,
  segments: readonly Segment[],
  damaged: Map<string, readonly LogFault[]>,
): Promise<{ names: string[]; events: LogEvent[] }> {
  const read = await forEach(segments, async ({ name, ...told }) => {
    const bytes = await files.read(`${segmentFolder(folder)}/${name}`);
    if (bytes === null) return null;
    const { records, faults } = readSegment({ name, ...told }, bytes);
    if (faults.length === 0) return { name, events: records.map(eventOf) };
    damaged.set(name, faults);
    return null;
  });
  const whole = read.filter((one) => one !== null);
  return { names: whole.map(({ name }) => name), events: whole.flatMap(({ events }) => events) };
}

/** Writes the files of what segments hold, and the manifest that names them. Returns how many files; null where another was faster. */
async function commit(
  log: SourceLog,
  manifest: Manifest,
  taken: { names: readonly string[]; events: readonly LogEvent[] },
  { sealedUs, random, joinKeys = [] }: { sealedUs: Us | null } & Pick<CompactOptions, "random" | "joinKeys">,
): Promise<number | null> {
  const { files, folder, datasets } = log;
  const generation = manifest.generation + 1;
  const hours = new Map(manifest.hours);
  const replaced: string[] = [];
  const written: string[] = [];
  for (const [hour, events] of Map.groupBy(taken.events, hourOf)) {
    const before = hours.get(hour);
    const merged = mergeEvents([...(before === undefined ? [] : await readHourFile(log, manifest, hour)), ...events]);
    const file = `${hourName(hour)}-${generation}-${hexOf(random(8))}.parquet`;
    const bytes = await datasets.writeTable(tableOfEvents(merged), "parquet");
    if (!(await files.putNew(`${folder}/hours/${file}`, bytes))) throw new Error(`two files are called ${file}`);
    written.push(file);
    const conflicts = conflictsIn(merged, joinKeys);
    const sha256 = await digestOf(bytes);
    hours.set(hour, {
      file,
      events: merged.length,
      bytes: bytes.length,
      ...(sha256 === null ? {} : { sha256 }),
      ...(conflicts > 0 ? { conflicts } : {}),
    });
    if (before !== undefined) replaced.push(before.file);
  }
  const next: Manifest = {
    generation,
    sealedUs: sealedUs === null ? manifest.sealedUs : Math.max(sealedUs, manifest.sealedUs ?? -Infinity),
    hours,
    compacted: new Set(taken.names),
    replaced,
  };
  const outcome = await writeManifest(files, folder, next);
  if (outcome === "taken") await forEach(written, (file) => files.remove(`${folder}/hours/${file}`));
  if (outcome !== "last") return null;
  await forEach(taken.names, (name) => files.remove(`${segmentFolder(folder)}/${name}`));
  return written.length;
}

/** Returns how many events don't count, by when the hours were compacted. */
export function conflictsOf({ hours }: Manifest): number {
  return [...hours.values()].reduce((sum, { conflicts = 0 }) => sum + conflicts, 0);
}

/** "2001-03-31T00" */
function hourName(hour: Us): string {
  return formatTime(hour).slice(0, -":00:00Z".length);
}

/** Removes what a manifest has replaced, and files of a manifest that never came, because another was faster. */
async function removeReplaced({ files, folder }: SourceLog, manifest: Manifest): Promise<void> {
  await forEach([...manifest.compacted], (name) => files.remove(`${segmentFolder(folder)}/${name}`));
  const current = new Set([...manifest.hours.values()].map(({ file }) => file));
  const names = await files.list(`${folder}/hours`);
  const gone = names.filter((name) => !current.has(name) && generationOf(name) <= manifest.generation);
  await forEach(gone, (name) => files.remove(`${folder}/hours/${name}`));
  await removeOldManifests(files, folder, manifest.generation);
}

/** A file that is none of ours is left. */
function generationOf(name: string): number {
  return Number(/-(\d+)-[0-9a-f]{16}\.parquet$/.exec(name)?.[1] ?? Infinity);
}
