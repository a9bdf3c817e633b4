// A push: events judged against the rows of their keys, appended to the log, then written by compare-and-set, and again where others were faster.
//
// The log comes first: what is acknowledged is in it, and in the rows. What a push that broke off has left there is no harm:
// sent again, an event that the log holds twice counts once by its id, and so does one that the rows hold. Of two events of one
// id that were pushed at the same time, the log may have both: it is told which of them the rows refused.
import { EdgefeatError } from "../../sdk/errors.ts";
import { seenKey } from "../../sdk/rows/index.ts";
import type { Clock, Ms, ParseTimeOptions, Us } from "../../sdk/time.ts";
import type { AppConfig } from "../config.ts";
import type { EventLog, LogRecord } from "../log/port.ts";
import type { Metrics } from "../metrics/index.ts";
import type { RowCache } from "../serve/index.ts";
import { runtimeDeps } from "../store/clock.ts";
import type { OnlineStore, StoreWrite } from "../store/port.ts";
import type { ReadEvent } from "./event.ts";
import type { PushTarget } from "./targets.ts";
import type { Verdict } from "./tile-push.ts";

/** Where a push goes. */
export type Destination = "online" | "offline" | "both";

/** An event as it came: JSON, or why it is none. */
export type GivenEvent = { readonly json: unknown } | { readonly fault: EdgefeatError };

