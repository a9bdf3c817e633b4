// Events as the log holds them: each once, whatever views it was pushed to and however often.
import type { ReadRecord } from "../../sdk/log/index.ts";
import type { Us } from "../../sdk/time.ts";

/** What became of an event that was pushed to a view. */
export interface ViewPush {
  readonly view: string;
  /** When the online store took it, the last time that it did; null: it did not. A failed push says so too: its retry comes later. */
  readonly takenUs: Us | null;
  /** True where the online store holds another event of that id. */
  readonly refused?: true;
  /** True where it was not taken anew: a time that is known before stands. */
  readonly repeat?: boolean;
}

export interface LogEvent {
  /** null: its source names no event id. */
  readonly id: string | null;
  readonly eventTimeUs: Us;
  readonly createdTimeUs: Us | null;
  /** When it was first written to the log. */
  readonly writtenAtUs: Us;
  /** Its join keys and columns of the source, as far as it was told them; values as parseJson gives them. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly pushes: readonly ViewPush[];
}

/** Returns a segment's record as an event. */
export function eventOf(record: ReadRecord): LogEvent {
  const {
    id,
    eventTimeUs,
    createdTimeUs,
    writtenAtUs,
    deferred,
    refused = false,
    repeat = false,
    view,
    values,
  } = record;
  return {
    id,
    eventTimeUs,
    createdTimeUs,
    writtenAtUs,
    values,
    pushes: [refused ? { view, takenUs: null, refused } : { view, takenUs: deferred ? null : writtenAtUs, repeat }],
  };
}

/**
 * Returns the events with equal ones as one, in the order in which each first comes. Two are equal that have one id (without
 * ids: one content), the same times, and the same value in every column that both were told. Two that have one id and differ
 * both stay, the one that stands first: whether they conflict is for the views to say, by their keys (SEMANTICS 4.6).
 */
export function mergeEvents(events: Iterable<LogEvent>): LogEvent[] {
  const merged: LogEvent[] = [];
  const byId = new Map<string, number[]>();
  for (const event of events) {
    const name = event.id ?? ` ${event.eventTimeUs} ${jsonText(event.values)}`;
    const places = byId.get(name);
    const place = places?.find((at) => isSame(merged[at] as LogEvent, event));
    if (place !== undefined) merged[place] = union(merged[place] as LogEvent, event);
    else {
      if (places === undefined) byId.set(name, [merged.length]);
      else places.push(merged.length);
      merged.push(event);
    }
  }
  for (const places of byId.values()) {
    if (places.length === 1) continue;
    const own = places.map((at) => merged[at] as LogEvent).toSorted(compareStanding);
    for (const [i, at] of places.entries()) merged[at] = own[i] as LogEvent;
  }
  return merged;
}

/**
 * Returns how many of merged events have the id of another of their key, by the first: they don't count (SEMANTICS 4.6).
 * `joinKeys` are those of the views, of which the one counts that finds most; of an event that was not told its key none.
 */
export function conflictsIn(events: readonly LogEvent[], joinKeys: readonly (readonly string[])[]): number {
  const counts = joinKeys.map((names) => {
    const told = events.filter(({ id, values }) => id !== null && names.every((name) => Object.hasOwn(values, name)));
    const texts = told.map(({ id, values }) => jsonText([id, ...names.map((name) => values[name])]));
    return texts.length - new Set(texts).size;
  });
  return Math.max(0, ...counts);
}

/**
 * Returns how well an event stands against others of its id: one that the online store took before others, one that it refused
 * last. For a view that it was pushed to that is what became of it there; otherwise what became of it anywhere.
 */
export function standingOf({ pushes }: Pick<LogEvent, "pushes">, view?: string): number {
  const own = pushes.filter((push) => push.view === view);
  const judged = own.length > 0 ? own : pushes;
  if (judged.some(({ refused }) => refused)) return 2;
  return judged.some(({ takenUs }) => takenUs !== null) ? 0 : 1;
}

function compareStanding(a: LogEvent, b: LogEvent): number {
  const told = standingOf(a) - standingOf(b) || a.writtenAtUs - b.writtenAtUs || a.eventTimeUs - b.eventTimeUs;
  if (told !== 0) return told;
  const [one, other] = [contentOf(a), contentOf(b)];
  return one < other ? -1 : Number(one > other);
}

function contentOf({ createdTimeUs, values }: LogEvent): string {
  return `${createdTimeUs} ${jsonText(values)}`;
}

function isSame(a: LogEvent, b: LogEvent): boolean {
  if (a.id !== b.id || a.eventTimeUs !== b.eventTimeUs || a.createdTimeUs !== b.createdTimeUs) return false;
  if (a.id === null && Object.keys(a.values).length !== Object.keys(b.values).length) return false;
  return Object.entries(a.values).every(
    ([name, value]) => !Object.hasOwn(b.values, name) || jsonText(value) === jsonText(b.values[name]),
  );
}

function union(a: LogEvent, b: LogEvent): LogEvent {
  const more = Object.keys(b.values).some((name) => !Object.hasOwn(a.values, name));
  return {
    ...a,
    writtenAtUs: Math.min(a.writtenAtUs, b.writtenAtUs),
    values: more ? { ...b.values, ...a.values } : a.values,
    pushes: b.pushes.reduce(withPush, a.pushes),
  };
}

function withPush(pushes: readonly ViewPush[], push: ViewPush): readonly ViewPush[] {
  const known = pushes.find(({ view }) => view === push.view);
  if (known === undefined) return [...pushes, push];
  if (known.refused) return pushes;
  if (push.refused) return pushes.map((one) => (one === known ? push : one));
  if (push.takenUs === null) return pushes;
  if (known.takenUs !== null && (push.repeat === true || known.takenUs >= push.takenUs)) return pushes;
  return pushes.map((one) => (one === known ? push : one));
}

/** Returns the JSON text of a parsed value: long integers and −0 kept. */
export function jsonText(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Object.is(value, -0)) return "-0";
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`).join(",")}}`;
}
