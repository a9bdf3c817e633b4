// Materialization: the winning row of every key, or its tiles, written to the online store in batches that can resume.
import { EdgefeatError } from "../../sdk/errors.ts";
import {
  type AggregatedViewSpec,
  hashOf,
  type Snapshot,
  type StoredViewSpec,
  viewVersion,
} from "../../sdk/registry/index.ts";
import { packStoredRows } from "../../sdk/rows/index.ts";
import { lookUp } from "../../sdk/shape.ts";
import { formatTime, type Us } from "../../sdk/time.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import { type Engine, exclusively, type QueryOptions } from "../engine/index.ts";
import type { Progress } from "../join/historical.ts";
import { loadSource, numberSourceKeys } from "../join/keys.ts";
import { type OnBadRows, type Quarantine, SetAside } from "../join/bad-rows.ts";
import { type ReadSource, sourceColumns, type SourceRows, sourceTable, type TimeRange } from "../join/source-rows.ts";
import { loadStoredHistory } from "../join/stored-history.ts";
import { dropTables, int32Result } from "../join/tables.ts";
import { viewRows } from "../join/view-rows.ts";
import type { OnlineSink, RowWrite, TileWrite, WriteCounts } from "./sink.ts";
import { materializeTiles } from "./tiles.ts";

/** How far a run has come: kept by the caller between runs, so that one that was cut off resumes. */
export interface Checkpoint {
  /** Names the run: view, version, times and the state of its source. Another run's checkpoint is ignored. */
  readonly run: string;
  readonly keysDone: number;
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

export interface MaterializeReport extends WriteCounts {
  readonly view: string;
  readonly version: number;
  /** Keys with something to write. */
  readonly keys: number;
  /** Keys that an earlier, interrupted run had written already. */
  readonly resumed: number;
  readonly ambiguousTies: number;
  /** Source rows without a key, which no one can ask for. */
  readonly nullKeys: number;
  /** Rows set aside, by what they belong to: the name of the source, or `view "x"` for rows that its select made. */
  readonly quarantined: Readonly<Record<string, number>>;
  /** With `onBadRows: "quarantine"`: the rows set aside. */
  readonly quarantine?: readonly Quarantine[];
}

/** The most keys and bytes of one batch; the server takes 4 MB. */
const BATCH_KEYS = 1000;
const BATCH_BYTES = 1_000_000;

/**
 * Writes one version of a view to the online store and marks it materialized up to END. Running it again, in any order,
 * changes nothing (SEMANTICS 3.3, 4.7).
 * @throws unknown_view, unknown_version, missing_column, type_mismatch, null_time, bad_time, sql_error, and whatever the sink throws
 */
export function materializeView(options: MaterializeOptions): Promise<MaterializeReport> {
  return exclusively(options.engine, () => materialize(options));
}

async function materialize(options: MaterializeOptions): Promise<MaterializeReport> {
  const { engine, snapshot, view, version, startUs, endUs, sink, onProgress } = options;
  const { spec, fingerprint } = viewVersion(view, lookUp(snapshot.views, view, "view called", "unknown_view"), version);
  if (spec.kind === "onDemand") {
    throw new EdgefeatError("bad_request", `"${view}" is an on-demand view: there is nothing to materialize`);
  }
  if (startUs !== null && startUs >= endUs) {
    throw new EdgefeatError("bad_request", `START ${formatTime(startUs)} is not before END ${formatTime(endUs)}`);
  }
  const query = options.signal === undefined ? {} : { signal: options.signal };
  onProgress?.({ stage: `read ${spec.source.name}`, done: 0, total: 1 });
  const given = sourceTable(
    await options.readSource(spec.source, sourceColumns([spec]), rangeOf(spec, startUs, endUs)),
  );
  const aside = options.onBadRows === "quarantine" ? new SetAside() : null;
  const source = await viewRows(engine, view, spec, given, { aside, ...query });
  onProgress?.({ stage: `compute ${view}`, done: 0, total: 1 });
  const computed: { writes: (RowWrite | TileWrite)[]; ambiguousTies: number } =
    spec.kind === "stored"
      ? await winningRows(engine, spec, source, startUs, endUs, query)
      : { writes: await materializeTiles(engine, spec, source, endUs, query), ambiguousTies: 0 };
  const run = hashOf({ view, version, fingerprint, startUs, endUs, stamp: options.sourceStamp ?? null });
  const resumed = await resumeAt(options, run, computed.writes.length);
  let counts: WriteCounts = { written: 0, unchanged: 0, superseded: 0, expired: 0 };
  for (const batch of batches(computed.writes, resumed, (write) => writeBytes(spec as StoredViewSpec, write))) {
    options.signal?.throwIfAborted();
    const writes = computed.writes.slice(batch.from, batch.to);
    const wrote =
      spec.kind === "stored"
        ? await sink.writeRows(view, version, writes as RowWrite[])
        : await sink.writeTiles(view, version, writes as TileWrite[]);
    counts = addCounts(counts, wrote);
    await options.checkpoint?.save({ run, keysDone: batch.to });
    onProgress?.({ stage: `write ${view}`, done: batch.to, total: computed.writes.length });
  }
  await sink.complete(view, version, { startUs, endUs, keys: computed.writes.length });
  await options.checkpoint?.clear();
  return {
    view,
    version,
    keys: computed.writes.length,
    resumed,
    ambiguousTies: computed.ambiguousTies,
    nullKeys: source.nullKeys,
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

/** Without a stamp of its source nothing says that the keys are still those that the checkpoint counted. */
async function resumeAt({ checkpoint, sourceStamp }: MaterializeOptions, run: string, keys: number): Promise<number> {
  if (sourceStamp === undefined) return 0;
  const found = (await checkpoint?.load()) ?? null;
  return found !== null && found.run === run ? Math.min(found.keysDone, keys) : 0;
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

function writeBytes(spec: StoredViewSpec, write: RowWrite | TileWrite): number {
  const keys = write.keys.reduce<number>((sum, key) => sum + String(key).length, 100);
  if ("packed" in write) return keys + write.packed.length;
  return (
    keys +
    2 *
      packStoredRows(
        spec.features.map((f) => parseTypeName(f.type)),
        [write.row],
      ).length
  );
}

function* batches<T>(
  writes: readonly T[],
  from: number,
  bytesOf: (write: T) => number,
): Generator<{ from: number; to: number }> {
  for (let start = from; start < writes.length;) {
    let bytes = 0;
    let end = start;
    while (end < writes.length && end - start < BATCH_KEYS && (end === start || bytes < BATCH_BYTES)) {
      bytes += bytesOf(writes[end] as T);
      end++;
    }
    yield { from: start, to: end };
    start = end;
  }
}

function addCounts(a: WriteCounts, b: WriteCounts): WriteCounts {
  return {
    written: a.written + b.written,
    unchanged: a.unchanged + b.unchanged,
    superseded: a.superseded + b.superseded,
    expired: a.expired + b.expired,
  };
}
