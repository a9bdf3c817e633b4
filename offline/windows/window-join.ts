// Windows at arbitrary entity times: running sums, ordinals and blocks over each key's history, so that the cost grows
// with events plus entity rows, never with their product (SEMANTICS 4.1 to 4.5).
import type { JoinWindow, ViewJoin } from "../../sdk/plan/index.ts";
import type { AggregatedViewSpec } from "../../sdk/registry/index.ts";
import { parseTypeName, type Value } from "../../sdk/types/index.ts";
import {
  type FeatureLayout,
  finishFeature,
  OVERFLOW,
  type StateSlot,
  type TileLayout,
  tileLayout,
  windowLowerEdge,
} from "../../sdk/windows/index.ts";
import { vectorFromValues } from "../datasets/index.ts";
import type { Engine, QueryOptions } from "../engine/index.ts";
import type { EntityRows } from "../join/entity-rows.ts";
import { numberEntityKeys } from "../join/keys.ts";
import { type Moments, rangeOf } from "../join/moments.ts";
import type { SourceRows } from "../join/source-rows.ts";
import type { JoinedView } from "../join/stored-join.ts";
import { dropTables, rowNumbers, timestampColumn } from "../join/tables.ts";
import { type EventState, loadEventHistory } from "./event-history.ts";
import { loadKnown } from "./known.ts";
import { loadRunning } from "./running.ts";

/** Joins one aggregated view to the entity rows. */
export async function joinAggregatedView(
  engine: Engine,
  view: ViewJoin,
  entityRows: EntityRows,
  moments: Moments,
  source: SourceRows,
  options?: QueryOptions,
): Promise<JoinedView> {
  const { read, windows } = view;
  const { knownUs } = moments;
  const { times } = entityRows;
  const spec = read.spec as AggregatedViewSpec;
  const layout = tileLayout({ ...spec, features: read.features.map((i) => spec.features[i] as never) });
  const { kids } = await numberEntityKeys(engine, read, entityRows, options);
  const which = { range: rangeOf([view], moments), keys: "entity", known: knownUs !== null } as const;
  const history = await loadEventHistory(engine, spec, layout, source, which, options);
  const placed = layout.features.map((feature) => {
    const { hopUs, slots } = layout.groups[feature.group] as TileLayout["groups"][number];
    const window = windows.findIndex((w) => w.windowUs === feature.feature.windowUs && w.hopUs === hopUs);
    const states = feature.slots.map((s) => history.states[history.stateOf(slots[s] as StateSlot)] as EventState);
    return { feature, window, states };
  });
  const isUsed = (state: EventState, window: number) =>
    placed.some((p) => p.window === window && p.states.includes(state));
  const running =
    knownUs === null
      ? await loadRunning(engine, history, windows, kids, times, isUsed, view.provenance, options)
      : await loadKnown(engine, history, windows, view.newestIn, { kids, times, knownUs }, isUsed, options);
  await dropTables(engine, ["ef_keys", "ef_groups"]);
  const overflows: Record<string, number> = {};
  const columns = placed.map(({ feature, window, states }, i) => {
    const { name } = feature.feature;
    const readers = states.map((state) => running.stateReader(state, window));
    const fallback = read.defaults[i] as Value | null;
    const values = Array.from(kids, (kid, row) => {
      if (kid < 0) return fallback;
      const value = finishFeature(
        feature,
        readers.map((reader) => reader(row)),
      );
      if (value === OVERFLOW) overflows[name] = (overflows[name] ?? 0) + 1;
      return value === OVERFLOW || value === null ? fallback : value;
    });
    return vectorFromValues(parseTypeName(feature.feature.type), values);
  });
  return {
    columns,
    eventTimes: running.newest === null ? null : eventTimeColumn(running.newest, view.newestIn, moments),
    candidates: history.candidates,
    matched: running.matched,
    ambiguousTies: 0,
    nullKeys: source.nullKeys,
    overflows,
    nansSkipped: nansSkipped(layout.features, history.nans),
  };
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
    const at = atUs[row] as number;
    const lower = Math.min(...windows.map(({ windowUs, hopUs }) => windowLowerEdge(at, windowUs, hopUs)));
    return (newest[row] as number) > lower ? row : -1;
  });
  return timestampColumn(held, newest);
}

function nansSkipped(features: readonly FeatureLayout[], nans: ReadonlyMap<string, number>): Record<string, number> {
  const skipping = features.filter(({ feature }) => feature.fn === "min" || feature.fn === "max");
  const counted = skipping.map(({ feature }) => [feature.name, nans.get(feature.column ?? "") ?? 0] as const);
  return Object.fromEntries(counted.filter(([, n]) => n > 0));
}
