// A push: events read by the definitions, logged, and written into rows; begun anew where the definitions turn out to be others.
//
// The log comes first: what is acknowledged is in it, and in the rows. What a push that broke off has left there is no harm:
// sent again, an event that the log holds twice counts once by its id, and so does one that the rows hold. Of two events of one
// id that were pushed at the same time, the log may have both: it is told which of them the rows refused.
import { EdgefeatError, type ErrorCode } from "../../sdk/errors.ts";
import type { ParseTimeOptions, Us } from "../../sdk/time.ts";
import type { EventLog, LogRecord } from "../log/port.ts";
import type { KnownRegistry } from "../serve/index.ts";
import { changedByOthers, reasonOf } from "../store/faults.ts";
import { append, PUSH_AGAIN } from "./append.ts";
import type { ReadEvent } from "./event.ts";
import { type Definitions, type PushServices, renew } from "./services.ts";
import { addMissed, type Missed, toldMissed } from "./missed.ts";
import { type PushTarget, pushTargets } from "./targets.ts";
import { type Pending, type Told, writeEvents, type Writing } from "./write-events.ts";

/** Where a push goes. */
export type Destination = "online" | "offline" | "both";

/** An event as it came: JSON, or why it is none. */
export type GivenEvent = { readonly json: unknown } | { readonly fault: EdgefeatError };

export interface Rejected {
  readonly index: number;
  readonly code: ErrorCode;
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
const CONFLICT = "event_conflict" satisfies ErrorCode;
/** A push may have 1,000 of them, and names in one may be as long as the event was. */
const MAX_MESSAGE_CHARS = 300;

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

/** Pushes by these definitions; returns undefined where they were found to be others. What was counted by then counts once. */
async function pushBy(
  known: KnownRegistry,
  request: PushRequest & Pick<Writing, "definitions" | "appended">,
  services: PushServices,
): Promise<PushCounts | undefined> {
  const { clock, log } = services;
  const { view, only = null, to = log === null ? "online" : "both", definitions, appended } = request;
  const targets = pushTargets(known.snapshot, view, only);
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
  const missed = new Map<number, Missed>();
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
      const { code, message } = first;
      addMissed(missed, { version: older.version, events: refused.length, code, message });
    }
    const writing = {
      known,
      definitions,
      appended,
      told,
      missed,
      log: logged ? log : null,
      logged: logged || only !== null,
    };
    if (!(await writeEvents(pending, writing, services))) return undefined;
  }
  const { version } = latest;
  return { version, ...counted(told, rejected), logged, ...toldMissed(missed) };
}

function counted(told: ReadonlyMap<number, Told>, rejected: Rejected[]) {
  const counts = { accepted: 0, duplicate: 0, deferred: 0 };
  for (const [index, { record, verdict, fault }] of told) {
    if (verdict === "too_large") rejected.push(rejection(index, fault as EdgefeatError));
    else if (verdict !== "conflict") counts[verdict]++;
    else {
      const message = `the id "${record.id?.slice(0, 200)}" stands for another event of its key`;
      rejected.push({ index, code: CONFLICT, message });
    }
  }
  return { ...counts, rejected: rejected.toSorted((a, b) => a.index - b.index) };
}

function rejection(index: number, { code, message }: EdgefeatError): Rejected {
  return { index, code, message: message.slice(0, MAX_MESSAGE_CHARS) };
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
      rejected.push(rejection(index, fault));
    }
  }
  return read;
}

function byKey(target: PushTarget, events: readonly ReadEvent[]): Pending[] {
  return [...Map.groupBy(events, ({ key }) => key)].map(([key, own]) => ({ key, target, events: own }));
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
