// Windows at arbitrary entity times: events and entity rows in the order of their keys and times, walked side by side, so
// that the cost grows with events plus entity rows, never with their product (SEMANTICS 4.1 to 4.5).
import type { JoinWindow, ViewJoin } from "../../sdk/plan/index.ts";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import type { Us } from "../../sdk/time.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import {
  type FeatureLayout,
  finishFeature,
  OVERFLOW,
  type StateSlot,
  type TileGroup,
  tileLayout,
  windowEdges,
} from "../../sdk/windows/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import type { EntityRows } from "../join/entity-rows.ts";
import type { KeyOrder } from "../join/key-order.ts";
import { KeyNumbers } from "../join/key-numbers.ts";
import { KnownIndex } from "../join/known-index.ts";
import { type Moments, rangeOf } from "../join/moments.ts";
import type { SourceRows } from "../join/source-rows.ts";
import type { JoinedView } from "../join/stored-join.ts";
import { rowNumbers, timestampColumn } from "../join/tables.ts";
import { orderEntityRows, type Ranges, rangesOf } from "./entity-order.ts";
import { knownByPosition, loadOrderedEvents, type OrderedEvents } from "./ordered-events.ts";
import type { RangeStates } from "./range-states.ts";
import { KnownRuns, Runs } from "./runs.ts";
import { statesOf, type StatesOf } from "./states.ts";
import { valueColumn, type ValueColumn } from "./value-column.ts";

/** Joins one aggregated view to the entity rows. */
export async function joinAggregatedView(
  engine: Engine,
  view: ViewJoin,
  entityRows: EntityRows,
  moments: Moments,
  source: SourceRows,
  options?: QueryOptions,
): Promise<JoinedView> {
  const { read } = view;
  const { knownUs } = moments;
  const spec = read.spec as AggregatedViewSpec;
  const layout = tileLayout({ ...spec, features: read.features.map((i) => spec.features[i] as never) });
  const numbers = new KeyNumbers(read.keys.map(({ type }) => type));
  const kids = numbers.number(
    read.keys.map((key) => entityRows.key(key)),
    entityRows.rows,
    true,
  );
  const which = { range: rangeOf([view], moments), numbers, known: knownUs !== null };
  const events = await loadOrderedEvents(engine, spec, source, which, options);
  const order = orderEntityRows(kids, numbers.count, moments.atUs);
  const points: Points = { order, events, known: knownUs === null ? null : knownEvents(events, knownUs) };
  const features = layout.features.map((feature, i): PlacedFeature => {
    const column = valueColumn(parseTypeName(feature.feature.type), kids.length);
    return { feature, column, fallback: read.defaults[i] as Value | null, overflows: 0 };
  });
  for (const { column, fallback } of features) {
    if (fallback !== null) for (const [row, kid] of kids.entries()) if (kid < 0) column.set(row, fallback);
  }
  const states = statesOf(spec, events, knownUs !== null);
  for (const window of view.windows) {
    // A turn of the event loop, in which whoever wants the join to stop is heard.
    await engine.query("SELECT 1", [], options);
    const own = features.filter(({ feature }) => sameWindow(feature.feature, window));
    computeWindow(points, window, own, layout.groups, states);
  }
  const newest = newestEvents(points, kids.length);
  return {
    columns: features.map(({ column }) => column.finish()),
    eventTimes: view.provenance ? eventTimeColumn(newest, view.newestIn, moments) : null,
    candidates: events.rows.length,
    matched: newest.reduce((sum, time) => sum + (time > -Infinity ? 1 : 0), 0),
    ambiguousTies: 0,
    nullKeys: source.nullKeys,
    conflicts: source.conflicts,
    overflows: countsOf(features, ({ overflows }) => overflows),
    nansSkipped: countsOf(features, ({ feature }) => nansSkipped(feature, events)),
  };
}

interface PlacedFeature {
  readonly feature: FeatureLayout;
  readonly column: ValueColumn;
  readonly fallback: Value | null;
  overflows: number;
}

/** Entity rows beside the events of their keys. */
interface Points {
  readonly order: KeyOrder;
  readonly events: OrderedEvents;
  readonly known: KnownEvents | null;
}

/** What was known of the events at each entity row's moment (SEMANTICS 2.2). */
interface KnownEvents {
  readonly index: KnownIndex;
  readonly runs: KnownRuns;
  /** By entity row, µs. */
  readonly knownUs: Float64Array;
}