export interface Rejected {
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

/** Events that another version of the view, which is pushed to beside it, can't take. */
export interface Missed {
  readonly version: number;
  readonly events: number;
  /** Of the first of them. */
  readonly code: string;
  readonly message: string;
}

/** What became of the events: the four add up to those sent. */
export interface PushCounts {
  readonly accepted: number;
  readonly duplicate: number;
  /** Kept in the log alone, where there is one: they count once materialized. */
  readonly deferred: number;
  /** By their place among those sent. */
  readonly rejected: readonly Rejected[];
  readonly logged: boolean;
  /** By version; absent where none missed any. */
  readonly missed?: readonly Missed[];
}

export interface PushServices {
  readonly store: OnlineStore;
  readonly cache: RowCache;
  readonly clock: Clock;
  readonly config: Required<Pick<AppConfig, "maxSkewUs">>;
  readonly log: EventLog | null;
  readonly metrics: Pick<Metrics, "pushed">;
  sleep(ms: Ms): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

/** Returns what a push works with in an app. */
export function pushServices(
  services: Pick<PushServices, "store" | "cache" | "clock" | "config" | "log" | "metrics">,
): PushServices {
  return { ...services, sleep: runtimeDeps.sleep, random: runtimeDeps.random };
}

export interface PushRequest {
  readonly targets: readonly [PushTarget, ...PushTarget[]];
  readonly events: readonly GivenEvent[];
  /** Absent: "both" where there is a log, else "online". */
  readonly to?: Destination | undefined;
  /** How times are written; by default with their zone. */
  readonly time?: ParseTimeOptions;
  /** True for events that the log has already. */
  readonly logged?: boolean;
}

const MAX_ATTEMPTS = 8;
/** How often row and companion that are not of one push are read again, before the companion counts as lost. */
const TORN_READS = 3;
/** The log must have events so soon after their stamp that who seals it by the clock misses none. */
const APPEND_WITHIN_MS: Ms = 2_000;
const APPEND_TRIES = 3;
const PAUSE_MS: Ms = 10;
/** A push may have 1,000 of them, and names in one may be as long as the event was. */
const MAX_MESSAGE_CHARS = 300;

/** The events of one row of one version. */
interface Pending {
  readonly key: string;
  readonly target: PushTarget;
  readonly events: readonly ReadEvent[];
}

/** An event as the log is told of it, and what became of it. */
interface Told {
  readonly record: LogRecord;
  /** The version whose verdict it is: the one that answers, or else the latest. */
  by: PushTarget;
  verdict: Verdict;
  /** True where this push has appended it. */
  isLogged: boolean;
}

/**
 * Pushes events; each counts once, however often and in whatever order they are sent.
 * @throws needs_log, log_unavailable, store_unavailable, store_conflict: nothing is acknowledged then, send all again
 */
export async function pushEvents(request: PushRequest, services: PushServices): Promise<PushCounts> {
  const { clock, log } = services;
  const { targets, to = log === null ? "online" : "both" } = request;
  if (to !== "online" && log === null) {
    throw new EdgefeatError("needs_log", `there is no log to push to, and "to" is "${to}"`, {
      hint: 'bind one (worker/DEPLOY.md), or push "to": "online"',
      pointer: "/to",
    });
  }
  const logged = to !== "online" && log !== null;
  if (logged && targets[0].spec.source.eventTime === null) {
    throw new EdgefeatError(
      "bad_request",
      `"${targets[0].view}" has a source without event times, which no log is read for`,
      {
        hint: 'push "to": "online"',
        pointer: "/to",
      },
    );
  }
  const rejected: Rejected[] = [];
  const moment = { nowUs: clock.nowUs(), maxSkewUs: services.config.maxSkewUs, time: request.time ?? {} };
  const [latest] = targets;
  const taken = readAll(latest, request.events, moment, rejected);
  const told = new Map<number, Told>();
  for (const event of taken) {
    const record = logRecord(latest, event, moment.nowUs);
    told.set(event.index, { record, by: latest, verdict: "deferred", isLogged: false });
  }
  const missed: Missed[] = [];
  if (to === "offline") {
    const records = (writtenAtUs: Us) => [...told.values()].map(({ record }) => ({ ...record, writtenAtUs }));
    if (taken.length > 0) await append(log as EventLog, records, clock);
  } else {
    const pending = byKey(latest, taken);
    for (const older of targets.slice(1)) {
      const refused: Rejected[] = [];
      const events = readAll(older, request.events, moment, refused, told);
      if (older.answers) {
        for (const { index } of events) (told.get(index) as Told).by = older;
        pending.unshift(...byKey(older, events));
      } else pending.push(...byKey(older, events));
      const [first] = refused;
      if (first === undefined) continue;
      missed.push({ version: older.version, events: refused.length, code: first.code, message: first.message });
    }
    await write(pending, { told, log: logged ? log : null, logged: logged || request.logged === true }, services);
  }
  const counts = counted(told, rejected);
  services.metrics.pushed(latest.view, { ...counts, rejected: rejected.length });
  return { ...counts, logged, ...(missed.length > 0 ? { missed } : {}) };
}

function counted(told: ReadonlyMap<number, Told>, rejected: Rejected[]) {
  const counts = { accepted: 0, duplicate: 0, deferred: 0 };
  for (const [index, { record, verdict }] of told) {
    if (verdict !== "conflict") counts[verdict]++;
    else
      rejected.push({
        index,
        code: "event_conflict",
        message: `the id "${record.id?.slice(0, 200)}" stands for another event of its key`,
      });
  }
  return { ...counts, rejected: rejected.toSorted((a, b) => a.index - b.index) };
}

/** Returns the events that a version can take, of those at the places of `of` alone; the others are told in `rejected`. */
function readAll(
  target: PushTarget,
  events: readonly GivenEvent[],
  moment: Parameters<PushTarget["read"]>[3],
  rejected: Rejected[],
  of?: ReadonlyMap<number, unknown>,
): ReadEvent[] {
  const read: ReadEvent[] = [];
  for (const [index, event] of events.entries()) {
    if (of?.has(index) === false) continue;
    try {
      if ("fault" in event) throw event.fault;
      read.push(target.read(event.json, index, ["events", index], moment));
    } catch (fault) {
      if (!(fault instanceof EdgefeatError)) throw fault;
      rejected.push({ index, code: fault.code, message: fault.message.slice(0, MAX_MESSAGE_CHARS) });
    }
  }
  return read;
}

function byKey(target: PushTarget, events: readonly ReadEvent[]): Pending[] {
  return [...Map.groupBy(events, ({ key }) => key)].map(([key, own]) => ({ key, target, events: own }));
}

interface Writing {
  readonly told: ReadonlyMap<number, Told>;
  /** null: it is told nothing. */
  readonly log: EventLog | null;
  /** True where it has the events before they are written. */
  readonly logged: boolean;
}

async function write(all: readonly Pending[], { told, log, logged }: Writing, services: PushServices): Promise<void> {
  const { store, cache, clock } = services;
  let pending = all;
  for (let attempt = 0; pending.length > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) {
      throw new EdgefeatError("store_conflict", `${pending.length} rows were being changed by others all the time`, {
        hint: "push all again: what was counted counts once",
      });
    }
    if (attempt > 0) await services.sleep(PAUSE_MS * 2 ** attempt * services.random());
    const keys = pending.flatMap(({ key, target }) => (target.remembers ? [key, seenKey(key)] : [key]));
    const texts = await store.read(keys, { purpose: "write" });
    const readFromMs = clock.elapsedMs();
    let nowUs = clock.nowUs();
    let judged = judge(pending, texts, nowUs);
    const toLog = judged.filter(({ torn }) => !(torn && attempt < TORN_READS)).flatMap(unlogged);
    if (log !== null && toLog.length > 0) {
      const records = (writtenAtUs: Us) =>
        toLog.map(({ record, verdict, repeat }) => ({
          ...record,
          writtenAtUs,
          deferred: verdict === "deferred",
          repeat,
        }));
      const stampedUs = await append(log, records, clock, { nowUs, readFromMs });
      for (const { one } of toLog) one.isLogged = true;
      // Rows must not be stamped earlier than the log.
      if (stampedUs !== nowUs) judged = judge(pending, texts, (nowUs = stampedUs));
    }
    pending = await settle(judged, attempt);
  }
  // Another push was faster: the log learns which of the two the rows hold.
  const refused = [...told.values()].filter(({ isLogged, verdict }) => isLogged && verdict === "conflict");
  const records = (writtenAtUs: Us) => refused.map(({ record }) => ({ ...record, writtenAtUs, refused: true }));
  if (log !== null && refused.length > 0) await append(log, records, clock);

