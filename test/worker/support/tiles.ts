// Tiles of the "delays" view from plain events: what materialization would write, by the plainest way.
import type { AggregatedViewSpec } from "../../../sdk/registry/index.ts";
import { packTileRow } from "../../../sdk/rows/index.ts";
import { parseTime, type Us } from "../../../sdk/time.ts";
import type { Value } from "../../../sdk/types/index.ts";
import { accumulators, tileLayout, tileStart } from "../../../sdk/windows/index.ts";
import { compiled } from "./definitions.ts";

export interface Flight {
  readonly time: string;
  readonly delay: bigint | null;
  readonly distance: number | null;
}

export const delaysSpec = compiled().views["delays"]?.spec as AggregatedViewSpec;

/** Returns the packed tiles of an airport's flights, complete up to `boundary`. */
export function packedTiles(flights: readonly Flight[], boundary: string): string {
  const layout = tileLayout(delaysSpec);
  const groups = layout.groups.map(({ hopUs, slots }) => {
    const tiles = new Map<Us, unknown[]>();
    for (const flight of flights) {
      const eventTimeUs = parseTime(flight.time);
      const startUs = tileStart(eventTimeUs, hopUs);
      const states = tiles.get(startUs) ?? slots.map(({ kind }) => accumulators[kind].empty as unknown);
      slots.forEach((slot, s) => {
        const { kind, column } = slot;
        const value: Value | null = column === null ? true : flight[column as "delay" | "distance"];
        states[s] = accumulators[kind].add(states[s], { value, eventTimeUs, createdTimeUs: null, eventId: null }, slot);
      });
      tiles.set(startUs, states);
    }
    return [...tiles].toSorted(([a], [b]) => a - b).map(([startUs, states]) => ({ startUs, states }));
  });
  const newestEventUs = Math.max(...flights.map(({ time }) => parseTime(time)));
  return packTileRow(layout, { newestEventUs, writtenAtUs: 0, boundaryUs: parseTime(boundary), groups });
}
