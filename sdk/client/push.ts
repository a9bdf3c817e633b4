// Pushing events: cut into requests that the server takes, each sent until it is taken; the places of what it refuses kept.
import type { FeatureView } from "../definitions/index.ts";
import type { Ms } from "../time.ts";
import { type Encodable, encodeJson } from "./encode.ts";
import { readJson } from "./attempt.ts";
import type { Sender } from "./transport.ts";

/** What happened, as the view's source has it. */
export interface PushEvent {
  /** What the source calls its event id, by which the event counts once; of a source without one it is left out. */
  readonly id?: string | number | bigint;
  /** When it happened: RFC 3339 with a zone, or a Date. */
  readonly time?: string | Date;
  /** The source's created time, where it declares one. */
  readonly created?: string | Date | null;
  /** The join keys and columns of the source; a timestamp is RFC 3339 or a Date. */
  readonly values: Readonly<Record<string, Encodable | Date>>;
}

export interface PushOptions {
  /** Into the online rows, the log that the offline side reads, or both; default both where the server has a log. */
  to?: "online" | "offline" | "both";
  /** How long each request may take with all its attempts; default the client's. */
  timeoutMs?: Ms;
  signal?: AbortSignal;
  /** Hears how many of the events the server has taken. */
  onProgress?: (done: number) => void;
}

/** What became of the events: the four add up to those sent. */
export interface PushAnswer {
  accepted: number;
  /** Taken before, by their id. */
  duplicate: number;
  /** Too late for the online rows: in the log alone, where there is one. */
  deferred: number;
  /** By their place among those sent. */
  rejected: { index: number; code: string; message: string }[];
  /** True where the log has them too. */
  logged: boolean;
  /** Events that other versions of the view can't take, with what is wrong with the first; absent for none. */
  missed?: { version: number; events: number; code: string; message: string }[];
}

/** A server takes no more of one request. */
const MAX_EVENTS = 1_000;
const MAX_BYTES = 4_000_000;

/** Pushes events by a sender; see Client.push. */
export async function pushEvents(
  sender: Sender,
  view: string | FeatureView<any>,
  events: Iterable<PushEvent> | AsyncIterable<PushEvent>,
  { to, timeoutMs, signal, onProgress = () => {} }: PushOptions = {},
): Promise<PushAnswer> {
  const name = typeof view === "string" ? view : view.name;
  const path = `/v1/push/${encodeURIComponent(name)}${to === undefined ? "" : `?to=${to}`}`;
  const total: PushAnswer = { accepted: 0, duplicate: 0, deferred: 0, rejected: [], logged: false };
  let sent = 0;
  let batch: string[] = [];
  let bytes = 2;

  async function flush(): Promise<void> {
    const deadline = sender.deadline(timeoutMs, signal);
    try {
      if (deadline.signal.aborted) throw deadline.error();
      // An event counts once by its id, so sending it again after a lost answer changes nothing.
      const call = { method: "POST", path, body: `[${batch.join(",")}]`, idempotent: true } as const;
      const answer = (await sender.send(call, readJson, deadline)) as PushAnswer;
      total.accepted += answer.accepted;
      total.duplicate += answer.duplicate;
      total.deferred += answer.deferred;
      for (const { index, ...why } of answer.rejected) total.rejected.push({ index: sent + index, ...why });
      total.logged = answer.logged;
      for (const missed of answer.missed ?? []) {
        const known = total.missed?.find(({ version }) => version === missed.version);
        if (known === undefined) total.missed = [...(total.missed ?? []), missed];
        else known.events += missed.events;
      }
    } finally {
      deadline.close();
    }
    sent += batch.length;
    batch = [];
    bytes = 2;
    onProgress(sent);
  }

  for await (const event of events) {
    const text = eventJson(event);
    const size = encoder.encode(text).length + 1;
    if (batch.length === MAX_EVENTS || (batch.length > 0 && bytes + size > MAX_BYTES)) await flush();
    batch.push(text);
    bytes += size;
  }
  if (batch.length > 0 || sent === 0) await flush();
  return total;
}

const encoder = new TextEncoder();

function eventJson({ id, time, created, values }: PushEvent): string {
  const members = { id, time: textOf(time), created: textOf(created), values: valuesOf(values) };
  return encodeJson(members);
}

function valuesOf(values: PushEvent["values"]): Record<string, Encodable> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOf(value)]));
}

function textOf<T>(value: T): Exclude<T, Date> | string {
  return isDate(value) ? value.toISOString() : (value as Exclude<T, Date>);
}

/** Another realm's too. */
function isDate(value: unknown): value is Date {
  return typeof value === "object" && value !== null && "toISOString" in value;
}