  function judge(pairs: readonly Pending[], texts: readonly (string | null)[], nowUs: Us) {
    let at = 0;
    return pairs.map(({ key, target, events: all }) => {
      const row = texts[at++] ?? null;
      const seen = target.remembers ? (texts[at++] ?? null) : null;
      // What is refused no other version takes: the event that stands in its place may be still to come to that.
      const events = all.filter(({ index }) => leading(target, index) || told.get(index)?.verdict !== "conflict");
      const pushed = target.push({ row, seen }, events, { nowUs, frozen: clock.frozen, logged });
      for (const [i, { index }] of events.entries()) {
        const one = leading(target, index);
        if (one !== undefined) one.verdict = pushed.verdicts[i] as Verdict;
      }
      return { of: { key, target, events }, row, ...pushed };
    });
  }

  /** Returns an event where the verdict on it is that of this version. */
  function leading(target: PushTarget, index: number): Told | undefined {
    const one = told.get(index);
    return one?.by === target ? one : undefined;
  }

  function unlogged({ of: { target, events }, repeats = [] }: ReturnType<typeof judge>[number]) {
    if (log === null) return [];
    const places = new Set(repeats);
    return events.flatMap(({ index }, i) => {
      const one = leading(target, index);
      if (one === undefined || one.isLogged) return [];
      const { record, verdict } = one;
      const repeat = places.has(i);
      return repeat || verdict === "accepted" || verdict === "deferred" ? [{ one, record, verdict, repeat }] : [];
    });
  }

  /** Writes what was judged; returns what has to be done again. */
  async function settle(judged: ReturnType<typeof judge>, attempt: number): Promise<Pending[]> {
    const again: Pending[] = [];
    const writes: StoreWrite[] = [];
    const writing: Pending[] = [];
    for (const one of judged) {
      const { of, row, torn, write: next } = one;
      if (torn && attempt < TORN_READS) again.push(of);
      else if (next === undefined) continue;
      else if (unlogged(one).length > 0) again.push(of);
      else {
        const { seen, ...rest } = next;
        const beside = seen === undefined ? {} : { beside: { key: seenKey(of.key), value: seen } };
        writing.push(of);
        writes.push({ key: of.key, expected: row, ...rest, ...beside });
      }
    }
    if (writes.length === 0) return again;
    const written = await store.compareAndSet(writes);
    cache.drop(
      writes.map(({ key }) => key),
      clock.elapsedMs(),
    );
    return [...again, ...writing.filter((_, i) => written[i] !== true)];
  }
}

/**
 * Appends events to the log, stamped with a *now* that is no more than two seconds old once they are in it; returns that.
 * @throws log_unavailable
 */
async function append(
  log: EventLog,
  records: (nowUs: Us) => LogRecord[],
  clock: Clock,
  { nowUs, readFromMs: fromMs } = { nowUs: clock.nowUs(), readFromMs: clock.elapsedMs() },
): Promise<Us> {
  let stampedUs = nowUs;
  let stampedMs = fromMs;
  for (let tries = 0; tries < APPEND_TRIES; tries++) {
    await log.append(records(stampedUs));
    if (clock.elapsedMs() - stampedMs <= APPEND_WITHIN_MS) return stampedUs;
    stampedUs = clock.nowUs();
    stampedMs = clock.elapsedMs();
  }
  throw new EdgefeatError("log_unavailable", "the log takes too long to keep events", { hint: "push all again" });
}

function logRecord(
  { view, spec }: PushTarget,
  { id, eventTimeUs, createdTimeUs, valuesJson }: ReadEvent,
  writtenAtUs: Us,
): LogRecord {
  const { name: source, eventId } = spec.source;
  return {
    source,
    view,
    id: eventId === null ? null : id,
    eventTimeUs,
    createdTimeUs,
    writtenAtUs,
    deferred: true,
    valuesJson,
  };
}
