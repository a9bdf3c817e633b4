// Running state over each key's history, and what it was at the edges of every window.
import type { Table } from "apache-arrow";
import type { JoinWindow } from "../../sdk/plan/index.ts";
import { floorTo } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import { tableOf } from "../datasets/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import {
  dropTables,
  int32Column,
  int32OrNullColumn,
  int32Result,
  int64Column,
  rowNumbers,
  run,
  scatteredTimes,
} from "../join/tables.ts";
import { edgesAt, tileStartSql, type WindowEdges } from "./edges.ts";
import type { EventHistory, EventState } from "./event-history.ts";
import { additiveReader, selectAdditive } from "./state-columns.ts";

export interface Running {
  /** Returns a reader, by entity row, of a state over a window. Rows with a null key must not be asked for. */
  stateReader(state: EventState, window: number): (row: number) => unknown;
  /** Entity rows with an event at or before their time. */
  readonly matched: number;
  /** By entity row: the latest event at or before its time, µs; −Infinity for none. Null where it is not wanted. */
  readonly newest: Float64Array | null;
}

/**
 * Looks every window's edges up in one ASOF join. Points are numbered edge by edge: first every row's t′ (the upper
 * edge of all windows), then every row's lower edge of each window; point = edge × rows + row.
 */
export async function loadRunning(
  engine: Engine,
  history: EventHistory,
  windows: readonly JoinWindow[],
  kids: Int32Array,
  times: BigInt64Array,
  isUsed: (state: EventState, window: number) => boolean,
  wantNewest: boolean,
  options?: QueryOptions,
): Promise<Running> {
  const rows = kids.length;
  const edges = windows.map((window) => edgesAt(window, times));
  await loadPoints(engine, edges, kids, times, options);
  const additive = additiveColumns(history);
  const sums = [...additive.keys()];
  const picks = [
    ...new Set(
      history.states.filter(({ lowered }) => lowered.family === "pick").map(({ names }) => names[0] as string),
    ),
  ];
  const ordinal = (name: string) => `${name}_o`;
  const carried = [...sums, ...picks.map(ordinal)];
  await run(
    engine,
    [
      // One order over all keys, no partitions: twice as fast, and differences within a key don't see the keys before it.
      `CREATE OR REPLACE TABLE ef_running AS SELECT ${[
        "kid, e, row_number() OVER running AS g",
        ...sums.map((name) => `sum(${name}) OVER running AS ${name}`),
        ...picks.map((name) => `count(${name}) OVER running AS ${ordinal(name)}`),
      ].join(", ")} FROM ef_groups WINDOW running AS (ORDER BY kid, e ROWS UNBOUNDED PRECEDING)`,
      // What a key's history starts from: the running state at the end of the key before it.
      `CREATE OR REPLACE TABLE ef_base AS SELECT ${["f.kid, f.g", ...carried.map((name) => `coalesce(r.${name}, 0) AS ${name}`)].join(", ")}
       FROM (SELECT kid, min(g) - 1 AS g FROM ef_running GROUP BY kid) f LEFT JOIN ef_running r ON r.g = f.g`,
      `CREATE OR REPLACE TABLE ef_hits AS SELECT ${[
        `x.point, x.kid, ${wantNewest ? "p.e, " : ""}p.g IS NOT NULL AS found, coalesce(p.g, b.g, 0) AS g`,
        ...carried.map((name) => `coalesce(p.${name}, b.${name}, 0) AS ${name}`),
      ].join(", ")} FROM ef_points x ASOF LEFT JOIN ef_running p ON x.kid = p.kid AND x.t >= p.e
       LEFT JOIN ef_base b ON x.kid = b.kid`,
      "DROP TABLE ef_points",
      "DROP TABLE ef_base",
    ],
    options,
  );
  const selected = sums.map((name) => selectAdditive(name, name, { wide: additive.get(name) as boolean }));
  const hits = await engine.query(
    `SELECT ${["CAST(found AS INTEGER) AS found", ...selected].join(", ")} FROM ef_hits ORDER BY point`,
    [],
    options,
  );
  const readers = new Map<EventState, (row: number, window: number) => unknown>();
  for (const state of history.states) {
    const { family } = state.lowered;
    if (family === "additive") readers.set(state, differences(state, hits, rows));
    if (family === "pick") readers.set(state, await pickReader(engine, history, state, rows, edges, options));
    if (family === "extreme") {
      readers.set(state, await extremeReader(engine, state, rows, edges, (w) => isUsed(state, w), options));
    }
  }
  const newest = wantNewest ? await newestEvents(engine, rows, options) : null;
  await dropTables(engine, ["ef_running", "ef_hits"]);
  const matched = int32Result(hits, "found")
    .subarray(0, rows)
    .reduce((sum, found) => sum + found, 0);
  return {
    matched,
    newest,
    stateReader: (state, window) => {
      const read = readers.get(state) as (row: number, window: number) => unknown;
      return (row) => read(row, window);
    },
  };
}

