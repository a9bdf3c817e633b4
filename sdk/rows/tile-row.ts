// Packed rows of aggregated views: an entity's tiles, the boundary B that they are complete up to, and what was pushed since.
import type { Us } from "../time.ts";
import { accumulators } from "../windows/accumulators.ts";
import type { Tile } from "../windows/finish.ts";
import { NO_BOUNDARY } from "../windows/hop.ts";
import type { StateSlot, TileGroup, TileLayout } from "../windows/layout.ts";
import { type TileColumns, unpackColumn } from "../windows/tile-columns.ts";
import { packPush, type PushState, unpackPush } from "./push-state.ts";
import { corrupt, unpackText, unpackTime } from "./unpack.ts";

/** An entity's row of an aggregated view. Times in µs. */
export interface TileRow {
  /** The newest event in the tiles; NO_BOUNDARY where there is none. */
  readonly newestEventUs: Us;
  readonly writtenAtUs: Us;
  /** B: every event ≤ B that materialization knew is in the tiles (SEMANTICS 4.7); NO_BOUNDARY where none has been yet. */
  readonly boundaryUs: Us;
  /** By group of the layout; tiles ascending by start. One that starts at NO_BOUNDARY holds all events ≤ B. */
  readonly groups: readonly (readonly Tile[])[];
  /** The same tiles as they lie packed, where the row was unpacked to read windows of. */
  readonly columns?: readonly TileColumns[];
  /** Absent where nothing was pushed. */
  readonly push?: PushState;
}

/**
 * Returns the packed text: `[newest event, written, boundary, group, …, push?]`. A group lies flat, by column, so that it is
 * short, compresses well and parses as one list: the index of its first tile (start / hop, null for NO_BOUNDARY), by how
 * much each next tile's index is greater, then the tiles' first states, their second, …
 */
export function packTileRow(layout: TileLayout, row: TileRow): string {
  const groups = packGroups(layout, row.groups);
  const push = row.push === undefined ? "" : `,${packPush(layout, row.push, packGroups)}`;
  return `[${row.newestEventUs},${row.writtenAtUs},${row.boundaryUs},${groups}${push}]`;
}

function packGroups(layout: TileLayout, groups: TileRow["groups"]): string {
  return layout.groups.map((group, g) => packGroup(group, groups[g] ?? [])).join(",");
}

function packGroup({ hopUs, slots }: TileGroup, tiles: readonly Tile[]): string {
  const parts: string[] = [];
  let before = 0;
  for (const { startUs } of tiles) {
    if (startUs === NO_BOUNDARY) parts.push("null");
    else {
      const index = startUs / hopUs;
      parts.push(String(index - before));
      before = index;
    }
  }
  for (let s = 0; s < slots.length; s++) {
    for (const { states } of tiles) parts.push(packState(slots[s] as StateSlot, states[s]));
  }
  return `[${parts.join(",")}]`;
}

function packState(slot: StateSlot, state: unknown): string {
  return state === null || state === undefined ? "null" : accumulators[slot.kind].pack(state, slot);
}

/** Returns the row of a packed text. @throws row_corrupt when it does not have the view's shape. */
export function unpackTileRow(layout: TileLayout, text: string): TileRow {
  return unpackText(text, (json) => {
    const { groups, ...head } = unpackHead(layout, json);
    return { ...head, groups: unpackGroups(layout, groups) };
  });
}

/**
 * Returns the row of a packed text to read windows of: its states are made when they are asked for, and mostly never are.
 * @throws row_corrupt as unpackTileRow, for a state that is none only when that is asked for
 */
export function readTileRow(layout: TileLayout, text: string): TileRow {
  return unpackText(text, (json) => {
    const { groups, ...head } = unpackHead(layout, json);
    if (groups.some(isListed)) return { ...head, groups: unpackGroups(layout, groups) };
    return new ColumnRow(
      layout,
      head,
      layout.groups.map((group, g) => columnsOf(group, groups[g])),
    );
  });
}

/** Groups are a getter of the class, and columns too: a copy of the row with other groups has no columns. */
class ColumnRow implements TileRow {
  readonly newestEventUs: Us;
  readonly writtenAtUs: Us;
  readonly boundaryUs: Us;
  declare readonly push?: PushState;
  readonly #layout: TileLayout;
  readonly #columns: readonly TileColumns[];

  constructor(layout: TileLayout, head: Omit<TileRow, "groups">, columns: readonly TileColumns[]) {
    this.newestEventUs = head.newestEventUs;
    this.writtenAtUs = head.writtenAtUs;
    this.boundaryUs = head.boundaryUs;
    if (head.push !== undefined) this.push = head.push;
    this.#layout = layout;
    this.#columns = columns;
  }

  get columns(): readonly TileColumns[] {
    return this.#columns;
  }

  get groups(): readonly Tile[][] {
    return this.#layout.groups.map((group, g) => tilesOf(group, this.#columns[g] as TileColumns));
  }
}

function unpackHead(layout: TileLayout, json: unknown): Omit<TileRow, "groups"> & { groups: readonly unknown[] } {
  const width = layout.groups.length + 3;
  if (!Array.isArray(json) || (json.length !== width && json.length !== width + 1))
    throw corrupt("a tile row has not the groups of its view");
  const [newestEvent, writtenAt, boundary, ...groups] = json.slice(0, width) as unknown[];
  return {
    newestEventUs: unpackTime(newestEvent),
    writtenAtUs: unpackTime(writtenAt),
    boundaryUs: unpackTime(boundary),
    groups,
    ...(json.length === width ? {} : { push: unpackPush(layout, json[width], unpackGroups) }),
  };
}

function unpackGroups(layout: TileLayout, groups: readonly unknown[]): Tile[][] {
  return layout.groups.map((group, g) => {
    const json = groups[g];
    if (isListed(json)) return json.map((tile) => unpackListedTile(group, tile as unknown[]));
    return tilesOf(group, columnsOf(group, json));
  });
}

/** Rows written before groups lay flat have a list a tile. */
function isListed(json: unknown): json is unknown[] {
  return Array.isArray(json) && Array.isArray(json[0]);
}

function columnsOf({ hopUs, slots }: TileGroup, json: unknown): TileColumns {
  if (!Array.isArray(json)) throw corrupt("a group of tiles is not a list");
  const count = json.length / (slots.length + 1);
  if (!Number.isInteger(count)) throw corrupt("a group has not the states of its view");
  const startsUs = new Array<Us>(count);
  let index = 0;
  for (let t = 0; t < count; t++) {
    const base = t === 0 && json[t] === null;
    if (!base) index += unpackTime(json[t]);
    startsUs[t] = base ? NO_BOUNDARY : unpackTime(index) * hopUs;
  }
  return { startsUs, json: json as unknown[], states: [] };
}

function tilesOf({ slots }: TileGroup, columns: TileColumns): Tile[] {
  const states = slots.map((slot, s) => unpackColumn(columns, s, slot));
  return columns.startsUs.map((startUs, t) => ({ startUs, states: states.map((column) => column[t]) }));
}

function unpackListedTile(group: TileGroup, [index, ...states]: unknown[]): Tile {
  if (states.length !== group.slots.length) throw corrupt("a tile has not the states of its view");
  return {
    startUs: unpackTime(index) * group.hopUs,
    states: states.map((state, s) => {
      const slot = group.slots[s] as StateSlot;
      return state === null ? null : accumulators[slot.kind].unpack(state, slot);
    }),
  };
}
