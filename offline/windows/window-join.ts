// Windows at arbitrary entity times: running sums, ordinals and blocks over each key's history, so that the cost grows
// with events plus entity rows, never with their product (SEMANTICS 4.1 to 4.5).
import type { ViewRead } from "../../sdk/plan/index.ts";
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
import { extent, loadEntityKeys, type TimeRange } from "../join/keys.ts";
import type { SourceRows } from "../join/source-rows.ts";
import type { JoinedView } from "../join/stored-join.ts";
import { dropTables } from "../join/tables.ts";
import { type EventState, loadEventHistory } from "./event-history.ts";
import { loadRunning } from "./running.ts";
import type { Window } from "./edges.ts";

/** Joins one aggregated view to the entity rows. */
export async function joinAggregatedView(
  engine: Engine,
  read: ViewRead,
  entityRows: EntityRows,
  source: SourceRows,
  options?: QueryOptions,
): Promise<JoinedView> {
  const spec = read.spec as AggregatedViewSpec;
  const layout = tileLayout({ ...spec, features: read.features.map((i) => spec.features[i] as never) });
  const kids = await loadEntityKeys(engine, read, entityRows, options);
  await dropTables(engine, ["ef_entity"]);
  const windows = distinctWindows(layout);
  const range = candidateTimes(windows, entityRows.times);
  const history = await loadEventHistory(engine, spec, layout, source, { range, keys: "entity" }, options);
  const placed = layout.features.map((feature) => {
    const { hopUs, slots } = layout.groups[feature.group] as TileLayout["groups"][number];
    const window = windows.findIndex((w) => w.windowUs === feature.feature.windowUs && w.hopUs === hopUs);
    const states = feature.slots.map((s) => history.states[history.stateOf(slots[s] as StateSlot)] as EventState);
    return { feature, window, states };
  });
  const isUsed = (state: EventState, window: number) =>
    placed.some((p) => p.window === window && p.states.includes(state));
  const running = await loadRunning(engine, history, windows, kids, entityRows.times, isUsed, options);
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
    candidates: history.candidates,
    matched: running.matched,
    ambiguousTies: 0,
    nullKeys: source.nullKeys,
    overflows,
    nansSkipped: nansSkipped(layout.features, history.nans),
  };
}

/** Returns which events can be in any window of any entity row. */
function candidateTimes(windows: readonly Window[], times: BigInt64Array): TimeRange {
  const { least, greatest } = extent(times) ?? { least: 0n, greatest: 0n };
  const edges = windows.map((w) => windowLowerEdge(Number(least), w.windowUs, w.hopUs));
  return { afterUs: BigInt(Math.min(...edges)), untilUs: greatest };
}

function distinctWindows(layout: TileLayout): Window[] {
  const windows: Window[] = [];
  for (const { feature, group } of layout.features) {
    const { hopUs } = layout.groups[group] as TileLayout["groups"][number];
    const window = { windowUs: feature.windowUs, hopUs };
    if (!windows.some((w) => w.windowUs === window.windowUs && w.hopUs === hopUs)) windows.push(window);
  }
  return windows;
}

function nansSkipped(features: readonly FeatureLayout[], nans: ReadonlyMap<string, number>): Record<string, number> {
  const skipping = features.filter(({ feature }) => feature.fn === "min" || feature.fn === "max");
  const counted = skipping.map(({ feature }) => [feature.name, nans.get(feature.column ?? "") ?? 0] as const);
  return Object.fromEntries(counted.filter(([, n]) => n > 0));
}
