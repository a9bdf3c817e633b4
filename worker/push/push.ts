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
  const verdicts = new Map<number, Verdict>();
  const missed: Missed[] = [];
  if (to === "offline") {
    const records = (nowUs: Us) => taken.map((event) => logRecord(latest, event, nowUs, true));
    if (taken.length > 0) await append(log as EventLog, records, clock);
    for (const { index } of taken) verdicts.set(index, "deferred");
  } else {
    const pending = byKey(latest, taken);
    const indices = new Set(taken.map(({ index }) => index));
    for (const older of targets.slice(1)) {
      const refused: Rejected[] = [];
      pending.push(...byKey(older, readAll(older, request.events, moment, refused, indices)));
      const [first] = refused;
      if (first === undefined) continue;
      missed.push({ version: older.version, events: refused.length, code: first.code, message: first.message });
    }
    await write(pending, latest, logged ? log : null, services, verdicts);
  }
  const counts = counted(taken, verdicts, rejected);
  services.metrics.pushed(latest.view, { ...counts, rejected: rejected.length });
  return { ...counts, logged, ...(missed.length > 0 ? { missed } : {}) };
}

function counted(taken: readonly ReadEvent[], verdicts: ReadonlyMap<number, Verdict>, rejected: Rejected[]) {
  const counts = { accepted: 0, duplicate: 0, deferred: 0 };
  for (const { index, id } of taken) {
    const verdict = verdicts.get(index) as Verdict;
    if (verdict !== "conflict") counts[verdict]++;
    else
      rejected.push({
        index,
        code: "event_conflict",
        message: `the id "${id.slice(0, 200)}" stands for another event of its key`,
      });
  }
  return { ...counts, rejected: rejected.toSorted((a, b) => a.index - b.index) };
}

/** Returns the events that a version can take, of those at the places `of` alone; the others are told in `rejected`. */
function readAll(
  target: PushTarget,
  events: readonly GivenEvent[],
  moment: Parameters<PushTarget["read"]>[3],
  rejected: Rejected[],
  of?: ReadonlySet<number>,
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

async function write(
  all: readonly Pending[],
  latest: PushTarget,
  log: EventLog | null,
  services: PushServices,
  verdicts: Map<number, Verdict>,
): Promise<void> {
  const { store, cache, clock } = services;
  const logged = new Set<number>();
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
    const own = judged.filter(({ of, torn }) => of.target === latest && !(torn && attempt < TORN_READS));
    const toLog = log === null ? [] : own.flatMap(unlogged);
    if (log !== null && toLog.length > 0) {
      const records = (us: Us) =>
        toLog.map(({ event, verdict }) => logRecord(latest, event, us, verdict === "deferred"));
      const stampedUs = await append(log, records, clock, { nowUs, readFromMs });
      for (const { event } of toLog) logged.add(event.index);
      // Rows must not be stamped earlier than the log.
      if (stampedUs !== nowUs) judged = judge(pending, texts, (nowUs = stampedUs));
    }
    pending = await settle(judged, attempt);
  }
  if (log === null) return;
  // Another push was faster: the log learns which of the two the rows hold.
  const own = all.flatMap(({ target, events }) => (target === latest ? events : []));
  const refused = own.filter(({ index }) => logged.has(index) && verdicts.get(index) === "conflict");
  const records = (us: Us) => refused.map((event) => ({ ...logRecord(latest, event, us, true), refused: true }));
  if (refused.length > 0) await append(log, records, clock);

  function judge(pairs: readonly Pending[], texts: readonly (string | null)[], nowUs: Us) {
    let at = 0;
    return pairs.map((of) => {
      const row = texts[at++] ?? null;
      const seen = of.target.remembers ? (texts[at++] ?? null) : null;
      const moment = { nowUs, frozen: clock.frozen, logged: log !== null && of.target === latest };
      return { of, row, ...of.target.push({ row, seen }, of.events, moment) };
    });
  }

  function unlogged({ of: { events }, verdicts: own, unlogged: repeats = [] }: ReturnType<typeof judge>[number]) {
    const places = new Set(repeats);
    return events.flatMap((event, i) => {
      const verdict = own[i] as Verdict;
      const isDue = verdict === "accepted" || verdict === "deferred" || places.has(i);
      return isDue && !logged.has(event.index) ? [{ event, verdict }] : [];
    });
  }

  /** Writes what was judged; returns what has to be done again. */
  async function settle(judged: ReturnType<typeof judge>, attempt: number): Promise<Pending[]> {
    const again: Pending[] = [];
    const writing: (typeof judged)[number][] = [];
    const writes: StoreWrite[] = [];
    for (const one of judged) {
      const { of, row, torn, write: next } = one;
      if (torn && attempt < TORN_READS) again.push(of);
      else if (next === undefined) keep(one);
      else if (log !== null && of.target === latest && unlogged(one).length > 0) again.push(of);
      else {
        const { seen, ...rest } = next;
        const beside = seen === undefined ? {} : { beside: { key: seenKey(of.key), value: seen } };
        writing.push(one);
        writes.push({ key: of.key, expected: row, ...rest, ...beside });
      }
    }
    if (writes.length === 0) return again;
    const written = await store.compareAndSet(writes);
    cache.drop(
      writes.map(({ key }) => key),
      clock.elapsedMs(),
    );
    for (const [i, one] of writing.entries()) {
      if (written[i] === true) keep(one);
      else again.push(one.of);
    }
    return again;
  }

  function keep({ of, verdicts: own }: ReturnType<typeof judge>[number]): void {
    if (of.target !== latest) return;
    for (const [i, { index }] of of.events.entries()) verdicts.set(index, own[i] as Verdict);
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
  deferred: boolean,
): LogRecord {
  const { name: source, eventId } = spec.source;
  return {
    source,
    view,
    id: eventId === null ? null : id,
    eventTimeUs,
    createdTimeUs,
    writtenAtUs,
    deferred,
    valuesJson,
  };
}