function knownEvents(events: OrderedEvents, knownUs: Float64Array): KnownEvents {
  const created = knownByPosition(events);
  return { index: new KnownIndex(created), runs: new KnownRuns(created), knownUs };
}

function sameWindow(a: JoinWindow, b: JoinWindow): boolean {
  return a.windowUs === b.windowUs && a.hopUs === b.hopUs && a.tumbling === b.tumbling;
}

/** Computes the features of one window; a state that several of them need, once. */
function computeWindow(
  { order, events, known }: Points,
  window: JoinWindow,
  features: readonly PlacedFeature[],
  groups: readonly TileGroup[],
  statesOfSlot: StatesOf,
): void {
  const slots: StateSlot[] = [];
  const finishes = features.map((placed) => {
    const inputs = placed.feature.slots.map((index) => {
      const slot = (groups[placed.feature.group] as TileGroup).slots[index] as StateSlot;
      const at = slots.indexOf(slot);
      return at < 0 ? slots.push(slot) - 1 : at;
    });
    return { placed, inputs, states: inputs.map((): unknown => null) };
  });
  const ways: readonly RangeStates[] = slots.map((slot) => statesOfSlot(slot, window.hopUs));
  const current = slots.map((): unknown => null);
  const ranges = rangesOf(order, events, (at) => windowEdges(at, window));
  const runs = new Runs();
  for (let i = 0; i < order.rows.length; i++) {
    const row = order.rows[i] as number;
    runsAt(runs, ranges, i, known, row);
    for (let s = 0; s < ways.length; s++) current[s] = (ways[s] as RangeStates).over(runs);
    for (let f = 0; f < finishes.length; f++) {
      const { placed, inputs, states } = finishes[f] as (typeof finishes)[number];
      for (let s = 0; s < inputs.length; s++) states[s] = current[inputs[s] as number];
      const value = finishFeature(placed.feature, states, order.times[i] as Us);
      if (value === OVERFLOW) placed.overflows++;
      placed.column.set(row, value === OVERFLOW || value === null ? placed.fallback : value);
    }
  }
}

function runsAt(runs: Runs, ranges: Ranges, i: number, known: KnownEvents | null, row: number): void {
  const [from, to] = [ranges.from[i] as number, ranges.to[i] as number];
  runs.n = 0;
  if (known === null) runs.add(from, to);
  else known.runs.find(runs, from, to, known.knownUs[row] as number);
}

/** Returns, by entity row, the time of the latest event at or before its moment that counts as known, µs; −Infinity for none. */
function newestEvents({ order, events, known }: Points, rows: number): Float64Array {
  const newest = new Float64Array(rows).fill(-Infinity);
  const ranges = rangesOf(order, events, (at) => ({ lowerUs: -Infinity, upperUs: at }));
  for (let i = 0; i < order.rows.length; i++) {
    const row = order.rows[i] as number;
    const [from, to] = [ranges.from[i] as number, ranges.to[i] as number];
    if (from === to) continue;
    const at = known === null ? to - 1 : known.index.lastKnown(from, to - 1, known.knownUs[row] as number);
    if (at >= 0) newest[row] = events.times[at] as number;
  }
  return newest;
}

/**
 * Returns the newest events' times, null for one that no window of the view holds any more: as an online row states it,
 * which keeps the tiles that some window reads, and whose time is its newest event's, whatever a filter makes of it.
 */
function eventTimeColumn(
  newest: Float64Array,
  windows: readonly JoinWindow[],
  { atUs }: Moments,
): JoinedView["eventTimes"] {
  const held = rowNumbers(newest.length).map((row) => {
    const lower = Math.min(...windows.map((window) => windowEdges(atUs[row] as number, window).lowerUs));
    return (newest[row] as number) > lower ? row : -1;
  });
  return timestampColumn(held, newest);
}

/** Counts the events whose NaN a min or max skips. */
function nansSkipped({ feature, columnType }: FeatureLayout, events: OrderedEvents): number {
  const isFloat = columnType.kind === "float32" || columnType.kind === "float64";
  if (!isFloat || (feature.fn !== "min" && feature.fn !== "max")) return 0;
  const read = events.source.reader(feature.column as string, columnType);
  return events.rows.reduce((sum, row) => sum + (Number.isNaN(read(row)) ? 1 : 0), 0);
}

function countsOf(features: readonly PlacedFeature[], of: (placed: PlacedFeature) => number): Record<string, number> {
  const counted = features.map((placed) => [placed.feature.feature.name, of(placed)] as const);
  return Object.fromEntries(counted.filter(([, n]) => n > 0));
}
