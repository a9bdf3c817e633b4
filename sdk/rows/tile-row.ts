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

/** Returns the packed text: `[newest event, written, boundary, [[tile index, state, …], …] for each group …]`. */
export function packTileRow(layout: TileLayout, row: TileRow): string {
  const groups = layout.groups.map((group, g) => {
    const tiles = (row.groups[g] ?? []).map((tile) => {
      const states = group.slots.map((slot, s) => packState(slot, tile.states[s]));
      return `[${tile.startUs / group.hopUs},${states.join(",")}]`;
    });
    return `[${tiles.join(",")}]`;
  });
  return `[${row.newestEventUs},${row.writtenAtUs},${row.boundaryUs},${groups.join(",")}]`;
}

function packState(slot: StateSlot, state: unknown): string {
  return state === null || state === undefined ? "null" : accumulators[slot.kind].pack(state, slot.type);
}

/** Returns the row of a packed text. @throws row_corrupt when it does not have the view's shape. */
export function unpackTileRow(layout: TileLayout, text: string): TileRow {
  return unpackText(text, (json) => {
    if (!Array.isArray(json) || json.length !== layout.groups.length + 3)
      throw corrupt("a tile row has not the groups of its view");
    const [newestEvent, writtenAt, boundary, ...groups] = json as [unknown, unknown, unknown, ...unknown[][][]];
    return {
      newestEventUs: unpackTime(newestEvent),
      writtenAtUs: unpackTime(writtenAt),
      boundaryUs: unpackTime(boundary),
      groups: groups.map((tiles, g) => tiles.map((tile) => unpackTile(layout.groups[g] as TileGroup, tile))),
    };
  });
}

function unpackTile(group: TileGroup, [index, ...states]: unknown[]): Tile {
  if (states.length !== group.slots.length) throw corrupt("a tile has not the states of its view");
  return {
    startUs: unpackTime(index) * group.hopUs,
    states: states.map((state, s) => {
      const slot = group.slots[s] as StateSlot;
      return state === null ? null : accumulators[slot.kind].unpack(state, slot.type);
    }),
  };
}
