// The rows that the store should hold for some keys: what a repair writes in the place of those that are wrong.
import type { AggregatedViewSpec, StoredViewSpec } from "../../sdk/registry/index.ts";
import { compareRows, keyId, packTileRow, type StoredRow, type TileRow, unpackTileRow } from "../../sdk/rows/index.ts";
import type { Us } from "../../sdk/time.ts";
import { parseTypeName, type Value, type ValueType } from "../../sdk/types/index.ts";
import { eventAdder, liveTiles, NO_BOUNDARY, type TileEvent, tileLayout } from "../../sdk/windows/index.ts";
import { columnReader, takeRows, valueTypeOfArrow } from "../datasets/index.ts";
import { exclusively, type QueryOptions } from "../engine/index.ts";
import { SetAside } from "../join/bad-rows.ts";
import { keptRows } from "../join/kept-rows.ts";
import { type SourceRows, sourceTable } from "../join/source-rows.ts";
import { rowReader } from "../join/stored-history.ts";
import { viewRows } from "../join/view-rows.ts";
import type { RowWrite, TileWrite } from "../materialize/sink.ts";
import { materializeTiles } from "../materialize/tiles.ts";
import { heldColumns, heldName, type HeldRows, type HeldView } from "./held-rows.ts";
import { idReader, valuesOfId } from "./reconcile-keys.ts";
import type { ReconcileOptions, Replacement } from "./reconcile-report.ts";

/**
 * Returns what to write for keys, by their ids, as of `nowUs`: each says which row it replaces. Keys with events on their way
 * are left out.
 * @throws as the join
 */
export async function rightRows(
  view: HeldView,
  ids: readonly string[],
  rows: HeldRows,
  nowUs: Us,
  options: ReconcileOptions,
): Promise<Replacement[]> {
  const { engine, onBadRows, signal } = options;
  const { spec } = view;
  const name = heldName(view.view, view.version);
  const { select: _, ...plain } = { ...spec, source: { ...spec.source, name } };
  const given = sourceTable(await rows.reader("sure")(plain.source, heldColumns(spec)));
  const todo = new Set(ids.filter((id) => rows.moving.get(name)?.has(id) !== true));
  const keys = spec.joinKeys.map((key) => ({ name: key.name, type: parseTypeName(key.type) }));
  const idOf = idReader(given.table, keys);
  const theirs = keptRows(given, (row) => todo.has(idOf(row) ?? ""));
  const aside = onBadRows === "quarantine" ? new SetAside() : null;
  const query: QueryOptions = signal === undefined ? {} : { signal };
  const made = await exclusively(engine, async (): Promise<ReadonlyMap<string, RowWrite | TileWrite>> => {
    const source = await viewRows(engine, view.view, plain, theirs, { aside, ...query });
    if (plain.kind === "stored") return storedRows(plain, source, nowUs);
    return tileRows(
      plain,
      source,
      nowUs,
      (id) => boundaryFor(view, id),
      (some, boundaryUs) =>
        viewRows(engine, view.view, plain, { table: takeRows(source.table, some) }, { aside: null, ...query }).then(
          (own) => materializeTiles(engine, plain, own, boundaryUs, query),
        ),
    );
  });
  const types = keys.map(({ type }) => type);
  return Array.from(todo, (id) => ({
    keys: valuesOfId(types, id),
    write: made.get(id) ?? null,
    revision: view.marks.get(id)?.revision ?? null,
  }));
}

function rowsWhere(rows: number, isWanted: (row: number) => boolean): Int32Array {
  return Int32Array.from(Array.from({ length: rows }, (_, row) => row).filter(isWanted));
}

/** Returns the winner of each key among the rows up to `nowUs`. */
function storedRows(spec: StoredViewSpec, source: SourceRows, nowUs: Us): Map<string, RowWrite> {
  const types = spec.features.map(({ type }) => parseTypeName(type));
  const read = rowReader(spec, source);
  const readKeys = keyReader(spec, source);
  const winners = new Map<string, { keys: readonly Value[]; row: StoredRow }>();
  for (let i = 0; i < source.rows; i++) {
    const row = read(i);
    if (row.eventTimeUs !== null && row.eventTimeUs > nowUs) continue;
    const keys = readKeys(i);
    const id = keyId(keys);
    const best = winners.get(id);
    if (best === undefined || compareRows(types, row, best.row) > 0) winners.set(id, { keys, row });
  }
  return winners;
}

