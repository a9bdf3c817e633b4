// The companion of a row of tiles: the ids of the events that it holds, for as long as they may come again (SEMANTICS 4.6).
import type { Us } from "../../sdk/time.ts";
import { NO_BOUNDARY } from "../../sdk/windows/index.ts";
import { jsonBytes } from "../store/batches.ts";

export interface Seen {
  /** Of the row that it was written with. */
  readonly counter: number;
  /** No id is known of events up to here. */
  readonly floorUs: Us;
  readonly events: ReadonlyMap<string, SeenEvent>;
}

export interface SeenEvent {
  readonly eventTimeUs: Us;
  /** Of the event's content; not negative. */
  readonly hash: number;
  /** True where the log is known to have it. */
  readonly logged: boolean;
}

/** The most events that are remembered of a key, and the most bytes: a row holds 2 MB. */
const MAX_EVENTS = 20_000;
const MAX_BYTES = 1_000_000;
const BYTES_AN_EVENT = 40;
const PLAIN = /^[\w:.-]*$/;

/** Returns the packed text: `[counter, floor, id, time, hash, …]`, hashes of events that the log has with a minus. */
export function packSeen({ counter, floorUs, events }: Seen): string {
  let text = `[${counter},${floorUs}`;
  for (const [id, { eventTimeUs, hash, logged }] of events)
    text += `,${JSON.stringify(id)},${eventTimeUs},${logged ? "-" : ""}${hash}`;
  return `${text}]`;
}

/** Returns what a text holds; null for none, and for one that is not readable, which is as good as lost. */
export function unpackSeen(text: string | null): Seen | null {
  if (text === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(json) || json.length % 3 !== 2) return null;
  const events = new Map<string, SeenEvent>();
  for (let i = 2; i < json.length; i += 3) {
    const [id, eventTimeUs, hash] = [json[i], json[i + 1], json[i + 2]];
    if (typeof id !== "string" || !Number.isSafeInteger(eventTimeUs)) return null;
    events.set(id, { eventTimeUs, hash: Math.abs(hash), logged: hash < 0 || Object.is(hash, -0) });
  }
  return Number.isSafeInteger(json[0]) && Number.isSafeInteger(json[1])
    ? { counter: json[0], floorUs: json[1], events }
    : null;
}

/**
 * Returns the events from `fromUs` on, the latest of them where they are too many; the floor is as high as any that was
 * left out, so that none can count twice, whatever the lateness is next time.
 */
export function prunedSeen(events: ReadonlyMap<string, SeenEvent>, floorUs: Us, fromUs: Us): Omit<Seen, "counter"> {
  let floor = floorUs;
  let bytes = 0;
  const kept = new Map<string, SeenEvent>();
  for (const [id, event] of events) {
    if (event.eventTimeUs < fromUs) floor = Math.max(floor, event.eventTimeUs);
    else {
      kept.set(id, event);
      bytes += bytesOf(id);
    }
  }
  if (kept.size <= MAX_EVENTS && bytes <= MAX_BYTES) return { floorUs: floor, events: kept };
  const latest = [...kept].toSorted(([, a], [, b]) => b.eventTimeUs - a.eventTimeUs);
  let end = 0;
  for (let room = MAX_BYTES; end < Math.min(latest.length, MAX_EVENTS); end++) {
    room -= bytesOf((latest[end] as [string, SeenEvent])[0]);
    if (room < 0) break;
  }
  floor = Math.max(floor, latest[end]?.[1].eventTimeUs ?? NO_BOUNDARY);
  return { floorUs: floor, events: new Map(latest.slice(0, end)) };
}

/** Of plain ids it is no more than their length; of others it is counted. */
function bytesOf(id: string): number {
  return (PLAIN.test(id) ? id.length : jsonBytes(id)) + BYTES_AN_EVENT;
}
