// What the online store should hold of a view: the rows that materializations covered, and the events that were logged.
import type { Table } from "apache-arrow";
import {
  type AggregatedViewSpec,
  DEFAULT_LATENESS_US,
  type Snapshot,
  type SourceSpec,
  type StoredViewSpec,
} from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import { parseTypeName } from "../../sdk/types/index.ts";
import { columnOf, columnReader } from "../datasets/index.ts";
import { type Engine, exclusively } from "../engine/index.ts";
import { keptRows } from "../join/kept-rows.ts";
import { type OnBadRows, SetAside } from "../join/bad-rows.ts";
import { parsePushes, PUSHES } from "../log/pushes.ts";
import { neededColumns, type ReadSource, sourceColumns, sourceTable } from "../join/source-rows.ts";
import { usNumbers } from "../join/tables.ts";
import { scanTimes } from "../join/times.ts";
import { viewRows } from "../join/view-rows.ts";
import { idReader } from "./reconcile-keys.ts";
import type { Covered, RowMark } from "./reconcile-report.ts";

/** A view's version, and what is known of its rows in the store. */
export interface HeldView {
  readonly view: string;
  readonly version: number;
  readonly spec: StoredViewSpec | AggregatedViewSpec;
  readonly covered: Covered;
  /** Of `boundaryOf`, over the marks of all its rows. */
  readonly boundaryUs: Us;
  /** By id, of the keys that are looked at at least. */
  readonly marks: ReadonlyMap<string, RowMark>;
  /** True where other versions of the view take pushes: the log has the verdict of the one that answered then. */
  readonly hasOthers: boolean;
}

/**
 * Whether a row should count online: surely; perhaps, because it is on its way; "unnamed", where the log tells of other views'
 * pushes alone.
 */
export type Held = "yes" | "perhaps" | "unnamed" | "no";

/** Which rows count: those that do surely, and with them none, those on their way, the unnamed ones, or both. */
export type Outcome = "sure" | "moving" | "unnamed" | "all";

export interface HeldOptions {
  readonly engine: Engine;
  readonly readSource: ReadSource;
  readonly onBadRows: OnBadRows | undefined;
  /** What was written after it may not have been there yet when online was read. */
  readonly surelyWrittenUs: Us;
  readonly signal?: AbortSignal;
}

/** Returns the name that a view's source goes by, so that each view is read what it should hold. */
export function heldName(view: string, version: number): string {
  return `${view}@${version}`;
}

/** Returns the snapshot with each of the views reading a source of its own, and without queries: their rows are read as made. */
export function heldSnapshot(snapshot: Snapshot, views: readonly Pick<HeldView, "view" | "version">[]): Snapshot {
  const held = structuredClone(snapshot);
  for (const { view, version } of views) {
    const entry = held.views[view]?.versions[String(version)];
    if (entry === undefined || entry.spec.kind === "onDemand") continue;
    const { select: _, ...rest } = entry.spec;
    entry.spec = { ...rest, source: { ...rest.source, name: heldName(view, version) } };
  }
  return held;
}

/** Reads, once each, what views should hold; for joins over a `heldSnapshot`. */
export class HeldRows {
  readonly #options: HeldOptions;
  readonly #views: ReadonlyMap<string, HeldView>;
  readonly #selected = new Map<string, Table>();
  /** By the name of `heldName`: of each id, how many rows are on their way. */
  readonly moving = new Map<string, ReadonlyMap<string, number>>();
  readonly #met = new Set<Held>();

  constructor(views: readonly HeldView[], options: HeldOptions) {
    this.#options = options;
    this.#views = new Map(views.map((one) => [heldName(one.view, one.version), one]));
  }

