// What a row of tiles keeps of the events that were pushed: how often, until when, and those that are still to come.
import { floorTo, US_PER_DAY, type Us } from "../time.ts";
import type { Tile } from "../windows/finish.ts";
import type { TileLayout } from "../windows/layout.ts";
import { corrupt, unpackTime } from "./unpack.ts";

export interface PushState {
  /** How many pushes have changed the row: its companion (`seenKey`) is of the same push where it says the same. */
  readonly counter: number;
  /** What the log was read up to, by `written_at`, when the row was last materialized; null where it was not, or not from a log. */
  readonly sealedUs: Us | null;
  /** When events were last accepted into the tiles of the coarsest hop, ascending by start; those of the last STAMPS_KEPT_US. */
  readonly stamps: readonly TileStamp[];
  /** Accepted events that were still to come when the row was written (SEMANTICS 3.6), ascending by time. */
  readonly pending: readonly PendingEvent[];
}

export interface TileStamp {
  readonly startUs: Us;
  /** The greatest `written_at` of an event in it. */
  readonly writtenAtUs: Us;
}

/** An event as what it adds: of each group the one tile that it is in. */
export interface PendingEvent {
  readonly eventTimeUs: Us;
  readonly groups: readonly (readonly Tile[])[];
}

/** How long it is remembered when an event was accepted: a materialization must not be made of a log that was sealed before. */
export const STAMPS_KEPT_US: Us = US_PER_DAY;

/** Returns the hop that every other one of a view that takes pushes divides: materialization ends on it. */
export function coarsestHopUs({ groups }: TileLayout): Us {
  return Math.max(...groups.map(({ hopUs }) => hopUs));
}

type PackGroups = (layout: TileLayout, groups: PendingEvent["groups"]) => string;
type UnpackGroups = (layout: TileLayout, groups: readonly unknown[]) => Tile[][];

/** The state of a row that nothing was pushed into. */
export const NOT_PUSHED: PushState = { counter: 0, sealedUs: null, stamps: [], pending: [] };

/** Returns `[counter, sealed, [tile, written, …], [time, group, …], …]`; a stamp's tile is its start / hop. */
export function packPush(
  layout: TileLayout,
  { counter, sealedUs, stamps, pending }: PushState,
  packGroups: PackGroups,
): string {
  const hopUs = coarsestHopUs(layout);
  const stamped = stamps.map(({ startUs, writtenAtUs }) => `${startUs / hopUs},${writtenAtUs}`);
  const waiting = pending.map(({ eventTimeUs, groups }) => `,[${eventTimeUs},${packGroups(layout, groups)}]`);
  return `[${counter},${sealedUs},[${stamped.join(",")}]${waiting.join("")}]`;
}

/** @throws row_corrupt */
export function unpackPush(layout: TileLayout, json: unknown, unpackGroups: UnpackGroups): PushState {
  if (!Array.isArray(json) || !Array.isArray(json[2]) || json[2].length % 2 !== 0) throw notPushed();
  const [counter, sealed, stamped, ...waiting] = json as [unknown, unknown, unknown[], ...unknown[]];
  const hopUs = coarsestHopUs(layout);
  const stamps: TileStamp[] = [];
  for (let i = 0; i < stamped.length; i += 2) {
    stamps.push({ startUs: unpackTime(stamped[i]) * hopUs, writtenAtUs: unpackTime(stamped[i + 1]) });
  }
  const pending = waiting.map((one) => {
    if (!Array.isArray(one) || one.length !== layout.groups.length + 1) throw notPushed();
    return { eventTimeUs: unpackTime(one[0]), groups: unpackGroups(layout, one.slice(1)) };
  });
  return { counter: unpackTime(counter), sealedUs: sealed === null ? null : unpackTime(sealed), stamps, pending };
}

function notPushed() {
  return corrupt("a tile row has not the form of what was pushed");
}

/** Returns the start of the tile of the coarsest hop that an event is stamped in. */
export function stampStart(layout: TileLayout, eventTimeUs: Us): Us {
  return floorTo(eventTimeUs - 1, coarsestHopUs(layout));
}
