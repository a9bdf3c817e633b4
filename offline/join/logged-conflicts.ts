// Logged events whose id another event of their key has: the first stands, so that no push can spoil a source for good (SEMANTICS 4.6).
import type { AggregatedViewSpec, StoredViewSpec } from "../../sdk/registry/index.ts";
import { packValue } from "../../sdk/types/index.ts";
import { columnReader, takeRows, valueTypeOfArrow } from "../datasets/index.ts";
import { PUSHES } from "../log/pushes.ts";
import { sourceColumns, type SourceTable } from "./source-rows.ts";
import { scanTimes } from "./times.ts";

const NONE: ReadonlySet<number> = new Set();

/**
 * Returns the rows of the log that differ, in what the view reads, from the one that stands of their key and event id: the
 * file's, else the log's first for the view. Two rows of the file that differ are for whoever takes each id once to refuse.
 */
export function conflictingRows(
  view: string,
  spec: StoredViewSpec | AggregatedViewSpec,
  given: SourceTable,
): ReadonlySet<number> {
  const { sameIds = [], unreadCells = [] } = given;
  const { eventTime, createdTime, eventId } = spec.source;
  if (spec.kind !== "aggregated" || eventId === null || sameIds.length === 0) return NONE;
  const all = Int32Array.from(sameIds.flatMap(({ file, log }) => [...file, ...log])).sort();
  const places = new Map(Array.from(all, (row, i) => [row, i]));
  const table = takeRows(given.table, all);
  const scans = [eventTime, createdTime].flatMap((name) => {
    const vector = name === null ? null : table.getChild(name);
    if (vector === null || name === null) return [];
    const nulls = name === createdTime ? "keep" : "refuse";
    return [scanTimes(vector, { column: name, of: spec.source.name, round: "up", nulls })];
  });
  const joinKeys = spec.joinKeys.map(({ name }) => name);
  const others = [...joinKeys, eventId, eventTime, createdTime, PUSHES];
  const columns = sourceColumns([spec]) ?? table.schema.fields.map(({ name }) => name);
  const valuesOf = (names: readonly string[]) => {
    const readers = names.flatMap((name) => {
      const vector = table.getChild(name);
      const type = vector === null ? null : valueTypeOfArrow(vector.type);
      if (vector === null || type === null) return [];
      const read = columnReader(vector, type, { column: name });
      return [(row: number) => packValue(type, read(row))];
    });
    return (row: number) => readers.map((read) => read(row)).join();
  };
  const keyOf = valuesOf(joinKeys);
  const valueOf = valuesOf(columns.filter((name) => !others.includes(name)));
  const timeOf = (row: number) =>
    scans.map(({ times: { us, isNull } }) => (isNull?.[row] === 1 ? "null" : us[row])).join();
  // A row that the view can't use stands for nothing.
  const bad = new Set([
    ...unreadCells.filter(({ column }) => columns.includes(column)).map(({ row }) => places.get(row)),
    ...scans.flatMap((scan) => scan.bad.map(({ row }) => row)),
  ]);
  const conflicting = new Set<number>();
  for (const { file, log, standings } of sameIds) {
    const standing = new Map<string, string>();
    const differs = (row: number): boolean => {
      const at = places.get(row) as number;
      if (bad.has(at)) return false;
      const key = keyOf(at);
      const content = `${timeOf(at)};${valueOf(at)}`;
      if (!standing.has(key)) standing.set(key, content);
      return standing.get(key) !== content;
    };
    for (const row of file) differs(row);
    const standingOf = (i: number) => standings?.[i]?.get(view) ?? standings?.[i]?.get("") ?? 0;
    const inOrder = [...log.keys()].sort((a, b) => standingOf(a) - standingOf(b) || a - b);
    for (const i of inOrder) if (differs(log[i] as number)) conflicting.add(log[i] as number);
  }
  return conflicting;
}
