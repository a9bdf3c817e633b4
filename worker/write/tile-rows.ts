// Rows of aggregated views on their way in: packed tiles, checked, with the boundary that decides which row stands.
import { EdgefeatError } from "../../sdk/errors.ts";
import type { AggregatedViewSpec, Snapshot } from "../../sdk/registry/index.ts";
import {
  coarsestHopUs,
  isContended,
  mergeTileRows,
  packTileRow,
  type TileRow,
  unpackTileRow,
} from "../../sdk/rows/index.ts";
import { type Ms, US_PER_DAY, US_PER_MS, type Us } from "../../sdk/time.ts";
import { checkValue } from "../../sdk/types/index.ts";
import { NO_BOUNDARY, tileLayout, type TileLayout } from "../../sdk/windows/index.ts";
import { compressText } from "../store/compressed-text.ts";
import type { Merged, Outcome } from "./merge.ts";
import { faultAt, keyReader, objectOf, onlyMembers, type WritableView } from "./row-shape.ts";
import { LARGE_SIZE, refuseLarge } from "./row-size.ts";
import { readable, type WriteMoment } from "./stored-rows.ts";

/**
 * Returns the tile rows of a request by store key. All are checked before any is written.
 * @throws bad_request, missing_entity_key, unknown_entity_key, value_out_of_range, event_time_in_future, each with a pointer to the row
 */
export function parseTileRows(
  snapshot: Snapshot,
  target: WritableView & { spec: AggregatedViewSpec },
  tiles: readonly unknown[],
  moment: WriteMoment,
): Map<string, TileRow[]> {
  const key = keyReader(snapshot, target);
  const layout = tileLayout(target.spec);
  const byKey = new Map<string, TileRow[]>();
  for (const [i, json] of tiles.entries()) {
    const path = ["tiles", i];
    const members = objectOf(json, path);
    onlyMembers(members, ["entities", "packed"], path);
    const row = parsePacked(layout, members["packed"], [...path, "packed"], moment);
    const isOnHop = row.boundaryUs === NO_BOUNDARY || row.boundaryUs % coarsestHopUs(layout) === 0;
    if (target.spec.push === true && !isOnHop) {
      throw notTiles([...path, "packed"], "events are pushed to the view, and its tiles don't end on a coarsest hop");
    }
    const at = key(members["entities"], [...path, "entities"]);
    if ((members["packed"] as string).length >= LARGE_SIZE) refuseLarge(at, packTileRow(layout, row), path);
    const others = byKey.get(at);
    if (others === undefined) byKey.set(at, [row]);
    else others.push(row);
  }
  return byKey;
}

function parsePacked(layout: TileLayout, packed: unknown, path: PropertyKey[], { nowUs }: WriteMoment): TileRow {
  if (typeof packed !== "string") throw notTiles(path, "expected packed tiles as text");
  let row: TileRow;
  try {
    row = { ...unpackTileRow(layout, packed), writtenAtUs: nowUs };
    if (row.push !== undefined) throw notTiles(path, "it holds pushed events, which only push brings");
    checkStates(layout, row);
  } catch (cause) {
    throw notTiles(path, cause instanceof EdgefeatError ? cause.message : "a state is not readable", cause);
  }
  // Tiles can't be cut at a read's *now*, so none may hold an event that is still to come.
  if (row.newestEventUs > nowUs || row.boundaryUs > nowUs) {
    throw faultAt("event_time_in_future", path, "its tiles reach beyond the server's clock", {
      hint: "materialize up to an END that has passed; nothing of this batch was written",
    });
  }
  return row;
}

/** Refuses what unpacking, which trusts rows, lets through: times that are none, and values of another type. */
function checkStates(layout: TileLayout, row: TileRow): void {
  const times = [
    row.newestEventUs,
    row.boundaryUs,
    ...row.groups.flatMap((tiles) => tiles.map((tile) => tile.startUs)),
  ];
  if (!times.every(Number.isSafeInteger))
    throw new EdgefeatError("row_corrupt", "a time is not a whole number of microseconds");
  for (const [g, tiles] of row.groups.entries()) {
    const slots = layout.groups[g]?.slots ?? [];
    for (const { states } of tiles) {
      for (const [s, { kind, type }] of slots.entries()) {
        const state = states[s];
        if (state === null) continue;
        if (kind === "min" || kind === "max") checkValue(type, state, kind);
        if (kind === "first" || kind === "last") checkValue(type, (state as { value: unknown }).value, kind);
        if (kind === "lastK" || kind === "latest") {
          for (const { value } of state as { value: unknown }[])
            if (value !== null || kind === "lastK") checkValue(type, value, kind);
        }
      }
    }
  }
}

function notTiles(path: PropertyKey[], what: string, cause?: unknown): EdgefeatError {
  return faultAt("bad_request", path, what, {
    hint: "send what packTileRow makes for this version of the view",
    cause,
  });
}

/**
 * Returns how tile rows of an aggregated view merge into what the store holds. `sealedUs` is what the log was read up to by
 * `written_at`, where there is one.
 */
export function tileMerge(spec: AggregatedViewSpec, { nowUs, frozen }: WriteMoment, sealedUs: Us | null = null) {
  const layout = tileLayout(spec);
  return (text: string | null, incoming: readonly TileRow[]): Merged => {
    const stored = readable(text, (packed) => unpackTileRow(layout, packed));
    let standing = stored;
    let last = -1;
    const outcomes: Outcome[] = [];
    for (const [i, row] of incoming.entries()) {
      if (sealedUs !== null && isContended(standing, row, sealedUs, nowUs)) {
        outcomes.push("contended");
        continue;
      }
      const next = mergeTileRows(layout, standing, row, sealedUs);
      if (next === standing) {
        const sealedLater = sealedUs !== null && (standing.push?.sealedUs ?? sealedUs) > sealedUs;
        outcomes.push(row.boundaryUs < standing.boundaryUs || sealedLater ? "superseded" : "unchanged");
        continue;
      }
      if (last >= 0) outcomes[last] = "superseded";
      last = i;
      standing = next;
      outcomes.push("written");
    }
    if (standing === null || standing === stored) return { outcomes };
    const expireInMs = frozen ? null : tileExpiry(layout, standing.newestEventUs, nowUs);
    if (stored === null && expireInMs !== null && expireInMs <= 0) {
      return { outcomes: outcomes.map((outcome) => (outcome === "superseded" ? outcome : "expired")) };
    }
    return { write: { value: compressText(packTileRow(layout, standing)), expireInMs }, outcomes };
  };
}

/** A row is kept until its newest event has left the longest window, and a day of grace (SEMANTICS 4.9); null: for ever. */
export function tileExpiry({ features }: TileLayout, newestEventUs: Us, nowUs: Us): Ms | null {
  const reachUs = Math.max(
    ...features.map(({ feature: { windowUs, hopUs, tumbling } }) =>
      windowUs === 0 ? Infinity : windowUs + (tumbling === true ? windowUs : hopUs),
    ),
  );
  return reachUs === Infinity ? null : (newestEventUs + reachUs + US_PER_DAY - nowUs) / US_PER_MS;
}