async function newestEvents(engine: Engine, rows: number, options?: QueryOptions): Promise<Float64Array> {
  const found = await engine.query(
    `SELECT point AS rid, CAST(e AS DOUBLE) AS e FROM ef_hits WHERE point < ${rows} AND found`,
    [],
    options,
  );
  return scatteredTimes(found, "e", rows);
}

/** Returns the additive columns of all states, each once, and whether its sums need more than 64 bits. */
function additiveColumns(history: EventHistory): Map<string, boolean> {
  const columns = new Map<string, boolean>();
  for (const { lowered, names } of history.states) {
    if (lowered.family !== "additive") continue;
    for (const [j, { wide }] of lowered.columns.entries()) columns.set(names[j] as string, wide);
  }
  return columns;
}

async function loadPoints(
  engine: Engine,
  edges: readonly WindowEdges[],
  kids: Int32Array,
  times: BigInt64Array,
  options?: QueryOptions,
): Promise<void> {
  const rows = kids.length;
  const count = rows * (edges.length + 1);
  const t = new BigInt64Array(count);
  const kid = new Int32Array(count);
  for (const [i, at] of [times, ...edges.map((edge) => edge.lower)].entries()) {
    t.set(at, i * rows);
    kid.set(kids, i * rows);
  }
  const points = { point: int32Column(rowNumbers(count)), kid: int32OrNullColumn(kid), t: int64Column(t) };
  await engine.load("ef_points", tableOf(Object.entries(points)), options);
}

/** A window's sum is the running sum at its upper edge less that at its lower: exact, because the sums are integers. */
function differences(state: EventState, hits: Table, rows: number): (row: number, window: number) => unknown {
  const { lowered, names } = state;
  if (lowered.family !== "additive") throw new TypeError("only additive states have differences");
  const columns = lowered.columns.map((column, j) => additiveReader(hits, names[j] as string, column));
  return (row, window) => lowered.state(columns.map((column) => column(row) - column((window + 1) * rows + row)));
}

/**
 * The last value is the latest group with one at the upper edge, if it lies after the lower; the first is the one after
 * those at the lower edge, if it lies at or before the upper. Both are found by their ordinal among the key's groups.
 */
async function pickReader(
  engine: Engine,
  history: EventHistory,
  state: EventState,
  rows: number,
  edges: readonly WindowEdges[],
  options?: QueryOptions,
): Promise<(row: number, window: number) => unknown> {
  const [name] = state.names;
  const isLast = state.slot.kind === "last";
  await run(
    engine,
    [
      `CREATE OR REPLACE TABLE ef_ordinals AS SELECT kid, row_number() OVER (ORDER BY kid, e) AS o, ${name} AS rn
       FROM ef_groups WHERE ${name} IS NOT NULL`,
    ],
    options,
  );
  const wanted = isLast ? `h.${name}_o` : `h.${name}_o + 1`;
  const range = isLast ? `h.point < ${rows}` : `h.point >= ${rows}`;
  const found = await engine.query(
    `SELECT o.rn FROM ef_hits h LEFT JOIN ef_ordinals o ON h.kid = o.kid AND o.o = ${wanted} WHERE ${range} ORDER BY h.point`,
    [],
    options,
  );
  await dropTables(engine, ["ef_ordinals"]);
  const representatives = int32Result(found, "rn");
  return (row, window) => {
    const representative = representatives[isLast ? row : window * rows + row] as number;
    if (representative < 0) return null;
    const pick = history.pick(state, representative);
    const { lower, upper } = edges[window] as WindowEdges;
    return pick.eventTimeUs > Number(lower[row]) && pick.eventTimeUs <= Number(upper[row]) ? pick : null;
  };
}

