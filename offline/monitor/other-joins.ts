// The joins that training sets are made by wrongly: the same definitions with another idea of time, each a suspect for a
// value that differs.
import type { Table } from "apache-arrow";
import type { Snapshot, SourceSpec } from "../../sdk/registry/index.ts";
import { floorTo, formatTime, parseTime, US_PER_DAY, US_PER_HOUR } from "../../sdk/time.ts";
import { columnOf, namesOf, tableOf, vectorFromValues } from "../datasets/index.ts";
import { type ReadSource, sourceTable } from "../join/source-rows.ts";
import { scanTimes } from "../join/times.ts";

/** Another join to try on the rows that differ. */
export interface OtherJoin {
  /** Completes "these are the values …". */
  readonly what: string;
  /** True when it uses what was not known at the row's time. */
  readonly leaks: boolean;
  /** True where what was not known yet is told by the created time, whatever the event time. */
  readonly byCreated: boolean;
  readonly world: "as defined" | "exact edges" | "unbounded" | "backwards";
  /** The time to join at, by row. */
  at(row: number): bigint;
}

/** What the times of the other joins are made from. */
export interface OtherTimes {
  /** The entity time t, by row. */
  readonly t: BigInt64Array;
  readonly embargoUs: bigint;
  /** When each row's label became known; null where nothing tells. */
  labelTime(row: number): bigint | null;
  /** No event of any source is later. */
  readonly latest: bigint;
  readonly knownAt: boolean;
  /** Whether any view has windows. */
  readonly windows: boolean;
}

/** Returns the joins to try: of two that explain as much, the first is taken, so the harmless and the usual come first. */
export function otherJoins({ t, embargoUs, labelTime, latest, knownAt, windows }: OtherTimes): OtherJoin[] {
  const until = (row: number) => (t[row] as bigint) - embargoUs;
  const upTo = (end: (us: number) => number) => (row: number) => BigInt(end(Number(until(row)))) - 1n;
  const join = (what: string, leaks: boolean, at: OtherJoin["at"], world: OtherJoin["world"] = "as defined") => [
    { what, leaks, byCreated: false, at, world },
  ];
  return [
    ...(knownAt ? join("of rows that were created only later", true, until) : []).map((it) => ({
      ...it,
      byCreated: true,
    })),
    ...join("of events strictly before the row's time", false, (row) => until(row) - 1n),
    ...(windows
      ? join(
          "over windows whose early edge is exact, where the definition's moves by hops",
          false,
          until,
          "exact edges",
        )
      : []),
    ...join("without the TTL, or over all events so far in place of the window", false, until, "unbounded"),
    ...(embargoUs > 0n ? join("as of the row's time, without the embargo", true, (row) => t[row] as bigint) : []),
    ...join("as of the time of the label", true, (row) => labelTime(row) ?? until(row) - 1n),
    ...join(
      "as of the end of the row's hour",
      true,
      upTo((us) => floorTo(us, US_PER_HOUR) + US_PER_HOUR),
    ),
    ...join(
      "as of the end of the row's day",
      true,
      upTo((us) => floorTo(us, US_PER_DAY) + US_PER_DAY),
    ),
    ...join(
      "of the next event after the row's time, or of a window that looks ahead",
      true,
      (row) => -until(row) - 1n,
      "backwards",
    ),
    ...join("of the latest row of all, or over all the events that the data has", true, () => latest, "unbounded"),
    ...join("as of the end of the data", true, () => latest),
    ...join("as of the end of the row's week", true, upTo(endOfWeek)),
    ...join("as of the end of the row's month", true, upTo(endOfMonth)),
  ];
}

const MONDAY_US = 4 * US_PER_DAY;

function endOfWeek(us: number): number {
  return floorTo(us - MONDAY_US, 7 * US_PER_DAY) + MONDAY_US + 7 * US_PER_DAY;
}

function endOfMonth(us: number): number {
  const [year, month] = formatTime(us).split("-").map(Number) as [number, number];
  const [nextYear, nextMonth] = month === 12 ? [year + 1, 1] : [year, month + 1];
  return parseTime(`${nextYear}-${String(nextMonth).padStart(2, "0")}-01T00:00:00Z`);
}

/** Returns the snapshot without TTLs, and unless `keepWindows` with windows of at least `spanUs`. */
export function unbounded(snapshot: Snapshot, spanUs: number, keepWindows: boolean): Snapshot {
  const copy = structuredClone(snapshot);
  for (const { versions } of Object.values(copy.views)) {
    for (const { spec } of Object.values(versions)) {
      if (spec.kind === "stored") spec.ttlUs = 0;
      if (spec.kind !== "aggregated" || keepWindows) continue;
      for (const feature of spec.features) {
        if (feature.windowUs === 0) continue;
        delete feature.tumbling;
        feature.windowUs = Math.max(feature.windowUs, floorTo(spanUs, feature.hopUs) + 2 * feature.hopUs);
      }
    }
  }
  return copy;
}

/** Returns the snapshot with windows that are never longer than they say, as most tools have them. */
export function exactEdges(snapshot: Snapshot): Snapshot {
  const copy = structuredClone(snapshot);
  for (const { versions } of Object.values(copy.views)) {
    for (const { spec } of Object.values(versions)) {
      if (spec.kind === "aggregated") for (const feature of spec.features) feature.hopUs = 1;
    }
  }
  return copy;
}

/** Returns a reader of the same sources with time running backwards, so that the join finds what comes next. */
export function backwards(readSource: ReadSource): ReadSource {
  return async (source, columns) => {
    const given = sourceTable(await readSource(source, columns));
    const { table } = given;
    const name = source.eventTime;
    if (name === null) return given;
    const { us, isNull } = eventTimes(table, source, name);
    const times = vectorFromValues(
      { kind: "timestamp" },
      Array.from(us, (e, row) => (isNull?.[row] === 1 ? null : -e)),
    );
    const columnsOf = namesOf(table.schema).map(
      (column) => [column, column === name ? times : columnOf(table, column)] as const,
    );
    return { ...given, table: tableOf(columnsOf) };
  };
}

/** Returns the least and greatest event time of some sources; undefined where they have none. */
export async function eventTimeSpan(
  sources: readonly SourceSpec[],
  readSource: ReadSource,
): Promise<{ least: bigint; greatest: bigint } | undefined> {
  let span: { least: bigint; greatest: bigint } | undefined;
  for (const source of sources) {
    const name = source.eventTime;
    if (name === null) continue;
    const { us, isNull } = eventTimes(sourceTable(await readSource(source, [name])).table, source, name);
    for (const [row, e] of us.entries()) {
      if (isNull?.[row] === 1) continue;
      span ??= { least: e, greatest: e };
      if (e < span.least) span.least = e;
      if (e > span.greatest) span.greatest = e;
    }
  }
  return span;
}

function eventTimes(table: Table, source: SourceSpec, name: string) {
  // What can't be used is for the join to refuse, or to set aside.
  return scanTimes(columnOf(table, name), { column: name, of: `source "${source.name}"`, round: "up", nulls: "keep" })
    .times;
}
