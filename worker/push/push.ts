// A push: events judged against the rows of their keys, appended to the log, then written by compare-and-set, and again where others were faster.
//
// The log comes first: what is acknowledged is in it, and in the rows. What a push that broke off has left there is no harm:
// sent again, an event that the log holds twice counts once by its id, and so does one that the rows hold. Of two events of one
// id that were pushed at the same time, the log may have both: it is told which of them the rows refused.
import { EdgefeatError } from "../../sdk/errors.ts";
import { APPEND_WITHIN_MS } from "../../sdk/log/index.ts";
import { seenKey } from "../../sdk/rows/index.ts";
import type { Clock, Ms, ParseTimeOptions, Us } from "../../sdk/time.ts";
import type { AppConfig } from "../config.ts";
import type { EventLog, LogRecord } from "../log/port.ts";
import type { Metrics } from "../metrics/index.ts";
import type { KnownRegistry, Registry, RowCache } from "../serve/index.ts";
import { runtimeDeps } from "../store/clock.ts";
import { changedByOthers, reasonOf } from "../store/faults.ts";
import type { OnlineStore, StoreWrite } from "../store/port.ts";
import type { ReadEvent } from "./event.ts";
import { type PushTarget, pushTargets } from "./targets.ts";
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
  /** The one that the definitions hold, or that was asked for. */
  readonly version: number;
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
  readonly registry: Pick<Registry, "key" | "current" | "load" | "isOutdated">;
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
  services: Pick<PushServices, "registry" | "store" | "cache" | "clock" | "config" | "log" | "metrics">,
): PushServices {
  return { ...services, sleep: runtimeDeps.sleep, random: runtimeDeps.random };
}

export interface PushRequest {
  readonly view: string;
  /** The version that alone is pushed to, what the log has already; null: every one that takes pushes. */
  readonly only?: number | null;
  /** Absent: those that this isolate knows, and after them those that there are. */
  readonly definitions?: Definitions;
  readonly events: readonly GivenEvent[];
  /** Absent: "both" where there is a log, else "online". */
  readonly to?: Destination | undefined;
  /** How times are written; by default with their zone. */
  readonly time?: ParseTimeOptions;
}

/** How often a push begins anew because the definitions were changed. */
const MAX_CHANGES = 3;
const CONFLICT = "event_conflict";
const MAX_ATTEMPTS = 8;
/** How often row and companion that are not of one push are read again, before the companion counts as lost. */
const TORN_READS = 3;
const APPEND_TRIES = 3;
const PAUSE_MS: Ms = 10;
const PUSH_AGAIN = "push all again: what was counted counts once";
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

/** The definitions that pushes go by: those of one push, of a batch of messages or of a frame. */
export interface Definitions {
  known: KnownRegistry | null;
  /** True once the store was seen to point to them. */
  areCurrent: boolean;
  /** True where the events were made by them: once they are others, the push fails. */
  readonly arePinned?: boolean;
}

/**
 * Pushes events; each counts once, however often and in whatever order they are sent. It goes by the definitions that this
 * isolate knows, and begins anew where the read of the rows brings along that they are others by now.
 * @throws unknown_view, unknown_version, bad_request, needs_log; log_unavailable, store_unavailable, store_conflict: nothing
 *   is acknowledged then, send all again
 */
export async function pushEvents(request: PushRequest, services: PushServices): Promise<PushCounts> {
  const { registry } = services;
  const { view, to, definitions = { known: registry.current, areCurrent: false } } = request;
  const appended = new Set<number>();
  // What goes to the log alone reads no rows.
  if (definitions.known === null || (to === "offline" && !definitions.areCurrent)) await renew(definitions, registry);
  for (let changes = 0; changes < MAX_CHANGES; changes++) {
    const known = definitions.known as KnownRegistry;
    let pushed: PushCounts | undefined;
    let fault: unknown;
    try {
      pushed = await pushBy(known, { ...request, definitions, appended }, services);
    } catch (thrown) {
      fault = thrown;
    }
    if (!definitions.areCurrent && reasonOf(fault) === null) {
      if (definitions.arePinned) break;
      // What was refused may be right by the definitions that there are.
      await renew(definitions, registry);
      if (definitions.known?.hash !== known.hash) continue;
    }
    if (fault !== undefined) throw fault;
    if (pushed === undefined) continue;
    // Logged by the definitions of before, and refused by these: it is not known what became of it.
    if (pushed.rejected.some(({ index, code }) => appended.has(index) && code !== CONFLICT)) break;
    services.metrics.pushed(view, { ...pushed, rejected: pushed.rejected.length });
    return pushed;
  }
  throw changedByOthers("the definitions were", PUSH_AGAIN);
}

async function renew(definitions: Definitions, registry: PushServices["registry"]): Promise<void> {
  definitions.known = await registry.load();
  definitions.areCurrent = true;
}

