// Packed rows of aggregated views: an entity's tiles, and the boundary B that they are complete up to.
import type { Us } from "../time.ts";
import { accumulators } from "../windows/accumulators.ts";
import type { Tile } from "../windows/finish.ts";
import type { StateSlot, TileGroup, TileLayout } from "../windows/layout.ts";
import { corrupt, unpackText, unpackTime } from "./unpack.ts";

/** An entity's row of an aggregated view. Times in µs. */
export interface TileRow {
  /** The newest event in the tiles. */
  readonly newestEventUs: Us;
  readonly writtenAtUs: Us;
  /** B: every event ≤ B that materialization knew is in the tiles (SEMANTICS 4.7). */
  readonly boundaryUs: Us;
  /** By group of the layout; tiles ascending by start. */
  readonly groups: readonly (readonly Tile[])[];
}

/**
 * Returns which row stands: the one complete up to the later boundary, and at equal boundaries the incoming one. The
 * result is `stored` itself when nothing changed, so that running anything again changes nothing (SEMANTICS 4.7).
 */
export function mergeTileRows(layout: TileLayout, stored: TileRow | null, incoming: TileRow): TileRow {
  if (stored === null || incoming.boundaryUs > stored.boundaryUs) return incoming;
  if (incoming.boundaryUs < stored.boundaryUs) return stored;
  const content = (row: TileRow) => packTileRow(layout, { ...row, writtenAtUs: 0 });
  return content(stored) === content(incoming) ? stored : incoming;
}

/**
 * Returns the packed text: `[newest event, written, boundary, group, …]`. A group lies flat, by column, so that it is
 * short, compresses well and parses as one list: the index of its first tile (start / hop), by how much each next tile's
 * index is greater, then the tiles' first states, their second, …
 */
export function packTileRow(layout: TileLayout, row: TileRow): string {
  const groups = layout.groups.map((group, g) => packGroup(group, row.groups[g] ?? []));
  return `[${row.newestEventUs},${row.writtenAtUs},${row.boundaryUs},${groups.join(",")}]`;
}

function packGroup({ hopUs, slots }: TileGroup, tiles: readonly Tile[]): string {
  const indices = tiles.map(({ startUs }) => startUs / hopUs);
  const steps = indices.map((index, t) => (t === 0 ? index : index - (indices[t - 1] as number)));
  const states = slots.flatMap((slot, s) => tiles.map((tile) => packState(slot, tile.states[s])));
  return `[${[...steps, ...states].join(",")}]`;
}

function packState(slot: StateSlot, state: unknown): string {
  return state === null || state === undefined ? "null" : accumulators[slot.kind].pack(state, slot.type);
}

/** Returns the row of a packed text. @throws row_corrupt when it does not have the view's shape. */
export function unpackTileRow(layout: TileLayout, text: string): TileRow {
  return unpackText(text, (json) => {
    if (!Array.isArray(json) || json.length !== layout.groups.length + 3)
      throw corrupt("a tile row has not the groups of its view");
    const [newestEvent, writtenAt, boundary, ...groups] = json as unknown[];
    return {
      newestEventUs: unpackTime(newestEvent),
      writtenAtUs: unpackTime(writtenAt),
      boundaryUs: unpackTime(boundary),
      groups: groups.map((group, g) => unpackGroup(layout.groups[g] as TileGroup, group)),
    };
  });
}

function unpackGroup(group: TileGroup, json: unknown): Tile[] {
  if (!Array.isArray(json)) throw corrupt("a group of tiles is not a list");
  // Rows written before groups lay flat have a list a tile.
  if (Array.isArray(json[0])) return json.map((tile) => unpackListedTile(group, tile as unknown[]));
  const { hopUs, slots } = group;
  const count = json.length / (slots.length + 1);
  if (!Number.isInteger(count)) throw corrupt("a group has not the states of its view");
  const tiles = new Array<{ startUs: Us; states: unknown[] }>(count);
  let index = 0;
  for (let t = 0; t < count; t++) {
    index += unpackTime(json[t]);
    tiles[t] = { startUs: unpackTime(index) * hopUs, states: new Array<unknown>(slots.length) };
  }
  for (let s = 0; s < slots.length; s++) {
    const { kind, type } = slots[s] as StateSlot;
    const { unpack } = accumulators[kind];
    const from = (s + 1) * count;
    for (let t = 0; t < count; t++) {
      const state: unknown = json[from + t];
      (tiles[t] as (typeof tiles)[number]).states[s] = state === null ? null : unpack(state, type);
    }
  }
  return tiles;
}

function unpackListedTile(group: TileGroup, [index, ...states]: unknown[]): Tile {
  if (states.length !== group.slots.length) throw corrupt("a tile has not the states of its view");
  return {
    startUs: unpackTime(index) * group.hopUs,
    states: states.map((state, s) => {
      const slot = group.slots[s] as StateSlot;
      return state === null ? null : accumulators[slot.kind].unpack(state, slot.type);
    }),
  };
}
