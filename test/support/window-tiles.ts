// The tiles of one key from plain events, one event after the other, the way the definition of a tile reads.
import { NO_BOUNDARY, accumulators, type StateSlot, type Tile, type TileLayout } from "../../sdk/windows/index.ts";
import type { Value } from "../../sdk/types/index.ts";
import type { OracleRow, OracleValue } from "./oracle.ts";

/** A filter's text, and what it means. */
export type Filters = Readonly<Record<string, (values: Record<string, OracleValue>) => boolean | null>>;

/** Returns a row's tiles by group: of windows without a lower edge all events up to the boundary are one tile. */
export function tilesOf(
  layout: TileLayout,
  events: readonly OracleRow[],
  { filters = {}, boundaryUs = NO_BOUNDARY }: { filters?: Filters; boundaryUs?: number } = {},
): Tile[][] {
  return layout.groups.map(({ hopUs, unbounded, slots }) => {
    const startOf = (e: number) => {
      if (unbounded && e <= boundaryUs) return NO_BOUNDARY;
      let start = e - 1;
      while (start % hopUs !== 0) start -= ((start % hopUs) + hopUs) % hopUs;
      return start;
    };
    const starts = [...new Set(events.map(({ e }) => startOf(e)))].toSorted((a, b) => a - b);
    return starts.map((startUs) => ({
      startUs,
      states: slots.map((slot) =>
        stateOf(
          slot,
          events.filter(({ e, values }) => startOf(e) === startUs && passes(slot, values, filters)),
        ),
      ),
    }));
  });
}

function passes({ where }: StateSlot, values: OracleRow["values"], filters: Filters): boolean {
  return where === null || filters[where]?.(values) === true;
}

/** Returns the state of a slot over these events. */
export function stateOf(slot: StateSlot, events: readonly OracleRow[]): unknown {
  const { empty, add } = accumulators[slot.kind];
  return events.reduce<unknown>((state, { e, c, id, values }) => {
    const value = slot.column === null ? true : (values[slot.column] as Value | null);
    return add(state, { value, eventTimeUs: e, createdTimeUs: c, eventId: id ?? null }, slot);
  }, empty);
}
