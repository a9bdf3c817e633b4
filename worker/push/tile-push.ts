// Events pushed into a key's tiles: which of them count, by SEMANTICS 4.6, and the row and companion that come of it.
import { type AggregatedViewSpec, DEFAULT_LATENESS_US } from "../../sdk/registry/index.ts";
import {
  coarsestHopUs,
  packTileRow,
  settledRow,
  STAMPS_KEPT_US,
  stampStart,
  type TileRow,
  type TileStamp,
  unpackTileRow,
} from "../../sdk/rows/index.ts";
import type { Ms, Us } from "../../sdk/time.ts";
import { eventAdder, liveEdges, liveTiles, NO_BOUNDARY, type TileEvent, tileLayout } from "../../sdk/windows/index.ts";
import { readable } from "../write/stored-rows.ts";
import { tileExpiry } from "../write/tile-rows.ts";
import { packSeen, prunedSeen, type SeenEvent, unpackSeen } from "./seen.ts";

/** What became of an event: `conflict` is another of the same id. */
export type Verdict = "accepted" | "duplicate" | "deferred" | "conflict";

/** An event as it is judged. */
export interface PushedEvent extends TileEvent {
  /** Of its content. */
  readonly hash: number;
}

export interface Pushed {
  /** Of each event. */
  readonly verdicts: readonly Verdict[];
  /** The places of those that change nothing here, and that the log may be without: when they were taken first is not known. */
  readonly repeats?: readonly number[];
  /**
   * True where row and companion are not of the same push: read them again. Where that does not help, the companion is
   * lost, and it was judged so: only later events than all that the row holds count.
   */
  readonly torn: boolean;
  /** Absent where nothing changes; the value as it was packed, not compressed. */
  readonly write?: { readonly value: string; readonly seen?: string; readonly expireInMs: Ms | null };
}

/** What the store holds of a key: its row, and the row's companion. */
export interface StoredTexts {
  readonly row: string | null;
  readonly seen: string | null;
}

export interface PushMoment {
  readonly nowUs: Us;
  /** Under a frozen clock nothing expires. */
  readonly frozen: boolean;
  /** True where the log has the events before anything is written; absent: it has not. */
  readonly logged?: boolean;
}

/** Judges events of one key and says what to write; changes nothing by itself. */
export type Pusher = (texts: StoredTexts, events: readonly PushedEvent[], moment: PushMoment) => Pushed;

const NOTHING: TileRow = { newestEventUs: NO_BOUNDARY, writtenAtUs: NO_BOUNDARY, boundaryUs: NO_BOUNDARY, groups: [] };

/**
 * Returns how events of one key are pushed into what the store holds. A version that does not serve yet (`serves` false) takes
 * events however late they are, and forgets none: it is told again what others were told before it was there (SEMANTICS 7.2).
 */
