// Materialization: the winning row of every key, or its tiles, written to the online store in batches that can resume.
import { EdgefeatError } from "../../sdk/errors.ts";
import {
  type AggregatedViewSpec,
  hashOf,
  type Snapshot,
  type SourceSpec,
  type StoredViewSpec,
  takesPushes,
  viewVersion,
} from "../../sdk/registry/index.ts";
import { coarsestHopUs } from "../../sdk/rows/index.ts";
import { lookUp } from "../../sdk/shape.ts";
import { floorTo, formatTime, type Us } from "../../sdk/time.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import { tileLayout } from "../../sdk/windows/index.ts";
import { type Engine, exclusively, type QueryOptions } from "../engine/index.ts";
import type { Progress } from "../join/historical.ts";
import { loadSource, numberSourceKeys } from "../join/keys.ts";
import { type OnBadRows, type Quarantine, SetAside } from "../join/bad-rows.ts";
import { type ReadSource, sourceColumns, type SourceRows, sourceTable, type TimeRange } from "../join/source-rows.ts";
import { loadStoredHistory } from "../join/stored-history.ts";
import { dropTables, int32Result } from "../join/tables.ts";
import { viewRows } from "../join/view-rows.ts";
import type { LogEvent } from "../log/events.ts";
import { batches, writeChars } from "./batches.ts";
import { catchUp } from "./catch-up.ts";
import type { OnlineSink, PushedCounts, RowWrite, TileWrite, WriteCounts } from "./sink.ts";
import { materializeTiles } from "./tiles.ts";

/** How far a run has come: kept by the caller between runs, so that one that was cut off resumes. */
export interface Checkpoint {
  /** Names the run: view, version, times and the state of its source. Another run's checkpoint is ignored. */
  readonly run: string;
  readonly keysDone: number;
  /** How far the run read the log, which one that goes on reads to the same point; null: there is no log. */
  readonly sealedUs: Us | null;
}

