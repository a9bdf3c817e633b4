// Windows over the events that were known at each entity row's moment (SEMANTICS 2.2): with two bounds on an event, its
// time and its created time, a window is no difference of running sums. So every event is looked at for every entity row of
// its key: exact, and slower; the cost grows with the events a key has times its entity rows.
import type { Table } from "apache-arrow";
import type { JoinWindow } from "../../sdk/plan/index.ts";
import type { Value } from "../../sdk/types/index.ts";
import { tableOf } from "../datasets/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import {
  dropTables,
  int32OrNullColumn,
  int32Column,
  int32Result,
  int64Column,
  rowNumbers,
  scatteredTimes,
} from "../join/tables.ts";
import { edgesAt } from "./edges.ts";
import type { EventHistory, EventState } from "./event-history.ts";
import type { Running } from "./running.ts";
import { additiveReader, selectAdditive } from "./state-columns.ts";

/** What is looked up, by entity row. */
export interface KnownPoints {
  readonly kids: Int32Array;
  /** t′, µs. */
  readonly times: BigInt64Array;
  /** What an event's created time must be at or before, µs. */
  readonly knownUs: Float64Array;
}

/** Joins each window to `ef_groups(kid, e, c, …)`; `newestIn` are the windows that the newest event is looked for in, none where it is not wanted. */
export async function loadKnown(
  engine: Engine,
  history: EventHistory,
  windows: readonly JoinWindow[],
  newestIn: readonly JoinWindow[],
  points: KnownPoints,
  isUsed: (state: EventState, window: number) => boolean,
  options?: QueryOptions,
): Promise<Running> {
  const rows = points.kids.length;
  const readers: Map<EventState, (row: number) => unknown>[] = [];
  const matched = new Uint8Array(rows);
  for (const [w, window] of windows.entries()) {
    await loadPoints(engine, points, edgesAt(window, points.times).lower, options);
    const used = history.states.filter((state) => isUsed(state, w));
    const columns = [...new Set(used.flatMap(stateSql))];
    const found = await engine.query(
      `SELECT ${["x.rid", ...columns].join(", ")} FROM ${POINTS_WITH_EVENTS} GROUP BY x.rid`,
      [],
      options,
    );
    const at = new Int32Array(rows).fill(-1);
    for (const [i, rid] of int32Result(found, "rid").entries()) {
      at[rid] = i;
      matched[rid] = 1;
    }
    readers.push(new Map(used.map((state) => [state, stateReader(history, state, found, at)])));
  }
  const newest = newestIn.length === 0 ? null : await newestEvents(engine, newestIn, points, options);
  await dropTables(engine, ["ef_points"]);
  return {
    matched: matched.reduce((sum, n) => sum + n, 0),
    newest,
    stateReader: (state, window) => readers[window]?.get(state) as (row: number) => unknown,
  };
}

const POINTS_WITH_EVENTS = `ef_points x JOIN ef_groups g
  ON x.kid = g.kid AND g.e > x.lower AND g.e <= x.t AND g.c <= x.known`;

async function loadPoints(
  engine: Engine,
  { kids, times, knownUs }: KnownPoints,
  lower: BigInt64Array,
  options?: QueryOptions,
): Promise<void> {
  const columns = {
    rid: int32Column(rowNumbers(kids.length)),
    kid: int32OrNullColumn(kids),
    t: int64Column(times),
    lower: int64Column(lower),
    known: int64Column(BigInt64Array.from(knownUs, BigInt)),
  };
  await engine.load("ef_points", tableOf(Object.entries(columns)), options);
}

/** The newest known event of the row's key in the longest of the windows. */
async function newestEvents(
  engine: Engine,
  windows: readonly JoinWindow[],
  points: KnownPoints,
  options?: QueryOptions,
): Promise<Float64Array> {
  const lowers = windows.map((window) => edgesAt(window, points.times).lower);
  const lower = points.times.map((_, row) => lowers.map((of) => of[row] as bigint).reduce((a, b) => (a < b ? a : b)));
  await loadPoints(engine, points, lower, options);
  const found = await engine.query(
    `SELECT x.rid, CAST(max(g.e) AS DOUBLE) AS e FROM ${POINTS_WITH_EVENTS} GROUP BY x.rid`,
    [],
    options,
  );
  return scatteredTimes(found, "e", points.kids.length);
}

/** Returns what is selected for a state: sums, the extreme, or the row that the pick stands on, ordered as 4.8 says. */
function stateSql({ lowered, names }: EventState): string[] {
  const [name] = names;
  switch (lowered.family) {
    case "additive":
      return lowered.columns.map((column, j) => selectAdditive(`sum(g.${names[j]})`, names[j] as string, column));
    case "extreme":
      return [`${lowered.fn}(g.${name}) AS ${name}`];
    case "pick": {
      const pick = lowered.fn === "last" ? "arg_max" : "arg_min";
      return [`${pick}(g.${name}, (g.e, g.c)) FILTER (WHERE g.${name} IS NOT NULL) AS ${name}_${lowered.fn}`];
    }
  }
}

function stateReader(history: EventHistory, state: EventState, found: Table, at: Int32Array): (row: number) => unknown {
  const { lowered, names } = state;
  const name = names[0] as string;
  switch (lowered.family) {
    case "additive": {
      const columns = lowered.columns.map((column, j) => additiveReader(found, names[j] as string, column));
      return (row) => lowered.state(columns.map((read) => ((at[row] as number) < 0 ? 0n : read(at[row] as number))));
    }
    case "extreme": {
      const column = found.getChild(name);
      return (row) => {
        const value = (at[row] as number) < 0 ? null : ((column?.get(at[row] as number) ?? null) as Value | null);
        return value === null ? null : lowered.state(value);
      };
    }
    case "pick": {
      const picked = int32Result(found, `${name}_${lowered.fn}`);
      return (row) => {
        const representative = (at[row] as number) < 0 ? -1 : (picked[at[row] as number] as number);
        return representative < 0 ? null : history.pick(state, representative);
      };
    }
  }
}
