// The log of a source as it stands at one moment, read while others append and compact: each event once, none left out.
import { EdgefeatError } from "../../sdk/errors.ts";
import { US_PER_HOUR, type Us } from "../../sdk/time.ts";
import { type Datasets, memorySource, type TimeRange } from "../datasets/index.ts";
import { eventOf, type LogEvent, mergeEvents } from "./events.ts";
import { eventsOfTable, hourOf } from "./hour-file.ts";
import { contentFault, hourError } from "./hour-faults.ts";
import { type Hour, lastGeneration, type Manifest, readManifest } from "./manifest.ts";
import { forEach, type LogFiles } from "./port.ts";
import { type LogFault, readSegment, type Segment, segmentFolder, segmentsOf } from "./segments.ts";

/** The log of one source. */
export interface SourceLog {
  readonly files: LogFiles;
  /** Where its files are: `${logFolder(space)}/${source}`. */
  readonly folder: string;
  readonly source: string;
  readonly datasets: Datasets;
}

export interface LogRange {
  /** The event times that matter; default all. */
  readonly range?: TimeRange | undefined;
  /** Only events that were written at or before it; default all. */
  readonly writtenUntilUs?: Us | undefined;
}

export interface LogReadReport {
  readonly events: number;
  /** Segments that are not in an hour's file yet. */
  readonly segments: number;
  readonly hours: number;
  readonly faults: readonly LogFault[];
}

/** What takes the events; `restart` drops all that it has taken, because the log was compacted in the meantime. */
export interface EventSink {
  restart(): void;
  add(event: LogEvent): void;
}

/** A file that was there when it was listed has gone: a compaction has replaced it. */
export class Moved extends Error {}

const TRIES = 50;

/** Reads the events of a log, in the order of their hours. @throws file_unreadable */
export async function readLog(
  log: SourceLog,
  { range, writtenUntilUs }: LogRange,
  into: EventSink,
): Promise<LogReadReport> {
  const isWanted = (event: LogEvent) =>
    isWithin(event.eventTimeUs, range) && (writtenUntilUs === undefined || event.writtenAtUs <= writtenUntilUs);
  for (let tries = 0; tries < TRIES; tries++) {
    into.restart();
    try {
      return await readOnce(log, range, (events) => {
        let taken = 0;
        for (const event of events) {
          if (!isWanted(event)) continue;
          into.add(event);
          taken++;
        }
        return taken;
      });
    } catch (fault) {
      if (!(fault instanceof Moved)) throw fault;
    }
  }
  throw new EdgefeatError("file_unreadable", `${log.files.name}: ${log.folder} changes faster than it can be read`, {
    hint: "compact the log less often",
  });
}

function isWithin(us: Us, range: TimeRange | undefined): boolean {
  const { afterUs = null, untilUs = null } = range ?? {};
  return (afterUs === null || us > afterUs) && (untilUs === null || us <= untilUs);
}

async function readOnce(
  log: SourceLog,
  range: TimeRange | undefined,
  take: (events: Iterable<LogEvent>) => number,
): Promise<LogReadReport> {
  const { manifest, segments, faults } = await listLog(log);
  const read = await readSegments(log, segments);
  const fresh = Map.groupBy(read.events, hourOf);
  const hours = [...new Set([...manifest.hours.keys(), ...fresh.keys()])]
    .filter((hour) => isWithin(hour + US_PER_HOUR, { afterUs: range?.afterUs ?? null, untilUs: null }))
    .filter((hour) => isWithin(hour, { afterUs: null, untilUs: range?.untilUs ?? null }))
    .toSorted((a, b) => a - b);
  let events = 0;
  for (const hour of hours) {
    const kept = manifest.hours.has(hour) ? await readHourFile(log, manifest, hour) : [];
    const added = fresh.get(hour);
    events += take(added === undefined ? kept : mergeEvents([...kept, ...added]));
  }
  return { events, segments: segments.length, hours: hours.length, faults: [...faults, ...read.faults] };
}

export interface ListedLog {
  readonly manifest: Manifest;
  readonly segments: readonly Segment[];
  readonly faults: readonly LogFault[];
}

/**
 * Returns a manifest and the segments that are not in its files. A segment goes only once a newer manifest stands: so where
 * the manifest is the same before and after the segments were listed, none was missed.
 */
export async function listLog(log: SourceLog): Promise<ListedLog> {
  const { files, folder } = log;
  for (;;) {
    const manifest = await readManifest(files, folder);
    const listed = segmentsOf(await files.list(segmentFolder(folder)));
    if ((await lastGeneration(files, folder)) !== manifest.generation) continue;
    return {
      manifest,
      segments: listed.segments.filter(({ name }) => !manifest.compacted.has(name)),
      faults: listed.faults,
    };
  }
}

/** Returns the events of segments, in their order. */
export async function readSegments(
  { files, folder }: SourceLog,
  segments: readonly Segment[],
): Promise<{ events: LogEvent[]; faults: LogFault[] }> {
  const read = await forEach(segments, async (segment) => {
    const bytes = await files.read(`${segmentFolder(folder)}/${segment.name}`);
    if (bytes === null) throw new Moved();
    return readSegment(segment, bytes);
  });
  return {
    events: read.flatMap(({ records }) => records.map(eventOf)),
    faults: read.flatMap(({ faults }) => faults),
  };
}

/** Returns the events of an hour that the manifest has a file of. @throws file_unreadable, while they are read too */
export async function readHourFile(log: SourceLog, manifest: Manifest, hour: Us): Promise<Iterable<LogEvent>> {
  const { files, folder, datasets } = log;
  const entry = manifest.hours.get(hour) as Hour;
  const path = `${folder}/hours/${entry.file}`;
  const bytes = await files.read(path);
  // What the last manifest names nobody removes.
  if (bytes === null && (await lastGeneration(files, folder)) !== manifest.generation) throw new Moved();
  const fault = await contentFault(entry, bytes);
  if (fault !== null) throw hourError(log, manifest, hour, fault);
  const failed = (cause: unknown) =>
    cause instanceof EdgefeatError ? hourError(log, manifest, hour, cause.message, cause) : cause;
  try {
    const source = memorySource(bytes as Uint8Array, entry.file);
    const table = await datasets.readTable(source, "parquet");
    return naming(eventsOfTable(table), failed);
  } catch (cause) {
    throw failed(cause);
  }
}

/** Yields events; what reading one throws becomes what `failed` makes of it. */
function* naming(events: Iterable<LogEvent>, failed: (cause: unknown) => unknown): Generator<LogEvent> {
  try {
    yield* events;
  } catch (cause) {
    throw failed(cause);
  }
}
