// Where materialization writes: the online store, as the offline side sees it.
import type { StoredRow } from "../../sdk/rows/index.ts";
import type { Us } from "../../sdk/time.ts";
import type { Value } from "../../sdk/types/index.ts";
import type { LogEvent } from "../log/events.ts";

/** One key's row of a stored view. */
export interface RowWrite {
  /** By join key, in the view's order. */
  readonly keys: readonly Value[];
  readonly row: StoredRow;
}

/** One key's tiles of an aggregated view, as packTileRow writes them. */
export interface TileWrite {
  readonly keys: readonly Value[];
  readonly packed: string;
}

/** What became of the rows of a batch; the counts add up to its size. */
export interface WriteCounts {
  readonly written: number;
  /** Already there, to the bit. */
  readonly unchanged: number;
  /** Older than what is there. */
  readonly superseded: number;
  /** Past their TTL and a day of grace: not worth keeping. */
  readonly expired: number;
  /** Left as they are, because an event was pushed to them since the log was read: the next run takes them. */
  readonly contended?: number;
}

/** What became of the events of a batch; the counts add up to its size. */
export interface PushedCounts {
  readonly accepted: number;
  /** There already. */
  readonly duplicate: number;
  /** Not for the online rows: they count from the next run on. */
  readonly deferred: number;
  /** None of this version: a column that it needs was not told, say. */
  readonly rejected: number;
}

export interface OnlineSink {
  writeRows(view: string, version: number, rows: readonly RowWrite[]): Promise<WriteCounts>;
  /** `sealedUs`: every event written to the log at or before it is in the tiles, as far as it belongs there; null: there is no log. */
  writeTiles(view: string, version: number, tiles: readonly TileWrite[], sealedUs: Us | null): Promise<WriteCounts>;
  /** Pushes events that the log has into one version, online alone. */
  pushEvents(view: string, version: number, events: readonly LogEvent[]): Promise<PushedCounts>;
  /** Records that the view was materialized whole up to `endUs`, which lets it answer. */
  complete(view: string, version: number, done: { startUs: Us | null; endUs: Us; keys: number }): Promise<void>;
}