/** B of a key's new row: the row's own where pushes go on upon it, else at least what the last run brought all keys to. */
function boundaryFor({ spec, marks, boundaryUs }: HeldView, id: string): Us {
  const mark = marks.get(id);
  const own = mark?.boundaryUs ?? NO_BOUNDARY;
  if (spec.push === true && mark?.isReadable === true) return own;
  return Math.max(own, boundaryUs, NO_BOUNDARY);
}

/** Returns each key's tiles: those up to its B as a run makes them, and in them what was pushed since. */
async function tileRows(
  spec: AggregatedViewSpec,
  source: SourceRows,
  nowUs: Us,
  boundaryOf: (id: string) => Us,
  materialize: (rows: Int32Array, boundaryUs: Us) => Promise<readonly TileWrite[]>,
): Promise<Map<string, TileWrite>> {
  const layout = tileLayout(spec);
  const add = eventAdder(spec, layout);
  const readKeys = keyReader(spec, source);
  const event = eventReader(spec, source);
  const ids = Array.from({ length: source.rows }, (_, row) => keyId(readKeys(row)));
  const writes = new Map<string, { keys: readonly Value[]; row: TileRow }>();
  for (const boundaryUs of new Set(ids.map(boundaryOf))) {
    if (boundaryUs === NO_BOUNDARY) continue;
    const theirs = rowsWhere(source.rows, (row) => boundaryOf(ids[row] as string) === boundaryUs);
    for (const { keys, packed } of await materialize(theirs, boundaryUs)) {
      writes.set(keyId(keys), { keys, row: unpackTileRow(layout, packed) });
    }
  }
  const pushed = new Map<string, Map<string, TileEvent>>();
  for (let row = 0; row < source.rows; row++) {
    const id = ids[row] as string;
    const one = event(row);
    if (one.eventTimeUs <= boundaryOf(id) || one.eventTimeUs > nowUs) continue;
    const known = pushed.get(id) ?? new Map<string, TileEvent>();
    pushed.set(id, known.set(one.id, one));
    if (!writes.has(id)) writes.set(id, { keys: readKeys(row), row: nothing(boundaryOf(id)) });
  }
  return new Map(
    Array.from(writes, ([id, { keys, row }]) => {
      const events = [...(pushed.get(id)?.values() ?? [])];
      const newestEventUs = events.reduce((most, { eventTimeUs }) => Math.max(most, eventTimeUs), row.newestEventUs);
      const groups = liveTiles(layout, add(row.groups, events), newestEventUs);
      return [id, { keys, packed: packTileRow(layout, { ...row, newestEventUs, groups }) }];
    }),
  );
}

function nothing(boundaryUs: Us): TileRow {
  return { newestEventUs: NO_BOUNDARY, writtenAtUs: 0, boundaryUs, groups: [] };
}

function keyReader({ joinKeys }: StoredViewSpec | AggregatedViewSpec, source: SourceRows): (row: number) => Value[] {
  const readers = joinKeys.map(({ name, type }) => source.reader(name, parseTypeName(type)));
  return (row) => readers.map((read) => read(row) as Value);
}

function eventReader(spec: AggregatedViewSpec, source: SourceRows): (row: number) => TileEvent {
  const { eventTimes, createdTimes } = source;
  const { eventId } = spec.source;
  const ids = eventId === null ? null : source.column(eventId);
  const readId = ids === null ? String : columnReader(ids, valueTypeOfArrow(ids.type) as ValueType, { column: "id" });
  const readers = spec.columns.map(({ name, type }) => source.reader(name, parseTypeName(type)));
  return (row) => ({
    id: String(readId(row)),
    eventTimeUs: Number(eventTimes?.us[row] ?? 0n),
    createdTimeUs: createdTimes === null || createdTimes.isNull?.[row] === 1 ? null : Number(createdTimes.us[row]),
    values: readers.map((read) => read(row)),
  });
}
