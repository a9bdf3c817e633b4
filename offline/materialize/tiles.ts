// The tiles of every key at a boundary: what an aggregated view's windows need online (SEMANTICS 4.2, 4.7).
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { packTileRow } from "../../sdk/rows/index.ts";
import type { Us } from "../../sdk/time.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import {
  NO_BOUNDARY,
  type Tile,
  type TileGroup,
  tileLayout,
  type TileLayout,
  tileStart,
  windowEdges,
} from "../../sdk/windows/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import type { SourceRows } from "../join/source-rows.ts";
import { loadOrderedEvents, type OrderedEvents } from "../windows/ordered-events.ts";
import type { RangeStates } from "../windows/range-states.ts";
import { Runs } from "../windows/runs.ts";
import { statesOf } from "../windows/states.ts";
import type { TileWrite } from "./sink.ts";

/** Returns the tiles of every key with an event in the longest window before `boundaryUs`, in the order of the keys. */
export async function materializeTiles(
  engine: Engine,
  spec: AggregatedViewSpec,
  source: SourceRows,
  boundaryUs: Us,
  options?: QueryOptions,
): Promise<TileWrite[]> {
  const layout = tileLayout(spec);
  const oldest = layout.groups.map((_, group) => oldestTile(layout, group, boundaryUs));
  const after = Math.min(...oldest);
  const range = { afterUs: after === -Infinity ? null : BigInt(after), untilUs: BigInt(boundaryUs) };
  const events = await loadOrderedEvents(engine, spec, source, { range, numbers: null }, options);
  const states = statesOf(spec, events, false);
  const makers = layout.groups.map((group, i) =>
    tileMaker(
      group,
      oldest[i] as Us,
      events,
      group.slots.map((slot) => states(slot, group.hopUs)),
    ),
  );
  const readers = spec.joinKeys.map((key) => source.reader(key.name, parseTypeName(key.type)));
  const writes: TileWrite[] = [];
  for (let kid = 0; kid + 1 < events.starts.length; kid++) {
    const [from, to] = [events.starts[kid] as number, events.starts[kid + 1] as number];
    if (from === to) continue;
    const row = {
      newestEventUs: events.times[to - 1] as Us,
      writtenAtUs: 0,
      boundaryUs,
      groups: makers.map((make) => make(from, to)),
    };
    const keys = readers.map((read) => read(events.rows[from] as number) as Value);
    writes.push({ keys, packed: packTileRow(layout, row) });
  }
  return writes;
}

/** Returns the start of the oldest tile that a window of the group can reach at `at` or later; −Infinity where all are. */
function oldestTile({ features }: TileLayout, group: number, at: Us): Us {
  const own = features.filter((feature) => feature.group === group);
  return Math.min(...own.map(({ feature }) => windowEdges(at, feature).lowerUs));
}

/** Returns what makes a group's tiles of the events of one key, in the order of the keys. */
function tileMaker(
  { hopUs, unbounded }: TileGroup,
  oldestUs: Us,
  { times }: OrderedEvents,
  slots: readonly RangeStates[],
): (from: number, to: number) => Tile[] {
  const runs = new Runs();
  const tile = (startUs: Us, from: number, to: number): Tile => {
    runs.n = 0;
    runs.add(from, to);
    return { startUs, states: slots.map((slot) => slot.over(runs)) };
  };
  return (from, to) => {
    if (unbounded) return [tile(NO_BOUNDARY, from, to)];
    const tiles: Tile[] = [];
    let first = from;
    while (first < to && (times[first] as number) <= oldestUs) first++;
    while (first < to) {
      const startUs = tileStart(times[first] as number, hopUs);
      let next = first + 1;
      while (next < to && (times[next] as number) <= startUs + hopUs) next++;
      tiles.push(tile(startUs, first, next));
      first = next;
    }
    return tiles;
  };
}
