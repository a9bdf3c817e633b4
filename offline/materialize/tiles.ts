// The tiles of every key at a boundary: what an aggregated view's windows need online (SEMANTICS 4.2, 4.7).
import type { Table } from "apache-arrow";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { packTileRow } from "../../sdk/rows/index.ts";
import type { Us } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import { parseTypeName } from "../../sdk/types/index.ts";
import { type StateSlot, type Tile, type TileGroup, tileLayout, windowLowerEdge } from "../../sdk/windows/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import type { SourceRows } from "../join/source-rows.ts";
import { dropTables, int32Result } from "../join/tables.ts";
import { type EventHistory, type EventState, loadEventHistory } from "../windows/event-history.ts";
import { tileStartSql } from "../windows/edges.ts";
import { additiveReader, selectAdditive } from "../windows/state-columns.ts";
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
  const types = spec.joinKeys.map((key) => parseTypeName(key.type));
  const oldest = Math.min(...layout.groups.map((group) => oldestTile(group, boundaryUs)));
  const range = { afterUs: BigInt(oldest), untilUs: BigInt(boundaryUs) };
  const history = await loadEventHistory(engine, spec, layout, source, { range, keys: "source" }, options);
  const newest = await engine.query(
    "SELECT kid, max(e) AS e, min(rn) AS rn FROM ef_groups GROUP BY kid ORDER BY kid",
    [],
    options,
  );
  const groups: KeyTiles[] = [];
  for (const group of layout.groups) groups.push(await tilesOfGroup(engine, history, group, boundaryUs, options));
  await dropTables(engine, ["ef_keys", "ef_groups"]);
  const kids = int32Result(newest, "kid");
  const rows = int32Result(newest, "rn");
  const readers = spec.joinKeys.map((key, i) => source.reader(key.name, types[i] as never));
  return Array.from(kids, (kid, i): TileWrite => {
    const row = {
      newestEventUs: Number(newest.getChild("e")?.get(i)),
      writtenAtUs: 0,
      boundaryUs,
      groups: groups.map((tiles) => tiles.get(kid) ?? []),
    };
    return { keys: readers.map((read) => read(rows[i] as number) as Value), packed: packTileRow(layout, row) };
  });
}

type KeyTiles = Map<number, Tile[]>;

/** Returns the start of the oldest tile that a window of the group can reach at `at` or later. */
function oldestTile(group: TileGroup, at: Us): Us {
  return windowLowerEdge(at, group.spanUs, group.hopUs);
}

async function tilesOfGroup(
  engine: Engine,
  history: EventHistory,
  group: TileGroup,
  boundaryUs: Us,
  options?: QueryOptions,
): Promise<KeyTiles> {
  const { hopUs } = group;
  const states = group.slots.map((slot: StateSlot) => history.states[history.stateOf(slot)] as EventState);
  const sums = [...new Set(states.flatMap(tileSums))];
  const out = [...new Set(states.flatMap(tileOutputs))];
  const found = await engine.query(
    `SELECT ${["kid", "tile", ...out].join(", ")} FROM (
       SELECT ${["kid", "tile", ...sums].join(", ")} FROM (
         SELECT *, ${tileStartSql("e", hopUs)} AS tile FROM ef_groups
         WHERE e > ${oldestTile(group, boundaryUs)}) GROUP BY kid, tile)
     ORDER BY kid, tile`,
    [],
    options,
  );
  const readers = states.map((state) => stateReader(history, state, found));
  const kids = int32Result(found, "kid");
  const starts = found.getChild("tile");
  const tiles: KeyTiles = new Map();
  for (const [i, kid] of kids.entries()) {
    const tile = { startUs: Number(starts?.get(i)), states: readers.map((read) => read(i)) };
    const known = tiles.get(kid);
    if (known === undefined) tiles.set(kid, [tile]);
    else known.push(tile);
  }
  return tiles;
}

function tileSums({ lowered, names }: EventState): string[] {
  const [name] = names;
  if (lowered.family === "additive") return names.map((n) => `sum(${n}) AS ${n}`);
  if (lowered.family === "extreme") return [`${lowered.fn}(${name}) AS ${name}`];
  const latest = lowered.fn === "last" ? "arg_max" : "arg_min";
  return [`${latest}(${name}, e) FILTER (WHERE ${name} IS NOT NULL) AS ${pickName(lowered.fn, name)}`];
}

function tileOutputs({ lowered, names }: EventState): string[] {
  const name = names[0] as string;
  if (lowered.family === "pick") return [pickName(lowered.fn, name)];
  if (lowered.family === "extreme") return [name];
  return lowered.columns.map((column, j) => selectAdditive(names[j] as string, names[j] as string, column));
}

/** first and last of one column stand on the same groups, but on other ends of a tile. */
function pickName(fn: "first" | "last", name: string | undefined): string {
  return `${name}_${fn}`;
}

function stateReader(history: EventHistory, state: EventState, found: Table): (row: number) => unknown {
  const { lowered, names } = state;
  const name = names[0] as string;
  if (lowered.family === "additive") {
    const columns = lowered.columns.map((column, j) => additiveReader(found, names[j] as string, column));
    return (row) => lowered.state(columns.map((read) => read(row)));
  }
  if (lowered.family === "extreme") {
    const column = found.getChild(name);
    return (row) => {
      const value = (column?.get(row) ?? null) as Value | null;
      return value === null ? null : lowered.state(value);
    };
  }
  const representatives = int32Result(found, pickName(lowered.fn, name));
  return (row) => {
    const representative = representatives[row] as number;
    return representative < 0 ? null : history.pick(state, representative);
  };
}