  /** Runs the views' own queries; must be done before a join reads. @throws as viewRows */
  async prepare(): Promise<void> {
    const { engine, readSource, onBadRows, signal } = this.#options;
    for (const [name, { view, spec }] of this.#views) {
      if (spec.select === undefined || this.#selected.has(name)) continue;
      const given = sourceTable(await readSource(spec.source, sourceColumns([spec])));
      const aside = onBadRows === "quarantine" ? new SetAside() : null;
      const query = signal === undefined ? {} : { signal };
      const { table } = await exclusively(engine, () => viewRows(engine, view, spec, given, { aside, ...query }));
      this.#selected.set(name, table);
    }
  }

  /** What may be online in place of what is there surely, by the rows that were met; none where all of them are sure. */
  get others(): readonly Outcome[] {
    const [isMoving, isUnnamed] = [this.#met.has("perhaps"), this.#met.has("unnamed")];
    return isMoving && isUnnamed ? ["moving", "unnamed", "all"] : isMoving || isUnnamed ? ["all"] : [];
  }

  /** Returns how joins read the rows that count in an outcome. */
  reader(outcome: Outcome): ReadSource {
    return async (source, columns, range) => {
      const held = this.#views.get(source.name) as HeldView;
      const { spec } = held;
      const wanted = columns === undefined ? undefined : [...new Set([...columns, ...neededTimes(spec)])];
      const made = this.#selected.get(source.name);
      const given =
        made === undefined ? sourceTable(await this.#options.readSource(spec.source, wanted, range)) : { table: made };
      const moving = new Map<string, number>();
      this.moving.set(source.name, moving);
      const { judge, idOf } = judged(held, given.table, this.#options.surelyWrittenUs);
      return keptRows(given, (row) => {
        const answer = judge(row);
        if (answer === "yes" || answer === "no") return answer === "yes";
        this.#met.add(answer);
        const id = idOf(row);
        if (answer === "perhaps" && id !== null) moving.set(id, (moving.get(id) ?? 0) + 1);
        return outcome === "all" || outcome === (answer === "perhaps" ? "moving" : "unnamed");
      });
    };
  }
}

/** A filter by time and key needs these, whatever a join asks for. */
function neededTimes(spec: HeldView["spec"]): string[] {
  const { eventTime } = spec.source;
  return [...spec.joinKeys.map(({ name }) => name), ...(eventTime === null ? [] : [eventTime])];
}

/** Returns what tells whether each row of a table should count, and its id. */
function judged(held: HeldView, table: Table, surelyWrittenUs: Us) {
  const { spec, view, marks } = held;
  const times = timesOf(spec.source, table);
  const idOf = idReader(
    table,
    spec.joinKeys.map(({ name, type }) => ({ name, type: parseTypeName(type) })),
  );
  const pushes = pushesReader(table, view);
  const batch = spec.kind === "stored" ? storedBatch(held) : tiledBatch(held);
  const markOf = (row: number) => {
    const id = idOf(row);
    return id === null ? undefined : marks.get(id);
  };
  const judge = (row: number): Held => {
    const e = times?.(row) ?? null;
    if (e === null) return "yes";
    const push = pushes(row);
    let answer: Held = "no";
    if (push !== null) answer = logged(held, e, push, markOf(row), surelyWrittenUs);
    if (answer !== "yes" && (push === null || push.loggedUs === null)) {
      const inBatch = batch(e, () => markOf(row));
      if (inBatch !== "no") answer = inBatch;
    }
    return answer;
  };
  return { judge, idOf };
}

const NEVER = Number.NEGATIVE_INFINITY;

/** Of a stored view: what a run covered, and what a run that was cut off, or is under way, has brought a key to. */
function storedBatch({ covered: { intervals } }: HeldView) {
  return (e: Us, mark: () => RowMark | undefined): Held => {
    if (intervals.some(({ startUs, endUs }) => (startUs === null || e > startUs) && e <= endUs)) return "yes";
    return e <= (mark()?.eventTimeUs ?? NEVER) ? "yes" : "no";
  };
}

/** Of an aggregated view: what lies at or before B, the row's own or that of the last run. */
function tiledBatch({ spec, boundaryUs }: HeldView) {
  return (e: Us, markOf: () => RowMark | undefined): Held => {
    // Of views that take no pushes no key need be looked at.
    if (spec.push !== true && e <= boundaryUs) return "yes";
    const mark = markOf();
    if (e <= (mark?.boundaryUs ?? NEVER)) return "yes";
    if (e > boundaryUs) return "no";
    // A row that was pushed to while a run read its events keeps its B, and the next run takes it.
    return spec.push === true && mark?.isReadable === true ? "perhaps" : "yes";
  };
}

/** Of an event that was pushed to some view. */
function logged(
  { spec, boundaryUs, covered: { runs }, hasOthers }: HeldView,
  e: Us,
  { loggedUs, writtenUs, takenUs, isNamed, isAlone, isRefused }: ViewPushed,
  mark: RowMark | undefined,
  surelyWrittenUs: Us,
): Held {
  const own = spec.kind === "stored" ? NEVER : (mark?.boundaryUs ?? NEVER);
  const inRun = (writtenUs: Us) =>
    runs.some(
      ({ startUs, endUs, sealedUs }) =>
        (startUs === null || e > startUs) && e <= endUs && sealedUs !== null && writtenUs <= sealedUs,
    );
  const newestUs = mark?.eventTimeUs ?? NEVER;
  // What the view was told by then, the run that first made the version serve pushed into it (SEMANTICS 7.2).
  const caughtUpUs = runs.find(({ caughtUp }) => caughtUp === true)?.sealedUs ?? NEVER;
  if (takenUs === null) {
    if (e <= Math.max(boundaryUs, own)) return loggedUs === null ? "no" : inRun(loggedUs) ? "yes" : "perhaps";
    // What is logged for one view may have been pushed to others beside it.
    if (!isNamed) return e <= newestUs ? "unnamed" : "no";
    if (isRefused) return "no";
    // What one version defers another may take.
    if (writtenUs > caughtUpUs) return hasOthers && e <= newestUs ? "perhaps" : "no";
    // Under a clock that stands still it may have come after that run; and so it may where another view was told first.
    return writtenUs === caughtUpUs || !isAlone ? "perhaps" : "yes";
  }
  if (takenUs > surelyWrittenUs) return "perhaps";
  // An event that a run overtook while it was pushed was told to be deferred after it was logged.
  if (e <= own && runs.length > 0 && !inRun(takenUs)) return "perhaps";
  const isLate = spec.kind === "aggregated" && e > own && e < newestUs - (spec.latenessUs ?? DEFAULT_LATENESS_US);
  return hasOthers && isLate && takenUs >= caughtUpUs ? "perhaps" : "yes";
}

interface ViewPushed {
  /** When the log took it; null where the source has it too. */
  readonly loggedUs: Us | null;
  /** When it came into the log; Infinity where that is not known. */
  readonly writtenUs: Us;
  /** When the view's push took it; null: it did not, or the log does not say so. */
  readonly takenUs: Us | null;
  /** False: the log tells of other views alone. */
  readonly isNamed: boolean;
  /** True where the log tells of this view alone: `writtenUs` is then when it was told. */
  readonly isAlone: boolean;
  /** True where another event of its id stands in its place. */
  readonly isRefused: boolean;
}

/** Returns, by row, what became of an event that was pushed; null for a row that was not. */
function pushesReader(table: Table, view: string): (row: number) => ViewPushed | null {
  const column = table.getChild(PUSHES);
  if (column === null) return () => null;
  const read = columnReader(column, { kind: "string" }, { column: PUSHES });
  return (row) => {
    const text = read(row) as string | null;
    if (text === null) return null;
    const { loggedUs, alsoLoggedUs = Infinity, pushes } = parsePushes(text);
    const own = pushes.find((push) => push.view === view);
    return {
      loggedUs,
      writtenUs: loggedUs ?? alsoLoggedUs,
      takenUs: own?.takenUs ?? null,
      isNamed: own !== undefined,
      isAlone: own !== undefined && pushes.length === 1,
      isRefused: own?.refused === true,
    };
  };
}

/** Returns up to when a view's batch rows are online at least: B of the last run that is done. */
export function boundaryOf(spec: HeldView["spec"], { intervals }: Covered, marks: Iterable<RowMark>): Us {
  const endUs = Math.max(NEVER, ...intervals.map((interval) => interval.endUs));
  if (spec.kind === "stored") return endUs;
  // A run may have stopped short of its END, at a hop; and one that was cut off has gone further for some keys.
  let most = NEVER;
  for (const { boundaryUs } of marks) {
    if (boundaryUs !== null && boundaryUs <= endUs && boundaryUs > most) most = boundaryUs;
  }
  return most === NEVER ? endUs : most;
}

function timesOf(source: SourceSpec, table: Table): ((row: number) => Us | null) | null {
  const { eventTime, name } = source;
  if (eventTime === null) return null;
  const of = `source "${name}"`;
  const { times, bad } = scanTimes(columnOf(table, eventTime), { column: eventTime, of, round: "up" });
  const us = usNumbers(times.us);
  if (bad.length === 0) return (row) => us[row] as number;
  // Bad times are told, or set aside, by the join.
  const isNull = times.isNull as Uint8Array;
  return (row) => (isNull[row] === 1 ? null : (us[row] as number));
}

/** Returns the columns that a view's rows need; for reading them apart from a join. */
export function heldColumns(spec: HeldView["spec"]): readonly string[] | undefined {
  return spec.select === undefined ? sourceColumns([spec]) : neededColumns(spec);
}