export interface MaterializeOptions {
  engine: Engine;
  snapshot: Snapshot;
  view: string;
  version: number;
  /** Stored views: rows with START < event time ≤ END. null: from the earliest. Aggregated views always read all they need. */
  startUs: Us | null;
  endUs: Us;
  readSource: ReadSource;
  /**
   * The log of the source: what was written to it at or before `sealedUs` is all there (SEMANTICS 4.7), and `readSource` reads
   * the source with as much of it; `told` returns the events after a time that a view was told, with which a version that does
   * not serve yet catches up. For such a version `sealedUs` must not be before it took its first push: what was pushed to
   * others until then, up to the boundary, is read here or never. Absent: there is no log, and what was pushed up to the
   * boundary is replaced.
   */
  log?: {
    readonly sealedUs: Us;
    readonly readSource: (sealedUs: Us) => ReadSource;
    readonly told: (source: SourceSpec, view: string, afterUs: Us) => Promise<readonly LogEvent[]>;
  };
  /** Tells one state of the source's file from another (its size and time of change, say). Without it no run resumes. */
  sourceStamp?: string;
  sink: OnlineSink;
  /** What to do with source rows whose event time is null or can't be read (SEMANTICS 1.3). Default "fail". */
  onBadRows?: OnBadRows;
  checkpoint?: {
    load(): Promise<Checkpoint | null>;
    save(checkpoint: Checkpoint): Promise<void>;
    clear(): Promise<void>;
  };
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** What a run leaves to the stream: the events with `afterUs` < event time ≤ `untilUs`. */
export interface LeftToStream {
  readonly afterUs: Us;
  readonly untilUs: Us;
  /** How many of them the source and its log have by now. */
  readonly events: number;
}

export interface MaterializeReport extends Required<WriteCounts> {
  readonly view: string;
  readonly version: number;
  /** Up to when the view is materialized now: END, or B where it takes pushes. */
  readonly boundaryUs: Us;
  /** How far the log was read; null: there is none. */
  readonly sealedUs: Us | null;
  /** null where B is END. */
  readonly leftToStream: LeftToStream | null;
  /** What became of the events that the view was told after the boundary; null where the version served before. */
  readonly caughtUp: PushedCounts | null;
  /** Keys with something to write. */
  readonly keys: number;
  /** Keys that an earlier, interrupted run had written already. */
  readonly resumed: number;
  readonly ambiguousTies: number;
  /** Source rows without a key, which no one can ask for. */
  readonly nullKeys: number;
  /** Logged events left out, because another event of their key has their id (SEMANTICS 4.6). */
  readonly conflicts: number;
  /** Rows set aside, by what they belong to: the name of the source, or `view "x"` for rows that its select made. */
  readonly quarantined: Readonly<Record<string, number>>;
  /** With `onBadRows: "quarantine"`: the rows set aside. */
  readonly quarantine?: readonly Quarantine[];
}

/**
 * Writes one version of a view to the online store and marks it materialized up to END. Running it again, in any order,
 * changes nothing (SEMANTICS 3.3, 4.7).
 * @throws store_conflict where a version that does not serve yet can't be complete, because of pushes meanwhile;
 *   unknown_view, unknown_version, missing_column, type_mismatch, null_time, bad_time, sql_error, and whatever the sink throws
 */
export function materializeView(options: MaterializeOptions): Promise<MaterializeReport> {
  return exclusively(options.engine, () => materialize(options));
}

async function materialize(options: MaterializeOptions): Promise<MaterializeReport> {
  const { engine, snapshot, view, version, startUs, endUs, sink, onProgress } = options;
  const { spec, fingerprint, materialized } = viewVersion(
    view,
    lookUp(snapshot.views, view, "view called", "unknown_view"),
    version,
  );
  if (spec.kind === "onDemand") {
    throw new EdgefeatError("bad_request", `"${view}" is an on-demand view: there is nothing to materialize`);
  }
  if (startUs !== null && startUs >= endUs) {
    throw new EdgefeatError("bad_request", `START ${formatTime(startUs)} is not before END ${formatTime(endUs)}`);
  }
  const query = options.signal === undefined ? {} : { signal: options.signal };
  const stamp = options.sourceStamp ?? null;
  const { log = null } = options;
  const run = hashOf({ view, version, fingerprint, startUs, endUs, stamp, logged: log !== null });
  const resumable = await resumableRun(options, run);
  const sealedUs = log === null ? null : (resumable?.sealedUs ?? log.sealedUs);
  const readSource = log === null || sealedUs === null ? options.readSource : log.readSource(sealedUs);
  const boundaryUs = boundaryOf(spec, endUs, sealedUs);
  onProgress?.({ stage: `read ${spec.source.name}`, done: 0, total: 1 });
  const given = sourceTable(await readSource(spec.source, sourceColumns([spec]), rangeOf(spec, startUs, endUs)));
  const aside = options.onBadRows === "quarantine" ? new SetAside() : null;
  const source = await viewRows(engine, view, spec, given, { aside, ...query });
  onProgress?.({ stage: `compute ${view}`, done: 0, total: 1 });
  const computed: { writes: (RowWrite | TileWrite)[]; ambiguousTies: number } =
    spec.kind === "stored"
      ? await winningRows(engine, spec, source, startUs, endUs, query)
      : { writes: await materializeTiles(engine, spec, source, boundaryUs, query), ambiguousTies: 0 };
  const resumed = Math.min(resumable?.keysDone ?? 0, computed.writes.length);
  let counts: Required<WriteCounts> = { written: 0, unchanged: 0, superseded: 0, expired: 0, contended: 0 };
  for (const batch of batches(computed.writes, resumed, writeChars(spec))) {
    options.signal?.throwIfAborted();
    const writes = computed.writes.slice(batch.from, batch.to);
    const wrote =
      spec.kind === "stored"
        ? await sink.writeRows(view, version, writes as RowWrite[])
        : await sink.writeTiles(view, version, writes as TileWrite[], spec.push === true ? sealedUs : null);
    counts = addCounts(counts, wrote);
    // Only a run that reads the log anew has the history of keys that were left.
    if (!materialized && counts.contended > 0) await options.checkpoint?.clear();
    else await options.checkpoint?.save({ run, keysDone: batch.to, sealedUs });
    onProgress?.({ stage: `write ${view}`, done: batch.to, total: computed.writes.length });
  }
  if (!materialized && counts.contended > 0) throw withoutHistory(view, version, counts.contended);
  let caughtUp: PushedCounts | null = null;
  // Of a source without event times the log is not read.
  const isTold = takesPushes(spec) && spec.source.eventTime !== null;
  if (log !== null && sealedUs !== null && !materialized && isTold) {
    const afterUs = spec.kind === "stored" ? Math.min(endUs, sealedUs) : boundaryUs;
    const told = await log.told(spec.source, view, afterUs);
    caughtUp = await catchUp({ view, version, told, sealedUs, sink, onProgress, signal: options.signal });
  }
  await sink.complete(view, version, {
    startUs: earlier(startUs, boundaryUs),
    endUs: boundaryUs,
    keys: computed.writes.length,
  });
  await options.checkpoint?.clear();
  return {
    view,
    version,
    boundaryUs,
    sealedUs,
    leftToStream: boundaryUs === endUs ? null : leftToStream(source, boundaryUs, endUs),
    caughtUp,
    keys: computed.writes.length,
    resumed,
    ambiguousTies: computed.ambiguousTies,
    nullKeys: source.nullKeys,
    conflicts: source.conflicts,
    quarantined: aside?.counts ?? {},
    ...(aside === null ? {} : { quarantine: aside.tables }),
    ...counts,
  };
}

/** Returns the event times of the rows that are written; a view's own query may make its times of others. */
function rangeOf(spec: StoredViewSpec | AggregatedViewSpec, startUs: Us | null, endUs: Us): TimeRange | undefined {
  if (spec.select !== undefined || spec.source.eventTime === null) return undefined;
  const afterUs = spec.kind === "aggregated" || startUs === null ? null : BigInt(startUs);
  return { afterUs, untilUs: BigInt(endUs) };
}

/** Returns B of SEMANTICS 4.7, which a stored view has none of: its rows are merged with those that are pushed. */
function boundaryOf(spec: StoredViewSpec | AggregatedViewSpec, endUs: Us, sealedUs: Us | null): Us {
  if (spec.kind === "stored" || spec.push !== true) return endUs;
  return floorTo(Math.min(endUs, sealedUs ?? endUs), coarsestHopUs(tileLayout(spec)));
}

/** A boundary that lies before START leaves nothing to materialize, and the record of the run still says where it ended. */
function earlier(startUs: Us | null, boundaryUs: Us): Us | null {
  return startUs === null ? null : Math.min(startUs, boundaryUs);
}

function leftToStream({ eventTimes }: SourceRows, afterUs: Us, untilUs: Us): LeftToStream {
  let events = 0;
  for (const us of eventTimes?.us ?? []) if (us > afterUs && us <= untilUs) events++;
  return { afterUs, untilUs, events };
}

/** A version that serves keeps such keys as they were until the next run; one that is to serve has nothing of them but pushes. */
function withoutHistory(view: string, version: number, keys: number): EdgefeatError {
  return new EdgefeatError(
    "store_conflict",
    `${keys} keys of ${view}@${version} had a late push since the log was read, and have no history yet`,
    { hint: "materialize it again: what was written stays, and those keys are taken then" },
  );
}

/** Without a stamp of its source nothing says that the keys are still those that the checkpoint counted. */
async function resumableRun({ checkpoint, sourceStamp }: MaterializeOptions, run: string): Promise<Checkpoint | null> {
  if (sourceStamp === undefined) return null;
  const found = (await checkpoint?.load()) ?? null;
  return found !== null && found.run === run ? found : null;
}

/** Returns, for every key with a row in (START, END], the winner, in the order of the keys. */
async function winningRows(
  engine: Engine,
  spec: StoredViewSpec,
  source: SourceRows,
  startUs: Us | null,
  endUs: Us,
  options: QueryOptions,
): Promise<{ writes: RowWrite[]; ambiguousTies: number }> {
  const types = spec.joinKeys.map((key) => parseTypeName(key.type));
  await loadSource(engine, source, {}, options);
  await numberSourceKeys(engine, types, options);
  const range = { afterUs: startUs === null ? null : BigInt(startUs), untilUs: BigInt(endUs) };
  const history = await loadStoredHistory(engine, spec, source, range, options);
  const found = await engine.query(
    "SELECT arg_max(rn, e) AS rn FROM ef_history GROUP BY kid ORDER BY kid",
    [],
    options,
  );
  await dropTables(engine, ["ef_keys", "ef_history"]);
  const readers = spec.joinKeys.map((key, i) => source.reader(key.name, types[i] as never));
  const writes = Array.from(int32Result(found, "rn"), (representative): RowWrite => {
    const rowNumber = history.winner(representative);
    return { keys: readers.map((read) => read(rowNumber) as Value), row: history.row(rowNumber) };
  });
  return { writes, ambiguousTies: history.ambiguousTies };
}

function addCounts(a: WriteCounts, b: WriteCounts): Required<WriteCounts> {
  return {
    written: a.written + b.written,
    unchanged: a.unchanged + b.unchanged,
    superseded: a.superseded + b.superseded,
    expired: a.expired + b.expired,
    contended: (a.contended ?? 0) + (b.contended ?? 0),
  };
}
