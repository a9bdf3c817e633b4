// How rows of tiles come together: what is materialized with what was pushed, and pending events with the tiles they fall in.
import type { Us } from "../time.ts";
import { liveTiles, mergeTiles } from "../windows/tile-events.ts";
import type { TileLayout } from "../windows/layout.ts";
import { NOT_PUSHED, STAMPS_KEPT_US } from "./push-state.ts";
import { packTileRow, type TileRow } from "./tile-row.ts";

/**
 * Returns the row that stands when a materialized one, complete up to its boundary B′, comes in: the stored one where that
 * reaches further; else the incoming tiles, with what was pushed into stored ones that start at B′ or later. `sealedUs` is
 * what the log was read up to by `written_at`, where there is one: of two that reach as far, what knows more of the log
 * stands. The result is `stored` itself when nothing changed, so that running anything again, in any order, changes nothing
 * (SEMANTICS 4.7), and `incoming` where nothing was pushed and nothing is sealed.
 */
export function mergeTileRows(
  layout: TileLayout,
  stored: TileRow | null,
  incoming: TileRow,
  sealedUs: Us | null = null,
): TileRow {
  if (stored === null) return sealedUs === null ? incoming : { ...incoming, push: { ...NOT_PUSHED, sealedUs } };
  if (isBehind(stored, incoming, sealedUs)) return stored;
  const merged =
    stored.push === undefined && sealedUs === null ? incoming : withPushed(layout, stored, incoming, sealedUs);
  return content(layout, stored) === content(layout, merged) ? stored : merged;
}

function isBehind({ boundaryUs, push }: TileRow, incoming: TileRow, sealedUs: Us | null): boolean {
  if (incoming.boundaryUs < boundaryUs) return true;
  return sealedUs !== null && (push?.sealedUs ?? sealedUs) > sealedUs;
}

function withPushed(layout: TileLayout, stored: TileRow, incoming: TileRow, sealedUs: Us | null): TileRow {
  const { boundaryUs } = incoming;
  const { counter, stamps, pending } = stored.push ?? NOT_PUSHED;
  const newestEventUs = stored.newestEventUs > boundaryUs ? stored.newestEventUs : incoming.newestEventUs;
  const groups = layout.groups.map((_, g) => [
    ...(incoming.groups[g] ?? []),
    ...(stored.groups[g] ?? []).filter(({ startUs }) => startUs >= boundaryUs),
  ]);
  return {
    newestEventUs,
    writtenAtUs: incoming.writtenAtUs,
    boundaryUs,
    groups: liveTiles(layout, groups, newestEventUs),
    push: {
      counter,
      sealedUs,
      stamps: stamps.filter(({ startUs }) => startUs >= boundaryUs),
      pending: pending.filter(({ eventTimeUs }) => eventTimeUs > boundaryUs),
    },
  };
}

/** What makes two rows the same: when they were written, and the log sealed, does not. */
function content(layout: TileLayout, row: TileRow): string {
  const push = row.push === undefined ? {} : { push: { ...row.push, sealedUs: null } };
  return packTileRow(layout, { ...row, writtenAtUs: 0, ...push });
}

/**
 * True when a materialized row, at `now`, would take away events that it can't hold: an event before its boundary was
 * accepted after the log was sealed, or that was so long ago that nobody knows. The stored row then stands, until the next run.
 */
export function isContended(stored: TileRow | null, incoming: TileRow, sealedUs: Us, now: Us): boolean {
  const { boundaryUs } = incoming;
  if (stored?.push === undefined || stored.push.counter === 0 || isBehind(stored, incoming, sealedUs)) return false;
  if (sealedUs < now - STAMPS_KEPT_US) return true;
  return stored.push.stamps.some(({ startUs, writtenAtUs }) => startUs < boundaryUs && writtenAtUs > sealedUs);
}

/** Returns the row as it counts at `now`: pending events ≤ now are in its tiles. The row itself where none is. */
export function settledRow(layout: TileLayout, row: TileRow, now: Us): TileRow {
  const { push } = row;
  if (push === undefined || push.pending.length === 0 || (push.pending[0] as { eventTimeUs: Us }).eventTimeUs > now) {
    return row;
  }
  let { newestEventUs, groups } = row;
  for (const { eventTimeUs, groups: added } of push.pending) {
    if (eventTimeUs > now) break;
    newestEventUs = Math.max(newestEventUs, eventTimeUs);
    groups = mergeTiles(layout, groups, added);
  }
  const pending = push.pending.filter(({ eventTimeUs }) => eventTimeUs > now);
  return { ...row, newestEventUs, groups, push: { ...push, pending } };
}
