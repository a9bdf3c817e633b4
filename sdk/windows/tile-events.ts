// An event into tiles: its filters evaluated, its values added to the states of the tile that it falls in, group by group.
import { compileExpression, type CompiledExpression, evaluationContext } from "../expressions/index.ts";
import type { AggregatedViewSpec } from "../registry/snapshot.ts";
import type { Us } from "../time.ts";
import { parseTypeName, type Value } from "../types/index.ts";
import { accumulators } from "./accumulators.ts";
import type { Tile } from "./finish.ts";
import { tileStart, windowEdges } from "./hop.ts";
import type { StateSlot, TileGroup, TileLayout } from "./layout.ts";

/** An event of an aggregated view; `values` are in the order of the view's columns. Times in µs. */
export interface TileEvent {
  readonly id: string;
  readonly eventTimeUs: Us;
  readonly createdTimeUs: Us | null;
  readonly values: readonly (Value | null)[];
}

type Groups = readonly (readonly Tile[])[];

interface MutableTile {
  readonly startUs: Us;
  readonly states: unknown[];
}

/** Returns `groups` with an event's values in them; what it was given stays as it is. */
export type AddEvents = (groups: Groups, events: readonly TileEvent[]) => Groups;

interface Input {
  readonly slot: StateSlot;
  /** Of the view's columns; −1 without one. */
  readonly column: number;
  /** Of the filters; −1 without one. */
  readonly filter: number;
}

/** Returns what adds events to the tiles of a view. @throws as compileExpression */
export function eventAdder(spec: AggregatedViewSpec, layout: TileLayout): AddEvents {
  const scope = Object.fromEntries(spec.columns.map(({ name, type }) => [name, parseTypeName(type)]));
  const columnOf = (name: string) => spec.columns.findIndex((column) => column.name === name);
  const texts: string[] = [];
  const inputs = layout.groups.map(({ slots }) =>
    slots.map((slot): Input => {
      if (slot.where !== null && !texts.includes(slot.where)) texts.push(slot.where);
      const filter = slot.where === null ? -1 : texts.indexOf(slot.where);
      return { slot, column: slot.column === null ? -1 : columnOf(slot.column), filter };
    }),
  );
  const filters = texts.map((where) => compileFilter(where, scope, columnOf));
  const passed = new Array<boolean>(filters.length);

  return (groups, events) => {
    const tiles = layout.groups.map((_, g) => [...(groups[g] ?? [])]);
    const fresh = new Set<Tile>();
    for (const { id: eventId, eventTimeUs, createdTimeUs, values } of events) {
      for (let f = 0; f < filters.length; f++) passed[f] = (filters[f] as (typeof filters)[number])(values);
      const seen = { value: null as Value | null, eventTimeUs, createdTimeUs, eventId };
      for (let g = 0; g < tiles.length; g++) {
        const group = layout.groups[g] as TileGroup;
        const { states } = ownTile(tiles[g] as Tile[], tileStart(eventTimeUs, group.hopUs), group, fresh);
        const own = inputs[g] as Input[];
        for (let s = 0; s < own.length; s++) {
          const { slot, column, filter } = own[s] as Input;
          if (filter >= 0 && !passed[filter]) continue;
          const value = column < 0 ? true : (values[column] as Value | null);
          // A state may keep its event.
          states[s] = accumulators[slot.kind].add(states[s], { ...seen, value }, slot);
        }
      }
    }
    return tiles;
  };
}

function compileFilter(
  where: string,
  scope: Parameters<typeof compileExpression>[1],
  columnOf: (name: string) => number,
) {
  const options = { result: { kind: "bool" }, requestTime: false } as const;
  const { inputs, evaluate }: CompiledExpression = compileExpression(where, scope, options);
  const columns = inputs.map(columnOf);
  const context = evaluationContext(0);
  const row = columns.map((): Value | null => null);
  return (values: TileEvent["values"]): boolean => {
    for (let i = 0; i < columns.length; i++) row[i] = values[columns[i] as number] as Value | null;
    return evaluate(row, context) === true;
  };
}

/** Returns the tile with this start, made where there is none; one that was not made here is copied first. */
function ownTile(tiles: Tile[], startUs: Us, { slots }: TileGroup, fresh: Set<Tile>): MutableTile {
  let at = tiles.length;
  while (at > 0 && (tiles[at - 1] as Tile).startUs > startUs) at--;
  const found = tiles[at - 1];
  if (found?.startUs === startUs) {
    if (fresh.has(found)) return found as MutableTile;
    const copy = { startUs, states: [...found.states] };
    tiles[at - 1] = copy;
    fresh.add(copy);
    return copy;
  }
  const made = { startUs, states: slots.map(({ kind }): unknown => accumulators[kind].empty) };
  tiles.splice(at, 0, made);
  fresh.add(made);
  return made;
}

/** Returns the tiles of both, those of one start merged. */
export function mergeTiles(layout: TileLayout, a: Groups, b: Groups): Groups {
  return layout.groups.map(({ slots }, g) => {
    const tiles = [...(a[g] ?? [])];
    for (const tile of b[g] ?? []) {
      const at = tiles.findIndex(({ startUs }) => startUs >= tile.startUs);
      const found = tiles[at];
      if (found === undefined) tiles.push(tile);
      else if (found.startUs > tile.startUs) tiles.splice(at, 0, tile);
      else
        tiles[at] = {
          startUs: tile.startUs,
          states: slots.map((slot, s) => mergeStates(slot, found.states[s], tile.states[s])),
        };
    }
    return tiles;
  });
}

function mergeStates(slot: StateSlot, a: unknown, b: unknown): unknown {
  if (a === null || a === undefined) return b;
  return b === null || b === undefined ? a : accumulators[slot.kind].merge(a, b, slot);
}

/** Returns the tiles that a window can still reach at `newestEventUs` or later. */
export function liveTiles(layout: TileLayout, groups: Groups, newestEventUs: Us): Groups {
  const edges = liveEdges(layout, newestEventUs);
  return groups.map((tiles, g) =>
    (tiles[0]?.startUs ?? Infinity) >= (edges[g] as Us)
      ? tiles
      : tiles.filter(({ startUs }) => startUs >= (edges[g] as Us)),
  );
}

/** Returns, by group, the least lower edge of its windows at a moment. */
export function liveEdges({ groups, features }: TileLayout, at: Us): Us[] {
  return groups.map((_, g) =>
    Math.min(...features.filter(({ group }) => group === g).map(({ feature }) => windowEdges(at, feature).lowerUs)),
  );
}