/** Pushes by these definitions; returns undefined where they were found to be others. What was counted by then counts once. */
async function pushBy(
  { snapshot }: KnownRegistry,
  request: PushRequest & Pick<Writing, "definitions" | "appended">,
  services: PushServices,
): Promise<PushCounts | undefined> {
  const { clock, log } = services;
  const { view, only = null, to = log === null ? "online" : "both", definitions, appended } = request;
  const targets = pushTargets(snapshot, view, only);
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
    const writing = { definitions, appended, told, log: logged ? log : null, logged: logged || only !== null };
    if (!(await write(pending, writing, services))) return undefined;
  }
  const { version } = latest;
  return { version, ...counted(told, rejected), logged, ...(missed.length > 0 ? { missed } : {}) };
}

function counted(told: ReadonlyMap<number, Told>, rejected: Rejected[]) {
  const counts = { accepted: 0, duplicate: 0, deferred: 0 };
  for (const [index, { record, verdict }] of told) {
    if (verdict !== "conflict") counts[verdict]++;
    else
      rejected.push({
        index,
        code: CONFLICT,
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
  readonly definitions: Definitions;
  /** The places of the events that the log was told of, in time or not, by this push or one that it began anew. */
  readonly appended: Set<number>;
  readonly told: ReadonlyMap<number, Told>;
  /** null: it is told nothing. */
  readonly log: EventLog | null;
  /** True where it has the events before they are written. */
  readonly logged: boolean;
}

/** Returns false where the definitions were found to be others: what is to be logged still must not go by these. */
async function write(all: readonly Pending[], writing: Writing, services: PushServices): Promise<boolean> {
  const { definitions, appended, told, log, logged } = writing;
  const { registry, store, cache, clock } = services;
  let pending = all;
  let slowAppends = 0;
  for (let attempt = 0; pending.length > 0; attempt++) {
    if (attempt === MAX_ATTEMPTS) throw changedByOthers(`${pending.length} rows were`, PUSH_AGAIN);
    if (attempt > 0) await services.sleep(PAUSE_MS * 2 ** attempt * services.random());
    const keys = pending.flatMap(({ key, target }) => (target.remembers ? [key, seenKey(key)] : [key]));
    // Before the read: where that finds the definitions to be the same, no version was added before the stamp, and what is
    // added later has events so stamped from the log.
    const stamp = stampOf(clock);
    const texts = await store.read([...keys, registry.key], { purpose: "write" });
    const judged = judge(pending, texts, stamp.nowUs);
    const toLog = judged.filter(({ torn }) => !(torn && attempt < TORN_READS)).flatMap(unlogged);
    if (attempt === 0 || toLog.length > 0) {
      definitions.areCurrent = false;
      if (registry.isOutdated(definitions.known as KnownRegistry, texts.at(-1) ?? null, stamp.atMs)) return false;
      definitions.areCurrent = true;
    }
    if (log !== null && toLog.length > 0) {
      const records = (writtenAtUs: Us) =>
        toLog.map(({ one: { record, verdict }, repeat }) => ({
          ...record,
          writtenAtUs,
          deferred: verdict === "deferred",
          repeat,
        }));
      for (const { index } of toLog) appended.add(index);
      if (!(await appendInTime(log, records, clock, stamp))) {
        if (++slowAppends === APPEND_TRIES) throw tooSlow();
        continue;
      }
      for (const { one } of toLog) one.isLogged = true;
    }
    pending = await settle(judged, attempt);
  }
  // Another push was faster: the log learns which of the two the rows hold.
  const refused = [...told].filter(([index, { verdict }]) => verdict === "conflict" && appended.has(index));
  const records = (writtenAtUs: Us) => refused.map(([, { record }]) => ({ ...record, writtenAtUs, refused: true }));
  if (log !== null && refused.length > 0) await append(log, records, clock);
  return true;

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
      const { verdict } = one;
      const repeat = places.has(i);
      return repeat || verdict === "accepted" || verdict === "deferred" ? [{ one, index, repeat }] : [];
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

/** A time to stamp events with, and what the elapsed clock showed then. */
interface Stamp {
  readonly nowUs: Us;
  readonly atMs: Ms;
}

function stampOf(clock: Clock): Stamp {
  return { nowUs: clock.nowUs(), atMs: clock.elapsedMs() };
}

type Records = (writtenAtUs: Us) => LogRecord[];

/**
 * Appends events to the log. Returns false where that took so long that who seals it by the clock may have missed them: they
 * are to be stamped anew. @throws log_unavailable
 */
async function appendInTime(log: EventLog, records: Records, clock: Clock, { nowUs, atMs }: Stamp): Promise<boolean> {
  await log.append(records(nowUs));
  return clock.elapsedMs() - atMs <= APPEND_WITHIN_MS;
}

/** Appends events to the log, stamped as late as it takes. @throws log_unavailable */
async function append(log: EventLog, records: Records, clock: Clock): Promise<void> {
  for (let tries = 0; tries < APPEND_TRIES; tries++) {
    if (await appendInTime(log, records, clock, stampOf(clock))) return;
  }
  throw tooSlow();
}

function tooSlow(): EdgefeatError {
  return new EdgefeatError("log_unavailable", "the log takes too long to keep events", { hint: PUSH_AGAIN });
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