/**
 * Minima and maxima can't be subtracted. History is cut into blocks (jW, (j+1)W]; a window of length W (whole hops, plus
 * the last part of one) touches at most two: the end of one from its lower edge on, and the beginning of the next up to
 * its upper edge, both of which are running minima (van Herk 1992, Gil and Werman 1993).
 */
async function extremeReader(
  engine: Engine,
  state: EventState,
  rows: number,
  edges: readonly WindowEdges[],
  isUsed: (window: number) => boolean,
  options?: QueryOptions,
): Promise<(row: number, window: number) => unknown> {
  const { lowered, names } = state;
  if (lowered.family !== "extreme") throw new TypeError("only min and max have extremes");
  const [name] = names;
  const { fn } = lowered;
  const perWindow: ((row: number) => unknown)[] = [];
  for (const [w, edge] of edges.entries()) {
    if (!isUsed(w)) continue;
    const { windowUs } = edge;
    const block = tileStartSql("r.e", windowUs);
    await run(
      engine,
      [
        `CREATE OR REPLACE TABLE ef_blocks AS SELECT kid, g, e,
           ${fn}(x) OVER (PARTITION BY kid, b ORDER BY e) AS head, ${fn}(x) OVER (PARTITION BY kid, b ORDER BY e DESC) AS tail
         FROM (SELECT r.kid, r.g, r.e, g.${name} AS x, ${block} AS b
               FROM ef_running r JOIN ef_groups g ON r.kid = g.kid AND r.e = g.e)`,
      ],
      options,
    );
    const first = (w + 1) * rows;
    const part = async (column: "head" | "tail", g: string, range: string): Promise<BlockPart> => {
      const found = await engine.query(
        `SELECT b.e AS e, b.${column} AS x FROM ef_hits h LEFT JOIN ef_blocks b ON h.kid = b.kid AND b.g = ${g}
         WHERE ${range} ORDER BY h.point`,
        [],
        options,
      );
      const [e, x] = [found.getChild("e"), found.getChild("x")];
      const inBlock = (row: number, start: number) => {
        const time = e?.get(row) as bigint | null;
        return time !== null && floorTo(Number(time) - 1, windowUs) === start
          ? ((x?.get(row) ?? null) as Value | null)
          : null;
      };
      return inBlock;
    };
    const head = await part("head", "h.g", `h.point < ${rows}`);
    const tail = await part("tail", "h.g + 1", `h.point >= ${first} AND h.point < ${first + rows}`);
    perWindow[w] = (row) => {
      const lastBlock = floorTo(Number(edge.upper[row]) - 1, windowUs);
      const firstBlock = floorTo(Number(edge.lower[row]), windowUs);
      const ending = head(row, lastBlock);
      const starting = tail(row, firstBlock);
      const value = ending === null ? starting : starting === null ? ending : better(fn, ending, starting);
      return value === null ? null : lowered.state(value);
    };
  }
  await dropTables(engine, ["ef_blocks"]);
  return (row, window) => (perWindow[window] as (row: number) => unknown)(row);
}

/** Returns the running extreme at an edge of a row's window, if the edge's event lies in the block that starts there. */
type BlockPart = (row: number, blockStart: number) => Value | null;

function better(fn: "min" | "max", a: Value, b: Value): Value {
  return (fn === "min") === a < b ? a : b;
}