export function tilePusher(spec: AggregatedViewSpec, { serves = true }: { serves?: boolean } = {}): Pusher {
  const layout = tileLayout(spec);
  const hopUs = coarsestHopUs(layout);
  const add = eventAdder(spec, layout);
  const latenessUs = serves ? (spec.latenessUs ?? DEFAULT_LATENESS_US) : Infinity;

  return (texts, events, { nowUs, frozen, logged = false }) => {
    const row = readable(texts.row, (packed) => unpackTileRow(layout, packed)) ?? NOTHING;
    const companion = unpackSeen(texts.seen);
    const counter = row.push?.counter ?? 0;
    let newestUs = (row.push?.pending ?? []).reduce((most, one) => Math.max(most, one.eventTimeUs), row.newestEventUs);
    // Of a row that nothing was pushed into, or that is gone, no id counts; of one whose companion is gone none is known.
    const known = companion !== null && companion.counter === counter;
    const torn = !known && counter > 0;
    const seen = new Map<string, SeenEvent>(known ? companion.events : []);
    const floorUs = known ? companion.floorUs : torn ? newestUs : NO_BOUNDARY;

    const verdicts = new Array<Verdict>(events.length);
    const repeats: number[] = [];
    const judged = judge();
    const accepted = judged.filter((i) => verdicts[i] === "accepted").map((i) => events[i] as PushedEvent);
    const relogged = logged ? repeats.map((i) => events[i] as PushedEvent) : [];
    for (const { id, eventTimeUs, hash } of relogged) seen.set(id, { eventTimeUs, hash, logged });
    if (accepted.length + relogged.length === 0) return { verdicts, repeats, torn };

    const expireInMs = frozen ? null : tileExpiry(layout, newestUs, nowUs);
    if (expireInMs !== null && expireInMs <= 0) {
      // So old that the row would be dropped at once: no window can see it.
      return { verdicts: verdicts.map((verdict) => (verdict === "accepted" ? "deferred" : verdict)), repeats, torn };
    }
    const next = Math.max(counter, companion?.counter ?? 0) + 1;
    const pruned = prunedSeen(seen, floorUs, newestUs - latenessUs);
    return {
      verdicts,
      repeats,
      torn,
      write: {
        value: packTileRow(layout, withEvents(row, { accepted, relogged }, next, nowUs)),
        seen: packSeen({ counter: next, ...pruned }),
        expireInMs,
      },
    };

    /** Judges from the earliest on, so that no event of a push is late because of another; the first of an id counts. */
    function judge(): number[] {
      const first: number[] = [];
      const own = new Map<string, number>();
      for (const [i, { id, hash }] of events.entries()) {
        const known = seen.get(id);
        const other = own.get(id) ?? known?.hash;
        if (other === undefined) {
          own.set(id, hash);
          first.push(i);
        } else verdicts[i] = other === hash ? "duplicate" : "conflict";
        if (known?.hash === hash && !known.logged) repeats.push(i);
      }
      first.sort((a, b) => (events[a] as PushedEvent).eventTimeUs - (events[b] as PushedEvent).eventTimeUs);
      for (const i of first) {
        const { id, eventTimeUs, hash } = events[i] as PushedEvent;
        const counts = eventTimeUs > row.boundaryUs && eventTimeUs > floorUs && eventTimeUs >= newestUs - latenessUs;
        verdicts[i] = counts ? "accepted" : "deferred";
        if (!counts) continue;
        newestUs = Math.max(newestUs, eventTimeUs);
        seen.set(id, { eventTimeUs, hash, logged });
      }
      return first;
    }
  };

  function withEvents(
    before: TileRow,
    { accepted, relogged }: Readonly<Record<"accepted" | "relogged", readonly PushedEvent[]>>,
    counter: number,
    nowUs: Us,
  ): TileRow {
    const row = settledRow(layout, before, nowUs);
    const due = accepted.filter(({ eventTimeUs }) => eventTimeUs <= nowUs);
    const pending = accepted
      .filter(({ eventTimeUs }) => eventTimeUs > nowUs)
      .map((event) => ({ eventTimeUs: event.eventTimeUs, groups: add([], [event]) }));
    const newestEventUs = due.reduce((most, { eventTimeUs }) => Math.max(most, eventTimeUs), row.newestEventUs);
    return {
      newestEventUs,
      writtenAtUs: nowUs,
      boundaryUs: row.boundaryUs,
      groups: liveTiles(layout, add(row.groups, due), newestEventUs),
      push: {
        counter,
        sealedUs: row.push?.sealedUs ?? null,
        stamps: stamped(row.push?.stamps ?? [], [...accepted, ...relogged], newestEventUs, nowUs),
        pending: [...(row.push?.pending ?? []), ...pending].toSorted((a, b) => a.eventTimeUs - b.eventTimeUs),
      },
    };
  }

  function stamped(before: readonly TileStamp[], accepted: readonly TileEvent[], newestUs: Us, nowUs: Us): TileStamp[] {
    const byStart = new Map(before.map(({ startUs, writtenAtUs }) => [startUs, writtenAtUs]));
    for (const { eventTimeUs } of accepted) {
      const startUs = stampStart(layout, eventTimeUs);
      byStart.set(startUs, Math.max(byStart.get(startUs) ?? nowUs, nowUs));
    }
    const liveUs = newestUs === NO_BOUNDARY ? -Infinity : Math.min(...liveEdges(layout, newestUs));
    return [...byStart]
      .filter(([startUs, writtenAtUs]) => startUs + hopUs > liveUs && writtenAtUs > nowUs - STAMPS_KEPT_US)
      .toSorted(([a], [b]) => a - b)
      .map(([startUs, writtenAtUs]) => ({ startUs, writtenAtUs }));
  }
}
