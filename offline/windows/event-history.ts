// The history of an aggregated view in the engine: one row of exact state a key and event time.
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import type { Value } from "../../sdk/types/index.ts";
import { comparePicks, type Pick, type StateSlot, type TileLayout } from "../../sdk/windows/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import type { SourceRows } from "../join/source-rows.ts";
import { breakTies } from "../join/stored-history.ts";
import { int32Result, run } from "../join/tables.ts";
import { readStats } from "./column-stats.ts";
import { eventIdReader } from "./event-ids.ts";
import { type EventSelection, loadEvents } from "./events.ts";
import { type Lowered, lowerings, type SlotColumns } from "./lowering.ts";

/** A distinct state of the view: the same slot in tiles of several hops is one here. */
export interface EventState {
  readonly slot: StateSlot;
  readonly lowered: Lowered;
  /** The columns of `ef_groups` that hold it: additive columns; the extreme; or the row that a pick stands on, and how many it stands for. */
  readonly names: readonly string[];
}

export interface EventHistory {
  readonly states: readonly EventState[];
  /** Returns the index into `states` of a slot of the layout. */
  stateOf(slot: StateSlot): number;
  /** Events in the range with one of the keys. */
  readonly candidates: number;
  readonly nans: ReadonlyMap<string, number>;
  /** Returns the state of first or last for a group, from the row number that stands for it; see breakTies. */
  pick(state: EventState, representative: number): Pick;
}

/**
 * Makes `ef_groups(kid, e, …)` from the source and `ef_keys`: for every key and event time, the states of the events at
 * that time; where windows ask what was known `ef_groups(kid, e, c, …)`, for every created time too. Events deduplicated by id (SEMANTICS 4.6); ties of first and last broken by 4.8.
 * @throws event_conflict for one id with two contents, missing_value for a null id
 */
export async function loadEventHistory(
  engine: Engine,
  spec: AggregatedViewSpec,
  layout: TileLayout,
  source: SourceRows,
  which: EventSelection,
  options?: QueryOptions,
): Promise<EventHistory> {
  const slots = distinctSlots(layout);
  const columns = await loadEvents(engine, spec, slots, source, which, options);
  const stats = await readStats(engine, slots, columns, options);
  const selected = new Map<string, string>();
  const by = which.known === true ? ["kid", "e", "c"] : ["kid", "e"];
  const states = slots.map((slot, i): EventState => {
    const from = columns[i] as SlotColumns;
    const lowered = lowerings[slot.kind](slot, from, stats(i));
    return { slot, lowered, names: selectState(lowered, from, i, selected) };
  });
  await run(
    engine,
    [
      `CREATE OR REPLACE TABLE ef_groups AS SELECT ${[...by, "min(rn) AS rn", ...[...selected].map(([sql, name]) => `${sql} AS ${name}`)].join(", ")} FROM ef_events GROUP BY ${by.join(", ")}`,
    ],
    options,
  );
  const picks = new Map<EventState, Map<number, number>>();
  const readers = new Map<StateSlot, (row: number) => Pick>();
  for (const [i, state] of states.entries()) {
    if (state.lowered.family !== "pick") continue;
    readers.set(state.slot, pickReader(spec, source, state.slot));
    picks.set(
      state,
      await tiedPicks(engine, state, by, columns[i] as SlotColumns, readers.get(state.slot) as never, options),
    );
  }
  const counted = await engine.query("SELECT CAST(count(*) AS INTEGER) AS n FROM ef_events", [], options);
  await run(engine, ["DROP TABLE ef_events"], options);
  return {
    states,
    stateOf: (slot) => slots.findIndex((s) => sameSlot(s, slot)),
    candidates: int32Result(counted, "n")[0] as number,
    nans: new Map(slots.map((slot, i) => [slot.column ?? "", stats(i).nans])),
    pick: (state, representative) => {
      const row = picks.get(state)?.get(representative) ?? representative;
      return (readers.get(state.slot) as (row: number) => Pick)(row);
    },
  };
}

function distinctSlots(layout: TileLayout): StateSlot[] {
  const slots: StateSlot[] = [];
  for (const slot of layout.groups.flatMap((group) => group.slots)) {
    if (!slots.some((s) => sameSlot(s, slot))) slots.push(slot);
  }
  return slots;
}

function sameSlot(a: StateSlot, b: StateSlot): boolean {
  return a.kind === b.kind && a.column === b.column && a.where === b.where;
}

/** Adds the columns of a state to what `ef_groups` selects, and returns their names; equal SQL is selected once. */
function selectState(lowered: Lowered, { x, q }: SlotColumns, i: number, selected: Map<string, string>): string[] {
  const add = (sql: string, name: string): string => {
    if (!selected.has(sql)) selected.set(sql, name);
    return selected.get(sql) as string;
  };
  switch (lowered.family) {
    case "additive":
      return lowered.columns.map(({ sql, wide }, j) =>
        add(`CAST(${sql} AS ${wide ? "HUGEINT" : "BIGINT"})`, `s${i}_${j}`),
      );
    case "extreme":
      return [add(lowered.sql, `s${i}`)];
    case "pick": {
      const some = `FILTER (WHERE ${q} AND ${x} IS NOT NULL)`;
      return [add(`max(rn) ${some}`, `s${i}`), add(`count(*) ${some}`, `s${i}_n`)];
    }
  }
}

/** Returns, for tied groups of a pick state, the row that counts by the row that stands for the group. */
async function tiedPicks(
  engine: Engine,
  state: EventState,
  by: readonly string[],
  { x, q }: SlotColumns,
  read: (row: number) => Pick,
  options?: QueryOptions,
): Promise<Map<number, number>> {
  const [name, count] = state.names;
  const tied = await engine.query(
    `SELECT v.rn AS rn, g.${name} AS representative FROM ef_events v JOIN ef_groups g ON ${by.map((column) => `v.${column} = g.${column}`).join(" AND ")}
     WHERE g.${count} > 1 AND ${q === "true" ? q : `v.${q}`} AND v.${x} IS NOT NULL ORDER BY g.${name}`,
    [],
    options,
  );
  const sign = state.slot.kind === "first" ? -1 : 1;
  const { winners } = breakTies(
    int32Result(tied, "rn"),
    int32Result(tied, "representative"),
    (a, b) => sign * comparePicks(state.slot.type, read(a), read(b)),
    () => false,
  );
  return winners;
}

function pickReader(spec: AggregatedViewSpec, source: SourceRows, slot: StateSlot): (row: number) => Pick {
  const value = source.reader(slot.column as string, slot.type);
  const { eventId } = spec.source;
  const id = eventId === null ? null : eventIdReader(source, eventId);
  const { createdTimes } = source;
  return (row) => ({
    eventTimeUs: Number(source.eventTimes?.us[row]),
    createdTimeUs: createdTimes === null || createdTimes.isNull?.[row] === 1 ? null : Number(createdTimes.us[row]),
    eventId: id === null ? null : id(row),
    value: value(row) as Value,
  });
}
